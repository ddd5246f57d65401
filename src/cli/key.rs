//! `keyfuse key`: the key with which fingerprints are made.

use keyfuse::keychain::{InstallKey, Reference};
use keyfuse::model::{Identity, Secret};

use super::installation::{Installation, KEY_VARIABLE};
use super::output;
use super::respond::Key;

/// Runs the sub-command.
pub(super) fn run(command: &Key) -> anyhow::Result<u8> {
    let installation = Installation::open()?;
    match command {
        Key::Make { at } => {
            let at = at.as_deref().map(str::parse::<Reference>).transpose()?;
            // The configuration's word on where it is kept is where it is made.
            let at = at.or_else(|| installation.person.fingerprint_key.clone()).unwrap_or_else(|| Reference::File(installation.key_file()));
            if let Reference::Env(name) = &at {
                anyhow::bail!(
                    "the variable {name} is set by whoever starts keyfuse; make the key in a file or the keychain and set it from there"
                );
            }
            if at != Reference::File(installation.key_file()) && installation.person.fingerprint_key.as_ref() != Some(&at) {
                // Else it would be made and never found.
                let is_found = at == Reference::Keychain("fingerprint".to_owned());
                if !is_found {
                    anyhow::bail!("say so in config.toml first, or it is not found there:\n\n    [fingerprint]\n    key = \"{at}\"");
                }
            }
            at.write(&InstallKey::generate()?.encoded(), &installation.sources())?;
            let text = format!(
                "the fingerprint key is made: {at}\nEvery machine that shall give one credential the same name needs a copy; a runner gets it in {KEY_VARIABLE}.\n"
            );
            output::print(text.as_bytes())
        }
        Key::Check => {
            let Some((key, at)) = installation.find_key()? else {
                anyhow::bail!("there is no fingerprint key; `keyfuse key make` makes one");
            };
            // What two people can compare without showing the key.
            let mark = key.fingerprint(&Identity::secret(&Secret::new("keyfuse key check")));
            output::print(format!("the fingerprint key is at {at}; its mark is {}\n", &mark.as_str()[4..12]).as_bytes())
        }
    }
}

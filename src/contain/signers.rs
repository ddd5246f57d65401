//! People and the keys they sign with.

use ssh_key::{PublicKey, SshSig};

use super::decision::DecisionError;
use crate::model::plain;

/// People and their keys: OpenSSH's `allowed_signers` (ssh-keygen(1), ALLOWED SIGNERS).
#[derive(Clone, Debug, Default)]
pub struct Signers {
    entries: Vec<(Vec<String>, Option<Vec<String>>, PublicKey)>,
}

impl Signers {
    /// Reads the file. Certificate authorities and keys with a time of validity are refused, not passed over.
    ///
    /// # Errors
    /// The line and what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut entries = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |why: &str| format!("allowed_signers:{}: {why}", at + 1);
            let words = words(line);
            let key =
                words.iter().skip(1).position(|word| word.starts_with("ssh-") || word.starts_with("ecdsa-") || word.starts_with("sk-"));
            let key = key.map(|place| place + 1).filter(|place| words.len() > place + 1).ok_or_else(|| wrong("there is no key"))?;
            let mut namespaces = None;
            for option in words[1..key].iter().flat_map(|word| split(word)) {
                match option.split_once('=') {
                    Some(("namespaces", value)) => namespaces = Some(value.trim_matches('"').split(',').map(str::to_owned).collect()),
                    _ => return Err(wrong("of the options only `namespaces` is understood")),
                }
            }
            let public =
                PublicKey::from_openssh(&format!("{} {}", words[key], words[key + 1])).map_err(|_| wrong("the key cannot be read"))?;
            entries.push((words[0].split(',').map(str::to_owned).collect(), namespaces, public));
        }
        Ok(Self { entries })
    }

    /// Verifies an armored SSH signature (PROTOCOL.sshsig) of `signer` over `message`.
    ///
    /// # Errors
    /// [`DecisionError::Signature`].
    pub fn verify(&self, namespace: &str, signer: &str, message: &[u8], armored: &[u8]) -> Result<(), DecisionError> {
        let wrong = |why: String| DecisionError::Signature(why);
        let signature = SshSig::from_pem(armored).map_err(|_| wrong("it is no SSH signature (ssh-keygen -Y sign makes one)".to_owned()))?;
        if signature.namespace() != namespace {
            return Err(wrong(format!(
                "it was made for `{}`, not for `{namespace}` (ssh-keygen -Y sign -n {namespace})",
                plain(signature.namespace(), 40)
            )));
        }
        let mut keys = self.entries.iter().filter(|(people, namespaces, _)| {
            people.iter().any(|person| person == signer)
                && namespaces.as_ref().is_none_or(|names| names.iter().any(|name| name == namespace))
        });
        let mut is_known = false;
        let holds = keys.any(|(_, _, key)| {
            is_known = true;
            key.verify(namespace, message, &signature).is_ok()
        });
        match (holds, is_known) {
            (true, _) => Ok(()),
            (false, false) => Err(wrong(format!("allowed_signers has no key of {}", plain(signer, 60)))),
            (false, true) => Err(wrong(format!("it is not made with a key of {} over this text", plain(signer, 60)))),
        }
    }
}

/// Words at white space that no quotes hold together.
fn words(line: &str) -> Vec<String> {
    let (mut found, mut word, mut is_quoted) = (Vec::new(), String::new(), false);
    for sign in line.chars() {
        match sign {
            '"' => {
                is_quoted = !is_quoted;
                word.push(sign);
            }
            _ if sign.is_whitespace() && !is_quoted => {
                if !word.is_empty() {
                    found.push(std::mem::take(&mut word));
                }
            }
            _ => word.push(sign),
        }
    }
    if !word.is_empty() {
        found.push(word);
    }
    found
}

/// Options at commas that no quotes hold together.
fn split(options: &str) -> Vec<String> {
    let (mut found, mut option, mut is_quoted) = (Vec::new(), String::new(), false);
    for sign in options.chars() {
        if sign == '"' {
            is_quoted = !is_quoted;
        }
        if sign == ',' && !is_quoted {
            found.push(std::mem::take(&mut option));
        } else {
            option.push(sign);
        }
    }
    found.push(option);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signers_options_that_are_not_understood_are_refused() {
        let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";
        assert!(
            Signers::parse(&format!("# people\nalice@sec,al namespaces=\"keyfuse-decision,file\" {key} comment\nbob@sec {key}\n")).is_ok()
        );
        assert!(Signers::parse(&format!("a cert-authority {key}")).is_err());
        assert!(Signers::parse(&format!("a valid-before=\"20200101\" {key}")).is_err());
        assert!(Signers::parse("a ssh-ed25519 nonsense").is_err());
        assert!(Signers::parse("a b").is_err());
    }
}

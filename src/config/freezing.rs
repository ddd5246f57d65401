//! `[[freeze]]` of the person's own configuration, what an incident may freeze, with `[github]`, by which token that is done there.

use std::path::Path;

use serde::Deserialize;

use super::complaint::{ConfigError, from_toml, line_of};
use super::discover::read;
use super::responding::place_of;
use crate::contain::{Exception, FreezeKind, FreezeTarget, actor};
use crate::model::plain;

/// GitHub's public API (docs.github.com, "Getting started with the REST API").
const API: &str = "https://api.github.com";

/// `[github]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GithubTable {
    /// The API's address, without a trailing slash; GitHub Enterprise Server has `https://HOST/api/v3`.
    #[serde(default = "api")]
    pub api: String,
    /// Where the responder's token is kept: `env:NAME`, `file:PATH`, `keychain:NAME`.
    pub token: String,
    /// Whether it may be at a private or loopback address.
    #[serde(default)]
    pub allow_private: bool,
}

fn api() -> String {
    API.to_owned()
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FreezeTable {
    name: String,
    kind: String,
    target: String,
    push: Option<String>,
    #[serde(default)]
    except: Vec<ExceptTable>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExceptTable {
    who: String,
    role: String,
    reason: String,
}

#[derive(Debug, Default, Deserialize)]
struct PersonFile {
    #[serde(default)]
    freeze: Vec<toml::Spanned<FreezeTable>>,
    github: Option<GithubTable>,
}

impl GithubTable {
    /// Reads `[github]` of `config.toml` in `folder`; none where it is not there.
    ///
    /// # Errors
    /// When it cannot be read, is not TOML, or the table holds an unknown key.
    pub fn discover(folder: &Path) -> Result<Option<Self>, ConfigError> {
        Ok(person_file(folder)?.1.github)
    }

    /// Host and port, and whether it is asked without encryption.
    ///
    /// # Errors
    /// What is wrong with the address, and the way out.
    pub fn place(&self) -> Result<(String, u16, bool), &'static str> {
        let api = self.api.trim_end_matches('/');
        // GitHub Enterprise Server has its API below the host.
        place_of(api.strip_suffix("/api/v3").unwrap_or(api))
    }
}

/// What may be frozen, from `config.toml` in `folder`, in order.
///
/// # Errors
/// When it cannot be read, is not TOML, or an entry says what cannot be; its line is named.
pub fn freeze_targets(folder: &Path) -> Result<Vec<FreezeTarget>, ConfigError> {
    let ((name, text), file) = person_file(folder)?;
    let mut targets: Vec<FreezeTarget> = Vec::new();
    for table in file.freeze {
        let line = line_of(&text, table.span().start);
        let complain = |message: String| ConfigError::Syntax { file: name.clone(), line, message };
        let target = target(table.into_inner()).map_err(complain)?;
        if targets.iter().any(|other| other.name == target.name) {
            return Err(complain(format!("[[freeze]] name: `{}` stands there twice", target.name)));
        }
        targets.push(target);
    }
    Ok(targets)
}

fn person_file(folder: &Path) -> Result<((String, String), PersonFile), ConfigError> {
    let path = folder.join("config.toml");
    if !path.exists() {
        return Ok(Default::default());
    }
    let (name, text) = (path.display().to_string(), read(&path)?);
    let file = toml::from_str(&text).map_err(|error| from_toml(&name, &text, &error))?;
    Ok(((name, text), file))
}

fn target(table: FreezeTable) -> Result<FreezeTarget, String> {
    let is_name = (1..=30).contains(&table.name.len())
        && table.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !is_name {
        return Err("[[freeze]] name: write 1 to 30 lower-case letters, digits or `-`".to_owned());
    }
    let kind: FreezeKind = table.kind.parse().map_err(|why| format!("[[freeze]] kind: {why}"))?;
    // What goes into an address: no way to lead it elsewhere.
    let is_part = |part: &str| {
        !part.is_empty() && !part.starts_with('.') && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    let parts: Vec<&str> = table.target.split('/').collect();
    match kind {
        FreezeKind::Git if !Path::new(&table.target).is_absolute() => {
            return Err("[[freeze]] target: write the whole path of a bare repository on this machine".to_owned());
        }
        FreezeKind::GithubRuleset | FreezeKind::GithubActions if parts.len() != 2 || !parts.iter().all(|part| is_part(part)) => {
            return Err("[[freeze]] target: write owner/repository".to_owned());
        }
        FreezeKind::VaultNamespace if !parts.iter().all(|part| is_part(part)) => {
            return Err("[[freeze]] target: write the namespace's path, like team-a or team-a/app".to_owned());
        }
        _ => {}
    }
    if let Some(push) = &table.push {
        pushable(kind, push)?;
    }
    let except = table.except.into_iter().map(|one| exception(kind, one)).collect::<Result<Vec<_>, _>>()?;
    Ok(FreezeTarget { name: table.name, kind, what: table.target, except, push: table.push })
}

/// Whether a push can go there: an address that names no program, and that leads to no option of one.
fn pushable(kind: FreezeKind, push: &str) -> Result<(), String> {
    if kind != FreezeKind::Git {
        return Err(format!("[[freeze]] push: only the kind git is tried by a push, {} is read back", kind.name()));
    }
    let is_scp = || push.split_once(':').is_some_and(|(host, path)| !host.contains('/') && !path.starts_with(':') && !path.is_empty());
    let is_known = push.starts_with('/') || push.starts_with("ssh://") || push.starts_with("https://") || is_scp();
    let is_plain = !push.starts_with('-') && !push.contains("::") && !push.chars().any(|sign| sign.is_control() || sign.is_whitespace());
    // A password in it would stand in the plan, and in the list of processes.
    let has_password = push.split_once("://").is_some_and(|(_, rest)| {
        rest.split('/').next().and_then(|authority| authority.rsplit_once('@')).is_some_and(|(user, _)| user.contains(':'))
    });
    match (is_known && is_plain, has_password) {
        (true, false) => Ok(()),
        (true, true) => Err("[[freeze]] push: leave the password out; git has helpers for credentials".to_owned()),
        (false, _) => Err("[[freeze]] push: write ssh://…, https://…, user@host:path or a whole path".to_owned()),
    }
}

/// Whom a freeze of that kind can let through.
fn exception(kind: FreezeKind, table: ExceptTable) -> Result<Exception, String> {
    let ExceptTable { who, role, reason } = table;
    let is_user =
        |name: &str| (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.@+".contains(&byte));
    let way_out = match kind {
        FreezeKind::Git => (!who.strip_prefix("user:").is_some_and(is_user)).then_some("write user:NAME, as the server knows who pushes"),
        FreezeKind::GithubRuleset => {
            actor(&who).is_none().then_some("write team:ID, app:ID or role:ID with GitHub's number, org-admins or deploy-keys")
        }
        FreezeKind::GithubActions => Some("Actions are off for everybody; leave `except` out, or freeze the refs alone"),
        FreezeKind::VaultNamespace => {
            Some("a locked namespace answers nobody; leave `except` out, and do what must be done before the freeze")
        }
    };
    if let Some(way_out) = way_out {
        return Err(format!("[[freeze.except]] who: {way_out}"));
    }
    if role.trim().is_empty() || reason.trim().is_empty() || reason.chars().count() > 300 {
        return Err(
            "[[freeze.except]]: say in which `role` of authority.toml, and for which `reason`, in 300 characters at most".to_owned()
        );
    }
    Ok(Exception { who, role: plain(&role, 60), reason: plain(&reason, 300) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Vec<FreezeTarget>, String> {
        let folder = tempfile::tempdir().expect("a scratch folder");
        std::fs::write(folder.path().join("config.toml"), text).expect("written");
        freeze_targets(folder.path()).map_err(|error| error.to_string())
    }

    #[test]
    fn what_can_be_frozen_is_read_and_what_cannot_is_named() {
        let one = of("[[freeze]]\nname = 'app'\nkind = 'github-ruleset'\ntarget = 'corp/app'\n").expect("sound");
        let (name, what) = ("app".to_owned(), "corp/app".to_owned());
        assert_eq!(one, [FreezeTarget { name, kind: FreezeKind::GithubRuleset, what, except: Vec::new(), push: None }]);
        let through = "[[freeze]]\nname = 'a'\nkind = 'git'\ntarget = '/x'\npush = 'git@host:x'\n[[freeze.except]]\nwho = 'user:ann'\nrole = 'key-authority'\nreason = 'takes the role away'\n";
        let one = of(through).expect("sound").remove(0);
        assert_eq!(
            (one.push.as_deref(), one.except[0].shown().as_str()),
            (Some("git@host:x"), "user:ann as key-authority: takes the role away")
        );
        assert_eq!(of("[vault]\naddress = 'x'\n"), Ok(Vec::new()));
        for (text, why) in [
            ("name = 'App'\nkind = 'git'\ntarget = '/x'", "name"),
            ("name = 'app'\nkind = 'svn'\ntarget = '/x'", "there are git,"),
            ("name = 'app'\nkind = 'git'\ntarget = 'x.git'", "whole path"),
            ("name = 'app'\nkind = 'github-actions'\ntarget = 'corp/../app'", "owner/repository"),
            ("name = 'app'\nkind = 'vault-namespace'\ntarget = '../sys'", "namespace"),
            ("name = 'app'\nkind = 'git'\ntarget = '/x'\nby = 'me'", "by"),
            ("name = 'app'\nkind = 'git'\ntarget = '/x'\npush = 'ext::sh -c x'", "push: write ssh://"),
            ("name = 'app'\nkind = 'git'\ntarget = '/x'\npush = '--upload-pack=x:y'", "push: write ssh://"),
            ("name = 'app'\nkind = 'git'\ntarget = '/x'\npush = 'https://a:b@host/x'", "leave the password out"),
            ("name = 'app'\nkind = 'github-actions'\ntarget = 'corp/app'\npush = '/x'", "only the kind git"),
            ("name = 'a'\nkind = 'git'\ntarget = '/x'\nexcept = [{ who = \"user:a'b\", role = 'r', reason = 'x' }]", "write user:NAME"),
            ("name = 'a'\nkind = 'git'\ntarget = '/x'\nexcept = [{ who = 'user:a', role = 'r', reason = '' }]", "for which `reason`"),
            ("name = 'a'\nkind = 'github-ruleset'\ntarget = 'c/a'\nexcept = [{ who = 'ann', role = 'r', reason = 'x' }]", "team:ID"),
            ("name = 'a'\nkind = 'github-actions'\ntarget = 'c/a'\nexcept = [{ who = 'ann', role = 'r', reason = 'x' }]", "everybody"),
            ("name = 'a'\nkind = 'vault-namespace'\ntarget = 'c'\nexcept = [{ who = 'ann', role = 'r', reason = 'x' }]", "nobody"),
        ] {
            let told = of(&format!("[[freeze]]\n{text}\n")).expect_err(text);
            assert!(told.contains(why) && told.contains("config.toml"), "{told}");
        }
        let twice = "[[freeze]]\nname = 'a'\nkind = 'git'\ntarget = '/x'\n".repeat(2);
        assert!(of(&twice).expect_err("twice").contains("twice"));
    }

    #[test]
    fn addresses_of_githubs_api_are_taken_apart() {
        let of = |api: &str| GithubTable { api: api.to_owned(), token: "env:X".to_owned(), allow_private: false }.place();
        assert_eq!(of(API), Ok(("api.github.com".to_owned(), 443, false)));
        assert_eq!(of("https://git.corp.test/api/v3"), Ok(("git.corp.test".to_owned(), 443, false)));
        assert!(of("http://git.corp.test").is_err() && of("https://git.corp.test/elsewhere").is_err());
    }
}

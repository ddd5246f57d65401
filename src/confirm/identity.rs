//! Which credential a finding is a part of.

use crate::model::{Finding, Identity, IdentityKind, Secret};
use crate::rules::{Find, Parser, Rule};

/// The identity of the credential that `finding` shows.
pub(super) fn identity(finding: &Finding, rule: &Rule) -> Identity {
    let named = |kind, canonical: &[u8]| Identity { kind, canonical: Secret::new(canonical) };
    if matches!(rule.id.as_str(), "aws-access-key-id" | "aws-temporary-access-key-id") {
        return named(IdentityKind::AwsAccessKey, finding.secret.expose());
    }
    if finding.partner.starts_with("hft_") {
        return named(IdentityKind::HftKey, finding.partner.as_bytes());
    }
    if !finding.partner.is_empty() {
        return named(IdentityKind::AwsAccessKey, finding.partner.as_bytes());
    }
    if rule.find == Find::Parser(Parser::UrlPassword)
        && let Some(login) = login(finding)
    {
        return named(IdentityKind::Login, login.as_bytes());
    }
    Identity::secret(&finding.secret)
}

/// `user@host:port/database` of the URL that the secret is the password of; none where the host means another machine elsewhere.
fn login(finding: &Finding) -> Option<String> {
    let line: Vec<char> = finding.line.chars().collect();
    let (start, end) = finding.mask;
    let before: String = line.get(..start)?.iter().collect();
    let after: String = line.get(end..)?.iter().collect();
    let user = before.rsplit_once("://")?.1.strip_suffix(':')?;
    let rest = after.strip_prefix('@')?;
    // The line may be cut there: then nobody knows how the name goes on.
    let length = rest.find(|sign: char| sign.is_whitespace() || "\"'<>`\\?#,;)}…".contains(sign)).unwrap_or(rest.len());
    if rest[length..].starts_with('…') {
        return None;
    }
    let (host, path) = rest[..length].split_once('/').unwrap_or((&rest[..length], ""));
    // `db`, `localhost` and private addresses are other machines in other networks: there the password itself must tell.
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let is_local = name.parse::<std::net::IpAddr>().is_ok()
        || name.starts_with('[')
        || [".local", ".internal", ".test", ".localhost"].iter().any(|end| name.ends_with(end));
    let is_name = name.contains('.') && name.chars().all(|sign| sign.is_ascii_alphanumeric() || ".-_".contains(sign));
    (is_name && !is_local && !user.contains('/')).then(|| format!("{user}@{}/{path}", host.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::confirm::credential::tests::finding;
    use crate::rules::RuleSet;

    fn named(rule: &str, before: &str, after: &str, partner: &str) -> (&'static str, String) {
        let rules = RuleSet::builtin();
        let mut finding = finding(&rules, rule, "secret-value", "a");
        finding.line = format!("{before}secr…[12 bytes]{after}");
        finding.mask = (before.chars().count(), before.chars().count() + "secr…[12 bytes]".chars().count());
        finding.partner = partner.to_owned();
        let identity = identity(&finding, rules.get(finding.rule));
        (identity.kind.name(), String::from_utf8_lossy(identity.canonical.expose()).into_owned())
    }

    #[test]
    fn compound_credentials_are_named_by_their_public_part() {
        let of = |kind, name: &str| (kind, name.to_owned());
        assert_eq!(named("aws-secret-access-key", "x=", "", "AKIAX"), of("aws-access-key", "AKIAX"));
        assert_eq!(named("aws-access-key-id", "x=", "", ""), of("aws-access-key", "secret-value"));
        assert_eq!(named("aws-secret-access-key", "x=", "", ""), of("secret", "secret-value"));
        assert_eq!(named("hft-secret-key", "x=", "", "hft_00"), of("hft-key", "hft_00"));
        assert_eq!(
            named("url-password", "DB='postgres://bob:", "@DB.example.com:5432/app?x=1'", ""),
            of("login", "bob@db.example.com:5432/app")
        );
        assert_eq!(named("url-password", "redis://:", "@cache.example.com", ""), of("login", "@cache.example.com/"));
    }

    #[test]
    fn hosts_that_mean_another_machine_elsewhere_name_nothing() {
        for after in ["@localhost/x", "@db:5432/app", "@10.0.0.1/x", "@127.0.0.1", "@[::1]/x", "@db.internal/x", "@long.example.co…", "/x"]
        {
            assert_eq!(named("url-password", "postgres://bob:", after, "").0, "secret", "{after}");
        }
        assert_eq!(named("url-password", "https://", "@git.example.com/r", "").0, "secret", "a lone token is its own name");
    }
}

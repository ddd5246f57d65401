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
    let part = |name: &str| finding.parts.iter().find(|part| part.name == name).map(|part| String::from_utf8_lossy(part.value.expose()));
    let (user, host) = (part("user")?, part("host")?);
    let (port, path) = (part("port").unwrap_or_default(), part("path").unwrap_or_default());
    // `db`, `localhost` and addresses are other machines in other networks: there the password itself must tell.
    let is_local = host.parse::<std::net::IpAddr>().is_ok()
        || host.starts_with('[')
        || [".local", ".internal", ".test", ".localhost"].iter().any(|end| host.ends_with(end));
    let is_name = host.contains('.') && host.chars().all(|sign| sign.is_ascii_alphanumeric() || ".-_".contains(sign));
    (is_name && !is_local).then(|| format!("{user}@{host}:{port}/{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::confirm::credential::tests::finding;
    use crate::model::Part;
    use crate::rules::RuleSet;

    fn named(rule: &str, parts: &[(&str, &str)], partner: &str) -> (&'static str, String) {
        let rules = RuleSet::builtin();
        let mut finding = finding(&rules, rule, "secret-value", "a");
        let part = |&(name, value): &(&str, &str)| Part { name: name.to_owned(), value: Secret::new(value), alone: true };
        finding.parts = parts.iter().map(part).collect();
        finding.partner = partner.to_owned();
        let identity = identity(&finding, rules.get(finding.rule));
        (identity.kind.name(), String::from_utf8_lossy(identity.canonical.expose()).into_owned())
    }

    #[test]
    fn compound_credentials_are_named_by_their_public_part() {
        let of = |kind, name: &str| (kind, name.to_owned());
        assert_eq!(named("aws-secret-access-key", &[], "AKIAX"), of("aws-access-key", "AKIAX"));
        assert_eq!(named("aws-access-key-id", &[], ""), of("aws-access-key", "secret-value"));
        assert_eq!(named("aws-secret-access-key", &[], ""), of("secret", "secret-value"));
        assert_eq!(named("hft-secret-key", &[], "hft_00"), of("hft-key", "hft_00"));
        let parts = [("scheme", "postgres"), ("user", "bob"), ("host", "db.example.com"), ("port", "5432"), ("path", "app")];
        assert_eq!(named("url-password", &parts, ""), of("login", "bob@db.example.com:5432/app"));
        assert_eq!(named("url-password", &[("user", ""), ("host", "cache.example.com")], ""), of("login", "@cache.example.com:/"));
    }

    #[test]
    fn hosts_that_mean_another_machine_elsewhere_name_nothing() {
        for host in ["localhost", "db", "10.0.0.1", "127.0.0.1", "[::1]", "db.internal", "$HOST.example.com"] {
            assert_eq!(named("url-password", &[("user", "bob"), ("host", host)], "").0, "secret", "{host}");
        }
        assert_eq!(named("url-password", &[], "").0, "secret", "a lone token is its own name");
    }
}

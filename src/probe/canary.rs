//! Canary tokens: credentials laid out as alarms, which ring when they are used.

use std::sync::LazyLock;

use data_encoding::BASE32;
use serde::Deserialize;

use crate::model::{Part, Secret};

/// What is known of the public canary services; each entry says where from.
static KNOWN: LazyLock<Known> = LazyLock::new(|| toml::from_str(include_str!("canaries.toml")).expect("a test reads the same file"));

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    service: Vec<Service>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    name: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "for people, and for the test that demands them"))]
    sources: Vec<String>,
    #[serde(default)]
    aws_accounts: Vec<String>,
    #[serde(default)]
    hosts: Vec<String>,
}

/// A canary token: whoever laid it out is told when it is used, so it is never touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canary {
    /// The service that made it.
    pub service: &'static str,
}

impl Canary {
    /// What a finding says of it.
    pub fn sentence(self) -> String {
        format!("a canary token of {}: using it would set off an alarm, so it is never touched", self.service)
    }
}

/// Whether the credential is one of a public canary service: an AWS key of its accounts, or something that leads to its hosts.
pub fn canary_of(secret: &Secret, parts: &[Part]) -> Option<Canary> {
    let values = || std::iter::once(secret).chain(parts.iter().map(|part| &part.value));
    values().find_map(|value| aws_account(value.expose()).and_then(|account| by_account(&account))).or_else(|| values().find_map(by_host))
}

/// The canary service that a host belongs to.
pub(crate) fn by_host_name(host: &str) -> Option<Canary> {
    let belongs = |known: &String| host == known || host.strip_suffix(known.as_str()).is_some_and(|rest| rest.ends_with('.'));
    KNOWN.service.iter().find(|service| service.hosts.iter().any(belongs)).map(|service| Canary { service: &service.name })
}

fn by_account(account: &str) -> Option<Canary> {
    KNOWN
        .service
        .iter()
        .find(|service| service.aws_accounts.iter().any(|known| known == account))
        .map(|service| Canary { service: &service.name })
}

fn by_host(value: &Secret) -> Option<Canary> {
    let text = String::from_utf8_lossy(value.expose()).to_ascii_lowercase();
    text.split(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '.' || sign == '-')).find_map(by_host_name)
}

/// The account, 12 digits, that an AWS key id names: base32 in the fifth to twelfth character, shifted by seven bits.
fn aws_account(id: &[u8]) -> Option<String> {
    if id.len() != 20 || !matches!(&id[..4], b"AKIA" | b"ASIA") {
        return None;
    }
    // 8 characters of base32 hold 5 bytes; the sixth byte gives the account's last bit.
    let bytes = BASE32.decode(&id[4..20]).ok()?;
    let number = bytes[..6].iter().fold(0u64, |number, &byte| number << 8 | u64::from(byte));
    Some(format!("{:012}", (number & 0x7fff_ffff_ff80) >> 7))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_whole() {
        assert!(KNOWN.service.len() >= 2);
        for service in &KNOWN.service {
            assert!(!service.sources.is_empty() && service.sources.iter().all(|source| source.starts_with("https://")), "{}", service.name);
            assert!(service.aws_accounts.iter().all(|account| account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())));
            assert!(!service.aws_accounts.is_empty() || !service.hosts.is_empty(), "{}", service.name);
        }
    }

    #[test]
    fn keys_of_canary_accounts_are_known_by_their_id() {
        // The id that a public crate for this decoding gives as its example, and its account.
        let id = ["AKIA", "SP2TPHJSQH3FJXYZ"].concat();
        assert_eq!(aws_account(id.as_bytes()).as_deref(), Some("171436882533"));
        let part = Part { name: "id".to_owned(), value: Secret::new(id), alone: true };
        assert_eq!(canary_of(&Secret::new("x".repeat(40)), &[part]).map(|canary| canary.service), Some("canarytokens.org"));
        let honest = ["AKIA", "QQQQQQQQQQQQQQQQ"].concat();
        assert_eq!(canary_of(&Secret::new(honest), &[]), None);
    }

    #[test]
    fn hosts_count_with_what_is_below_them() {
        let part = |host: &str| [Part { name: "host".to_owned(), value: Secret::new(host), alone: true }];
        let of = |host: &str| canary_of(&Secret::new("pw"), &part(host)).is_some();
        assert!(of("canarytokens.com") && of("x7.canarytokens.org") && of("http://x.canarytokens.com/a"));
        assert!(!of("notcanarytokens.com") && !of("canarytokens.com.example.org"));
    }
}

//! Where notices go, as the user's own configuration says.

use zeroize::Zeroizing;

use super::dialect::Dialect;
use super::seal::Recipients;
use super::sign::{KeyFormat, Signer};
use crate::model::{Notice, Secret};
use crate::net::Host;

/// What is wrong with an endpoint, with the way out; it never repeats an address, which may be a secret.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// Not an address.
    #[error("its `url` is no address like https://hooks.example.com/secrets, without user and password")]
    Url,
    /// Without TLS, beyond this machine.
    #[error("its `url` is http: notices go over https, and without it only to this machine itself (127.0.0.1, ::1, localhost)")]
    Plain,
    /// The dialect authenticates with a secret.
    #[error("the dialect `{0}` needs a `secret`: {1}")]
    NoSecret(&'static str, &'static str),
    /// The signing keys are none.
    #[error(transparent)]
    Key(#[from] KeyFormat),
    /// The secret itself would go out without the user having said so.
    #[error(
        "the dialect `{0}` sends the secret itself; say `plaintext_to_issuer = true` if its receiver is the issuer or a revocation service"
    )]
    Plaintext(&'static str),
    /// The secret does not fit into a header.
    #[error("its `secret` holds what cannot stand in a header")]
    Header,
}

/// Which notices an endpoint gets; what is empty does not restrict.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Ids of rules.
    pub rules: Vec<String>,
}

/// Where notices go.
#[derive(Clone)]
pub struct Endpoint {
    /// Its name in the configuration and the journal.
    pub name: String,
    /// What it speaks.
    pub dialect: Dialect,
    /// Its address; Slack's is a secret.
    pub url: Zeroizing<String>,
    /// The host that it leads to.
    pub host: Host,
    /// Signs, for the dialects that do.
    pub signer: Option<Signer>,
    /// The routing key, or the token of the header.
    pub secret: Option<Secret>,
    /// The endpoint that is told when this one does not answer in time.
    pub fallback: Option<String>,
    /// Who gets the secret, encrypted.
    pub recipients: Recipients,
    /// Which notices go there.
    pub filter: Filter,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Endpoint({} {} at {})", self.name, self.dialect.name(), self.host.shown())
    }
}

impl Endpoint {
    /// An endpoint `name` that speaks `dialect` at `url`, with the secret it needs; `may_send_plaintext` where the user has said so.
    ///
    /// # Errors
    /// [`EndpointError`] when these do not go together.
    pub fn new(name: &str, dialect: Dialect, url: &str, secret: Option<Secret>, may_send_plaintext: bool) -> Result<Self, EndpointError> {
        let host = host_of(url)?;
        if dialect.sends_plaintext() && !may_send_plaintext {
            return Err(EndpointError::Plaintext(dialect.name()));
        }
        let (mut signer, mut kept) = (None, None);
        match (dialect.secret_is(), secret) {
            (None, _) => {}
            (Some(what), None) => return Err(EndpointError::NoSecret(dialect.name(), what)),
            (Some(_), Some(secret)) if dialect.is_signed() => signer = Some(Signer::parse(&secret)?),
            (Some(_), Some(secret)) if secret.expose().iter().all(u8::is_ascii_graphic) && !secret.is_empty() => kept = Some(secret),
            _ => return Err(EndpointError::Header),
        }
        Ok(Self {
            name: name.to_owned(),
            dialect,
            url: Zeroizing::new(url.to_owned()),
            host,
            signer,
            secret: kept,
            fallback: None,
            recipients: Recipients::default(),
            filter: Filter::default(),
        })
    }

    /// Whether a notice goes there.
    pub fn takes(&self, notice: &Notice) -> bool {
        self.filter.rules.is_empty() || self.filter.rules.contains(&notice.credential.rule)
    }
}

/// The host of an address, which the user has named and which therefore may be a private one.
fn host_of(url: &str) -> Result<Host, EndpointError> {
    let (is_plain, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (false, rest),
        (_, Some(rest)) => (true, rest),
        _ => return Err(EndpointError::Url),
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty()
        || authority.contains('@')
        || url.chars().any(|sign| sign.is_whitespace() || sign.is_control())
        || rest.contains('#')
    {
        return Err(EndpointError::Url);
    }
    let port_of = |digits: &str| digits.parse::<u16>().ok().filter(|&port| port > 0).ok_or(EndpointError::Url);
    let usual = if is_plain { 80 } else { 443 };
    let (name, port) = match (authority.strip_prefix('['), authority.rsplit_once(':')) {
        (Some(rest), _) => {
            let (name, port) = rest.split_once(']').ok_or(EndpointError::Url)?;
            (name, port.strip_prefix(':').map_or(Ok(usual), port_of)?)
        }
        (None, Some((name, digits))) => (name, port_of(digits)?),
        (None, None) => (authority, usual),
    };
    let is_address = name.parse::<std::net::IpAddr>();
    let is_sound =
        is_address.is_ok() || (!name.is_empty() && name.chars().all(|sign| sign.is_ascii_alphanumeric() || ".-_".contains(sign)));
    if !is_sound {
        return Err(EndpointError::Url);
    }
    let is_loopback = name.eq_ignore_ascii_case("localhost") || is_address.is_ok_and(|address| address.is_loopback());
    if is_plain && !is_loopback {
        return Err(EndpointError::Plain);
    }
    Ok(Host { private: true, plain: is_plain, ..Host::public(name, port) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_spoken_to_in_the_clear() {
        for (url, name, port, plain) in [
            ("https://hooks.example.com/secrets", "hooks.example.com", 443, false),
            ("https://hooks.example.com:8443", "hooks.example.com", 8443, false),
            ("http://127.0.0.1:8080/x", "127.0.0.1", 8080, true),
            ("http://[::1]:8080/x", "::1", 8080, true),
            ("http://localhost/x?y=1", "localhost", 80, true),
            ("https://10.0.0.7/x", "10.0.0.7", 443, false),
        ] {
            let host = host_of(url).expect(url);
            assert_eq!((host.name.as_str(), host.port, host.plain, host.private), (name, port, plain, true), "{url}");
        }
        for url in ["http://hooks.example.com/", "http://10.0.0.7/", "http://127.0.0.1.evil.test/", "http://localhost.evil.test/"] {
            assert!(matches!(host_of(url), Err(EndpointError::Plain)), "{url}");
        }
        for url in [
            "",
            "hooks.example.com",
            "ftp://x/",
            "https://",
            "https://a:b@c/",
            "https://a b/",
            "https://a:0/",
            "https://a:x/",
            "https://a\n/",
            "https://a/#f",
        ] {
            assert!(matches!(host_of(url), Err(EndpointError::Url)), "{url}");
        }
    }

    #[test]
    fn secrets_and_consent_are_asked_for() {
        let new = |dialect, secret: Option<&str>, consent| {
            Endpoint::new("x", dialect, "https://h.example.com/hunter2", secret.map(Secret::new), consent)
        };
        assert!(matches!(new(Dialect::Native, None, false), Err(EndpointError::NoSecret("native", _))));
        assert!(matches!(new(Dialect::Native, Some("hunter2"), false), Err(EndpointError::Key(_))));
        assert!(matches!(new(Dialect::PagerDuty, Some("a b"), false), Err(EndpointError::Header)));
        assert!(matches!(new(Dialect::GitLabRevocation, Some("t"), false), Err(EndpointError::Plaintext(_))));
        assert!(new(Dialect::Slack, None, false).is_ok() && new(Dialect::GitLabRevocation, Some("t"), true).is_ok());
        let shown = format!("{:?}", new(Dialect::Slack, None, false).expect("sound"));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

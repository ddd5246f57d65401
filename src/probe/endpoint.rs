//! Services of the user's own, and from them and the rules the list of hosts that may be asked.

use crate::net::{Host, Hosts};
use crate::rules::RuleSet;

/// A service of the user's own: a self-hosted instance, or a database that findings may be tried at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// The service's short name, as the rules know it: `gitlab`, `vault`, `postgres`.
    pub service: String,
    /// Where it is: `https://gitlab.corp.example`, with a path before the API's own if need be, or `postgres://db.corp.example:5432`.
    pub url: String,
    /// Whether it may be at a private or loopback address.
    pub private: bool,
    /// Whether it may be asked without encryption.
    pub plain: bool,
    /// Certificates (DER) trusted for it in place of the system's.
    pub roots: Vec<Vec<u8>>,
}

/// Why an endpoint cannot be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// No rule asks such a service.
    #[error("no rule asks a service named `{0}`; docs/probes.md names them")]
    Service(String),
    /// The address cannot be.
    #[error("the address of `{service}` cannot be: {why}")]
    Url {
        /// The service.
        service: String,
        /// Why, and the way out.
        why: &'static str,
    },
}

impl Endpoint {
    /// Scheme, host and port.
    pub(crate) fn address(&self) -> Result<(&str, String, u16), EndpointError> {
        let fail = |why| EndpointError::Url { service: self.service.clone(), why };
        let (scheme, rest) = self.url.split_once("://").ok_or_else(|| fail("begin with https://"))?;
        let usual = match scheme {
            "https" => 443,
            "http" if self.plain => 80,
            "http" => return Err(fail("it is http; use https, or say `plain = true`")),
            "postgres" => 5432,
            "redis" | "rediss" => 6379,
            _ => return Err(fail("use https, http, postgres, redis or rediss")),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.is_empty() || authority.contains('@') {
            return Err(fail("name a host, without user and password"));
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, digits)) if !digits.contains(']') => (host, digits.parse().map_err(|_| fail("its port is no number"))?),
            _ => (authority, usual),
        };
        Ok((scheme, host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase(), port))
    }

    /// What stands before the API's own path.
    pub(crate) fn base(&self) -> &str {
        self.url.trim_end_matches('/')
    }
}

/// Every host that may be asked: those the rules write out, and those the user has configured.
///
/// # Errors
/// An endpoint that cannot be.
pub fn hosts(rules: &RuleSet, endpoints: &[Endpoint]) -> Result<Hosts, EndpointError> {
    let mut hosts = Hosts::default();
    let mut services = vec!["postgres", "redis"];
    for confirm in rules.iter().filter_map(|(_, rule)| rule.confirm.as_ref()) {
        services.push(&confirm.service);
        confirm.hosts().for_each(|name| hosts.allow(Host::public(&name, 443)));
    }
    // Some are ended elsewhere than they are asked about.
    for contain in rules.iter().filter_map(|(_, rule)| rule.contain.as_ref()) {
        contain.request.hosts().for_each(|name| hosts.allow(Host::public(&name, 443)));
    }
    for endpoint in endpoints {
        if !services.contains(&endpoint.service.as_str()) {
            return Err(EndpointError::Service(endpoint.service.clone()));
        }
        let (_, name, port) = endpoint.address()?;
        hosts.allow(Host { name, port, private: endpoint.private, plain: endpoint.plain, roots: endpoint.roots.clone() });
    }
    Ok(hosts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(service: &str, url: &str) -> Endpoint {
        Endpoint { service: service.to_owned(), url: url.to_owned(), ..Endpoint::default() }
    }

    #[test]
    fn addresses_are_taken_apart() {
        let of = |url: &str| endpoint("gitlab", url).address().map(|(scheme, host, port)| format!("{scheme} {host} {port}"));
        assert_eq!(of("https://Git.corp.test/x").as_deref(), Ok("https git.corp.test 443"));
        assert_eq!(of("rediss://[::1]:6380").as_deref(), Ok("rediss ::1 6380"));
        assert!(of("http://git.corp.test").is_err() && of("https://u:p@h").is_err() && of("file:///x").is_err() && of("https://").is_err());
    }

    #[test]
    fn the_list_holds_rules_and_endpoints_and_nothing_else() {
        let rules = RuleSet::builtin();
        let listed = hosts(&rules, &[Endpoint { private: true, ..endpoint("gitlab", "https://git.corp.test:8443") }]).expect("sound");
        assert!(listed.get("api.github.com", 443).is_ok() && listed.get("git.corp.test", 8443).is_ok_and(|host| host.private));
        assert!(listed.get("git.corp.test", 443).is_err() && listed.get("evil.test", 443).is_err());
        assert!(listed.get("shop.myshopify.com", 443).is_ok() && listed.get("a.b.myshopify.com", 443).is_err());
        assert!(matches!(hosts(&rules, &[endpoint("gitlob", "https://x.test")]), Err(EndpointError::Service(_))));
    }
}

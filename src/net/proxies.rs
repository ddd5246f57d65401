//! The proxies of the environment, read as curl reads them.

use std::net::IpAddr;

use zeroize::Zeroizing;

/// Which proxy a request goes through.
#[derive(Clone, Default)]
pub struct Proxies {
    http: Option<Zeroizing<String>>,
    https: Option<Zeroizing<String>>,
    bypass: Vec<String>,
}

impl std::fmt::Debug for Proxies {
    // A proxy's address may hold a password.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Proxies(http: {}, https: {})", self.http.is_some(), self.https.is_some())
    }
}

impl Proxies {
    /// From variables of the environment: `HTTPS_PROXY`, `http_proxy`, `ALL_PROXY`, `NO_PROXY`; the lower-case name goes first, and
    /// `HTTP_PROXY` is not heeded, for a web server sets it from a client's header.
    pub fn from_vars(variable: impl Fn(&str) -> Option<String>) -> Self {
        let read = |names: &[&str]| names.iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
        let all = read(&["all_proxy", "ALL_PROXY"]);
        let bypass = read(&["no_proxy", "NO_PROXY"]).unwrap_or_default();
        Self {
            http: read(&["http_proxy"]).or_else(|| all.clone()).map(Zeroizing::new),
            https: read(&["https_proxy", "HTTPS_PROXY"]).or(all).map(Zeroizing::new),
            bypass: bypass
                .split([',', ' '])
                .map(|entry| entry.trim_start_matches("*.").trim_start_matches('.').to_ascii_lowercase())
                .filter(|entry| !entry.is_empty())
                .collect(),
        }
    }

    /// The proxy's address for a request to `name` and `port`, with TLS or without; none for a direct one.
    pub(super) fn of(&self, name: &str, port: u16, tls: bool) -> Option<&str> {
        let proxy = if tls { self.https.as_ref() } else { self.http.as_ref() };
        let address: Option<IpAddr> = name.parse().ok();
        // No proxy can reach this machine's own loopback.
        let own = name == "localhost" || address.is_some_and(|address| address.is_loopback());
        let listed = self.bypass.iter().any(|entry| {
            let (entry, only) = match entry.rsplit_once(':') {
                Some((before, digits)) if !before.contains(':') => (before, digits.parse::<u16>().ok()),
                _ => (entry.as_str(), None),
            };
            let below = || name.strip_suffix(entry).is_some_and(|rest| rest.ends_with('.') && address.is_none());
            only.is_none_or(|only| only == port) && (entry == "*" || name == entry || below())
        });
        proxy.filter(|_| !own && !listed).map(|proxy| proxy.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> Proxies {
        Proxies::from_vars(|wanted| variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn each_scheme_has_its_proxy() {
        let some = proxies(&[("HTTPS_PROXY", "http://p:1"), ("http_proxy", "http://q:2"), ("HTTP_PROXY", "http://evil:3")]);
        assert_eq!((some.of("a.test", 443, true), some.of("a.test", 80, false)), (Some("http://p:1"), Some("http://q:2")));
        let all = proxies(&[("ALL_PROXY", "socks5h://s:1"), ("HTTP_PROXY", "http://evil:3")]);
        assert_eq!((all.of("a.test", 443, true), all.of("a.test", 80, false)), (Some("socks5h://s:1"), Some("socks5h://s:1")));
        assert_eq!(proxies(&[("HTTP_PROXY", "http://evil:3")]).of("a.test", 80, false), None);
    }

    #[test]
    fn exceptions_hold_for_a_name_and_what_is_below() {
        let some = proxies(&[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", ".corp.test, 10.0.0.1,b.test:8443")]);
        let goes = |name: &str, port| some.of(name, port, true).is_some();
        assert!(!goes("corp.test", 443) && !goes("x.corp.test", 443) && goes("xcorp.test", 443) && !goes("10.0.0.1", 443));
        assert!(goes("b.test", 443) && !goes("b.test", 8443) && !goes("localhost", 1) && !goes("127.0.0.7", 1) && !goes("::1", 1));
        assert!(proxies(&[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "*")]).of("a.test", 443, true).is_none());
        assert!(!format!("{some:?}").contains("p:1"));
    }
}

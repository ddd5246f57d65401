//! The list of hosts that may be asked, with what is allowed for each.

use std::collections::HashMap;
use std::net::IpAddr;

use super::address::{is_public, is_reachable_when_private};
use super::failure::NetError;

/// A host that may be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Host {
    /// Its name or address, lower case, without port; an IPv6 address without brackets.
    pub name: String,
    /// Its port.
    pub port: u16,
    /// Whether it may be at a private or loopback address: only what the user has configured.
    pub private: bool,
    /// Whether it may be asked without encryption.
    pub plain: bool,
    /// Certificates (DER) that are trusted for it in place of the system's.
    pub roots: Vec<Vec<u8>>,
}

impl Host {
    /// A public host, asked over TLS.
    pub fn public(name: &str, port: u16) -> Self {
        Self { name: name.to_ascii_lowercase(), port, ..Self::default() }
    }

    /// Name and port, the port only when it is not 443.
    pub fn shown(&self) -> String {
        shown(&self.name, self.port)
    }

    /// Whether it may be reached at that address.
    pub(super) fn may_be_at(&self, address: IpAddr) -> bool {
        is_public(address) || (self.private && is_reachable_when_private(address))
    }
}

/// A host as it is shown.
pub(super) fn shown(name: &str, port: u16) -> String {
    match (name.contains(':'), port) {
        (false, 443) => name.to_owned(),
        (true, 443) => format!("[{name}]"),
        (false, port) => format!("{name}:{port}"),
        (true, port) => format!("[{name}]:{port}"),
    }
}

/// The hosts that may be asked.
#[derive(Clone, Debug, Default)]
pub struct Hosts(HashMap<(String, u16), Host>);

impl Hosts {
    /// Puts a host on the list. What is already allowed for it is not taken back.
    pub fn allow(&mut self, host: Host) {
        let entry = self.0.entry((host.name.clone(), host.port)).or_insert_with(|| host.clone());
        entry.private |= host.private;
        entry.plain |= host.plain;
        if entry.roots.is_empty() {
            entry.roots = host.roots;
        }
    }

    /// Puts all of another list on this one.
    pub fn allow_all(&mut self, others: &Self) {
        others.0.values().cloned().for_each(|host| self.allow(host));
    }

    /// The host of that name and port; `*.example.com` on the list stands for one label in the star's place.
    ///
    /// # Errors
    /// [`NetError::NotListed`], naming it.
    pub fn get(&self, name: &str, port: u16) -> Result<Host, NetError> {
        let name = name.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let below = name.split_once('.').map(|(_, rest)| (format!("*.{rest}"), port));
        let host = shown(&name, port);
        let found = self.0.get(&(name.clone(), port)).or_else(|| self.0.get(&below?));
        match found {
            // A star's host is from here on the one that was asked for.
            Some(found) => Ok(Host { name, ..found.clone() }),
            None => Err(NetError::NotListed { host }),
        }
    }

    /// All of them, as shown, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.0.values().map(Host::shown).collect();
        names.sort_unstable();
        names
    }
}

/// The certificates of a PEM file, as DER; `None` when it holds none or one that cannot be read.
pub fn certificates(pem: &[u8]) -> Option<Vec<Vec<u8>>> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    let found: Vec<Vec<u8>> = CertificateDer::pem_slice_iter(pem).map(|one| one.map(|der| der.to_vec())).collect::<Result<_, _>>().ok()?;
    (!found.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_hosts_are_found() {
        let mut hosts = Hosts::default();
        hosts.allow(Host::public("API.example.com", 443));
        assert!(hosts.get("api.EXAMPLE.com", 443).is_ok());
        assert_eq!(hosts.get("api.example.com", 8443), Err(NetError::NotListed { host: "api.example.com:8443".to_owned() }));
        assert!(hosts.get("api.example.com.evil.test", 443).is_err());
        hosts.allow(Host { private: true, ..Host::public("api.example.com", 443) });
        assert!(hosts.get("api.example.com", 443).is_ok_and(|host| host.private));
        hosts.allow(Host::public("::1", 8200));
        assert!(hosts.get("[::1]", 8200).is_ok());
        assert_eq!(hosts.names(), ["[::1]:8200", "api.example.com"]);
    }
}

//! What a rehearsal stands on: a scratch home with a planted key, the key's issuer, and the ways between them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver as Channel, RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::Value;
use zeroize::Zeroizing;

use super::provider::Provider;
use crate::handoff::{Courier, Dialect, Endpoint, Outbox, Pace, Verifier};
use crate::journal::{Journal, SystemClock};
use crate::keychain::InstallKey;
use crate::model::{Notice, Secret};
use crate::net::{Host, Hosts, Https, Method, Proxies, Request, Transport};
use crate::probe;
use crate::receive::{Arrival, Inbox, Receiver};
use crate::rules::RuleSet;

/// How long the loopback receiver may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why a rehearsal cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum DrillError {
    /// The file system.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Anything below.
    #[error("{0}")]
    Other(String),
}

impl DrillError {
    pub(super) fn of(error: impl std::fmt::Display) -> Self {
        Self::Other(error.to_string())
    }
}

/// The key that is planted, and who issued it.
pub struct Issued {
    /// The issuer's address.
    pub url: String,
    /// The key.
    pub token: Secret,
    /// The issuer, where it is the embedded one.
    pub provider: Option<Provider>,
}

impl Issued {
    /// A random key of the embedded issuer.
    ///
    /// # Errors
    /// When there is no free port, or no random bytes.
    pub fn embedded() -> Result<Self, DrillError> {
        let seed = InstallKey::generate().map_err(DrillError::of)?.encoded();
        let made = crate::rules::expand("s.{base62:24}", &String::from_utf8_lossy(seed.expose())).map_err(DrillError::of)?;
        let token = Secret::new(made.text);
        let text = Zeroizing::new(String::from_utf8_lossy(token.expose()).into_owned());
        let provider = Provider::start(&text).map_err(DrillError::of)?;
        Ok(Self { url: provider.url.clone(), token, provider: Some(provider) })
    }

    /// A token that a real OpenBao or Vault on this machine issues to the holder of `root`.
    ///
    /// # Errors
    /// When it is not on this machine, or does not issue one.
    pub fn bao(url: &str, root: &Secret) -> Result<Self, DrillError> {
        let url = url.trim_end_matches('/').to_owned();
        let transport = Https::new(loopback(&[&url])?, Proxies::from_vars(|_| None));
        let request = Request {
            method: Method::Post,
            url: Zeroizing::new(format!("{url}/v1/auth/token/create")),
            headers: vec![("x-vault-token".to_owned(), Zeroizing::new(String::from_utf8_lossy(root.expose()).into_owned()))],
            body: Some(Zeroizing::new(br#"{"policies":["default"],"ttl":"30m","display_name":"keyfuse-drill"}"#.to_vec())),
            timeout: Duration::from_secs(10),
        };
        let answer = transport.send(&request).map_err(DrillError::of)?;
        let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
        let token = body.as_ref().and_then(|body| body.pointer("/auth/client_token")).and_then(Value::as_str);
        let token = token.ok_or_else(|| DrillError::Other(format!("{url} answers {} and issues no token", answer.status)))?;
        Ok(Self { url, token: Secret::new(token.as_bytes()), provider: None })
    }
}

/// The hosts of these addresses, which must be this machine's own.
fn loopback(urls: &[&str]) -> Result<Hosts, DrillError> {
    let mut hosts = Hosts::default();
    for url in urls {
        let port = url.strip_prefix("http://127.0.0.1:").and_then(|rest| rest.split('/').next()).and_then(|digits| digits.parse().ok());
        let port: u16 = port.ok_or_else(|| DrillError::Other(format!("{url}: a drill goes to http://127.0.0.1:PORT alone")))?;
        hosts.allow(Host { name: "127.0.0.1".to_owned(), port, private: true, plain: true, roots: Vec::new() });
    }
    Ok(hosts)
}

/// The scratch folder, the keys, the door.
pub struct Rehearsal<'a> {
    /// Where everything but the bundle lies.
    pub scratch: &'a Path,
    /// The key that was planted.
    pub issued: &'a Issued,
    /// Names credentials.
    pub key: InstallKey,
    /// The built-in rules.
    pub rules: Arc<RuleSet>,
    /// The issuer, as an endpoint of probes.
    pub options: probe::Options,
    /// The hosts that may be asked.
    pub hosts: Hosts,
}

impl<'a> Rehearsal<'a> {
    /// Plants the key in a start-up file of a scratch home.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn prepare(scratch: &'a Path, issued: &'a Issued) -> Result<Self, DrillError> {
        let home = scratch.join("home");
        let file = home.join(".zshrc");
        let io = |source| DrillError::Io { path: file.clone(), source };
        std::fs::create_dir_all(&home).map_err(io)?;
        let text = Zeroizing::new([b"# scratch start-up file of a drill\nexport VAULT_TOKEN=", issued.token.expose(), b"\n"].concat());
        std::fs::write(&file, &text).map_err(io)?;
        let endpoint = probe::Endpoint {
            service: "vault".to_owned(),
            url: issued.url.clone(),
            private: true,
            plain: true,
            ..probe::Endpoint::default()
        };
        Ok(Self {
            scratch,
            issued,
            key: InstallKey::generate().map_err(DrillError::of)?,
            rules: Arc::new(RuleSet::builtin()),
            options: probe::Options { endpoints: vec![endpoint], timeout: None },
            hosts: loopback(&[&issued.url])?,
        })
    }

    /// The scratch home.
    pub fn home(&self) -> PathBuf {
        self.scratch.join("home")
    }

    /// The door to the issuer and nowhere else.
    pub fn transport(&self) -> Https {
        Https::new(self.hosts.clone(), Proxies::from_vars(|_| None))
    }

    /// Hands the notice to a receiver on loopback, signed; gives the event that it verified, and its receipt.
    ///
    /// # Errors
    /// When it does not arrive.
    pub fn hand_off(&self, notice: Notice) -> Result<(Value, String), DrillError> {
        let shared = InstallKey::generate().map_err(DrillError::of)?.encoded();
        let secret = || Secret::new([b"whsec_", shared.expose()].concat());
        let receiver = Receiver {
            listen: ([127, 0, 0, 1], 0).into(),
            tls: None,
            is_behind_proxy: false,
            verifier: Some(Verifier::parse(&secret()).map_err(DrillError::of)?),
            gitlab_token: None,
            types: Vec::new(),
            key: None,
            only_verifies: false,
        };
        let bound = receiver.bind().map_err(DrillError::of)?;
        let url = format!("http://{}/hooks/secrets", bound.address);
        let inbox = Journal::<Inbox>::open(&self.scratch.join("state/received.jsonl")).map_err(DrillError::of)?;
        let (sender, arrivals): (_, Channel<(Value, String)>) = channel();
        let arrival = move |arrival: &Arrival<'_>| {
            if let Arrival::Notice { event, receipt } = arrival {
                // The rehearsal may have ended already.
                let _ = sender.send(((*event).clone(), (*receipt).to_owned()));
            }
        };
        // It serves until the program ends, which is soon.
        std::thread::spawn(move || bound.serve(inbox, Box::new(SystemClock::new()), Box::new(arrival), Box::new(|_: &str| {})));
        let endpoint = Endpoint::new("drill", Dialect::Native, &url, Some(secret()), false).map_err(DrillError::of)?;
        let mut hosts = Hosts::default();
        hosts.allow(endpoint.host.clone());
        let transport = Https::new(hosts, Proxies::from_vars(|_| None));
        let journal = Journal::<Outbox>::open(&self.installation()).map_err(DrillError::of)?;
        let (clock, endpoints) = (SystemClock::new(), [endpoint]);
        let mut courier =
            Courier { journal, endpoints: &endpoints, transport: &transport, clock: &clock, host: "drill", secrets: Default::default() };
        courier.owe(vec![notice]).map_err(DrillError::of)?;
        let tally = courier.deliver(Pace::For(PATIENCE)).map_err(DrillError::of)?;
        if tally.undelivered > 0 {
            let why: Vec<String> = tally.failures.into_values().collect();
            return Err(DrillError::Other(format!("the notice did not arrive: {}", why.join("; "))));
        }
        arrivals
            .recv_timeout(PATIENCE)
            .map_err(|error: RecvTimeoutError| DrillError::Other(format!("the receiver told of nothing: {error}")))
    }

    /// The installation's journal.
    pub fn installation(&self) -> PathBuf {
        self.scratch.join("state/handoff.jsonl")
    }
}

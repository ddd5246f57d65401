//! Requests over HTTP/1.1 with TLS: to listed hosts only, no redirects, bounded in time and size.

use std::collections::HashMap;
use std::io::Read;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use ureq::config::Config;
use ureq::http::{self, Uri};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Proxy};

use super::failure::{self, NetError};
use super::hosts::{Host, Hosts};
use super::proxies::Proxies;
use super::transport::{Answer, Method, Request, Transport};

/// The most bytes of an answer's body that are read.
const MAX_BODY: u64 = 64 << 10;
/// The most bytes of an answer's headers.
const MAX_HEADERS: usize = 32 << 10;
/// How we name ourselves; some providers refuse requests without it.
const USER_AGENT: &str = concat!("keyfuse/", env!("CARGO_PKG_VERSION"));

/// Sends requests to the hosts of a list.
#[derive(Debug)]
pub struct Https {
    hosts: Hosts,
    proxies: Proxies,
    /// One for each host: each has trusted certificates, an address policy and connections of its own.
    agents: Mutex<HashMap<(String, u16), Agent>>,
}

impl Https {
    /// For these hosts and no others.
    pub fn new(hosts: Hosts, proxies: Proxies) -> Self {
        Self { hosts, proxies, agents: Mutex::default() }
    }

    fn agent(&self, host: &Host, tls: bool) -> Result<Agent, NetError> {
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (host.name.clone(), host.port);
        if let Some(agent) = agents.get(&key) {
            return Ok(agent.clone());
        }
        let proxy = match self.proxies.of(&host.name, host.port, tls) {
            Some(address) => Some(Proxy::new(address).map_err(|_| NetError::Proxy("has an address that cannot be read"))?),
            None => None,
        };
        let guard = Guard { host: host.clone(), proxy: proxy.as_ref().map(|proxy| proxy.host().to_ascii_lowercase()) };
        let roots = if host.roots.is_empty() {
            RootCerts::PlatformVerifier
        } else {
            host.roots.iter().map(|der| Certificate::from_der(der).to_owned()).into()
        };
        let config = Config::builder()
            .proxy(proxy)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent(USER_AGENT)
            .max_response_header_size(MAX_HEADERS)
            .build();
        let agent = Agent::with_parts(config, DefaultConnector::default(), guard);
        agents.insert(key, agent.clone());
        Ok(agent)
    }
}

impl Transport for Https {
    fn send(&self, request: &Request) -> Result<Answer, NetError> {
        let uri: Uri = request.url.parse().map_err(|_| NetError::Malformed("its address is none"))?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(NetError::Malformed("its address is neither https nor http")),
        };
        let name = uri.host().ok_or(NetError::Malformed("its address names no host"))?;
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(NetError::Malformed("its address holds a user"));
        }
        let host = self.hosts.get(name, uri.port_u16().unwrap_or(if tls { 443 } else { 80 }))?;
        if !tls && !host.plain {
            return Err(NetError::Plain { host: host.shown() });
        }
        // Through a proxy nothing is resolved here.
        if host.name.parse::<IpAddr>().is_ok_and(|address| !host.may_be_at(address)) {
            return Err(NetError::Private { host: host.shown() });
        }
        let agent = self.agent(&host, tls)?;
        let method = match request.method {
            Method::Get => http::Method::GET,
            Method::Post => http::Method::POST,
            Method::Delete => http::Method::DELETE,
            Method::Put => http::Method::PUT,
        };
        let mut builder = http::Request::builder().method(method).uri(uri.clone());
        for (name, value) in &request.headers {
            let mut value = http::HeaderValue::from_str(value).map_err(|_| NetError::Malformed("a value does not fit into a header"))?;
            value.set_sensitive(true);
            builder = builder.header(name.as_str(), value);
        }
        let wrong = |_| NetError::Malformed("its headers cannot be");
        let answer = match &request.body {
            Some(body) => {
                let request = timed(&agent, builder.body(body.as_slice()).map_err(wrong)?, request);
                agent.run(request)
            }
            None => {
                let request = timed(&agent, builder.body(()).map_err(wrong)?, request);
                agent.run(request)
            }
        };
        let answer = answer.map_err(|error| told(&host, &error))?;
        read(&host, answer)
    }
}

/// The request with its time.
fn timed<B: ureq::AsSendBody>(agent: &Agent, request: http::Request<B>, asked: &Request) -> http::Request<B> {
    agent.configure_request(request).timeout_global(Some(asked.timeout)).build()
}

fn read(host: &Host, answer: http::Response<ureq::Body>) -> Result<Answer, NetError> {
    let (parts, body) = answer.into_parts();
    let headers =
        parts.headers.iter().filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))).collect();
    let mut kept = Vec::new();
    body.into_reader().take(MAX_BODY + 1).read_to_end(&mut kept).map_err(|error| told(host, &ureq::Error::from(error)))?;
    let cut = kept.len() as u64 > MAX_BODY;
    kept.truncate(MAX_BODY as usize);
    Ok(Answer { status: parts.status.as_u16(), headers, body: kept, cut, host: host.shown() })
}

/// What the client says, in our words: its own hold addresses.
fn told(host: &Host, error: &ureq::Error) -> NetError {
    let name = || host.shown();
    match error {
        ureq::Error::Timeout(_) => NetError::Timeout { host: name() },
        ureq::Error::HostNotFound => NetError::NotFound { host: name() },
        ureq::Error::Io(error) if error.to_string().contains("lookup address") => NetError::NotFound { host: name() },
        ureq::Error::Io(error) => failure::io(&name(), error),
        ureq::Error::Rustls(error) => failure::tls_error(&name(), error),
        ureq::Error::Tls(_) | ureq::Error::TlsRequired => NetError::Tls { host: name(), why: "the TLS handshake failed" },
        ureq::Error::Other(other) if other.is::<NotHere>() => NetError::Private { host: name() },
        ureq::Error::ConnectProxyFailed(_) => NetError::Proxy("would not connect"),
        ureq::Error::InvalidProxyUrl => NetError::Proxy("has an address that cannot be read"),
        ureq::Error::LargeResponseHeader(..) => NetError::Broken { host: name(), why: "its answer has too many headers" },
        ureq::Error::Protocol(_) => NetError::Broken { host: name(), why: "its answer is no HTTP" },
        _ => NetError::Broken { host: name(), why: "the connection failed" },
    }
}

/// The name resolves to no address where the host may be.
#[derive(Debug, thiserror::Error)]
#[error("no address where it may be")]
pub(super) struct NotHere;

/// Looks names up and hands on only addresses where the host may be: what is checked is what is connected to.
#[derive(Debug)]
pub(super) struct Guard {
    pub(super) host: Host,
    /// The proxy's name; it is the user's own word, so it may be anywhere.
    pub(super) proxy: Option<String>,
}

impl Resolver for Guard {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = DefaultResolver::default().resolve(uri, config, timeout)?;
        let name = uri.host().unwrap_or_default().to_ascii_lowercase();
        if self.proxy.as_ref() == Some(&name) && name != self.host.name {
            return Ok(found);
        }
        let mut kept = self.empty();
        for address in found.iter().filter(|address| self.host.may_be_at(address.ip())) {
            kept.push(*address);
        }
        if kept.is_empty() { Err(ureq::Error::Other(Box::new(NotHere))) } else { Ok(kept) }
    }
}

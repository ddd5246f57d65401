//! A connection for protocols that are not HTTP, under the same list, address policy and time limit.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::Resolver;
use ureq::unversioned::transport::NextTimeout;

use super::failure::{self, NetError};
use super::hosts::{Host, Hosts};
use super::https::{Guard, NotHere};

/// A connection that ends when its time is over, whatever the other side does.
pub struct Line {
    host: Host,
    wire: Wire,
}

enum Wire {
    Plain(Timed),
    Tls(Box<StreamOwned<ClientConnection, Timed>>),
    /// Between the two while the handshake goes on.
    Gone,
}

/// A socket whose every wait ends at one moment.
struct Timed {
    socket: TcpStream,
    end: Instant,
}

impl Timed {
    fn left(&self) -> io::Result<Duration> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(Some(self.left()?))?;
        self.socket.read(buffer)
    }
}

impl Write for Timed {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(Some(self.left()?))?;
        self.socket.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}

/// Connects to a listed host, in the clear; [`Line::secure`] adds TLS. All that follows must be over within `timeout`.
///
/// # Errors
/// As for a request: not listed, no address where it may be, no connection in time.
pub fn dial(hosts: &Hosts, name: &str, port: u16, timeout: Duration) -> Result<Line, NetError> {
    let host = hosts.get(name, port)?;
    let end = Instant::now() + timeout;
    let guard = Guard { host: host.clone(), proxy: None };
    // The resolver takes addresses of HTTP; the port is always written.
    let shown = if host.name.contains(':') { format!("[{}]:{port}", host.name) } else { format!("{}:{port}", host.name) };
    let uri: Uri = format!("https://{shown}/").parse().map_err(|_| NetError::Malformed("its host cannot be"))?;
    let wait = NextTimeout { after: timeout.into(), ..NextTimeout::default() };
    let addresses = guard.resolve(&uri, &Config::default(), wait).map_err(|error| match error {
        ureq::Error::Other(other) if other.is::<NotHere>() => NetError::Private { host: host.shown() },
        ureq::Error::Timeout(_) => NetError::Timeout { host: host.shown() },
        _ => NetError::NotFound { host: host.shown() },
    })?;
    let mut last = NetError::NotFound { host: host.shown() };
    for address in addresses.iter() {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(NetError::Timeout { host: host.shown() });
        }
        match TcpStream::connect_timeout(address, left) {
            Ok(socket) => return Ok(Line { host, wire: Wire::Plain(Timed { socket, end }) }),
            Err(error) => last = failure::io(&host.shown(), &error),
        }
    }
    Err(last)
}

impl Line {
    /// Goes on under TLS, with the certificate checked against the host's name.
    ///
    /// # Errors
    /// [`NetError::Tls`] when the certificate or the handshake is wrong, or what the connection says.
    pub fn secure(mut self) -> Result<Self, NetError> {
        let shown = self.host.shown();
        let Wire::Plain(mut wire) = std::mem::replace(&mut self.wire, Wire::Gone) else {
            return Err(NetError::Malformed("it is encrypted already"));
        };
        let name = ServerName::try_from(self.host.name.clone()).map_err(|_| NetError::Malformed("its host cannot be in a certificate"))?;
        let config = client(&self.host.roots).map_err(|error| failure::tls_error(&shown, &error))?;
        let mut connection = ClientConnection::new(Arc::new(config), name).map_err(|error| failure::tls_error(&shown, &error))?;
        connection.complete_io(&mut wire).map_err(|error| failure::io(&shown, &error))?;
        self.wire = Wire::Tls(Box::new(StreamOwned::new(connection, wire)));
        Ok(self)
    }

    /// Whether nobody on the way can read along: TLS, or a loopback address.
    pub fn is_confidential(&self) -> bool {
        match &self.wire {
            Wire::Plain(wire) => wire.socket.peer_addr().is_ok_and(|peer| peer.ip().is_loopback()),
            Wire::Tls(_) => true,
            Wire::Gone => false,
        }
    }

    /// Whether the user has said that this host may be spoken to in the clear.
    pub fn may_be_plain(&self) -> bool {
        self.host.plain
    }

    /// Whom it leads to, as shown.
    pub fn host(&self) -> String {
        self.host.shown()
    }

    /// What a failure to read or write means.
    pub fn failure(&self, error: &io::Error) -> NetError {
        failure::io(&self.host.shown(), error)
    }
}

impl Read for Line {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.wire {
            Wire::Plain(wire) => wire.read(buffer),
            Wire::Tls(wire) => wire.read(buffer),
            Wire::Gone => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl Write for Line {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match &mut self.wire {
            Wire::Plain(wire) => wire.write(buffer),
            Wire::Tls(wire) => wire.write(buffer),
            Wire::Gone => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.wire {
            Wire::Plain(wire) => wire.flush(),
            Wire::Tls(wire) => wire.flush(),
            Wire::Gone => Ok(()),
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Wire::Plain(wire) = &self.wire {
            // The other side may be gone already.
            let _ = wire.socket.shutdown(Shutdown::Both);
        }
    }
}

/// TLS with the system's trust, or with `roots` alone where there are any.
fn client(roots: &[Vec<u8>]) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let config = if roots.is_empty() {
        let verifier = rustls_platform_verifier::Verifier::new(provider)?;
        // The name of the method is a general warning: this verifier is the system's own.
        builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth()
    } else {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(roots.iter().map(|der| CertificateDer::from(der.as_slice())));
        builder.with_root_certificates(store).with_no_client_auth()
    };
    Ok(config)
}

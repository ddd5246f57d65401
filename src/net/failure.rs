//! Why a request did not get an answer, in words that hold nothing of the request.

/// Why there is no answer. No variant holds an address beyond the host: paths and headers may be secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetError {
    /// The request cannot be sent as it is: no address, or a header with a line break.
    #[error("the request cannot be written: {0}")]
    Malformed(&'static str),
    /// The host is not on the list.
    #[error("{host} is not among the hosts that may be asked")]
    NotListed {
        /// The host, with its port when that is not the usual one.
        host: String,
    },
    /// The address is without TLS and the host is not configured for that.
    #[error("{host} would be asked without encryption; configure it with `plain = true` if that is meant")]
    Plain {
        /// The host.
        host: String,
    },
    /// The name resolves only to addresses that are not public.
    #[error("{host} has no public address; configure it with `private = true` if it is yours")]
    Private {
        /// The host.
        host: String,
    },
    /// The name does not resolve.
    #[error("{host} is not known to the name service")]
    NotFound {
        /// The host.
        host: String,
    },
    /// No whole answer in time.
    #[error("{host} did not answer in time")]
    Timeout {
        /// The host.
        host: String,
    },
    /// The certificate is wrong or the handshake failed.
    #[error("{host}: {why}")]
    Tls {
        /// The host.
        host: String,
        /// What was wrong, in our words.
        why: &'static str,
    },
    /// The connection failed or broke, or what came was no HTTP.
    #[error("{host}: {why}")]
    Broken {
        /// The host.
        host: String,
        /// What happened, in our words.
        why: &'static str,
    },
    /// The proxy's address cannot be read, or the proxy refused.
    #[error("the proxy {0}")]
    Proxy(&'static str),
}

/// What an error of the system says, in our words.
pub(super) fn io(host: &str, error: &std::io::Error) -> NetError {
    use std::io::ErrorKind;
    if let Some(inner) = error.get_ref()
        && let Some(tls) = inner.downcast_ref::<rustls::Error>()
    {
        return tls_error(host, tls);
    }
    let why = match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => return NetError::Timeout { host: host.to_owned() },
        ErrorKind::ConnectionRefused => "it refused the connection",
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => "it broke the connection",
        ErrorKind::UnexpectedEof => "it ended the connection before it had answered",
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => "it cannot be reached from here",
        ErrorKind::NotFound => return NetError::NotFound { host: host.to_owned() },
        _ => "the connection failed",
    };
    NetError::Broken { host: host.to_owned(), why }
}

/// What TLS says, in our words.
pub(super) fn tls_error(host: &str, error: &rustls::Error) -> NetError {
    use rustls::CertificateError as Certificate;
    let why = match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            Certificate::Expired | Certificate::ExpiredContext { .. } => "its certificate has expired",
            Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => "its certificate is not valid yet",
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => "its certificate is for another name",
            Certificate::UnknownIssuer => "its certificate comes from an issuer that this machine does not trust",
            Certificate::Revoked => "its certificate is revoked",
            _ => "its certificate is wrong",
        },
        rustls::Error::AlertReceived(_) => "it refused the TLS handshake",
        rustls::Error::InvalidMessage(_) => "what it speaks is no TLS",
        _ => "the TLS handshake failed",
    };
    NetError::Tls { host: host.to_owned(), why }
}

//! Certificates for tests, made on the spot: Ed25519 (RFC 8410) in X.509 (RFC 5280), written out field by field.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;

use ed25519_dalek::{Signer, SigningKey};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::script::Wire;

/// The algorithm's identifier, 1.3.101.112.
const ED25519: [u8; 7] = [0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70];

/// An issuer.
pub(crate) struct Issuer {
    key: SigningKey,
    name: Vec<u8>,
    /// Its own certificate.
    pub(crate) der: Vec<u8>,
}

/// A field: tag, length, content.
fn field(tag: u8, content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let length = match content.len() {
        short @ 0..128 => vec![short as u8],
        middle @ 128..256 => vec![0x81, middle as u8],
        long => vec![0x82, (long >> 8) as u8, long as u8],
    };
    [vec![tag], length, content].concat()
}

fn name(common: &str) -> Vec<u8> {
    let attribute = field(0x30, &[&[0x06, 0x03, 0x55, 0x04, 0x03], &field(0x0c, &[common.as_bytes()])]);
    field(0x30, &[&field(0x31, &[&attribute])])
}

fn key() -> SigningKey {
    let mut seed = [0; 32];
    seed.fill_with(|| rand::random_range(0..=u8::MAX));
    SigningKey::from_bytes(&seed)
}

fn certificate(issuer: &SigningKey, issuer_name: &[u8], subject: &[u8], public: &[u8], extensions: &[u8], until: &str) -> Vec<u8> {
    let validity = field(0x30, &[&field(0x17, &[b"200101000000Z"]), &field(0x17, &[until.as_bytes()])]);
    let info = field(0x30, &[&ED25519, &field(0x03, &[&[0], public])]);
    let serial: u8 = rand::random_range(1..=127);
    let version = field(0xa0, &[&[0x02, 0x01, 0x02]]);
    let parts: [&[u8]; 8] =
        [&version, &[0x02, 0x01, serial], &ED25519, issuer_name, &validity, subject, &info, &field(0xa3, &[&field(0x30, &[extensions])])];
    let body = field(0x30, &parts);
    let signature = issuer.sign(&body).to_bytes();
    field(0x30, &[&body, &ED25519, &field(0x03, &[&[0], &signature])])
}

impl Issuer {
    pub(crate) fn new() -> Self {
        let (key, name) = (key(), name("Test issuer"));
        // Basic constraints: it may issue.
        let may_issue = field(0x30, &[&[0x06, 0x03, 0x55, 0x1d, 0x13, 0x01, 0x01, 0xff], &field(0x04, &[&[0x30, 0x03, 0x01, 0x01, 0xff]])]);
        let der = certificate(&key, &name, &name, key.verifying_key().as_bytes(), &may_issue, "491231235959Z");
        Self { key, name, der }
    }

    /// Its certificate as a PEM file has it.
    pub(crate) fn pem(&self) -> String {
        let text = data_encoding::BASE64.encode(&self.der);
        let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("base64 is ASCII")).collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    }

    /// A handshake for `host`, as [`super::script::Script::with`] takes it; `until` is when the certificate ends, `YYMMDDhhmmssZ`.
    pub(crate) fn shake(&self, host: &str, until: &str) -> impl Fn(TcpStream) -> io::Result<Box<dyn Wire>> + Send + Sync + 'static {
        let key = key();
        let host = match host.parse::<std::net::Ipv4Addr>() {
            Ok(address) => field(0x87, &[&address.octets()]),
            Err(_) => field(0x82, &[host.as_bytes()]),
        };
        let names = field(0x30, &[&[0x06, 0x03, 0x55, 0x1d, 0x11], &field(0x04, &[&field(0x30, &[&host])])]);
        let der = certificate(&self.key, &self.name, &name("server"), key.verifying_key().as_bytes(), &names, until);
        let seed = field(0x04, &[&field(0x04, &[&key.to_bytes()])]);
        let pkcs8 = field(0x30, &[&[0x02, 0x01, 0x00], &ED25519, &seed]);
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has them")
            .with_no_client_auth()
            .with_single_cert(vec![CertificateDer::from(der)], PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pkcs8)))
            .expect("a key that fits");
        let config = Arc::new(config);
        move |mut stream| {
            let mut connection = ServerConnection::new(Arc::clone(&config)).map_err(io::Error::other)?;
            connection.complete_io(&mut stream)?;
            Ok(Box::new(StreamOwned::new(connection, stream)))
        }
    }
}

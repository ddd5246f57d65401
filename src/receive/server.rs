//! The server: one thread, bounded requests, loopback unless it speaks TLS or somebody says that a proxy does.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::inbox::{Inbox, Reported};
use super::native::Answer;
use super::{gitlab, native};
use crate::handoff::Verifier;
use crate::journal::{Clock, Journal, JournalError};
use crate::keychain::InstallKey;
use crate::model::Secret;

/// The longest body of a notice, in bytes (Standard Webhooks keep below 20 kB).
const MAX_NOTICE: usize = 64 << 10;
/// The longest list of tokens, in bytes.
const MAX_TOKENS: usize = 1 << 20;
/// How long a body may take to come.
const PATIENCE: Duration = Duration::from_secs(10);
/// GitLab's interface must be rate-limited: requests in a minute.
const PER_MINUTE: u32 = 600;

/// Why nothing can be received.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// The journal cannot be opened.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The address is taken, or not ours.
    #[error("nothing can listen at {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// Others could read along.
    #[error("{0} is no loopback address: give --tls-cert and --tls-key, or say --behind-proxy when something in front of it speaks TLS")]
    Open(SocketAddr),
    /// Certificate or key are none.
    #[error("the certificate or its key cannot be used: {0}")]
    Tls(String),
    /// The server ended.
    #[error("the server ended: {0}")]
    Ended(std::io::Error),
}

/// Something new has come: where containment starts.
pub enum Arrival<'a> {
    /// A verified notice.
    Notice {
        /// The CloudEvent.
        event: &'a Value,
        /// The receipt that was given.
        receipt: &'a str,
    },
    /// A token through GitLab's interface.
    Token {
        /// What is kept of it.
        report: &'a Reported,
        /// The token itself, for as long as the call lasts.
        secret: &'a Secret,
        /// The receipt.
        receipt: &'a str,
    },
}

/// Certificate chain and key in PEM.
pub struct Tls {
    /// The certificates, the server's own first.
    pub certificates: Vec<u8>,
    /// Its key.
    pub key: Secret,
}

/// What a receiver is made of.
pub struct Receiver {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// TLS, for others than this machine.
    pub tls: Option<Tls>,
    /// Whether something in front of it speaks TLS.
    pub is_behind_proxy: bool,
    /// Verifies notices; without it none are taken.
    pub verifier: Option<Verifier>,
    /// The token that GitLab shows; without it GitLab is not answered.
    pub gitlab_token: Option<Secret>,
    /// The types that GitLab is told can be revoked.
    pub types: Vec<String>,
    /// Names tokens that are reported.
    pub key: Option<InstallKey>,
    /// Whether nothing is kept.
    pub only_verifies: bool,
}

/// What the handlers share.
pub(super) struct Shared {
    pub(super) verifier: Option<Verifier>,
    pub(super) gitlab_token: Option<Secret>,
    pub(super) types: Vec<String>,
    pub(super) key: Option<InstallKey>,
    pub(super) only_verifies: bool,
    pub(super) clock: Box<dyn Clock>,
    journal: Mutex<Journal<Inbox>>,
    arrival: Box<dyn Fn(&Arrival<'_>) + Send + Sync>,
    complaint: Box<dyn Fn(&str) + Send + Sync>,
    rate: Mutex<(Instant, u32)>,
}

impl Shared {
    pub(super) fn journal(&self) -> MutexGuard<'_, Journal<Inbox>> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn arrived(&self, arrival: &Arrival<'_>) {
        (self.arrival)(arrival);
    }

    pub(super) fn complain(&self, why: &str) {
        (self.complaint)(why);
    }

    /// Whether another request of this minute is taken.
    fn has_room(&self) -> bool {
        let mut rate = self.rate.lock().unwrap_or_else(PoisonError::into_inner);
        if rate.0.elapsed() >= Duration::from_secs(60) {
            *rate = (Instant::now(), 0);
        }
        rate.1 += 1;
        rate.1 <= PER_MINUTE
    }
}

/// A bound receiver that serves when told to.
pub struct Bound {
    receiver: Receiver,
    listener: TcpListener,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Receiver {
    /// Takes the address.
    ///
    /// # Errors
    /// When it is taken, or others could read along there.
    pub fn bind(self) -> Result<Bound, ReceiveError> {
        if !self.listen.ip().is_loopback() && self.tls.is_none() && !self.is_behind_proxy {
            return Err(ReceiveError::Open(self.listen));
        }
        #[expect(clippy::disallowed_methods, reason = "a receiver listens: it is what `keyfuse receive` was asked for")]
        let listener = TcpListener::bind(self.listen).map_err(|error| ReceiveError::Listen(self.listen, error))?;
        let address = listener.local_addr().map_err(|error| ReceiveError::Listen(self.listen, error))?;
        listener.set_nonblocking(true).map_err(|error| ReceiveError::Listen(self.listen, error))?;
        Ok(Bound { receiver: self, listener, address })
    }
}

impl Bound {
    /// Serves until `SIGINT` or `SIGTERM`. `arrival` is told of everything new after it is on disk, `complaint` of what goes wrong here.
    ///
    /// # Errors
    /// When certificate or key cannot be used, or the server ends by itself.
    pub fn serve(
        self,
        journal: Journal<Inbox>,
        clock: Box<dyn Clock>,
        arrival: Box<dyn Fn(&Arrival<'_>) + Send + Sync>,
        complaint: Box<dyn Fn(&str) + Send + Sync>,
    ) -> Result<(), ReceiveError> {
        let Self { receiver, listener, .. } = self;
        let tls = receiver.tls.as_ref().map(server_config).transpose()?;
        let shared = Arc::new(Shared {
            verifier: receiver.verifier,
            gitlab_token: receiver.gitlab_token,
            types: receiver.types,
            key: receiver.key,
            only_verifies: receiver.only_verifies,
            clock,
            journal: Mutex::new(journal),
            arrival,
            complaint,
            rate: Mutex::new((Instant::now(), 0)),
        });
        let app = Router::new()
            .route("/", post(notice))
            .route("/hooks/secrets", post(notice))
            .route("/v1/revocable_token_types", get(types))
            .route("/v1/revoke_tokens", post(revoke))
            .with_state(shared)
            .into_make_service();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(ReceiveError::Ended)?;
        runtime.block_on(async move {
            let handle = axum_server::Handle::new();
            tokio::spawn(stop(handle.clone()));
            let served = match tls {
                Some(config) => {
                    let config = axum_server::tls_rustls::RustlsConfig::from_config(config);
                    let mut server = axum_server::from_tcp_rustls(listener, config).map_err(ReceiveError::Ended)?.handle(handle);
                    server.http_builder().http1().max_buf_size(64 << 10);
                    server.serve(app).await
                }
                None => {
                    let mut server = axum_server::from_tcp(listener).map_err(ReceiveError::Ended)?.handle(handle);
                    server.http_builder().http1().max_buf_size(64 << 10);
                    server.serve(app).await
                }
            };
            served.map_err(ReceiveError::Ended)
        })
    }
}

/// Ends the server when the user or the system asks for it.
async fn stop(handle: axum_server::Handle<SocketAddr>) {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
            return;
        };
        tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} }
    }
    #[cfg(not(unix))]
    let _ = interrupt.await;
    handle.graceful_shutdown(Some(Duration::from_secs(5)));
}

fn server_config(tls: &Tls) -> Result<Arc<rustls::ServerConfig>, ReceiveError> {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let fail = |error: &dyn std::fmt::Display| ReceiveError::Tls(error.to_string());
    let certificates: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(&tls.certificates).collect::<Result<_, _>>().map_err(|_| fail(&"no certificate in PEM"))?;
    let key = PrivateKeyDer::from_pem_slice(tls.key.expose()).map_err(|_| fail(&"no private key in PEM"))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, key))
        .map_err(|error| fail(&error))?;
    Ok(Arc::new(config))
}

async fn notice(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    answered(shared, request, MAX_NOTICE, native::take).await
}

async fn types(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    answered(shared, request, 0, |shared, headers, _| gitlab::types(shared, headers)).await
}

async fn revoke(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    answered(shared, request, MAX_TOKENS, gitlab::revoke).await
}

/// Reads the body, within bounds, and lets `take` answer where waiting for the disk holds nobody up.
async fn answered(
    shared: Arc<Shared>,
    request: Request,
    most: usize,
    take: impl FnOnce(&Shared, &HeaderMap, &[u8]) -> Answer + Send + 'static,
) -> Response {
    if !shared.has_room() && shared.gitlab_token.is_some() && request.uri().path().starts_with("/v1/") {
        return written(told(StatusCode::TOO_MANY_REQUESTS, "more than 600 requests in a minute"), Some("60"));
    }
    let (parts, body) = request.into_parts();
    let body = match tokio::time::timeout(PATIENCE, to_bytes(body, most.max(1))).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return written(told(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long, or broke off"), None),
        Err(_) => return written(told(StatusCode::REQUEST_TIMEOUT, "the body did not come in time"), None),
    };
    let answer = tokio::task::spawn_blocking(move || take(&shared, &parts.headers, &body)).await;
    written(answer.unwrap_or_else(|_| told(StatusCode::INTERNAL_SERVER_ERROR, "a bug of keyfuse; please report it")), None)
}

/// An answer that says why.
pub(super) fn told(status: StatusCode, why: &str) -> Answer {
    (status, json!({ "error": why }))
}

fn written((status, value): Answer, retry_after: Option<&str>) -> Response {
    let mut response = Response::builder().status(status);
    if let Some(seconds) = retry_after {
        response = response.header(header::RETRY_AFTER, seconds);
    }
    if value.is_null() {
        return response.body(Body::empty()).expect("a status and headers of ours");
    }
    response.header(header::CONTENT_TYPE, "application/json").body(Body::from(value.to_string())).expect("a status and headers of ours")
}

//! An issuer of one token on loopback, for rehearsals without a network: it speaks as Vault does, and counts.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use zeroize::Zeroizing;

/// No request is longer, in bytes.
const MAX_REQUEST: u64 = 16 << 10;

#[derive(Default)]
struct Ledger {
    token: Mutex<Option<Zeroizing<String>>>,
    revocations: AtomicUsize,
    accepted: AtomicUsize,
    refused: AtomicUsize,
    /// Accepted when the token was revoked.
    before: AtomicUsize,
    is_over: AtomicBool,
}

/// The issuer; it stops when dropped.
pub struct Provider {
    /// Where it is.
    pub url: String,
    ledger: Arc<Ledger>,
}

impl Provider {
    /// One that has issued `token`.
    ///
    /// # Errors
    /// When there is no free port.
    pub fn start(token: &str) -> io::Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "the rehearsal's own issuer listens on loopback while the rehearsal lasts")]
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let ledger = Arc::new(Ledger { token: Mutex::new(Some(Zeroizing::new(token.to_owned()))), ..Ledger::default() });
        let shared = Arc::clone(&ledger);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if shared.is_over.load(Ordering::SeqCst) {
                    break;
                }
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || while serve(&stream, &shared).is_some() {});
            }
        });
        Ok(Self { url, ledger })
    }

    /// How often it was asked to revoke.
    pub fn revocations(&self) -> usize {
        self.ledger.revocations.load(Ordering::SeqCst)
    }

    /// Uses that it accepted after it had revoked, and uses that it refused.
    pub fn uses_after(&self) -> (usize, usize) {
        let accepted = self.ledger.accepted.load(Ordering::SeqCst).saturating_sub(self.ledger.before.load(Ordering::SeqCst));
        let accepted = if self.revocations() == 0 { 0 } else { accepted };
        (accepted, self.ledger.refused.load(Ordering::SeqCst))
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.ledger.is_over.store(true, Ordering::SeqCst);
        #[expect(clippy::disallowed_methods, reason = "wakes its own listener, which then ends")]
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

/// Answers one request; none when the line is done.
fn serve(stream: &TcpStream, ledger: &Ledger) -> Option<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let mut reader = BufReader::new(stream.try_clone().ok()?.take(MAX_REQUEST));
    let (mut first, mut shown, mut length) = (String::new(), Zeroizing::new(String::new()), 0);
    reader.read_line(&mut first).ok().filter(|&read| read > 0)?;
    loop {
        let mut line = Zeroizing::new(String::new());
        reader.read_line(&mut line).ok().filter(|&read| read > 0)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "x-vault-token" => value.trim().clone_into(&mut shown),
            "content-length" => length = value.trim().parse().ok().filter(|&length: &usize| length < 4096)?,
            _ => {}
        }
    }
    reader.read_exact(&mut vec![0; length]).ok()?;
    let mut token = ledger.token.lock().unwrap_or_else(PoisonError::into_inner);
    let is_known = token.as_ref().is_some_and(|token| **token == *shown);
    let (status, body) =
        match (is_known, first.starts_with("POST /v1/auth/token/revoke-self "), first.starts_with("GET /v1/auth/token/lookup-self ")) {
            (false, ..) => {
                ledger.refused.fetch_add(1, Ordering::SeqCst);
                ("403 Forbidden", r#"{"errors":["permission denied"]}"#)
            }
            (true, true, _) => {
                *token = None;
                ledger.revocations.fetch_add(1, Ordering::SeqCst);
                ledger.before.store(ledger.accepted.load(Ordering::SeqCst), Ordering::SeqCst);
                ("204 No Content", "")
            }
            (true, _, true) => {
                ledger.accepted.fetch_add(1, Ordering::SeqCst);
                ("200 OK", r#"{"data":{"accessor":"drill","display_name":"drill-service"}}"#)
            }
            _ => ("404 Not Found", r#"{"errors":[]}"#),
        };
    drop(token);
    let answer = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    (&*stream).write_all(answer.as_bytes()).ok()
}

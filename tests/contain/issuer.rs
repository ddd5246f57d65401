//! An issuer of tokens on loopback that speaks as Vault does, and can be told to misbehave.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How it answers a revocation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// It revokes.
    Honest,
    /// It says that it has, and has not.
    Lies,
    /// It revokes, and hangs up without an answer.
    HangsUp,
    /// It loses the request, and hangs up.
    Loses,
}

struct Known {
    tokens: Mutex<Vec<String>>,
    asked: Mutex<Vec<String>>,
    /// Whether questions are answered at all.
    is_cut: AtomicBool,
    /// Whether revocations are answered at all.
    is_held: AtomicBool,
    is_over: AtomicBool,
}

pub(super) struct Issuer {
    pub(super) url: String,
    known: Arc<Known>,
}

impl Issuer {
    /// One that knows `token` alone.
    pub(super) fn new(token: &str, manner: Manner) -> Self {
        Self::of(&[token], manner)
    }

    /// One that knows these tokens.
    pub(super) fn of(tokens: &[&str], manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let known = Arc::new(Known {
            tokens: Mutex::new(tokens.iter().map(|&token| token.to_owned()).collect()),
            asked: Mutex::default(),
            is_cut: AtomicBool::new(false),
            is_held: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
        });
        let shared = Arc::clone(&known);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if shared.is_over.load(Ordering::SeqCst) {
                    break;
                }
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || while serve(&stream, &shared, manner).is_some() {});
            }
        });
        Self { url: format!("http://{address}"), known }
    }

    /// Requests so far, as method and path.
    pub(super) fn asked(&self) -> Vec<String> {
        self.known.asked.lock().expect("no panic").clone()
    }

    /// How often a revocation was asked for.
    pub(super) fn revocations(&self) -> usize {
        self.asked().iter().filter(|line| line.contains("revoke-self")).count()
    }

    /// Cuts the line, or mends it.
    pub(super) fn cut(&self, is_cut: bool) {
        self.known.is_cut.store(is_cut, Ordering::SeqCst);
    }

    /// Keeps whoever revokes waiting, or lets them go on.
    pub(super) fn hold(&self, is_held: bool) {
        self.known.is_held.store(is_held, Ordering::SeqCst);
    }

    /// Waits until a revocation was asked for so often.
    pub(super) fn wait_for(&self, revocations: usize) {
        let end = Instant::now() + Duration::from_secs(60);
        while self.revocations() < revocations {
            assert!(Instant::now() < end, "only {} revocations: {:?}", self.revocations(), self.asked());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.known.is_over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

fn serve(stream: &TcpStream, known: &Known, manner: Manner) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut first, mut token, mut length) = (String::new(), String::new(), 0);
    reader.read_line(&mut first).ok().filter(|&read| read > 0)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|&read| read > 0)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "x-vault-token" => token = value.to_owned(),
            "content-length" => length = value.parse().ok()?,
            _ => {}
        }
    }
    reader.read_exact(&mut vec![0; length]).ok()?;
    known.asked.lock().expect("no panic").push(first.split(" HTTP").next().unwrap_or_default().to_owned());
    if known.is_cut.load(Ordering::SeqCst) {
        return None;
    }
    while first.contains("revoke-self") && known.is_held.load(Ordering::SeqCst) && !known.is_over.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let is_known = known.tokens.lock().expect("no panic").contains(&token);
    let (status, body) = match (is_known, first.contains("revoke-self")) {
        (false, _) => ("403 Forbidden", r#"{"errors":["permission denied"]}"#),
        (true, false) => ("200 OK", r#"{"data":{"accessor":"acc","display_name":"svc-ingest"}}"#),
        (true, true) => {
            if !matches!(manner, Manner::Lies | Manner::Loses) {
                known.tokens.lock().expect("no panic").retain(|one| *one != token);
            }
            if matches!(manner, Manner::HangsUp | Manner::Loses) {
                return None;
            }
            ("204 No Content", "")
        }
    };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ndate: Sat, 21 Nov 2026 21:00:04 GMT\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    (&*stream).write_all(head.as_bytes()).ok()
}

//! A receiver on loopback that does to its callers whatever a test wants.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One request as it came.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Taken {
    pub(super) fn header(&self, wanted: &str) -> &str {
        self.headers.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value)
    }
}

/// What a caller gets.
pub(super) enum Reply {
    /// Status, content type, further headers, body.
    Say(u16, &'static str, String, Vec<u8>),
    /// So many bytes of JSON that never ends.
    Flood(u64),
    /// Nothing, for a while.
    Hang(Duration),
    /// The connection breaks.
    Break,
}

impl Reply {
    pub(super) fn status(status: u16) -> Self {
        Self::Say(status, "application/json", String::new(), b"{}".to_vec())
    }
}

type Script = dyn Fn(usize, &Taken) -> Reply + Send + Sync;

pub(super) struct Receiver {
    pub(super) address: SocketAddr,
    taken: Arc<Mutex<Vec<Taken>>>,
    is_over: Arc<AtomicBool>,
    flooded: Arc<AtomicU64>,
}

impl Receiver {
    /// Answers as `script` says of each request, counted from 0.
    pub(super) fn start(script: impl Fn(usize, &Taken) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
        let address = listener.local_addr().expect("bound");
        let (taken, is_over) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let script: Arc<Script> = Arc::new(script);
        let (all, over, flooded) = (Arc::clone(&taken), Arc::clone(&is_over), Arc::new(AtomicU64::new(0)));
        let count = Arc::clone(&flooded);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let (Ok(stream), all, script, count) = (stream, Arc::clone(&all), Arc::clone(&script), Arc::clone(&count)) else {
                    continue;
                };
                std::thread::spawn(move || serve(&stream, &all, &*script, &count));
            }
        });
        Self { address, taken, is_over, flooded }
    }

    pub(super) fn taken(&self) -> Vec<Taken> {
        self.taken.lock().expect("no panic").clone()
    }
}

impl Receiver {
    /// How much of a flood went out, in bytes.
    pub(super) fn flooded(&self) -> u64 {
        self.flooded.load(Ordering::Relaxed)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // Wakes the thread that accepts, so that it ends.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(stream: &TcpStream, all: &Mutex<Vec<Taken>>, script: &Script, flooded: &AtomicU64) -> Option<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut headers = Vec::new();
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|&length| length > 0)?;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok().filter(|&length| length > 0)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let taken = Taken { headers, body };
        let number = {
            let mut all = all.lock().expect("no panic");
            all.push(taken.clone());
            all.len() - 1
        };
        let mut out = stream;
        match script(number, &taken) {
            Reply::Say(status, kind, more, body) => {
                let head = format!("HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n{more}\r\n", body.len());
                out.write_all(&[head.as_bytes(), &body].concat()).ok()?;
            }
            Reply::Flood(bytes) => {
                out.write_all(
                    format!("HTTP/1.1 200 X\r\ncontent-type: application/json\r\ncontent-length: {bytes}\r\n\r\n{{\"x\":\"").as_bytes(),
                )
                .ok()?;
                let piece = vec![b'y'; 1 << 16];
                for _ in 0..bytes / piece.len() as u64 {
                    out.write_all(&piece).ok()?;
                    flooded.fetch_add(piece.len() as u64, Ordering::Relaxed);
                }
                return None;
            }
            Reply::Hang(span) => {
                std::thread::sleep(span);
                return None;
            }
            Reply::Break => return None,
        }
    }
}

//! A server that answers as a test tells it to, well or badly, and remembers what it was asked.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What it was asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// Method and path.
    pub(crate) line: String,
    /// The headers as they came.
    pub(crate) head: String,
    /// The body.
    pub(crate) body: String,
}

impl Asked {
    /// Whether the text stands anywhere in it.
    pub(crate) fn holds(&self, text: &str) -> bool {
        self.line.contains(text) || self.head.contains(text) || self.body.contains(text)
    }
}

/// How it answers.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Status, media type and body.
    Plain(u16, &'static str, String),
    /// Status, and `Retry-After`.
    Busy(u16, &'static str),
    /// Elsewhere.
    Redirect(String),
    /// A gigabyte.
    Huge,
    /// Never.
    Silence,
    /// One byte at a time, for ever.
    Drip,
    /// What is no HTTP.
    Noise,
    /// Hangs up.
    Gone,
}

/// A JSON answer.
pub(crate) fn json(status: u16, body: &str) -> Reply {
    Reply::Plain(status, "application/json", body.to_owned())
}

/// Something that a connection can be, encrypted or not.
pub(crate) trait Wire: Read + Write {}
impl<T: Read + Write> Wire for T {}

/// A running server.
pub(crate) struct Script {
    pub(crate) port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Script {
    /// One that answers each request by `answer`.
    pub(crate) fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::with(|stream| Ok(Box::new(stream)), answer)
    }

    /// The same behind a handshake.
    pub(crate) fn with(
        shake: impl Fn(TcpStream) -> io::Result<Box<dyn Wire>> + Send + Sync + 'static,
        answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has free ports");
        let port = listener.local_addr().expect("it is bound").port();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (log, answer, shake) = (Arc::clone(&asked), Arc::new(answer), Arc::new(shake));
        // It ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, answer, shake) = (Arc::clone(&log), Arc::clone(&answer), Arc::clone(&shake));
                std::thread::spawn(move || {
                    let _ = stream.set_read_timeout(Some(Duration::from_secs(20)));
                    let Ok(wire) = shake(stream) else { return };
                    // The other side may go at any time.
                    let _ = serve(wire, &log, &*answer);
                });
            }
        });
        Self { port, asked }
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// All that it was asked, in order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no test panics inside").clone()
    }
}

fn serve(wire: Box<dyn Wire>, log: &Mutex<Vec<Asked>>, answer: &(dyn Fn(&Asked) -> Reply + Send + Sync)) -> io::Result<()> {
    let mut reader = BufReader::new(wire);
    loop {
        let mut asked = Asked::default();
        if reader.read_line(&mut asked.line)? == 0 {
            return Ok(());
        }
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            if line.trim().is_empty() {
                break;
            }
            asked.head.push_str(&line);
        }
        let length = asked.head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body)?;
        asked.body = String::from_utf8_lossy(&body).into_owned();
        log.lock().expect("no test panics inside").push(asked.clone());
        if !reply(reader.get_mut(), &answer(&asked))? {
            return Ok(());
        }
    }
}

/// Whether the connection goes on.
fn reply(wire: &mut dyn Wire, reply: &Reply) -> io::Result<bool> {
    match reply {
        Reply::Plain(status, media, body) => {
            let media = if media.is_empty() { String::new() } else { format!("Content-Type: {media}\r\n") };
            write!(wire, "HTTP/1.1 {status} X\r\n{media}Content-Length: {}\r\n\r\n{body}", body.len())?;
            wire.flush()?;
            return Ok(true);
        }
        Reply::Busy(status, after) => {
            write!(wire, "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nRetry-After: {after}\r\nContent-Length: 2\r\n\r\n{{}}")?;
            wire.flush()?;
            return Ok(true);
        }
        Reply::Redirect(to) => write!(wire, "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n")?,
        Reply::Huge => {
            write!(wire, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n{{\"id\":1,\"x\":\"")?;
            let block = vec![b'x'; 1 << 20];
            for _ in 0..1024 {
                wire.write_all(&block)?;
            }
        }
        Reply::Silence => std::thread::sleep(Duration::from_secs(30)),
        Reply::Drip => {
            write!(wire, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n")?;
            for _ in 0..300 {
                wire.write_all(b" ")?;
                wire.flush()?;
                std::thread::sleep(Duration::from_millis(100));
            }
        }
        Reply::Noise => wire.write_all(b"220 mail.example.test ESMTP ready\r\n")?,
        Reply::Gone => {}
    }
    wire.flush()?;
    Ok(false)
}

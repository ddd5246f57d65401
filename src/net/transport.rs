//! What goes through the door: a request, an answer, and the trait that every way of sending keeps to.

use std::fmt;
use std::time::Duration;

use zeroize::Zeroizing;

use super::failure::NetError;

/// How it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET` (RFC 9110, 9.3.1).
    Get,
    /// `POST` (RFC 9110, 9.3.3).
    Post,
    /// `DELETE` (RFC 9110, 9.3.5).
    Delete,
    /// `PUT` (RFC 9110, 9.3.4).
    Put,
}

impl Method {
    /// The method as HTTP writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
            Self::Put => "PUT",
        }
    }
}

/// A request; its parts may be secret and are wiped, and its `Debug` shows method and host alone.
#[derive(Clone)]
pub struct Request {
    /// How.
    pub method: Method,
    /// The whole address, `https://…`, or `http://…` to hosts configured for that.
    pub url: Zeroizing<String>,
    /// Names and values.
    pub headers: Vec<(String, Zeroizing<String>)>,
    /// What is sent along; its type stands in the headers.
    pub body: Option<Zeroizing<Vec<u8>>>,
    /// All of it must be over by then: look-up, connection, handshake, answer.
    pub timeout: Duration,
}

impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.url.split("://").nth(1).unwrap_or_default().split(['/', '?', '#']).next().unwrap_or_default();
        write!(formatter, "Request({} {})", self.method.name(), host.rsplit('@').next().unwrap_or_default())
    }
}

/// An answer, cut at 64 kB.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// Status code (RFC 9110, 15).
    pub status: u16,
    /// Names in lower case, and values that are text.
    pub headers: Vec<(String, String)>,
    /// The first 64 kB (65,536 bytes) of the body.
    pub body: Vec<u8>,
    /// Whether there was more.
    pub cut: bool,
    /// Who answered, with the port when that is not 443.
    pub host: String,
}

impl fmt::Debug for Answer {
    // A provider may send back what it was sent.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Answer({} from {}, {} bytes)", self.status, self.host, self.body.len())
    }
}

impl Answer {
    /// The value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The media type in lower case, without parameters; empty when none is stated.
    pub fn media_type(&self) -> String {
        self.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }
}

/// A way to send requests.
pub trait Transport: Sync {
    /// Sends the request once; a redirect is an answer like any other.
    ///
    /// # Errors
    /// Why there is no answer.
    fn send(&self, request: &Request) -> Result<Answer, NetError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_neither_path_nor_password() {
        let request = Request {
            method: Method::Get,
            url: Zeroizing::new("https://user:hunter2@api.example.com/bot123:SECRET/getMe".to_owned()),
            headers: vec![("authorization".to_owned(), Zeroizing::new("Bearer SECRET".to_owned()))],
            body: Some(Zeroizing::new(b"SECRET".to_vec())),
            timeout: Duration::from_secs(1),
        };
        assert_eq!(format!("{request:?}"), "Request(GET api.example.com)");
    }
}

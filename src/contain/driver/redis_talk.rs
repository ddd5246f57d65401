//! Commands to Redis, and their answers (RESP, Redis serialization protocol specification).

use std::io::{self, Read};

use crate::net::Line;
use crate::probe::{first_line, send_redis};

/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 4 << 20;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// A text.
    Text(String),
    /// A number.
    Number(u64),
    /// There is nothing.
    Nothing,
    /// There are several things; what they are is not read.
    Several,
}

/// Sends one command; the connection is good for no other where several things come back.
///
/// # Errors
/// The first word of the server's refusal inside, what the connection says outside.
pub(super) fn order(line: &mut Line, words: &[&[u8]]) -> io::Result<Result<Reply, String>> {
    send_redis(line, words)?;
    let first = first_line(line)?;
    let (kind, rest) = first.split_at_checked(1).ok_or(io::ErrorKind::InvalidData)?;
    Ok(match kind {
        "+" => Ok(Reply::Text(rest.to_owned())),
        "-" => Err(rest.split(' ').next().unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).take(30).collect()),
        ":" => Ok(Reply::Number(rest.parse().map_err(|_| io::ErrorKind::InvalidData)?)),
        "$" if rest.starts_with('-') => Ok(Reply::Nothing),
        "*" if rest.starts_with('-') => Ok(Reply::Nothing),
        "_" => Ok(Reply::Nothing),
        "$" => {
            let length: usize = rest.parse().ok().filter(|length| *length <= MAX_ANSWER).ok_or(io::ErrorKind::InvalidData)?;
            let mut bytes = vec![0; length + 2];
            line.read_exact(&mut bytes)?;
            bytes.truncate(length);
            Ok(Reply::Text(String::from_utf8_lossy(&bytes).into_owned()))
        }
        "*" | "%" => Ok(Reply::Several),
        _ => return Err(io::ErrorKind::InvalidData.into()),
    })
}

/// How many connections of `CLIENT LIST` are logged in as `user`.
pub(super) fn sessions_of(listed: &str, user: &str) -> usize {
    let is_theirs = |line: &&str| line.split(' ').any(|field| field.strip_prefix("user=") == Some(user));
    listed.lines().filter(is_theirs).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_counted_by_user() {
        let listed = "id=3 addr=127.0.0.1:1 name=user user=app resp=2\nid=4 addr=127.0.0.1:2 name= user=default resp=2\n";
        assert_eq!((sessions_of(listed, "app"), sessions_of(listed, "default"), sessions_of(listed, "ap")), (1, 1, 0));
    }
}

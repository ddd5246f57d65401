//! Statements to PostgreSQL by its simple query protocol (PostgreSQL documentation, 54.2.3).

use std::io;

use crate::net::Line;
use crate::probe::{receive_postgres, send_postgres, terminated};

/// The most messages of one answer.
const MAX_MESSAGES: usize = 1000;

/// Runs one statement; gives the first column of its first row, if it has one.
///
/// # Errors
/// The server's refusal as its SQLSTATE (PostgreSQL documentation, appendix A) inside, what the connection says outside.
pub(super) fn statement(line: &mut Line, sql: &str) -> io::Result<Result<Option<String>, String>> {
    send_postgres(line, Some(b'Q'), &terminated(sql.as_bytes()))?;
    let (mut first, mut refused) = (None, None);
    for _ in 0..MAX_MESSAGES {
        let (kind, body) = receive_postgres(line)?;
        match kind {
            b'D' if first.is_none() => first = column(&body),
            b'E' => {
                let code = body.split(|&byte| byte == 0).find_map(|field| field.strip_prefix(b"C")).unwrap_or_default();
                let code: String = String::from_utf8_lossy(code).chars().filter(char::is_ascii_alphanumeric).take(5).collect();
                refused = Some(code);
            }
            b'Z' => return Ok(refused.map_or(Ok(first), Err)),
            // Descriptions of rows, rows after the first, ends of commands, notices, parameters.
            b'D' | b'T' | b'C' | b'N' | b'S' | b'I' => {}
            _ => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

/// The first column of a row: none where it is null.
fn column(body: &[u8]) -> Option<String> {
    let length = body.get(2..6).and_then(|bytes| bytes.try_into().ok()).map(i32::from_be_bytes)?;
    let length = usize::try_from(length).ok()?;
    body.get(6..6 + length).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

/// A name that needs no quoting rules to be safe between quotation marks: letters, digits and `_ - . @`.
pub(super) fn is_plain_name(name: &str) -> bool {
    (1..=63).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.@".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_and_names_that_could_be_more_are_not_taken() {
        assert_eq!(column(&[0, 1, 0, 0, 0, 2, b'4', b'2']).as_deref(), Some("42"));
        assert_eq!(column(&[0, 1, 255, 255, 255, 255]), None, "null");
        assert_eq!(column(&[0, 1, 0, 0, 0, 9, b'4']), None, "cut off");
        assert!(
            is_plain_name("svc-ingest.v2@corp") && !is_plain_name("a\"; drop role b; --") && !is_plain_name("") && !is_plain_name("a'b")
        );
    }
}

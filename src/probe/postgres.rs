//! The login of PostgreSQL: its start-up and authentication messages (PostgreSQL documentation, 54.2), and no query after them.

use std::io::{self, Read, Write};

use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use zeroize::Zeroizing;

use super::login::{Login, Outcome};
use crate::net::Line;

/// Version 3.0 of the protocol.
const VERSION: i32 = 0x0003_0000;
/// The code by which a client asks for TLS.
const SSL_REQUEST: i32 = 80_877_103;
/// The longest message that is read, in bytes.
const MAX_MESSAGE: usize = 16 << 10;
/// The most messages of one login.
const MAX_MESSAGES: usize = 64;

/// Logs in and hangs up.
pub(crate) fn login(line: Line, login: &Login<'_>) -> Outcome {
    match enter(line, login) {
        Ok(mut line) => {
            // It was let in, whether the goodbye arrives or not.
            let _ = send(&mut line, Some(b'X'), &[]);
            Outcome::Let
        }
        Err(outcome) => outcome,
    }
}

/// Logs in and stays.
///
/// # Errors
/// What came of it where it was not let in, or not far enough to ask anything.
pub(crate) fn enter(line: Line, login: &Login<'_>) -> Result<Line, Outcome> {
    let host = line.host();
    let mut line = encrypted(line)?;
    match talk(&mut line, login) {
        Ok(None) => Ok(line),
        Ok(Some(outcome)) => Err(outcome),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(Outcome::Unclear(format!("{host} does not speak PostgreSQL's protocol")))
        }
        Err(error) => Err(Outcome::Failed(line.failure(&error))),
    }
}

/// Goes over to TLS where the server has it, always where the way is not this machine's own.
fn encrypted(mut line: Line) -> Result<Line, Outcome> {
    let host = line.host();
    if line.is_confidential() {
        return Ok(line);
    }
    let ask = [8_i32.to_be_bytes(), SSL_REQUEST.to_be_bytes()].concat();
    let mut answer = [0];
    if let Err(error) = line.write_all(&ask).and_then(|()| line.flush()).and_then(|()| line.read_exact(&mut answer)) {
        return Err(Outcome::Failed(line.failure(&error)));
    }
    match answer[0] {
        b'S' => line.secure().map_err(Outcome::Failed),
        b'N' if line.may_be_plain() => Ok(line),
        b'N' => Err(Outcome::Unclear(format!("{host} offers no encryption; say `plain = true` if it is to be tried all the same"))),
        _ => Err(Outcome::Unclear(format!("{host} does not speak PostgreSQL's protocol"))),
    }
}

/// Goes through the login; none when the server is ready for a query.
fn talk(line: &mut Line, login: &Login<'_>) -> io::Result<Option<Outcome>> {
    let user = if login.user.is_empty() { "postgres" } else { login.user };
    let database = if login.database.is_empty() { user } else { login.database };
    let mut start = VERSION.to_be_bytes().to_vec();
    for word in ["user", user, "database", database, "application_name", "keyfuse"] {
        if word.contains('\0') {
            return Err(io::ErrorKind::InvalidData.into());
        }
        start.extend_from_slice(word.as_bytes());
        start.push(0);
    }
    start.push(0);
    send(line, None, &start)?;
    let mut scram: Option<ScramSha256> = None;
    let mut let_in = false;
    for _ in 0..MAX_MESSAGES {
        let (kind, body) = receive(line)?;
        match kind {
            b'R' => {
                let code = number(&body)?;
                match code {
                    0 => let_in = true,
                    3 if !line.is_confidential() => {
                        return Ok(Some(Outcome::Unclear(format!("{} wants the password in the clear", line.host()))));
                    }
                    3 => send(line, Some(b'p'), &terminated(login.password.expose()))?,
                    5 => {
                        let salt = body.get(4..8).and_then(|salt| salt.try_into().ok()).ok_or(io::ErrorKind::InvalidData)?;
                        let hash = Zeroizing::new(md5_hash(user.as_bytes(), login.password.expose(), salt));
                        send(line, Some(b'p'), &terminated(hash.as_bytes()))?;
                    }
                    10 => {
                        if !body[4..].split(|&byte| byte == 0).any(|name| name == SCRAM_SHA_256.as_bytes()) {
                            return Ok(Some(Outcome::Unclear(format!("{} wants a kind of login that is not known here", line.host()))));
                        }
                        let begun = ScramSha256::new(login.password.expose(), ChannelBinding::unsupported());
                        let mut first = terminated(SCRAM_SHA_256.as_bytes()).to_vec();
                        first.extend_from_slice(
                            &i32::try_from(begun.message().len()).map_err(|_| io::ErrorKind::InvalidData)?.to_be_bytes(),
                        );
                        first.extend_from_slice(begun.message());
                        send(line, Some(b'p'), &first)?;
                        scram = Some(begun);
                    }
                    11 => {
                        let begun = scram.as_mut().ok_or(io::ErrorKind::InvalidData)?;
                        begun.update(&body[4..]).map_err(|_| io::ErrorKind::InvalidData)?;
                        let message = begun.message().to_vec();
                        send(line, Some(b'p'), &message)?;
                    }
                    // The server proves that it knows the password too: one that lets anybody in cannot.
                    12 => {
                        let mut begun = scram.take().ok_or(io::ErrorKind::InvalidData)?;
                        begun.finish(&body[4..]).map_err(|_| io::ErrorKind::InvalidData)?;
                    }
                    _ => return Ok(Some(Outcome::Unclear(format!("{} wants a kind of login that is not known here", line.host())))),
                }
            }
            b'E' => return Ok(Some(refusal(&body, let_in, &line.host()))),
            b'Z' => return Ok(None),
            // Parameters, the key for cancelling, notices.
            b'S' | b'K' | b'N' | b'v' => {}
            _ => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

/// What an error says, by its SQLSTATE (PostgreSQL documentation, appendix A).
fn refusal(body: &[u8], let_in: bool, host: &str) -> Outcome {
    let code = body.split(|&byte| byte == 0).find_map(|field| field.strip_prefix(b"C")).unwrap_or_default();
    match code {
        b"28P01" if !let_in => Outcome::Refused,
        // The password was right; what follows is about the database or the role's rights.
        b"3D000" | b"42501" if let_in => Outcome::Let,
        b"28000" => Outcome::Unclear(format!("{host} lets this user in from elsewhere or by other means alone (28000)")),
        b"53300" | b"57P03" => Outcome::Unclear(format!("{host} takes no logins now ({})", String::from_utf8_lossy(code))),
        _ => {
            let shown: String = String::from_utf8_lossy(code).chars().filter(char::is_ascii_alphanumeric).take(5).collect();
            Outcome::Unclear(format!("{host} ends the login with an error that says nothing about the password ({shown})"))
        }
    }
}

/// Sends one message; the first one of a connection has no kind.
pub(crate) fn send(line: &mut Line, kind: Option<u8>, body: &[u8]) -> io::Result<()> {
    let length = i32::try_from(body.len() + 4).map_err(|_| io::ErrorKind::InvalidData)?;
    let mut message = Zeroizing::new(Vec::with_capacity(body.len() + 5));
    message.extend(kind);
    message.extend_from_slice(&length.to_be_bytes());
    message.extend_from_slice(body);
    line.write_all(&message)?;
    line.flush()
}

/// Receives one message: its kind and its body.
pub(crate) fn receive(line: &mut Line) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    line.read_exact(&mut head)?;
    let length = usize::try_from(number(&head[1..])?).map_err(|_| io::ErrorKind::InvalidData)?;
    // A login's messages are short; more is another protocol.
    if !(4..=MAX_MESSAGE).contains(&length) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut body = vec![0; length - 4];
    line.read_exact(&mut body)?;
    if head[0] == b'R' && body.len() < 4 {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok((head[0], body))
}

fn number(bytes: &[u8]) -> io::Result<i32> {
    let bytes = bytes.get(..4).and_then(|bytes| bytes.try_into().ok()).ok_or(io::ErrorKind::InvalidData)?;
    Ok(i32::from_be_bytes(bytes))
}

/// The text with the zero byte that ends it.
pub(crate) fn terminated(text: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new([text, b"\0"].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_read_by_their_code() {
        let of = |code: &str, let_in| refusal(format!("SFATAL\0C{code}\0Mtext\0\0").as_bytes(), let_in, "h");
        assert!(matches!(of("28P01", false), Outcome::Refused));
        assert!(matches!(of("3D000", true), Outcome::Let) && matches!(of("3D000", false), Outcome::Unclear(_)));
        assert!(matches!(of("28000", false), Outcome::Unclear(_)) && matches!(of("53300", false), Outcome::Unclear(_)));
    }
}

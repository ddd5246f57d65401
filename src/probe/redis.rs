//! The login of Redis: `AUTH` (Redis command reference), and nothing after it.

use std::io::{Read, Write};

use zeroize::Zeroizing;

use super::login::{Login, Outcome};
use crate::net::Line;

/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 512;

/// Logs in and hangs up.
pub(crate) fn login(line: Line, login: &Login<'_>) -> Outcome {
    match enter(line, login) {
        Ok(_) => Outcome::Let,
        Err(outcome) => outcome,
    }
}

/// Logs in and stays.
///
/// # Errors
/// What came of it where it was not let in.
pub(crate) fn enter(mut line: Line, login: &Login<'_>) -> Result<Line, Outcome> {
    if !line.is_confidential() && !line.may_be_plain() {
        return Err(Outcome::Unclear(format!(
            "{} is spoken to without encryption, and the password would be readable on the way; say `plain = true` if that is meant",
            line.host()
        )));
    }
    let mut words: Vec<&[u8]> = vec![b"AUTH"];
    if !login.user.is_empty() {
        words.push(login.user.as_bytes());
    }
    words.push(login.password.expose());
    let answer = match send(&mut line, &words).and_then(|()| first_line(&mut line)) {
        Ok(answer) => answer,
        Err(error) => return Err(Outcome::Failed(line.failure(&error))),
    };
    match read(&answer, &line.host()) {
        Outcome::Let => Ok(line),
        other => Err(other),
    }
}

/// Sends a command as RESP's array of bulk strings, so that no byte of a word can be a command.
pub(crate) fn send(line: &mut Line, words: &[&[u8]]) -> std::io::Result<()> {
    let mut command = Zeroizing::new(format!("*{}\r\n", words.len()).into_bytes());
    for word in words {
        command.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        command.extend_from_slice(word);
        command.extend_from_slice(b"\r\n");
    }
    line.write_all(&command)?;
    line.flush()
}

/// The first line of an answer, without its end.
pub(crate) fn first_line(line: &mut Line) -> std::io::Result<String> {
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"\r\n") && answer.len() < MAX_ANSWER {
        line.read_exact(&mut byte)?;
        answer.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&answer).trim_end().to_owned())
}

fn read(answer: &str, host: &str) -> Outcome {
    if answer == "+OK" {
        return Outcome::Let;
    }
    let error = answer.strip_prefix('-').unwrap_or_default();
    // Redis 6 and newer say WRONGPASS; before there was one password and `ERR invalid password`.
    if error.starts_with("WRONGPASS ") || error.starts_with("ERR invalid password") {
        return Outcome::Refused;
    }
    if error.starts_with("ERR AUTH <password> called without any password")
        || error.starts_with("ERR Client sent AUTH, but no password is set")
    {
        return Outcome::Unclear(format!("{host} needs no password, so it cannot tell a right one from a wrong one"));
    }
    let why = match error.split(' ').next().unwrap_or_default() {
        "LOADING" | "BUSY" | "MASTERDOWN" => "is not ready",
        "DENIED" => "lets nobody in from here (protected mode)",
        _ => "answers, but not in the words by which Redis accepts or refuses",
    };
    Outcome::Unclear(format!("{host} {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read() {
        let of = |answer: &str| read(answer, "h");
        assert!(matches!(of("+OK"), Outcome::Let));
        assert!(matches!(of("-WRONGPASS invalid username-password pair or user is disabled."), Outcome::Refused));
        assert!(matches!(of("-ERR invalid password"), Outcome::Refused));
        for other in [
            "-ERR AUTH <password> called without any password configured for the default user.",
            "-LOADING x",
            "HTTP/1.1 200 OK",
            "",
            "+PONG",
        ] {
            assert!(matches!(of(other), Outcome::Unclear(_)), "{other}");
        }
    }
}

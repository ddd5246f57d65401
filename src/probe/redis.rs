//! The login of Redis: `AUTH` (Redis command reference), and nothing after it.

use std::io::{Read, Write};

use zeroize::Zeroizing;

use super::login::{Login, Outcome};
use crate::net::Line;

/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 512;

/// Logs in and hangs up.
pub(crate) fn login(mut line: Line, login: &Login<'_>) -> Outcome {
    if !line.is_confidential() && !line.may_be_plain() {
        return Outcome::Unclear(format!(
            "{} is spoken to without encryption, and the password would be readable on the way; say `plain = true` if that is meant",
            line.host()
        ));
    }
    let mut words: Vec<&[u8]> = vec![b"AUTH"];
    if !login.user.is_empty() {
        words.push(login.user.as_bytes());
    }
    words.push(login.password.expose());
    // RESP: an array of bulk strings, so that no byte of a password can be a command.
    let mut command = Zeroizing::new(format!("*{}\r\n", words.len()).into_bytes());
    for word in words {
        command.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        command.extend_from_slice(word);
        command.extend_from_slice(b"\r\n");
    }
    let answer = match line.write_all(&command).and_then(|()| line.flush()).and_then(|()| first_line(&mut line)) {
        Ok(answer) => answer,
        Err(error) => return Outcome::Failed(line.failure(&error)),
    };
    read(&answer, &line.host())
}

fn first_line(line: &mut Line) -> std::io::Result<String> {
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

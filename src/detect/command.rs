//! Passwords given to commands as arguments, in scripts and shell histories.

use std::ops::Range;

/// How far an argument may stand behind its command, in bytes.
const MAX_LINE: usize = 512;

/// The password argument of the command whose anchor stands at `start..end`.
pub(crate) fn password(text: &[u8], start: usize, end: usize) -> Option<Range<usize>> {
    let rest = &text[end..text.len().min(end + MAX_LINE)];
    let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
    let found = match &text[start..end] {
        b"curl " => after_flag(line, &[b"-u ", b"--user ", b"-u", b"--user="]).and_then(|argument| {
            let colon = memchr::memchr(b':', &line[argument.clone()])?;
            Some(argument.start + colon + 1..argument.end)
        }),
        b"mysql" if begins_command(text, start) => after_flag(line, &[b"-p"]),
        b"docker login" => after_flag(line, &[b"-p ", b"-p=", b"-p"]),
        b"sshpass" => after_flag(line, &[b"-p ", b"-p"]),
        b"redis-cli" => after_flag(line, &[b"-a "]),
        b"SecureString" => line.starts_with(b" ").then(|| after_flag(line, &[b"-String "]).or_else(|| argument(line, 1))).flatten(),
        _ => {
            let quote = line.iter().position(|byte| matches!(byte, b'\'' | b'"'))?;
            (quote <= 24).then(|| argument(line, quote)).flatten()
        }
    }?;
    (found.len() >= 4).then(|| end + found.start..end + found.end)
}

/// Whether the word at `start` is a program's name rather than part of an identifier.
fn begins_command(text: &[u8], start: usize) -> bool {
    start == 0 || matches!(text[start - 1], b' ' | b'\n' | b'\t' | b'/' | b';' | b'|' | b'&' | b'"' | b'\'' | b'`' | b'(')
}

/// The argument of the first of the flags that stands on the line, after a space.
fn after_flag(line: &[u8], flags: &[&[u8]]) -> Option<Range<usize>> {
    flags.iter().find_map(|flag| {
        let mut from = 0;
        loop {
            let place = from + memchr::memmem::find(&line[from..], flag)?;
            let is_flag = place == 0 || line[place - 1] == b' ';
            let next = line.get(place + flag.len()).copied();
            if is_flag && next.is_some_and(|byte| byte > b' ' && byte != b'-') {
                return argument(line, place + flag.len());
            }
            from = place + flag.len();
        }
    })
}

/// The argument that begins at `start`, without its quotes.
fn argument(line: &[u8], start: usize) -> Option<Range<usize>> {
    let quote = line.get(start).copied().filter(|byte| matches!(byte, b'\'' | b'"'));
    let from = start + usize::from(quote.is_some());
    let length = match quote {
        Some(quote) => memchr::memchr(quote, line.get(from..)?)?,
        None => line
            .get(from..)?
            .iter()
            .position(|&byte| byte <= b' ' || matches!(byte, b'"' | b'\'' | b'`' | b';' | b'|' | b'<' | b')'))
            .unwrap_or(line.len() - from),
    };
    (length > 0).then_some(from..from + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'t>(text: &'t str, command: &str) -> Option<&'t str> {
        let start = text.find(command).expect("the command");
        password(text.as_bytes(), start, start + command.len()).map(|span| &text[span])
    }

    #[test]
    fn arguments_of_commands() {
        assert_eq!(found("curl -s -u bob:x7kQ2! https://h", "curl "), Some("x7kQ2!"));
        assert_eq!(found("curl --user 'bob:x7kQ2!' https://h", "curl "), Some("x7kQ2!"));
        assert_eq!(found("mysqldump -uroot -px7kQ2! db", "mysql"), Some("x7kQ2!"));
        assert_eq!(found("mysql -u root -p db", "mysql"), None);
        assert_eq!(found("sshpass -p x7kQ2! ssh h", "sshpass"), Some("x7kQ2!"));
        assert_eq!(found("docker login -u bob -p x7kQ2! registry:5000", "docker login"), Some("x7kQ2!"));
        assert_eq!(found("docker login --password-stdin -u bob", "docker login"), None);
        assert_eq!(found("redis-cli -h h -a x7kQ2! ping", "redis-cli"), Some("x7kQ2!"));
        assert_eq!(found("CREATE USER u IDENTIFIED BY 'x7kQ2!';", "DENTIFIED BY"), Some("x7kQ2!"));
        assert_eq!(found("ConvertTo-SecureString \"x7kQ2!\" -AsPlainText", "SecureString"), Some("x7kQ2!"));
        assert_eq!(found("curl -s https://h", "curl "), None);
    }
}

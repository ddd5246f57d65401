//! Secrets without a shape of their own: what is given to a name that says so, and what stands in a header.

use std::ops::Range;

use data_encoding::BASE64;

use super::assignment::{self, Assignment, Operator};
use crate::rules::Parser;

/// The shortest value that is taken for a password, in bytes.
const MIN_PASSWORD: usize = 4;
/// The longest, in bytes; what is longer has a run and is found by it.
const MAX_PASSWORD: usize = 256;
/// The longest name that is looked at, in bytes.
const MAX_NAME: usize = 96;

/// Words in a name that say a password follows.
const PASSWORD_WORDS: [&[u8]; 4] = [b"pass", b"pwd", b"pw_", b"psk"];
/// Words in a name that say another secret follows.
const SECRET_WORDS: [&[u8]; 9] = [b"secret", b"token", b"key", b"cred", b"auth", b"salt", b"sign", b"seed", b"cookie"];

/// What kind of secret the name announces, if any.
pub(crate) fn announces(name: &[u8]) -> Option<Parser> {
    if name.len() < 2 || name.len() > MAX_NAME {
        return None;
    }
    let mut lower = [0; MAX_NAME];
    let lower = &mut lower[..name.len()];
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    // Names are short: looking at each place costs less than setting up a search for each word.
    let holds = |words: &[&[u8]]| {
        (0..lower.len()).any(|place| words.iter().any(|word| word[0] == lower[place] && lower[place..].starts_with(word)))
    };
    if holds(&PASSWORD_WORDS) || is_short_for_password(name) {
        return Some(Parser::Password);
    }
    holds(&SECRET_WORDS).then_some(Parser::AssignedSecret)
}

/// Whether the name is `pw`, or ends in it as in `rootPw` or `root_pw`.
fn is_short_for_password(name: &[u8]) -> bool {
    let [head @ .., p, w] = name else { return false };
    let is_pw = p.eq_ignore_ascii_case(&b'p') && w.eq_ignore_ascii_case(&b'w');
    is_pw && head.last().is_none_or(|&before| !before.is_ascii_alphanumeric() || (*p == b'P' && before.is_ascii_lowercase()))
}

/// The kind of secret that an assignment of a long value holds.
pub(crate) fn assigned(text: &[u8], assignment: &Assignment) -> Option<Parser> {
    match assignment.operator {
        Operator::None => None,
        Operator::Space if !is_flag_or_macro(text, &assignment.name) => None,
        _ => {
            let real = assignment::real_name(text, &assignment.name);
            announces(&text[real.unwrap_or_else(|| assignment.name.clone())])
        }
    }
}

/// Whether `name value` with nothing but space between is an assignment: a flag, a macro, a shell's `setenv`, the first word of a line.
fn is_flag_or_macro(text: &[u8], name: &Range<usize>) -> bool {
    if text.get(name.start) == Some(&b'-') {
        return true;
    }
    let line = memchr::memrchr(b'\n', &text[name.start.saturating_sub(64)..name.start])
        .map_or(name.start.saturating_sub(64), |end| name.start.saturating_sub(64) + end + 1);
    let before = text[line..name.start].trim_ascii();
    matches!(before, b"" | b"#define" | b"setenv" | b"set" | b"ENV" | b"ARG" | b"export" | b"env")
}

/// Whether a scheme with a token (`Bearer`, `Token`) stands right before the value.
pub(crate) fn is_bearer(text: &[u8], value: &Range<usize>) -> bool {
    let before = &text[value.start.saturating_sub(10)..value.start];
    let Some(word) = before.strip_suffix(b" ") else { return false };
    [&b"bearer"[..], b"token", b"apikey", b"api-key"].iter().any(|scheme| {
        word.len() >= scheme.len()
            && word[word.len() - scheme.len()..].eq_ignore_ascii_case(scheme)
            && word.len().checked_sub(scheme.len() + 1).is_none_or(|place| matches!(word[place], b' ' | b'"' | b'\'' | b':' | b'=' | b'`'))
    })
}

/// The credential of `Basic …` whose text ends at `after`: base64 of user and password (RFC 7617).
pub(crate) fn basic(text: &[u8], after: usize) -> Option<Range<usize>> {
    let rest = &text[after..text.len().min(after + 512)];
    let length = rest.iter().position(|&byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'+' | b'/' | b'=')).unwrap_or(rest.len());
    if length < 8 || length % 4 != 0 {
        return None;
    }
    let decoded = BASE64.decode(&rest[..length]).ok()?;
    let colon = memchr::memchr(b':', &decoded)?;
    let is_text = decoded.iter().all(|&byte| byte >= b' ' && byte != 0x7f);
    (is_text && decoded.len() > colon + 1).then_some(after..after + length)
}

/// The short value that is given to the name around the anchor at `start..end`, and what kind of secret it is.
pub(crate) fn short(text: &[u8], start: usize, end: usize) -> Option<(Parser, Assignment)> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'$');
    // An anchor may hold the operator, without which it would be too common.
    let end = start + text[start..end].iter().take_while(|&&byte| is_name(byte)).count();
    let left = text[start.saturating_sub(MAX_NAME)..start].iter().rev().take_while(|&&byte| is_name(byte)).count();
    let right = text[end..text.len().min(end + MAX_NAME)].iter().take_while(|&&byte| is_name(byte)).count();
    let name = start - left..end + right;
    let parser = announces(&text[name.clone()])?;
    let (operator, value, quote) = operator_and_value(text, &name)?;
    if !(MIN_PASSWORD..=MAX_PASSWORD).contains(&value.len()) {
        return None;
    }
    // `Pass it on`: where a word stands first in its line, what follows is its value only when nothing else does.
    if operator == Operator::Space && quote.is_none() && text[..name.start].last().is_none_or(|&byte| byte == b'\n') {
        let rest = &text[value.end..text.len().min(value.end + MAX_NAME)];
        let line = rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())].trim_ascii();
        if !matches!(line.first(), None | Some(b';' | b'#')) {
            return None;
        }
    }
    let before_name = text[name.start.saturating_sub(8)..name.start].iter().rfind(|&&byte| byte != b' ');
    let in_pairs = before_name == Some(&b';') && quote.is_none() && operator == Operator::Assign && parser == Parser::Password;
    let parser = if in_pairs { Parser::ConnectionString } else { parser };
    Some((parser, Assignment { value, quote, name, operator }))
}

fn operator_and_value(text: &[u8], name: &Range<usize>) -> Option<(Operator, Range<usize>, Option<u8>)> {
    let at = |place: usize| text.get(place).copied();
    let skip = |mut place: usize, which: fn(u8) -> bool| {
        while at(place).is_some_and(which) {
            place += 1;
        }
        place
    };
    let space = |byte: u8| byte == b' ' || byte == b'\t';
    let closing = |byte: u8| matches!(byte, b'"' | b'\'' | b'`' | b']' | b'\\');
    let mut place = skip(name.end, closing);
    let closed = place > name.end;
    let after_name = place;
    if let Some(value) = paired_value(text, name, after_name) {
        return value_at(text, value, Operator::Assign);
    }
    place = skip(place, space);
    if at(place) == Some(b'{') {
        place = skip(after_accessors(text, place), space);
    }
    let operator = match at(place)? {
        b'=' | b':' => {
            let from = place;
            place = skip(place, |byte| matches!(byte, b'=' | b':' | b'>' | b'~' | b'|'));
            if text[from..place].starts_with(b"==") || text[from..place].starts_with(b"::") { Operator::Compare } else { Operator::Assign }
        }
        b'!' if at(place + 1) == Some(b'=') => {
            place = skip(place, |byte| matches!(byte, b'=' | b'!'));
            Operator::Compare
        }
        b'|' if at(place + 1) == Some(b'|') => return None,
        b'|' | b'-' | b'+' if matches!(at(place), Some(b'|')) => {
            place += 1;
            Operator::Assign
        }
        b'>' if name.start > 0 && text[name.start - 1] == b'<' || closed && is_attribute(text, name.start) => {
            place += 1;
            Operator::Tag
        }
        b'(' | b',' => {
            place += 1;
            Operator::Argument
        }
        _ if place > after_name && !closed && is_flag_or_macro(text, name) => Operator::Space,
        _ if place > after_name && !closed && text[name.clone()].eq_ignore_ascii_case(b"password") => {
            place = sql_value(text, name, place)?;
            Operator::Space
        }
        _ => return None,
    };
    value_at(text, place, operator)
}

/// The value that begins at `place`, behind its operator.
fn value_at(text: &[u8], mut place: usize, operator: Operator) -> Option<(Operator, Range<usize>, Option<u8>)> {
    let at = |place: usize| text.get(place).copied();
    let skip = |mut place: usize, which: fn(u8) -> bool| {
        while at(place).is_some_and(which) {
            place += 1;
        }
        place
    };
    let space = |byte: u8| byte == b' ' || byte == b'\t';
    place = skip(place, space);
    if operator == Operator::Assign {
        place = assignment::into_conversion(text, place).unwrap_or(place);
    }
    // `password: str = "…"`: a type between name and value.
    if operator == Operator::Assign && at(place).is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'&') {
        let after_type = skip(place, |byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'<' | b'>' | b'[' | b']' | b'&' | b'?' | b'.' | b'|')
        });
        let equals = skip(after_type, space);
        if at(equals) == Some(b'=') && at(equals + 1) != Some(b'=') {
            let value = skip(equals + 1, space);
            if at(value).is_some_and(|byte| matches!(byte, b'"' | b'\'' | b'`')) {
                place = value;
            }
        }
    }
    let escapes = skip(place, |byte| byte == b'\\');
    let quoted = at(escapes).filter(|byte| matches!(byte, b'"' | b'\'' | b'`'));
    // b"…", r"…", f"…", @"…" and the like.
    let prefixed = at(place)
        .filter(|byte| matches!(byte, b'b' | b'r' | b'u' | b'f' | b'L' | b'@' | b'N'))
        .and(at(place + 1))
        .filter(|byte| matches!(byte, b'"' | b'\''));
    // `"\"value\""`: a text in quotes within a text in quotes.
    let inner = quoted.filter(|&quote| escapes == place && at(place + 1) == Some(b'\\') && at(place + 2) == Some(quote));
    let (start, quote) = match (quoted, prefixed) {
        (Some(quote), _) if inner.is_some() => (place + 3, Some(quote)),
        (Some(quote), _) => (escapes + 1, Some(quote)),
        (None, Some(quote)) => (place + 2, Some(quote)),
        (None, None) => (place, None),
    };
    if quote.is_none() && operator == Operator::Argument {
        return None;
    }
    if operator == Operator::Tag {
        let length = memchr::memchr2(b'<', b'\n', &text[start..text.len().min(start + MAX_PASSWORD)])?;
        return Some((operator, start..start + length, None));
    }
    let value = assignment::from_start(text, start, quote);
    Some((operator, value, quote))
}

/// Whether what begins at `start` stands in quotes as an attribute that gives a tag its name: `<property name="…">`.
fn is_attribute(text: &[u8], start: usize) -> bool {
    let before = text[start.saturating_sub(MAX_NAME)..start].strip_suffix(b"\"").or_else(|| text[..start].strip_suffix(b"'"));
    let Some(key) = before.and_then(|before| before.strip_suffix(b"=")) else { return false };
    [&b"name"[..], b"key", b"id", b"Name", b"Key"].iter().any(|wanted| key.ends_with(wanted))
        && memchr::memrchr2(b'<', b'>', key).is_some_and(|mark| key[mark] == b'<')
}

/// Where the value begins that a pair gives to the name: `name: X` above `value: Y`, `key="X" value="Y"`, `"name": "X", "value": "Y"`.
fn paired_value(text: &[u8], name: &Range<usize>, after_name: usize) -> Option<usize> {
    let before = text[name.start.saturating_sub(16)..name.start].trim_ascii_end();
    let before = before.strip_suffix(b"\"").or_else(|| before.strip_suffix(b"'")).unwrap_or(before).trim_ascii_end();
    let key = before.strip_suffix(b":").or_else(|| before.strip_suffix(b"="))?;
    let key = key.strip_suffix(b"\"").or_else(|| key.strip_suffix(b"'")).unwrap_or(key).to_ascii_lowercase();
    if ![&b"name"[..], b"key", b"id", b"field"].iter().any(|wanted| key.ends_with(wanted)) {
        return None;
    }
    let rest = &text[after_name..text.len().min(after_name + MAX_NAME)];
    let gap = rest.iter().take_while(|&&byte| byte.is_ascii_whitespace() || matches!(byte, b',' | b'"' | b'\'')).count();
    if gap == 0 || memchr::memchr_iter(b'\n', &rest[..gap]).count() > 1 {
        return None;
    }
    let word = rest[gap..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    if !rest[gap..gap + word].to_ascii_lowercase().ends_with(b"value") {
        return None;
    }
    let joint = rest[gap + word..].iter().take_while(|&&byte| matches!(byte, b'"' | b'\'' | b' ')).count();
    // The quote of `value="` belongs to the value, that of `"value":` to the key.
    let operator = gap + word + joint;
    matches!(rest.get(operator), Some(b':' | b'=')).then_some(after_name + operator + 1)
}

/// Behind the accessors of a property (`{ get; set; }`) that begin at `place`; `place` itself where there are none.
fn after_accessors(text: &[u8], place: usize) -> usize {
    let rest = &text[place..text.len().min(place + 48)];
    match memchr::memchr(b'}', rest) {
        Some(close) if memchr::memmem::find(&rest[..close], b"get").is_some() => place + close + 1,
        _ => place,
    }
}

/// Where the password of an SQL statement begins, `place` being behind the word: `ROLE x PASSWORD 'y'`, `SET PASSWORD FOR x = 'y'`.
fn sql_value(text: &[u8], name: &Range<usize>, place: usize) -> Option<usize> {
    let rest = &text[place..text.len().min(place + MAX_NAME)];
    if rest.len() > 4 && rest[..4].eq_ignore_ascii_case(b"for ") {
        let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
        let value = memchr::memchr(b'=', line)? + 1;
        let gap = line[value..].iter().take_while(|&&byte| byte == b' ').count();
        return (line.get(value + gap) == Some(&b'\'')).then_some(place + value + gap);
    }
    let before = text[name.start.saturating_sub(MAX_NAME)..name.start].to_ascii_lowercase();
    let line = &before[memchr::memrchr(b'\n', &before).map_or(0, |end| end + 1)..];
    let is_statement =
        [&b"user "[..], b"role ", b"login ", b"with ", b"encrypted "].iter().any(|word| memchr::memmem::find(line, word).is_some());
    (is_statement && rest.first() == Some(&b'\'')).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<(Parser, &str)> {
        let at = text.to_ascii_lowercase().find("pass").expect("an anchor");
        let (parser, assignment) = short(text.as_bytes(), at, at + 4)?;
        Some((parser, &text[assignment.value]))
    }

    #[test]
    fn short_values_of_many_languages() {
        for text in [
            "password = \"x7!kQ2\"",
            "password: x7!kQ2",
            "\"dbPassword\": \"x7!kQ2\",",
            "DB_PASSWORD=x7!kQ2\n",
            "<password>x7!kQ2</password>",
            "define('DB_PASSWORD', 'x7!kQ2');",
            "setPassword(\"x7!kQ2\")",
            "$db['password'] = 'x7!kQ2';",
            "tool --password x7!kQ2 --more",
            "password x7!kQ2",
            "password: str = \"x7!kQ2\"",
            "password := `x7!kQ2`",
            "\\\"password\\\":\\\"x7!kQ2\\\"",
            "CREATE USER app WITH PASSWORD 'x7!kQ2';",
            "ALTER ROLE app PASSWORD 'x7!kQ2';",
            "SET PASSWORD FOR 'app'@'%' = 'x7!kQ2';",
            "<add key=\"SmtpPassword\" value=\"x7!kQ2\" />",
            "<property name=\"connection.password\">x7!kQ2</property>",
            "- name: DB_PASSWORD\n  value: \"x7!kQ2\"",
            "{\"name\": \"password\", \"value\": \"x7!kQ2\"}",
            "var password = []byte(\"x7!kQ2\")",
            "public string Password { get; set; } = \"x7!kQ2\";",
        ] {
            assert_eq!(value(text), Some((Parser::Password, "x7!kQ2")), "{text}");
        }
        assert_eq!(value("Server=db;User=sa;Password=x7!kQ2;"), Some((Parser::ConnectionString, "x7!kQ2")));
        assert_eq!(value("a = b;\npassword = x7!kQ2;"), Some((Parser::Password, "x7!kQ2")));
        assert_eq!(value("the password is x7!kQ2"), None);
        assert_eq!(value("Pass p2sname to all\n"), None);
        assert_eq!(value("setPassword(value)"), None);
        assert_eq!(value("the password 'abcdef' is wrong"), None);
        assert_eq!(value("key: database-password\n  optional: true"), None);
    }

    #[test]
    fn basic_credentials_are_user_and_password() {
        let text = format!("Basic {}", BASE64.encode(b"bob:x7!kQ2"));
        assert_eq!(basic(text.as_bytes(), 6), Some(6..text.len()));
        assert_eq!(basic(b"Basic authentication is", 6), None);
    }
}

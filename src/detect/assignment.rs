//! One structural parse for all languages: which value stands here, and which name is it given to?

use std::ops::Range;

pub(crate) use super::backwards::name_before;
pub(crate) use super::real_name::{into_conversion, real_name};
use crate::model::{Context, Syntax};

/// The longest value that is looked at as one, in bytes.
const MAX_VALUE: usize = 1024;
/// How far the parse looks back for operator and name, in bytes.
pub(crate) const MAX_BACK: usize = 160;
/// How much of the surroundings a candidate takes along, in bytes on either side.
const SURROUNDINGS: usize = 96;

/// A value with what the syntax around it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// The value, without quotes.
    pub(crate) value: Range<usize>,
    /// The quote it stands in.
    pub(crate) quote: Option<u8>,
    /// The name it is given to, without quotes; empty when there is none.
    pub(crate) name: Range<usize>,
    /// How the two are joined.
    pub(crate) operator: Operator,
}

/// How name and value are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    /// Not at all.
    None,
    /// `=`, `:`, `=>`, `:=` and the like.
    Assign,
    /// `==` or `!=`.
    Compare,
    /// The argument of a call, or the one after a named one.
    Argument,
    /// `<name>value`.
    Tag,
    /// Nothing but space: `#define NAME value`, `--name value`, `.netrc`.
    Space,
}

impl Assignment {
    /// The surroundings as a candidate takes them along.
    pub(crate) fn context(&self, text: &[u8]) -> Context {
        let syntax = match self.operator {
            Operator::None => Syntax::Bare,
            _ => Syntax::Assigned,
        };
        Context { syntax, name: text[self.name.clone()].to_vec(), quote: self.quote, ..surroundings(text, &self.value) }
    }
}

/// Up to 96 bytes on either side of a value, over at most one line end.
pub(crate) fn surroundings(text: &[u8], value: &Range<usize>) -> Context {
    let mut before = &text[value.start.saturating_sub(SURROUNDINGS)..value.start];
    if let Some(line) = memchr::memrchr(b'\n', before)
        && let Some(above) = memchr::memrchr(b'\n', &before[..line])
    {
        before = &before[above + 1..];
    }
    let mut after = &text[value.end..text.len().min(value.end + SURROUNDINGS)];
    if let Some(line) = memchr::memchr(b'\n', after)
        && let Some(below) = memchr::memchr(b'\n', &after[line + 1..])
    {
        after = &after[..line + 1 + below];
    }
    Context { before: before.to_vec(), after: after.to_vec(), ..Context::default() }
}

/// The start of the stretch before `place` in which a keyword counts as near: 80 bytes, over at most one line end.
pub(crate) fn vicinity(text: &[u8], place: usize) -> usize {
    let from = place.saturating_sub(80);
    let before = &text[from..place];
    match memchr::memrchr(b'\n', before) {
        Some(line) => memchr::memrchr(b'\n', &before[..line]).map_or(from, |above| from + above + 1),
        None => from,
    }
}

pub(crate) fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

/// Bytes that end a value that stands in no quotes.
fn ends_bare(byte: u8) -> bool {
    byte <= b' '
        || byte == 0x7f
        || is_quote(byte)
        || matches!(byte, b'=' | b':' | b',' | b';' | b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'|' | b'\\')
}

pub(crate) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'$' | b'@')
}

/// The value around a run of token characters, and the name it is given to.
pub(crate) fn around(text: &[u8], run: Range<usize>) -> Assignment {
    let floor = run.start.saturating_sub(MAX_BACK);
    let mut start = run.start;
    while start > floor && !ends_bare(text[start - 1]) {
        start -= 1;
    }
    let opening = start.checked_sub(1).map(|place| text[place]).filter(|&byte| is_quote(byte));
    // Inside quotes more may belong to the value than what a bare one may hold: find the quote that opened it on this line.
    let joined = start > floor && text[start - 1] == b'=';
    let in_query = joined && is_query(&text[floor..start - 1]);
    let in_pair = joined && ends_in_pair(&text[floor..start - 1]);
    if opening.is_none()
        && !in_query
        && let Some((open, quote)) = open_quote(text, floor, run.start)
        && let Some(length) = closing(&text[run.end..], quote)
        && !text[open + 1..run.start].contains(&b' ')
    {
        let end = run.end + length;
        let (value, quote) = if in_pair { (start..end_of_pair(text, run.end..end), None) } else { (open + 1..end, Some(quote)) };
        if value.len() <= MAX_VALUE {
            return name_before(text, value, quote);
        }
    }
    let ceiling = text.len().min(start + MAX_VALUE);
    let mut end = run.end;
    match opening.and_then(|quote| closing_of(text, start, run.end, quote)) {
        Some(length) if run.end + length <= ceiling => end += length,
        _ => {
            let is_over = |end: usize| text[end] == b'&' && (in_query || in_pair && begins_pair(&text[end + 1..ceiling]));
            while end < ceiling && !is_over(end) && (!ends_bare(text[end]) || text[end] == b'=' && is_padding(text, end)) {
                end += 1;
            }
        }
    }
    name_before(text, start..end, opening)
}

/// Whether the text before a `=` is a URL up to the name of a parameter of its query.
fn is_query(before: &[u8]) -> bool {
    let name = before.iter().rev().take_while(|&&byte| is_name(byte)).count();
    let head = &before[..before.len() - name];
    let url = &head[head.iter().rposition(|&byte| byte <= b' ' || is_quote(byte)).map_or(0, |place| place + 1)..];
    matches!(url.last(), Some(b'?' | b'&')) && memchr::memmem::find(url, b"://").is_some()
}

/// Whether the text before a `=` ends in the name of a secret, right behind a quote or what separates pairs: `"API_KEY=…"` in a list of
/// variables, `'a=b&token=…'` in what a command sends. What signs the other pairs opens nothing by itself.
fn ends_in_pair(before: &[u8]) -> bool {
    let length = before.iter().rev().take_while(|&&byte| is_name(byte)).count();
    let (head, name) = before.split_at(before.len() - length);
    head.last().is_some_and(|&byte| is_quote(byte) || matches!(byte, b'&' | b';'))
        && super::generic::announces(name).is_some()
        && !name.to_ascii_lowercase().ends_with(b"signature")
}

/// Where in the stretch the pair ends that reaches into it.
fn end_of_pair(text: &[u8], rest: Range<usize>) -> usize {
    let is_over = |place: &usize| text[*place] == b';' || text[*place] == b'&' && begins_pair(&text[place + 1..rest.end]);
    rest.clone().find(is_over).unwrap_or(rest.end)
}

/// Whether a name and a `=` stand here.
fn begins_pair(rest: &[u8]) -> bool {
    let name = rest.iter().take_while(|&&byte| is_name(byte)).count();
    name > 0 && rest.get(name) == Some(&b'=')
}

/// Whether the `=` at `place` pads base64: one or two, and then nothing that a value could begin with.
fn is_padding(text: &[u8], place: usize) -> bool {
    let rest = &text[place..text.len().min(place + 3)];
    let padding = rest.iter().take_while(|&&byte| byte == b'=').count();
    let before = text[place - 1] == b'=';
    (padding + usize::from(before)) <= 2
        && rest.get(padding).is_none_or(|&byte| ends_bare(byte) && !is_quote(byte) || byte == b'"' || byte == b'\'')
}

/// The value that begins at `start` (a quote before it, if any, stands at `start - 1`), found by reading forwards.
pub(crate) fn from_start(text: &[u8], start: usize, quote: Option<u8>) -> Range<usize> {
    let ceiling = text.len().min(start + MAX_VALUE);
    let rest = &text[start..ceiling];
    let length = match quote {
        Some(quote) => closing_of(text, start, start, quote).unwrap_or(0),
        None => bare(rest),
    };
    start..start + length
}

/// Length of a value that stands in no quotes: up to white space or what separates values, brackets it opened and all in them included.
fn bare(rest: &[u8]) -> usize {
    let mut open = 0usize;
    for (place, &byte) in rest.iter().enumerate() {
        match byte {
            b'\n' | b'\r' => return place,
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' if open == 0 => return place,
            b')' | b']' | b'}' => open -= 1,
            b'>' if place > 0 && matches!(rest[place - 1], b'-' | b'=') => {}
            _ if open > 0 => {}
            b',' | b';' | b'<' | b'>' | b'|' | b'\\' => return place,
            byte if byte <= b' ' || byte == 0x7f || is_quote(byte) => return place,
            _ => {}
        }
    }
    rest.len()
}

/// Offset from `from` of the quote that closes the value which begins at `start`: an escaped one closes what an escaped one opened.
fn closing_of(text: &[u8], start: usize, from: usize, quote: u8) -> Option<usize> {
    let rest = &text[from..text.len().min(from + MAX_VALUE)];
    let escaped = start >= 3 && text[start - 2] == b'\\' && is_quote(text[start - 3]);
    if escaped {
        let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
        return memchr::memmem::find(line, &[b'\\', quote]);
    }
    closing(rest, quote)
}

/// Offset of the quote that closes, on the same line, not escaped.
fn closing(rest: &[u8], quote: u8) -> Option<usize> {
    let mut from = 0;
    let rest = &rest[..rest.len().min(MAX_VALUE)];
    loop {
        let place = from + memchr::memchr3(quote, b'\n', b'\\', &rest[from..])?;
        match rest[place] {
            b'\n' => return None,
            b'\\'
                if rest.get(place + 1) == Some(&quote)
                    && rest.get(place + 2).is_some_and(|&next| !matches!(next, b',' | b'}' | b':' | b']' | b' ')) =>
            {
                from = place + 2;
                // A backslash right before the first quote: the quotes themselves are escaped, and this one closes.
                if from >= rest.len() {
                    return None;
                }
            }
            b'\\' if rest.get(place + 1) == Some(&quote) => return Some(place),
            b'\\' => from = place + 2,
            _ => return Some(place),
        }
        if from >= rest.len() {
            return None;
        }
    }
}

/// The nearest quote before `place` on the same line that opens the text in which `place` stands.
fn open_quote(text: &[u8], floor: usize, place: usize) -> Option<(usize, u8)> {
    let line = memchr::memrchr(b'\n', &text[floor..place]).map_or(floor, |end| floor + end + 1);
    let open = text[line..place].iter().rposition(|&byte| is_quote(byte))? + line;
    let quote = text[open];
    // An even number of the same quotes before it on the line: it opens; an odd number: it closes.
    let before = memchr::memchr_iter(quote, &text[line..open]).count();
    (before.is_multiple_of(2) && line + 1 < place).then_some((open, quote))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (String, String, Operator) {
        let mut found = None;
        crate::detect::runs(text.as_bytes(), |start, end| found = found.take().or(Some(around(text.as_bytes(), start..end))));
        let found = found.expect("the text holds a run");
        (text[found.name].to_owned(), text[found.value].to_owned(), found.operator)
    }

    #[test]
    fn names_and_values_of_many_languages() {
        let v = "abcdefgh01234567";
        for (text, name, operator) in [
            (format!("API_KEY={v}"), "API_KEY", Operator::Assign),
            (format!("APP_KEY=base64:{v}"), "APP_KEY", Operator::Assign),
            (format!("export API_KEY='{v}';"), "API_KEY", Operator::Assign),
            (format!("\"apiKey\": \"{v}\","), "apiKey", Operator::Assign),
            (format!("\\\"apiKey\\\": \\\"{v}\\\","), "apiKey", Operator::Assign),
            (format!("api-key: {v}"), "api-key", Operator::Assign),
            (format!("$config['token'] = \"{v}\";"), "token", Operator::Assign),
            (format!("const token: string = \"{v}\";"), "token", Operator::Assign),
            (format!("let token: &'static str = \"{v}\";"), "token", Operator::Assign),
            (format!("token := `{v}`"), "token", Operator::Assign),
            (format!(":token => '{v}'"), "token", Operator::Assign),
            (format!("setToken(\"{v}\")"), "setToken", Operator::Argument),
            (format!("define('AUTH_KEY', '{v}');"), "AUTH_KEY", Operator::Argument),
            (format!("<token>{v}</token>"), "token", Operator::Tag),
            (format!("<add key=\"Token\" x=\"1\">{v}</add>"), "Token", Operator::Tag),
            (format!("#define TOKEN \"{v}\""), "TOKEN", Operator::Space),
            (format!("tool --token {v}"), "--token", Operator::Space),
            (format!("if token == \"{v}\" {{"), "token", Operator::Compare),
            (format!("| token | {v} |"), "token", Operator::Assign),
            (format!("public string Token {{ get; set; }} = \"{v}\";"), "Token", Operator::Assign),
            (format!("field(\"String\", \"TOKEN\", \"\\\"{v}\\\"\")"), "TOKEN", Operator::Argument),
            (format!("\"https://h/a?b=c&token={v}&x=y\""), "token", Operator::Assign),
            (format!("- \"API_KEY={v}\""), "API_KEY", Operator::Assign),
            (format!("curl -d 'grant=code&client_secret={v}&x=y'"), "client_secret", Operator::Assign),
            (format!("[\"--env\", \"TOKEN={v}\", \"x\"]"), "TOKEN", Operator::Assign),
        ] {
            assert_eq!(parse(&text), (name.to_owned(), v.to_owned(), operator), "{text}");
        }
    }

    #[test]
    fn a_quoted_value_holds_what_a_bare_one_may_not() {
        let (name, value, _) = parse("secret = \"a:b,c=abcdefgh01234567(x)\"");
        assert_eq!((name.as_str(), value.as_str()), ("secret", "a:b,c=abcdefgh01234567(x)"));
        let (_, value, _) = parse("SECRET=abcdefgh0123456789ab== # padded");
        assert_eq!(value, "abcdefgh0123456789ab==");
    }

    #[test]
    fn a_pair_in_quotes_ends_with_them_or_where_the_next_begins() {
        for (text, value) in [
            ("['TOKEN=abcdefgh01234567{more:30}']", "abcdefgh01234567{more:30}"),
            ("\"a=b;token=abcdefgh01234567;c=d\"", "abcdefgh01234567"),
            ("'token=abcdefgh01234567&more'", "abcdefgh01234567&more"),
        ] {
            let (name, found, _) = parse(text);
            assert_eq!((name.to_lowercase().as_str(), found.as_str()), ("token", value), "{text}");
        }
        let (name, ..) = parse("\"Signature=abcdefgh01234567\"");
        assert_eq!(name, "", "what a signature is worth depends on what it signs");
    }

    #[test]
    fn hollow_names_give_way_to_the_pair_above() {
        let text = b"var apiKey = []byte(\"";
        assert_eq!(real_name(text, &(15..19)).map(|name| &text[name]), Some(&b"apiKey"[..]));
        let text = b"- name: DD_API_KEY\n  value: x";
        let at = memchr::memmem::find(text, b"value").expect("it is there");
        assert_eq!(real_name(text, &(at..at + 5)).map(|name| &text[name]), Some(&b"DD_API_KEY"[..]));
    }
}

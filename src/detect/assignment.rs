//! One structural parse for all languages: which value stands here, and which name is it given to?

use std::ops::Range;

use crate::model::{Context, Syntax};

/// The longest value that is looked at as one, in bytes.
const MAX_VALUE: usize = 1024;
/// How far the parse looks back for operator and name, in bytes.
const MAX_BACK: usize = 160;
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

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

/// Bytes that end a value that stands in no quotes.
fn ends_bare(byte: u8) -> bool {
    byte <= b' '
        || byte == 0x7f
        || is_quote(byte)
        || matches!(byte, b'=' | b':' | b',' | b';' | b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'|' | b'\\')
}

fn is_name(byte: u8) -> bool {
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
    let in_query = start > floor && text[start - 1] == b'=' && is_query(&text[floor..start - 1]);
    if opening.is_none()
        && !in_query
        && let Some((open, quote)) = open_quote(text, floor, run.start)
        && let Some(length) = closing(&text[run.end..], quote)
        && !text[open + 1..run.start].contains(&b' ')
    {
        let value = open + 1..run.end + length;
        if value.len() <= MAX_VALUE {
            return name_before(text, value, Some(quote));
        }
    }
    let ceiling = text.len().min(start + MAX_VALUE);
    let mut end = run.end;
    match opening.and_then(|quote| closing_of(text, start, run.end, quote)) {
        Some(length) if run.end + length <= ceiling => end += length,
        _ => {
            while end < ceiling && !(in_query && text[end] == b'&') && (!ends_bare(text[end]) || text[end] == b'=' && is_padding(text, end))
            {
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

/// Reads backwards from a value to the operator and the name.
pub(crate) fn name_before(text: &[u8], value: Range<usize>, quote: Option<u8>) -> Assignment {
    let floor = value.start.saturating_sub(MAX_BACK);
    let mut reader = Reader { text, floor, at: value.start - usize::from(quote.is_some() && value.start > 0) };
    if quote.is_some() {
        // `"\"value\""`: a text in quotes within a text in quotes.
        if reader.skip_escapes() > 0 && reader.peek().is_some_and(is_quote) {
            reader.at -= 1;
        }
        // b"…", r"…", L"…", @"…", f"…": a letter right before the quote.
        if reader.peek().is_some_and(|byte| matches!(byte, b'b' | b'r' | b'u' | b'f' | b'L' | b'@' | b'$'))
            && reader.peek_at(2).is_none_or(|byte| !is_name(byte))
        {
            reader.at -= 1;
        }
    }
    let (mut name, mut operator) = reader.operator_and_name();
    // `NAME=base64:value`: the encoding is no name.
    if operator == Operator::Assign && matches!(&text[name.clone()], b"base64" | b"hex") && matches!(reader.peek(), Some(b'=' | b' ')) {
        (name, operator) = reader.operator_and_name();
    }
    Assignment { value, quote, name, operator }
}

/// Walks backwards through the text.
struct Reader<'t> {
    text: &'t [u8],
    floor: usize,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.peek_at(1)
    }

    fn peek_at(&self, back: usize) -> Option<u8> {
        let place = self.at.checked_sub(back)?;
        (place >= self.floor).then(|| self.text[place])
    }

    fn skip(&mut self, mut which: impl FnMut(u8) -> bool) -> usize {
        let from = self.at;
        while self.peek().is_some_and(&mut which) {
            self.at -= 1;
        }
        from - self.at
    }

    fn skip_space(&mut self) -> usize {
        self.skip(|byte| byte == b' ' || byte == b'\t')
    }

    fn skip_escapes(&mut self) -> usize {
        self.skip(|byte| byte == b'\\')
    }

    fn operator_and_name(&mut self) -> (Range<usize>, Operator) {
        let none = self.at..self.at;
        let mut spaces = self.skip_space();
        // A value on the line below its operator.
        if self.peek() == Some(b'\n') {
            self.skip(|byte| byte.is_ascii_whitespace());
            if !matches!(self.peek(), Some(b'=' | b':' | b'(' | b',' | b'>')) {
                return (none, Operator::None);
            }
            spaces = 1;
        }
        // The value may be the first of a list.
        if matches!(self.peek(), Some(b'[' | b'{')) && self.peek_at(2).is_some_and(|byte| matches!(byte, b' ' | b'=' | b':' | b'(' | b']'))
        {
            self.at -= 1;
            self.skip_space();
        }
        match self.peek() {
            Some(b'=' | b':') => {
                let end = self.at;
                self.skip(|byte| matches!(byte, b'=' | b':' | b'!' | b'+' | b'?' | b'|' | b'~'));
                let operator = &self.text[self.at..end];
                let compares = operator.starts_with(b"==") || operator.starts_with(b"!=");
                let name = self.name(operator.contains(&b'='));
                (name, if compares { Operator::Compare } else { Operator::Assign })
            }
            Some(b'>') if matches!(self.peek_at(2), Some(b'=' | b'-')) => {
                self.at -= 2;
                (self.name(false), Operator::Assign)
            }
            Some(b'>') => {
                self.at -= 1;
                self.tag()
            }
            Some(b'-') if self.peek_at(2) == Some(b'<') => {
                self.at -= 2;
                (self.name(false), Operator::Assign)
            }
            Some(b'(') => {
                self.at -= 1;
                (self.name(false), Operator::Argument)
            }
            Some(b',') => {
                self.at -= 1;
                (self.name(false), Operator::Argument)
            }
            Some(b'|') if spaces > 0 => {
                self.at -= 1;
                (self.name(false), Operator::Assign)
            }
            Some(byte) if spaces > 0 && (is_name(byte) || is_quote(byte)) => (self.name(false), Operator::Space),
            _ => (none, Operator::None),
        }
    }

    /// The name that ends here, through quotes and brackets; after `=` a type may stand between (`key: string = …`).
    fn name(&mut self, may_have_type: bool) -> Range<usize> {
        self.skip_space();
        self.skip_accessors();
        self.skip(|byte| is_quote(byte) || matches!(byte, b']' | b')' | b'\\' | b'*'));
        let end = self.at;
        self.skip(is_name);
        let mut name = self.at..end;
        if may_have_type {
            self.skip(|byte| matches!(byte, b' ' | b'&' | b'?' | b'<' | b'*'));
            // A lifetime: `&'static str`.
            let here = self.at;
            self.skip(|byte| byte.is_ascii_lowercase());
            if here > self.at && self.peek() == Some(b'\'') {
                self.skip(|byte| matches!(byte, b'\'' | b'&' | b' '));
            } else {
                self.at = here;
            }
            if self.peek() == Some(b':') && self.peek_at(2) != Some(b':') {
                self.at -= 1;
                self.skip_space();
                self.skip(|byte| matches!(byte, b'?' | b'"' | b'\''));
                let end = self.at;
                self.skip(is_name);
                if end > self.at {
                    name = self.at..end;
                }
            }
        }
        name
    }

    /// The accessors of a property: `Name { get; set; }`.
    fn skip_accessors(&mut self) {
        if self.peek() == Some(b'}') {
            let from = self.floor.max(self.at.saturating_sub(48));
            let inside = &self.text[from..self.at];
            if let Some(open) = memchr::memrchr(b'{', inside)
                && memchr::memmem::find(&inside[open..], b"get").is_some()
            {
                self.at = from + open;
                self.skip_space();
            }
        }
    }

    /// `<name>` or `<tag name="name">` that ends here.
    fn tag(&mut self) -> (Range<usize>, Operator) {
        let none = (self.at..self.at, Operator::None);
        let end = self.at;
        let Some(open) = memchr::memrchr(b'<', &self.text[self.floor..end]) else { return none };
        let open = self.floor + open + 1;
        let inside = &self.text[open..end];
        if inside.contains(&b'\n') || inside.first().is_none_or(|&byte| byte == b'/' || !is_name(byte)) {
            return none;
        }
        for key in [&b"name=\""[..], b"key=\"", b"id=\"", b"Name=\"", b"Key=\""] {
            if let Some(place) = memchr::memmem::find(inside, key) {
                let from = open + place + key.len();
                let length = self.text[from..end].iter().position(|&byte| byte == b'"').unwrap_or(0);
                return (from..from + length, Operator::Tag);
            }
        }
        let length = inside.iter().position(|&byte| !is_name(byte)).unwrap_or(inside.len());
        (open..open + length, Operator::Tag)
    }
}

/// Names that say nothing but that a value follows; the real name stands before them (`- name: X` above `value: Y`).
const HOLLOW: [&[u8]; 7] = [b"value", b"val", b"default", b"defaultvalue", b"stringvalue", b"content", b"string"];

/// Calls that turn a text into another type: what they are given is the value itself.
const CONVERSIONS: [&[u8]; 14] = [
    b"byte",
    b"bytes",
    b"from",
    b"string",
    b"str",
    b"bytearray",
    b"buffer",
    b"encode",
    b"fromstring",
    b"getbytes",
    b"secretstring",
    b"secretstr",
    b"from_string",
    b"from_str",
];

/// Whether the last word of a called path (`Buffer.from`, `[]byte`, `String::from`) is a conversion.
fn is_conversion(path: &[u8]) -> bool {
    let last = path.rsplit(|&byte| matches!(byte, b'.' | b':' | b']' | b' ')).next().unwrap_or(path);
    CONVERSIONS.iter().any(|conversion| conversion.eq_ignore_ascii_case(last))
}

/// Where the quote stands that a conversion at `place` is given, as in `[]byte("…")`.
pub(crate) fn into_conversion(text: &[u8], place: usize) -> Option<usize> {
    let rest = &text[place..text.len().min(place + 48)];
    let length = rest.iter().take_while(|&&byte| is_name(byte) || matches!(byte, b'[' | b']' | b':')).count();
    let is_call = rest.get(length) == Some(&b'(') && rest.get(length + 1).is_some_and(|&byte| is_quote(byte));
    (is_call && is_conversion(&rest[..length])).then_some(place + length + 1)
}

/// The name that the result of a conversion is given to: `NAME` of `NAME = []byte("…")`, `byte` being the name in the call.
fn converted_name(text: &[u8], name: &Range<usize>) -> Option<Range<usize>> {
    if text.get(name.end) != Some(&b'(') || !is_conversion(&text[name.clone()]) {
        return None;
    }
    let mut reader = Reader { text, floor: name.start.saturating_sub(MAX_BACK), at: name.start };
    reader.skip(|byte| is_name(byte) || matches!(byte, b'[' | b']' | b':'));
    if reader.text[reader.at..].starts_with(b":") {
        reader.at += 1; // the operator itself
    }
    reader.skip_space();
    if reader.skip(|byte| matches!(byte, b'n' | b'e' | b'w')) == 3 {
        reader.skip_space();
    }
    let (name, operator) = reader.operator_and_name();
    (operator == Operator::Assign && !name.is_empty()).then_some(name)
}

/// Where a hollow name (`value`) is given, the real name: that of the pair on the same line before it, or on the line above.
pub(crate) fn real_name(text: &[u8], name: &Range<usize>) -> Option<Range<usize>> {
    if let Some(converted) = converted_name(text, name) {
        return Some(converted);
    }
    if !HOLLOW.iter().any(|hollow| hollow.eq_ignore_ascii_case(&text[name.clone()])) {
        return None;
    }
    let floor = name.start.saturating_sub(MAX_BACK);
    let before = &text[floor..name.start];
    let line = memchr::memrchr(b'\n', before).unwrap_or(0);
    let from = memchr::memrchr(b'\n', &before[..line]).map_or(0, |place| place + 1);
    let stretch = &before[from..];
    for key in [&b"name"[..], b"key", b"Name", b"Key", b"field", b"id"] {
        if let Some(place) = memchr::memmem::rfind(stretch, key) {
            let rest = &stretch[place + key.len()..];
            let joint = rest.iter().take_while(|&&byte| matches!(byte, b'"' | b'\'' | b' ' | b':' | b'=' | b'>')).count();
            let is_joined = rest[..joint].iter().any(|&byte| matches!(byte, b':' | b'=' | b'>'));
            let length = rest[joint..].iter().take_while(|&&byte| is_name(byte)).count();
            if is_joined && length > 0 {
                let start = floor + from + place + key.len() + joint;
                return Some(start..start + length);
            }
        }
    }
    None
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
    fn hollow_names_give_way_to_the_pair_above() {
        let text = b"var apiKey = []byte(\"";
        assert_eq!(real_name(text, &(15..19)).map(|name| &text[name]), Some(&b"apiKey"[..]));
        let text = b"- name: DD_API_KEY\n  value: x";
        let at = memchr::memmem::find(text, b"value").expect("it is there");
        assert_eq!(real_name(text, &(at..at + 5)).map(|name| &text[name]), Some(&b"DD_API_KEY"[..]));
    }
}

//! Reads backwards from a value: which operator stands before it, and which name before that?

use std::ops::Range;

use super::assignment::{Assignment, MAX_BACK, Operator, is_name, is_quote};

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
pub(crate) struct Reader<'t> {
    pub(crate) text: &'t [u8],
    /// How far back it may go.
    pub(crate) floor: usize,
    /// Where it stands: the next byte it reads is the one before.
    pub(crate) at: usize,
}

impl Reader<'_> {
    pub(crate) fn peek(&self) -> Option<u8> {
        self.peek_at(1)
    }

    fn peek_at(&self, back: usize) -> Option<u8> {
        let place = self.at.checked_sub(back)?;
        (place >= self.floor).then(|| self.text[place])
    }

    pub(crate) fn skip(&mut self, mut which: impl FnMut(u8) -> bool) -> usize {
        let from = self.at;
        while self.peek().is_some_and(&mut which) {
            self.at -= 1;
        }
        from - self.at
    }

    pub(crate) fn skip_space(&mut self) -> usize {
        self.skip(|byte| byte == b' ' || byte == b'\t')
    }

    fn skip_escapes(&mut self) -> usize {
        self.skip(|byte| byte == b'\\')
    }

    pub(crate) fn operator_and_name(&mut self) -> (Range<usize>, Operator) {
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

//! The facts of an event, taken apart only when somebody looks into them: most lines are read for what they do to a state.

use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// No more levels than this are left for later; the parser itself takes 128.
const MAX_OPENED: usize = 100;
/// Nor is a longer run of digits, which might be a number that is none.
const MAX_DIGITS: usize = 300;

/// The facts, as a value.
#[derive(Clone)]
pub struct Data {
    /// As they stand in the line, seen to be sound.
    raw: Option<Box<str>>,
    value: OnceLock<Value>,
}

impl Data {
    /// From the text of a value; none where it is no JSON, or where only taking it apart would show that.
    pub(super) fn from_raw(raw: &[u8]) -> Option<Self> {
        let raw = std::str::from_utf8(raw).ok().filter(|raw| is_plain(raw.as_bytes()))?;
        serde_json::from_str::<IgnoredAny>(raw).ok()?;
        Some(Self { raw: Some(raw.into()), value: OnceLock::new() })
    }

    /// The facts as a type.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        match &self.raw {
            Some(raw) => serde_json::from_str(raw),
            None => T::deserialize(&**self),
        }
    }
}

/// Whether skipping over a text shows as much as taking it apart does: skipping looks at no value of a number, no pair of surrogates, no depth.
fn is_plain(raw: &[u8]) -> bool {
    // Each is a pass without a branch, which costs a fraction of one that has them all.
    let opened = raw.iter().filter(|&&byte| byte == b'{' || byte == b'[').count();
    let is_exponent = |pair: &[u8]| pair[0].is_ascii_digit() & (pair[1] | 0x20 == b'e');
    let has_exponent = raw.windows(2).fold(false, |found, pair| found | is_exponent(pair));
    let is_long = || raw.len() > MAX_DIGITS && raw.split(|byte| !byte.is_ascii_digit()).any(|digits| digits.len() > MAX_DIGITS);
    opened <= MAX_OPENED && !has_exponent && memchr::memmem::find(raw, b"\\u").is_none() && !is_long()
}

impl From<Value> for Data {
    fn from(value: Value) -> Self {
        Self { raw: None, value: OnceLock::from(value) }
    }
}

impl Deref for Data {
    type Target = Value;

    fn deref(&self) -> &Value {
        let parse = || serde_json::from_str(self.raw.as_deref().unwrap_or("null")).expect("it was seen to be plain JSON");
        self.value.get_or_init(parse)
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}

impl PartialEq for Data {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Serialize for Data {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_for_later_can_be_taken_apart_then() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        let (long, zeros) = ("9".repeat(400), "0".repeat(290));
        for (text, is_left) in [
            (r#"{"a":1,"b":[true,null,"x\"y"],"c":-0.5}"#, true),
            (r#""a string""#, true),
            (&format!("{{\"n\":0.{zeros}1}}"), true),
            (r#"{"a":1"#, false),
            (r#"{"a":1} {}"#, false),
            (r#"{"a":1e999}"#, false),
            (r#"{"a":"\ud800"}"#, false),
            (&deep, false),
            (&long, false),
            // A digest may look like a number: that is read at once, and costs only time.
            (r#"{"sha256":"1e2f"}"#, false),
        ] {
            let data = Data::from_raw(text.as_bytes());
            assert_eq!(data.is_some(), is_left, "{text}");
            if let Some(data) = data {
                assert_eq!(*data, serde_json::from_str::<Value>(text).expect("JSON"), "{text}");
            }
        }
        assert!(Data::from_raw(b"\"\xff\"").is_none());
    }
}

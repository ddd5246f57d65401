//! A place in a blob that a rule took for a credential, before it is judged.

use super::{Secret, Span};

/// A rule's number in its rule set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub u16);

/// An encoding that had to be undone to see the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Base64, standard or URL alphabet (RFC 4648).
    Base64,
    /// Hexadecimal (RFC 4648).
    Hex,
    /// Percent encoding (RFC 3986, 2.1).
    Percent,
    /// Backslash escapes of JSON, C or Unicode.
    Escape,
    /// UTF-16, either byte order.
    Utf16,
    /// A list of byte values.
    ByteArray,
}

impl Layer {
    /// The name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Hex => "hex",
            Self::Percent => "percent",
            Self::Escape => "escape",
            Self::Utf16 => "utf-16",
            Self::ByteArray => "byte array",
        }
    }
}

/// How the value is written where it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Syntax {
    /// Bare in text: no name could be made out.
    #[default]
    Bare,
    /// `name = value`, `name: value`, `"name": "value"`, `--name value`, `<name>value</name>` and the like.
    Assigned,
    /// The value of an HTTP header or an authentication scheme (`Bearer`, `Basic`).
    Header,
    /// The password part of a URL or a connection string.
    Url,
    /// A multi-line block (PEM and the like).
    Block,
    /// A field of a known secret file, read by that file's own grammar.
    SecretFile,
}

/// What stands around the value; copied, for the judging comes after the buffer is gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// How the value is written.
    pub syntax: Syntax,
    /// The name it is assigned to, as written; empty where there is none.
    pub name: Vec<u8>,
    /// Up to 96 bytes before the value, which may reach into the line above.
    pub before: Vec<u8>,
    /// Up to 96 bytes after the value, which may reach into the line below.
    pub after: Vec<u8>,
    /// The quote the value stands in, if any.
    pub quote: Option<u8>,
}

/// A place in a blob that a rule took for a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The rule that took it.
    pub rule: RuleId,
    /// The bytes of the blob that hold the secret: exactly it, or the whole encoded text where layers were undone.
    pub span: Span,
    /// The secret, decoded.
    pub value: Secret,
    /// What stands around it.
    pub context: Context,
    /// The encodings that were undone, outermost first.
    pub layers: Vec<Layer>,
}

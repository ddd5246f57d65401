//! A secret's bytes: they cannot be printed by accident and are wiped when dropped.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// The bytes of a credential.
///
/// It has no `Display` and no `Serialize`, and its `Debug` shows the length alone; [`Secret::expose`] is the one way in.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Zeroize, ZeroizeOnDrop)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes over the bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes themselves, for judging and comparing; never for output.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing to hide.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What may be shown: at most the first four characters (and never more than a quarter of the secret), then the length.
    ///
    /// Only characters that are printable ASCII are shown. A short secret shows nothing of itself.
    pub fn preview(&self) -> String {
        let shown = if self.len() >= 16 { (self.len() / 4).min(4) } else { 0 };
        let head: String = self.0[..shown].iter().map(|&byte| if byte.is_ascii_graphic() { char::from(byte) } else { '?' }).collect();
        format!("{head}…[{} bytes]", self.len())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Secret({} bytes)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_and_preview_hide_the_bytes() {
        let secret = Secret::new(b"correct-horse-battery".to_vec());
        assert_eq!(format!("{secret:?}"), "Secret(21 bytes)");
        assert_eq!(secret.preview(), "corr…[21 bytes]");
        assert_eq!(Secret::new(b"hunter2".to_vec()).preview(), "…[7 bytes]");
    }
}

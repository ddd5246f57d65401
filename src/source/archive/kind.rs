//! Tells by its first bytes whether content is an archive.

/// A container that other content can be taken out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source) enum Kind {
    /// RFC 1952.
    Gzip,
    /// APPNOTE.TXT 4.3.7; also jar, whl, docx and the like.
    Zip,
    /// POSIX 1003.1-1988 (ustar) and its successors.
    Tar,
    /// Known, and not opened.
    Foreign(&'static str),
}

impl Kind {
    /// The kind of archive that begins with `start`; 512 bytes of it are enough.
    pub(in crate::source) fn of(start: &[u8]) -> Option<Self> {
        // Text, the common case, is told by one byte; the magic numbers below begin with one of these, a tar with a file name.
        match start {
            [0x1f, 0x8b, 8, flags, ..] if flags & 0xe0 == 0 => Some(Self::Gzip),
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Self::Zip),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Foreign("xz")),
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..] => Some(Self::Foreign("bzip2")),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Foreign("zstd")),
            [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..] => Some(Self::Foreign("7z")),
            [b'R', b'a', b'r', b'!', 0x1a, 7, ..] => Some(Self::Foreign("rar")),
            _ if start.get(257..262) == Some(b"ustar") && super::tar::is_header(start) => Some(Self::Tar),
            _ => None,
        }
    }
}

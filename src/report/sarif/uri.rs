//! Paths as relative URI references (RFC 3986, 4.2).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use crate::model::Veil;
use crate::model::{Origin, Place};

/// Everything but the unreserved characters (RFC 3986, 2.3) and the slash; a colon in the first segment would read as a scheme.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The file of `origin`; archive members are not part of it. Never empty and never absolute.
pub(super) fn of(origin: &Origin, veil: &Veil) -> String {
    if origin.place == Place::Stdin {
        return "stdin".to_owned();
    }
    let path = veil.bytes(&origin.path);
    let path = path.strip_prefix(b"./").unwrap_or(&path);
    let start = path.iter().position(|&byte| byte != b'/').unwrap_or(path.len());
    match percent_encode(&path[start..], RESERVED).to_string() {
        empty if empty.is_empty() => "unnamed".to_owned(),
        uri => uri,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Outcome;

    #[test]
    fn paths_become_relative_references() {
        let veil = Veil::new(&Outcome::default());
        let uri = |path: &[u8]| of(&Origin::file(path), &veil);
        assert_eq!(uri("a b/é#?.py".as_bytes()), "a%20b/%C3%A9%23%3F.py");
        assert_eq!(uri(b"C:/x"), "C%3A/x");
        assert_eq!(uri(b"./x%20"), "x%2520");
        assert_eq!(uri(b"/etc/x\xff\n"), "etc/x%FF%0A");
        assert_eq!(of(&Origin::file("a.zip").member("b"), &veil), "a.zip");
        assert_eq!(of(&Origin::stdin(), &veil), "stdin");
    }
}

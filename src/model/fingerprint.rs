//! The name of a credential that says nothing about it.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Characters after the prefix: 130 of the 256 bits.
const LENGTH: usize = 26;
/// What the fingerprints of an installation's key begin with.
const STABLE: &str = "fp1_";
/// What those of a key begin with that ends with the run.
const EPHEMERAL: &str = "fpe1_";

/// The keyed fingerprint of a credential: `fp1_` with 26 characters of base32 (RFC 4648, lower case, no padding).
///
/// It is made with a key, since a plain hash of a short password is a dictionary away.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// From an HMAC-SHA256; `is_stable` when its key outlives the run.
    pub fn new(code: &[u8; 32], is_stable: bool) -> Self {
        let mut text = BASE32_NOPAD.encode(code).to_ascii_lowercase();
        text.truncate(LENGTH);
        Self(format!("{}{text}", if is_stable { STABLE } else { EPHEMERAL }))
    }

    /// Whether another run will give the same credential the same fingerprint.
    pub fn is_stable(&self) -> bool {
        self.0.starts_with(STABLE)
    }

    /// The whole of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The incident that this credential's exposure is, the first time or (with a higher `generation`, from 1) once more.
    pub fn incident(&self, generation: u32) -> String {
        let (_, rest) = self.0.split_once('_').expect("a fingerprint has a prefix");
        format!("inc-{}-{generation}", &rest[..10])
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for Fingerprint {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.strip_prefix(STABLE).or_else(|| text.strip_prefix(EPHEMERAL));
        let is_sound = rest.is_some_and(|rest| rest.len() == LENGTH && rest.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7')));
        if is_sound { Ok(Self(text.to_owned())) } else { Err("a fingerprint is fp1_ with 26 characters of base32") }
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::from_text(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_is_written() {
        for (stable, start) in [(true, "fp1_aaaqeayeaudaocajbifqydiob4"), (false, "fpe1_aaaqeayeaudaocajbifqydiob4")] {
            let code: [u8; 32] = std::array::from_fn(|at| u8::try_from(at).expect("small"));
            let fingerprint = Fingerprint::new(&code, stable);
            assert_eq!((fingerprint.as_str(), fingerprint.is_stable()), (start, stable));
            assert_eq!(start.parse(), Ok(fingerprint.clone()));
            assert_eq!(fingerprint.incident(2), "inc-aaaqeayeau-2");
        }
        for wrong in ["", "fp1_", "fp2_aaaqeayeaudaocajbifqydiob4", "fp1_AAAQEAYEAUDAOCAJBIFQYDIOB4", "fp1_aaaqeayeaudaocajbifqydiob"] {
            assert!(wrong.parse::<Fingerprint>().is_err(), "{wrong}");
        }
    }
}

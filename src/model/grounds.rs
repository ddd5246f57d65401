//! How a finding was confirmed: only what is confirmed, or suspected for a stated reason, can become a notice.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How sure it is that a finding is a credential that somebody could use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// Pattern and entropy only.
    Observed,
    /// The user's configuration says to respond as if it were exposed.
    Policy,
    /// Arithmetic shows that it is a genuine credential: checksum, signature, key pair.
    Proved,
    /// A person says so.
    Attested,
    /// The store of secrets says that it is one of its own.
    StoreMatched,
    /// The issuer accepted it.
    Live,
}

impl Grade {
    /// The name in notices and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Observed => "observed",
            Self::Policy => "policy",
            Self::Proved => "proved",
            Self::Attested => "attested",
            Self::StoreMatched => "store-matched",
            Self::Live => "live",
        }
    }
}

/// A finding that the issuer, its store or a person has confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirmed(Grade);

/// A finding that is proved genuine, or that the user's configuration says to treat as exposed: what changes anything needs a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Precautionary(Grade);

/// Why somebody is told; there is no value for a finding that was merely observed.
///
/// ```
/// use keyfuse::model::{Grade, Grounds};
/// assert!(matches!(Grounds::of(Grade::Live), Some(Grounds::Confirmed(_))));
/// assert!(matches!(Grounds::of(Grade::Proved), Some(Grounds::Precautionary(_))));
/// assert_eq!(Grounds::of(Grade::Observed), None);
/// ```
///
/// Nor can one be made by hand, for the fields are private:
///
/// ```compile_fail,E0423
/// use keyfuse::model::{Confirmed, Grade, Grounds};
/// let observed = Grounds::Confirmed(Confirmed(Grade::Observed));
/// ```
///
/// And what takes grounds takes no grade:
///
/// ```compile_fail,E0308
/// use keyfuse::model::{Grade, Grounds};
/// fn tell(grounds: Grounds) {}
/// tell(Grade::Observed);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grounds {
    /// Live, matched by a store, or attested.
    Confirmed(Confirmed),
    /// Proved, or by policy.
    Precautionary(Precautionary),
}

impl Grounds {
    /// The grounds that a grade gives; none for what was merely observed.
    pub fn of(grade: Grade) -> Option<Self> {
        match grade {
            Grade::Live | Grade::StoreMatched | Grade::Attested => Some(Self::Confirmed(Confirmed(grade))),
            Grade::Proved | Grade::Policy => Some(Self::Precautionary(Precautionary(grade))),
            Grade::Observed => None,
        }
    }

    /// The grade they come from.
    pub fn grade(self) -> Grade {
        match self {
            Self::Confirmed(Confirmed(grade)) | Self::Precautionary(Precautionary(grade)) => grade,
        }
    }

    /// Whether it is confirmed, not just suspected.
    pub fn is_confirmed(self) -> bool {
        matches!(self, Self::Confirmed(_))
    }
}

impl Serialize for Grounds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.grade().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Grounds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let grade = Grade::deserialize(deserializer)?;
        Self::of(grade).ok_or_else(|| serde::de::Error::custom("what was merely observed is no ground for a notice"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_observed_is_not_read_as_grounds_either() {
        for grade in [Grade::Policy, Grade::Proved, Grade::Attested, Grade::StoreMatched, Grade::Live] {
            let text = format!("\"{}\"", grade.name());
            let grounds: Grounds = serde_json::from_str(&text).expect("grounds");
            assert_eq!((grounds.grade(), serde_json::to_string(&grounds).expect("plain")), (grade, text));
        }
        assert!(serde_json::from_str::<Grounds>("\"observed\"").is_err());
    }
}

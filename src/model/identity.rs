//! What makes two credentials the same one, however often and in whatever parts they stand somewhere.

use super::Secret;

/// What kind of thing names a credential; it keeps equal bytes of two kinds apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentityKind {
    /// The secret alone.
    Secret,
    /// The access key id of a pair at AWS, which outlives neither rotation nor deletion.
    AwsAccessKey,
    /// `user@host/database`, whose password may change.
    Login,
    /// The public id of a trading key record (`hft_…`).
    HftKey,
    /// What a store calls it, named by a person.
    Resource,
}

impl IdentityKind {
    /// The name that goes into fingerprints and notices; it never changes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::AwsAccessKey => "aws-access-key",
            Self::Login => "login",
            Self::HftKey => "hft-key",
            Self::Resource => "resource",
        }
    }
}

/// What makes two credentials the same one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// What kind of thing names it.
    pub kind: IdentityKind,
    /// The name in its one spelling; often the secret itself.
    pub canonical: Secret,
}

impl Identity {
    /// A credential that only its own bytes name.
    pub fn secret(secret: &Secret) -> Self {
        Self { kind: IdentityKind::Secret, canonical: secret.clone() }
    }
}

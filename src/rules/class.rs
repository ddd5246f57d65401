//! Whose a credential is, for those who say who may do what with it.

use serde::{Deserialize, Serialize};

/// The classes of the key-management guide's access-control matrix, and what it leaves out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// What services of the house show to each other.
    InternalService,
    /// A key of an exchange.
    Exchange,
    /// A key of a broker.
    Broker,
    /// A login of a database.
    Database,
    /// What other keys are opened with.
    Master,
    /// What signs or encrypts.
    Encryption,
    /// A key of a cloud's account.
    Cloud,
    /// A token of a build.
    Ci,
    /// A token that a person has made for themselves.
    #[default]
    Personal,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::InternalService,
        Self::Exchange,
        Self::Broker,
        Self::Database,
        Self::Master,
        Self::Encryption,
        Self::Cloud,
        Self::Ci,
        Self::Personal,
    ];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::InternalService => "internal-service",
            Self::Exchange => "exchange",
            Self::Broker => "broker",
            Self::Database => "database",
            Self::Master => "master",
            Self::Encryption => "encryption",
            Self::Cloud => "cloud",
            Self::Ci => "ci",
            Self::Personal => "personal",
        }
    }

    /// The class of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }
}

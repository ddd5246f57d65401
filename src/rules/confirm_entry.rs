//! A question to an issuer as a rule file writes it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::rule::Evidence;

/// A question as written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmEntry {
    /// The rules whose credentials it is for.
    pub rules: Vec<String>,
    /// Short name of the service: one pace, one control, one configured endpoint.
    pub service: String,
    /// The page that describes the request.
    pub docs: String,
    /// What the answers rest on.
    pub evidence: Option<Evidence>,
    /// Where the answers were looked up: the issuer's description of its API, its client, or whoever heard them.
    pub source: Option<OneOrMany<String>>,
    /// What a credential must begin with to be asked about, where a rule finds more kinds than the address knows.
    #[serde(default)]
    pub begins: Vec<String>,
    /// `http` unless another protocol is named.
    #[serde(default)]
    pub kind: Kind,
    /// Address to get, or several where the service has several sites.
    pub get: Option<OneOrMany<String>>,
    /// Address to post to, for services whose read-only calls are posted.
    pub post: Option<OneOrMany<String>>,
    /// Headers by name.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// User and password of `Authorization: Basic`.
    pub basic: Option<[String; 2]>,
    /// Fields of a form.
    #[serde(default)]
    pub form: BTreeMap<String, String>,
    /// A JSON body; braces of its own are doubled.
    pub json: Option<String>,
    /// Parts that stand near the secret, by name, each with the pattern that finds it.
    #[serde(default)]
    pub near: BTreeMap<String, String>,
    /// The media type that an answer must have.
    #[serde(default)]
    pub media: Media,
    /// What the answer to a living credential looks like.
    pub alive: Option<OneOrMany<SignEntry>>,
    /// What the answer to a dead one looks like.
    pub dead: Option<OneOrMany<SignEntry>>,
    /// What the issuer refuses with although the credential may live: elsewhere, from another address, for other purposes.
    pub refused: Option<OneOrMany<SignEntry>>,
    /// Answers as the sources give them, each with what it must be taken for.
    #[serde(default)]
    pub answers: Vec<AnswerEntry>,
    /// JSON pointer (RFC 6901) of the owner's name in the answer to a living one.
    pub who: Option<String>,
    /// Whether the service can be run by others too: then its public instance's refusal does not mean that the credential is dead.
    #[serde(default)]
    pub self_hosted: bool,
    /// Milliseconds between two requests.
    pub pace: Option<u32>,
    /// Milliseconds that one question may take.
    pub timeout: Option<u32>,
}

/// One value, or a list of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// One.
    One(T),
    /// Several.
    Many(Vec<T>),
}

impl<T: Clone> OneOrMany<T> {
    pub(super) fn list(&self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one.clone()],
            Self::Many(many) => many.clone(),
        }
    }
}

/// A sign as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignEntry {
    /// Status codes, of which one must be it.
    pub status: Vec<u16>,
    /// JSON pointers, each with the value, the values of which one, or `"*"` for anything that is there.
    #[serde(default)]
    pub json: BTreeMap<String, toml::Value>,
    /// Texts that must all stand in the body.
    #[serde(default)]
    pub text: Vec<String>,
}

/// An answer as its source gives it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerEntry {
    /// What it means.
    pub means: Meaning,
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: String,
    /// Its media type.
    #[serde(default = "usual")]
    pub media: String,
}

fn usual() -> String {
    "application/json".to_owned()
}

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Meaning {
    /// The credential lives.
    Alive,
    /// It does not.
    Dead,
    /// The issuer refuses it, but it may live.
    Refused,
    /// Nothing can be said.
    Unknown,
}

impl Meaning {
    /// The word of the rule file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alive => "alive",
            Self::Dead => "dead",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }
}

/// The protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// HTTP, declared in full.
    #[default]
    Http,
    /// `GetCallerIdentity` of AWS STS, signed (Signature Version 4).
    AwsSts,
    /// Logging in to the database a URL leads to, by the URL's scheme: PostgreSQL or Redis.
    Login,
}

/// The media type an answer must have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Media {
    /// `application/json`, or a type that ends in `+json`.
    #[default]
    Json,
    /// `application/xml`, `text/xml`, or a type that ends in `+xml`.
    Xml,
    /// Any but HTML, for services that state none or plain text.
    Any,
}

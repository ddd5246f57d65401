//! The request by which the holder of a credential can end it, as a rule file declares it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::confirm::Confirm;
use super::confirm_entry::{ConfirmEntry, Media, OneOrMany, SignEntry};
use super::rule::Evidence;
use super::sign::Sign;

/// A revocation as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContainEntry {
    /// The rules whose credentials it is for.
    pub rules: Vec<String>,
    /// Short name of the service, as in the question: one configured endpoint for both.
    pub service: String,
    /// The page that describes the request.
    pub docs: String,
    /// What it rests on.
    pub evidence: Option<Evidence>,
    /// Where its answers were looked up.
    pub source: Option<OneOrMany<String>>,
    /// Address to post to.
    pub post: Option<String>,
    /// Address to delete.
    pub delete: Option<String>,
    /// Headers by name.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Fields of a form.
    #[serde(default)]
    pub form: BTreeMap<String, String>,
    /// A JSON body; braces of its own are doubled.
    pub json: Option<String>,
    /// Parts that stand near the secret, as in the question.
    #[serde(default)]
    pub near: BTreeMap<String, String>,
    /// The answer of an issuer that says that it will.
    pub accepted: Option<OneOrMany<SignEntry>>,
    /// The answer of one that says that it has.
    pub done: Option<OneOrMany<SignEntry>>,
}

/// A revocation as meant: it cannot be undone, and a claim is all that its answer is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contain {
    /// The request, in the terms of a question.
    pub request: Confirm,
    /// Whether HTTP deletes, rather than posts.
    pub deletes: bool,
    /// Signs of "will be".
    pub accepted: Vec<Sign>,
    /// Signs of "is".
    pub done: Vec<Sign>,
}

impl Contain {
    /// Validates one revocation.
    ///
    /// # Errors
    /// The field and what is wrong with it.
    pub fn new(entry: &ContainEntry) -> Result<Self, (&'static str, String)> {
        let list = |signs: &Option<OneOrMany<SignEntry>>| signs.as_ref().map(OneOrMany::list).unwrap_or_default();
        let (accepted, done) = (list(&entry.accepted), list(&entry.done));
        if accepted.is_empty() && done.is_empty() {
            return Err(("accepted", "say what the answer looks like: accepted or done".to_owned()));
        }
        // The answers of a question do not count here; what these say is never read.
        let sign = |text: &str| toml::from_str::<SignEntry>(text).map(OneOrMany::One).expect("a sign of ours");
        let ask = ConfirmEntry {
            rules: entry.rules.clone(),
            service: entry.service.clone(),
            docs: entry.docs.clone(),
            evidence: entry.evidence,
            source: entry.source.clone(),
            get: entry.delete.clone().map(OneOrMany::One),
            post: entry.post.clone().map(OneOrMany::One),
            headers: entry.headers.clone(),
            form: entry.form.clone(),
            json: entry.json.clone(),
            near: entry.near.clone(),
            media: Media::Any,
            alive: Some(sign("status = [200]\njson = { '/x' = '*' }")),
            refused: Some(sign("status = [401]")),
            ..ConfirmEntry::default()
        };
        let signs = |signs: &[SignEntry], field| signs.iter().map(|sign| Sign::claim(sign, field)).collect::<Result<Vec<_>, _>>();
        Ok(Self {
            request: Confirm::new(&ask)?,
            deletes: entry.delete.is_some(),
            accepted: signs(&accepted, "accepted")?,
            done: signs(&done, "done")?,
        })
    }
}

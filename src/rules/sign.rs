//! What an issuer's answer looks like: status and words by which it is known.

use serde::{Deserialize, Serialize};

use super::confirm_entry::SignEntry;

/// What an answer looks like: all of it must hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sign {
    /// Status codes, of which one must be it.
    pub status: Vec<u16>,
    /// JSON pointers and what must stand there.
    pub json: Vec<(String, Wanted)>,
    /// Texts that must all stand in the body.
    pub text: Vec<String>,
}

/// What must stand at a JSON pointer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Wanted {
    /// Anything but null.
    Present,
    /// This truth value.
    Truth(bool),
    /// One of these numbers.
    Number(Vec<i64>),
    /// One of these texts.
    Text(Vec<String>),
}

impl Sign {
    /// What an issuer answers to a revocation. A status alone will do: it is a claim, which only a failed probe makes true.
    pub(super) fn claim(entry: &SignEntry, field: &'static str) -> Result<Self, (&'static str, String)> {
        if entry.status.is_empty() || entry.status.iter().any(|status| !(200..300).contains(status)) {
            return Err((field, "name the status codes of success".to_owned()));
        }
        Self::with(entry, field)
    }

    /// What an answer to a question looks like: such that neither a firewall nor a fault answers the same.
    pub(super) fn new(entry: &SignEntry, field: &'static str) -> Result<Self, (&'static str, String)> {
        let told = !entry.json.is_empty() || !entry.text.is_empty();
        let alive = field == "alive";
        for status in &entry.status {
            // A service that is switched off for a living key says so with 403; a firewall does not know its words.
            let possible = if alive {
                (200..300).contains(status) || (*status == 403 && !entry.json.is_empty())
            } else {
                matches!(status, 200 | 400..=404 | 410 | 422)
            };
            if !possible {
                return Err((field, format!("{status} cannot tell that: it is what proxies, limits and faults answer too")));
            }
        }
        if entry.status.is_empty() {
            return Err((field, "name the status codes".to_owned()));
        }
        // A gateway's login says 401 as well, to the control and to the secret alike.
        if !told && (field != "refused" || entry.status != [401]) {
            return Err((field, "name what the body holds (json or text): the status alone is what a firewall answers too".to_owned()));
        }
        Self::with(entry, field)
    }

    fn with(entry: &SignEntry, field: &'static str) -> Result<Self, (&'static str, String)> {
        let json = entry.json.iter().map(|(pointer, value)| {
            let wanted = match value {
                toml::Value::String(text) if text == "*" => Wanted::Present,
                toml::Value::String(text) => Wanted::Text(vec![text.clone()]),
                toml::Value::Boolean(truth) => Wanted::Truth(*truth),
                toml::Value::Integer(number) => Wanted::Number(vec![*number]),
                toml::Value::Array(numbers) if numbers.iter().all(toml::Value::is_integer) && !numbers.is_empty() => {
                    Wanted::Number(numbers.iter().filter_map(toml::Value::as_integer).collect())
                }
                toml::Value::Array(texts) => {
                    Wanted::Text(texts.iter().map(|text| text.as_str().map(str::to_owned)).collect::<Option<_>>().ok_or("one of texts")?)
                }
                _ => return Err("a text, a truth value, a number, a list of texts or of numbers"),
            };
            if pointer.starts_with('/') { Ok((pointer.clone(), wanted)) } else { Err("a JSON pointer, which begins with /") }
        });
        let json = json.collect::<Result<_, _>>().map_err(|problem| (field, format!("write {problem}")))?;
        Ok(Self { status: entry.status.clone(), json, text: entry.text.clone() })
    }
}

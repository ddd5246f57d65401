//! Puts together what an audit log holds in separate lines: a token's addresses, its use, changes of roles.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::audit::AuditLine;
use super::scope::Row;
use super::when::When;
use crate::model::plain;

/// How far a change of roles may be from anomalous use to belong to it.
const NEAR: SignedDuration = SignedDuration::from_mins(15);
/// More of one kind say nothing more.
const MOST: usize = 100;

/// A change of who may do what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub time: When,
    /// What was changed.
    pub path: String,
    /// How.
    pub operation: String,
    /// By whom.
    pub identity: String,
    /// From where.
    pub remote_address: String,
}

impl Change {
    /// What a line tells.
    pub fn of(line: &AuditLine) -> Self {
        let text = |text: &str| plain(text, 300);
        Self {
            time: line.time,
            path: text(&line.path),
            operation: text(&line.operation),
            identity: text(&line.display_name),
            remote_address: text(&line.remote_address),
        }
    }
}

/// What belongs together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Correlation {
    /// One token was used from several addresses.
    SeveralAddresses {
        /// The HMAC of its accessor.
        accessor_hmac: String,
        /// The login's name of it.
        identity: String,
        /// From where, with the first time of each.
        addresses: BTreeMap<String, When>,
    },
    /// The credential was used from an address that is not expected.
    UnknownAddress {
        /// From where.
        remote_address: String,
        /// By whom.
        identity: String,
        /// The first time.
        first: When,
    },
    /// Somebody succeeded with it after it was revoked.
    UseAfterRevocation {
        /// From where.
        remote_address: String,
        /// What was asked for.
        path: String,
        /// When.
        time: When,
    },
    /// Roles were changed within 15 minutes of one of the above.
    RoleChange {
        /// What was changed.
        path: String,
        /// How.
        operation: String,
        /// By whom.
        identity: String,
        /// When.
        time: When,
        /// The anomalous use it is near to.
        near: When,
    },
}

impl Correlation {
    /// One sentence.
    pub fn told(&self) -> String {
        match self {
            Self::SeveralAddresses { identity, addresses, .. } => {
                let all: Vec<&str> = addresses.keys().map(String::as_str).collect();
                format!("one token of {identity} was used from {} addresses: {}", all.len(), all.join(", "))
            }
            Self::UnknownAddress { remote_address, identity, first } => {
                format!("{identity} used it from {remote_address}, which is not expected, first at {first}")
            }
            Self::UseAfterRevocation { remote_address, path, time } => {
                format!("{path} was granted to {remote_address} at {time}, after the revocation")
            }
            Self::RoleChange { path, operation, identity, time, near } => {
                format!("{identity} changed {path} ({operation}) at {time}, within 15 minutes of the anomalous use at {near}")
            }
        }
    }

    /// Whether it makes the incident critical: use by somebody unexpected, or a change of roles near to such use.
    pub fn is_critical(&self) -> bool {
        !matches!(self, Self::SeveralAddresses { .. })
    }
}

/// What belongs together in these uses; `addresses` are those of every token, `known` the addresses that are expected.
pub fn correlate(
    rows: &[Row],
    addresses: &HashMap<String, BTreeMap<String, When>>,
    changes: &[Change],
    known: &[String],
) -> Vec<Correlation> {
    let mut found = Vec::new();
    let mut anomalous: BTreeSet<When> = BTreeSet::new();
    let mut identities: BTreeMap<&str, &str> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.accessor_hmac.is_empty()) {
        identities.entry(&row.accessor_hmac).or_insert(&row.identity);
    }
    for (accessor, identity) in &identities {
        let Some(seen) = addresses.get(*accessor).filter(|seen| seen.len() > 1) else { continue };
        // The first address is where it belongs as far as anybody knows; each later one is the anomaly.
        let mut times: Vec<When> = seen.values().copied().collect();
        times.sort_unstable();
        anomalous.extend(times.into_iter().skip(1));
        found.push(Correlation::SeveralAddresses {
            accessor_hmac: (*accessor).to_owned(),
            identity: (*identity).to_owned(),
            addresses: seen.iter().take(MOST).map(|(address, first)| (plain(address, 100), *first)).collect(),
        });
    }
    let mut told: BTreeSet<(&str, &str)> = BTreeSet::new();
    for row in rows.iter().filter(|row| !known.is_empty() && !row.remote_address.is_empty()) {
        if !known.contains(&row.remote_address) && told.insert((&row.remote_address, &row.identity)) {
            anomalous.insert(row.time);
            let (remote_address, identity) = (row.remote_address.clone(), row.identity.clone());
            found.push(Correlation::UnknownAddress { remote_address, identity, first: row.time });
        }
    }
    for row in rows.iter().filter(|row| row.as_token && row.after_revocation && row.success == Some(true)).take(MOST) {
        anomalous.insert(row.time);
        let (remote_address, path) = (row.remote_address.clone(), row.path.clone());
        found.push(Correlation::UseAfterRevocation { remote_address, path, time: row.time });
    }
    for change in changes {
        let near = anomalous.iter().copied().min_by_key(|time| change.time.0.duration_since(time.0).abs());
        let Some(near) = near.filter(|time| change.time.0.duration_since(time.0).abs() <= NEAR) else { continue };
        found.push(Correlation::RoleChange {
            path: change.path.clone(),
            operation: change.operation.clone(),
            identity: change.identity.clone(),
            time: change.time,
            near,
        });
        if found.len() > 4 * MOST {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(minute: u32) -> When {
        When(format!("2026-11-22T10:{minute:02}:00Z").parse().expect("a time"))
    }

    fn row(minute: u32, accessor: &str, address: &str) -> Row {
        Row {
            time: time(minute),
            operation: "read".to_owned(),
            path: "secret/data/app".to_owned(),
            mount_type: "kv".to_owned(),
            identity: "svc-ingest".to_owned(),
            accessor_hmac: accessor.to_owned(),
            remote_address: address.to_owned(),
            user_agent: String::new(),
            success: Some(true),
            error: None,
            after_revocation: false,
            as_token: true,
            forms: BTreeSet::new(),
            request_id: String::new(),
        }
    }

    fn change(minute: u32) -> Change {
        let text = |text: &str| text.to_owned();
        Change {
            time: time(minute),
            path: text("sys/policies/acl/wide"),
            operation: text("update"),
            identity: text("svc-ingest"),
            remote_address: text("10.0.0.9"),
        }
    }

    fn kinds(rows: &[Row], changes: &[Change], known: &[&str]) -> Vec<&'static str> {
        let mut addresses: HashMap<String, BTreeMap<String, When>> = HashMap::new();
        for row in rows {
            addresses.entry(row.accessor_hmac.clone()).or_default().entry(row.remote_address.clone()).or_insert(row.time);
        }
        let known: Vec<String> = known.iter().map(|address| (*address).to_owned()).collect();
        let name = |one: &Correlation| match one {
            Correlation::SeveralAddresses { .. } => "several",
            Correlation::UnknownAddress { .. } => "unknown",
            Correlation::UseAfterRevocation { .. } => "after",
            Correlation::RoleChange { .. } => "role",
        };
        correlate(rows, &addresses, changes, &known).iter().map(name).collect()
    }

    #[test]
    fn a_change_of_roles_counts_near_anomalous_use_alone() {
        let (one, other) = (row(0, "a", "10.0.0.1"), row(20, "a", "10.0.0.9"));
        assert_eq!(kinds(std::slice::from_ref(&one), &[change(1)], &[]), [""; 0], "a single address is no anomaly");
        assert_eq!(kinds(&[one.clone(), other.clone()], &[change(34)], &[]), ["several", "role"]);
        assert_eq!(kinds(&[one.clone(), other.clone()], &[change(4)], &[]), ["several"], "sixteen minutes before");
        assert_eq!(kinds(&[one.clone(), row(20, "b", "10.0.0.9")], &[change(20)], &[]), [""; 0], "two tokens at two places");
        assert_eq!(kinds(&[one.clone(), row(20, "b", "10.0.0.9")], &[change(20)], &["10.0.0.1"]), ["unknown", "role"]);
        let late = Row { after_revocation: true, ..one.clone() };
        assert_eq!(kinds(std::slice::from_ref(&late), &[], &[]), ["after"]);
        assert_eq!(
            kinds(&[Row { success: Some(false), ..late }], &[change(0)], &[]),
            [""; 0],
            "a refused attempt is evidence, not success"
        );
    }
}

//! Finds who used a leaked credential, from where, in an audit log that does not hold it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::{self, Read};

use aho_corasick::AhoCorasick;
use serde::{Deserialize, Serialize};

use super::audit::{AuditLine, AuditLines, AuditRead};
use super::correlate::{Change, Correlation, correlate};
use super::when::When;
use crate::model::plain;

/// More uses than this are counted, not listed.
const MAX_ROWS: usize = 200_000;
/// More tokens than this are not told apart by address.
const MAX_TOKENS: usize = 200_000;
/// The longest text of a row, in characters.
const MAX_TEXT: usize = 300;

/// The HMAC of one form of the credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needle {
    /// Which form: `value`, `password`, `base64` …
    pub form: String,
    /// `hmac-sha256:` with 64 hex digits, as the log writes it.
    pub hmac: String,
}

/// One use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// When, by the server's clock.
    pub time: When,
    /// `read`, `create`, `update` …
    pub operation: String,
    /// What was asked for.
    pub path: String,
    /// The type of the mount, which says what the path is: `kv`, `database`, `token` …
    pub mount_type: String,
    /// Who, as the login named it; `unknown` where the server did not know the token.
    pub identity: String,
    /// The HMAC of the token's accessor: who it was, without a way to use it.
    pub accessor_hmac: String,
    /// From where.
    pub remote_address: String,
    /// The client's program, where the server audits that header.
    pub user_agent: String,
    /// Whether it was granted; none where the log has no answer.
    pub success: Option<bool>,
    /// Why not.
    pub error: Option<String>,
    /// Whether it came after the credential was revoked.
    pub after_revocation: bool,
    /// Whether the credential was the token of the request, not what was read or written.
    pub as_token: bool,
    /// Which forms of the credential the lines hold.
    pub forms: BTreeSet<String>,
    /// The server's name of the request.
    pub request_id: String,
}

impl Row {
    /// Whether it shows that the store itself holds the credential, or made it: its token was accepted, a KV store took it or gave it out,
    /// or a read made it. What somebody asked the server to hash or to encrypt shows nothing.
    pub fn is_of_store(&self) -> bool {
        let is_kept = matches!(self.mount_type.as_str(), "kv" | "generic") || (self.operation == "read" && self.mount_type != "system");
        self.success == Some(true) && (self.as_token || is_kept) && !self.forms.iter().all(|form| form == "accessor")
    }
}

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct ScopeQuery<'a> {
    /// The forms of the credential.
    pub needles: &'a [Needle],
    /// Our own questions to the server, which stand in the log too.
    pub own_requests: &'a HashSet<String>,
    /// When the credential was revoked, as the journal tells; the log may tell an earlier time.
    pub revoked_at: Option<When>,
    /// Addresses that are expected; use from others is called so.
    pub known: &'a [String],
}

/// What a log tells about a credential.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scope {
    /// Uses, in the order of time.
    pub rows: Vec<Row>,
    /// Uses that did not fit the list.
    pub rows_left_out: u64,
    /// When the credential was revoked, by the log or the journal.
    pub revoked_at: Option<When>,
    /// What belongs together and nobody was told about.
    pub correlations: Vec<Correlation>,
    /// Lines of the log.
    pub lines: u64,
    /// Lines and files that could not be read, with the reason.
    pub unread: Vec<String>,
}

impl Scope {
    /// Successful uses after the revocation: there must be none.
    pub fn successes_after_revocation(&self) -> usize {
        self.rows.iter().filter(|row| row.after_revocation && row.success == Some(true)).count()
    }
}

/// Reads logs once, in the order given; each has a name for complaints.
///
/// # Errors
/// When one cannot be read to its end.
pub fn scope<R: Read>(logs: impl IntoIterator<Item = (String, R)>, query: ScopeQuery<'_>) -> io::Result<Scope> {
    let mut pass = Pass::new(query);
    for (name, log) in logs {
        let mut lines = AuditLines::new(log);
        while let Some(read) = lines.advance()? {
            match read {
                AuditRead::Line(line, raw) => pass.take(*line, raw),
                AuditRead::Broken(number, what) => pass.found.unread.push(format!("{name}:{number}: {what}")),
            }
        }
        pass.found.lines += lines.count;
    }
    Ok(pass.end())
}

/// What a pass over the logs has gathered.
struct Pass<'a> {
    query: ScopeQuery<'a>,
    matcher: Option<AhoCorasick>,
    /// Accessors of the leaked token: the log itself tells them beside the token.
    own_accessors: HashSet<String>,
    /// Rows by the request, so that the answer completes the question.
    by_request: HashMap<String, usize>,
    /// Every token's addresses: when each was first seen.
    addresses: HashMap<String, BTreeMap<String, When>>,
    changes: Vec<Change>,
    found: Scope,
}

impl<'a> Pass<'a> {
    fn new(query: ScopeQuery<'a>) -> Self {
        let matcher = (!query.needles.is_empty())
            .then(|| AhoCorasick::new(query.needles.iter().map(|needle| &needle.hmac)).expect("a few short needles are a small automaton"));
        Self {
            query,
            matcher,
            own_accessors: HashSet::new(),
            by_request: HashMap::new(),
            addresses: HashMap::new(),
            changes: Vec::new(),
            found: Scope { revoked_at: query.revoked_at, ..Scope::default() },
        }
    }

    fn take(&mut self, line: AuditLine, raw: &[u8]) {
        if self.query.own_requests.contains(&line.request_id) {
            return;
        }
        if !line.accessor.is_empty() && !line.remote_address.is_empty() {
            let is_room = self.addresses.len() < MAX_TOKENS;
            if is_room || self.addresses.contains_key(&line.accessor) {
                let seen = self.addresses.entry(line.accessor.clone()).or_default();
                seen.entry(line.remote_address.clone()).or_insert(line.time);
            }
        }
        if line.is_response && line.changes_roles() {
            self.changes.push(Change::of(&line));
        }
        let mut forms: BTreeSet<String> = BTreeSet::new();
        if let Some(matcher) = &self.matcher {
            forms.extend(matcher.find_iter(raw).map(|hit| self.query.needles[hit.pattern()].form.clone()));
        }
        let is_leaked = |hmac: &str| self.query.needles.iter().any(|needle| needle.hmac == hmac);
        let as_token = is_leaked(&line.client_token);
        if as_token && !line.accessor.is_empty() {
            self.own_accessors.insert(line.accessor.clone());
        }
        if let Some((token, accessor)) = &line.issued
            && is_leaked(token)
        {
            self.own_accessors.insert(accessor.clone());
        }
        let by_accessor = self.own_accessors.iter().any(|accessor| memchr::memmem::find(raw, accessor.as_bytes()).is_some());
        if by_accessor {
            forms.insert("accessor".to_owned());
        }
        if forms.is_empty() {
            return;
        }
        let ends_it = line.revokes_token() && (!as_token || line.path.ends_with("revoke-self"));
        if ends_it {
            let earlier = self.found.revoked_at.map_or(line.time, |known| known.min(line.time));
            self.found.revoked_at = Some(earlier);
        }
        self.row(line, as_token, forms);
    }

    fn row(&mut self, line: AuditLine, as_token: bool, forms: BTreeSet<String>) {
        let success = line.is_response.then_some(line.error.is_none());
        if let Some(at) = self.by_request.get(&line.request_id).copied().filter(|_| !line.request_id.is_empty()) {
            let row = &mut self.found.rows[at];
            row.success = success.or(row.success);
            row.error = row.error.take().or(line.error.map(|error| plain(&error, MAX_TEXT)));
            row.as_token |= as_token;
            row.forms.extend(forms);
            return;
        }
        if self.found.rows.len() >= MAX_ROWS {
            self.found.rows_left_out += 1;
            return;
        }
        self.by_request.insert(line.request_id.clone(), self.found.rows.len());
        let text = |text: &str| plain(text, MAX_TEXT);
        let identity = if line.display_name.is_empty() { "unknown".to_owned() } else { text(&line.display_name) };
        self.found.rows.push(Row {
            time: line.time,
            operation: text(&line.operation),
            path: text(&line.path),
            mount_type: text(&line.mount_type),
            identity,
            accessor_hmac: text(&line.accessor),
            remote_address: text(&line.remote_address),
            user_agent: text(&line.user_agent),
            success,
            error: line.error.as_deref().map(text),
            after_revocation: false,
            as_token,
            forms,
            request_id: text(&line.request_id),
        });
    }

    fn end(self) -> Scope {
        let Self { query, addresses, changes, mut found, .. } = self;
        for row in &mut found.rows {
            row.after_revocation = found.revoked_at.is_some_and(|end| row.time > end) && !row.path.starts_with("auth/token/revoke");
        }
        found.rows.sort_by(|one, other| (one.time, &one.request_id).cmp(&(other.time, &other.request_id)));
        found.correlations = correlate(&found.rows, &addresses, &changes, query.known);
        if addresses.len() >= MAX_TOKENS {
            found.unread.push(format!("addresses of more than {MAX_TOKENS} tokens were not told apart; give the log of a shorter time"));
        }
        found
    }
}

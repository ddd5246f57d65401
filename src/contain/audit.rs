//! Reads the file audit device of Vault or OpenBao line by line.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read};

use serde::Deserialize;

use super::when::When;

/// Longer lines are passed over, said to be, in bytes.
const MAX_LINE: u64 = 8 << 20;

/// A line of the log, as far as it tells who did what from where.
///
/// Strings of requests and answers are HMACs in such a log (OpenBao documentation, *Audit devices*); names, paths and addresses are not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// When.
    pub time: When,
    /// Whether it tells the answer; the question has a line of its own.
    pub is_response: bool,
    /// Why it was refused or failed.
    pub error: Option<String>,
    /// Both lines of a request carry it.
    pub request_id: String,
    /// `read`, `create`, `update`, `delete`, `list` …
    pub operation: String,
    /// What was asked for, with the mount.
    pub path: String,
    /// The type of the mount: `kv`, `database`, `token` …
    pub mount_type: String,
    /// Who, as the login named it; empty for tokens that are not known (any more).
    pub display_name: String,
    /// The HMAC of the token.
    pub client_token: String,
    /// The HMAC of the token's accessor; empty for tokens that are not known.
    pub accessor: String,
    /// From where.
    pub remote_address: String,
    /// The client's program, where the server audits that header.
    pub user_agent: String,
    /// HMACs of a token that the answer gives out, with its accessor.
    pub issued: Option<(String, String)>,
}

#[derive(Deserialize)]
struct Written {
    time: When,
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    auth: Option<Auth>,
    #[serde(default)]
    request: Option<Asked>,
    #[serde(default)]
    response: Option<Answered>,
    #[serde(default)]
    error: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Auth {
    client_token: Option<String>,
    accessor: Option<String>,
    display_name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    id: Option<String>,
    operation: Option<String>,
    path: Option<String>,
    mount_type: Option<String>,
    client_token: Option<String>,
    client_token_accessor: Option<String>,
    remote_address: Option<String>,
    headers: Option<BTreeMap<String, Vec<String>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answered {
    auth: Option<Auth>,
}

impl AuditLine {
    /// Reads one line.
    ///
    /// # Errors
    /// What is wrong with it, without a word of it.
    pub fn parse(line: &[u8]) -> Result<Self, String> {
        let written: Written =
            serde_json::from_slice(line).map_err(|error| format!("no line of an audit device (column {})", error.column()))?;
        let (auth, asked) = (written.auth.unwrap_or_default(), written.request.unwrap_or_default());
        let issued = written.response.and_then(|response| response.auth).and_then(|auth| Some((auth.client_token?, auth.accessor?)));
        let agent = asked.headers.unwrap_or_default().into_iter().find(|(name, _)| name.eq_ignore_ascii_case("user-agent"));
        let is_said = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        // The request's own line of a refused token names it only there.
        let token = if is_said(&auth.client_token) { auth.client_token } else { asked.client_token };
        let accessor = if is_said(&auth.accessor) { auth.accessor } else { asked.client_token_accessor };
        Ok(Self {
            time: written.time,
            is_response: written.kind == "response",
            error: written.error.map(|error| error.trim().to_owned()).filter(|error| !error.is_empty()),
            request_id: asked.id.unwrap_or_default(),
            operation: asked.operation.unwrap_or_default(),
            path: asked.path.unwrap_or_default(),
            mount_type: asked.mount_type.unwrap_or_default(),
            display_name: auth.display_name.unwrap_or_default(),
            client_token: token.unwrap_or_default(),
            accessor: accessor.unwrap_or_default(),
            remote_address: asked.remote_address.unwrap_or_default(),
            user_agent: agent.map(|(_, values)| values.join(" ")).unwrap_or_default(),
            issued,
        })
    }

    /// Whether it changed who may do what: policies, roles of a login, identities, roles of a database.
    pub fn changes_roles(&self) -> bool {
        let changes = matches!(self.operation.as_str(), "create" | "update" | "patch" | "delete");
        let path = self.path.trim_start_matches('/');
        let is_login = path
            .strip_prefix("auth/")
            .and_then(|rest| rest.split_once('/'))
            .is_some_and(|(_, below)| ["role", "users/", "groups/", "map/"].iter().any(|start| below.starts_with(start)));
        let is_database = self.mount_type == "database" && (path.contains("/roles/") || path.contains("/static-roles/"));
        let is_policy = path.starts_with("sys/policies") || path.starts_with("sys/policy");
        changes
            && self.error.is_none()
            && (is_login || is_database || is_policy || path.starts_with("identity/") || path.starts_with("database/roles/"))
    }

    /// Whether it ended a token: revoked by itself, by its value, by its accessor or with its tree.
    pub fn revokes_token(&self) -> bool {
        self.is_response && self.error.is_none() && self.path.starts_with("auth/token/revoke")
    }
}

/// What came of one attempt to read a line.
#[derive(Debug)]
pub enum AuditRead<'a> {
    /// A line, with its bytes.
    Line(Box<AuditLine>, &'a [u8]),
    /// A line that is none of such a log, with its number and what is wrong.
    Broken(u64, String),
}

/// Reads one line after the other.
pub struct AuditLines<R> {
    reader: BufReader<R>,
    line: Vec<u8>,
    /// Lines read so far.
    pub count: u64,
}

impl<R: Read> AuditLines<R> {
    /// Over a log.
    pub fn new(reader: R) -> Self {
        Self { reader: BufReader::with_capacity(1 << 18, reader), line: Vec::new(), count: 0 }
    }

    /// The next line that is not empty.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn advance(&mut self) -> io::Result<Option<AuditRead<'_>>> {
        loop {
            self.line.clear();
            let length = (&mut self.reader).take(MAX_LINE).read_until(b'\n', &mut self.line)?;
            if length == 0 {
                return Ok(None);
            }
            self.count += 1;
            if length as u64 == MAX_LINE && self.line.last() != Some(&b'\n') {
                self.reader.skip_until(b'\n')?;
                return Ok(Some(AuditRead::Broken(self.count, format!("longer than {} MB", MAX_LINE >> 20))));
            }
            if !self.line.trim_ascii().is_empty() {
                break;
            }
        }
        Ok(Some(match AuditLine::parse(&self.line) {
            Ok(line) => AuditRead::Line(Box::new(line), &self.line),
            Err(what) => AuditRead::Broken(self.count, what),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(operation: &str, path: &str, mount_type: &str) -> AuditLine {
        let text = serde_json::json!({ "time": "2026-11-22T03:56:40.688930480Z", "type": "response",
            "auth": { "display_name": "svc" }, "request": { "operation": operation, "path": path, "mount_type": mount_type } });
        AuditLine::parse(text.to_string().as_bytes()).expect("a line")
    }

    #[test]
    fn changes_of_roles_are_told_from_reading_them() {
        for (operation, path, mount, changes) in [
            ("update", "sys/policies/acl/x", "system", true),
            ("delete", "sys/policy/x", "system", true),
            ("read", "sys/policies/acl/x", "system", false),
            ("create", "auth/approle/role/ci", "approle", true),
            ("update", "auth/userpass/users/ann", "userpass", true),
            ("update", "auth/token/create", "token", false),
            ("update", "identity/entity", "identity", true),
            ("create", "pg/roles/app", "database", true),
            ("update", "secret/data/roles/app", "kv", false),
        ] {
            assert_eq!(line(operation, path, mount).changes_roles(), changes, "{operation} {path}");
        }
    }

    #[test]
    fn what_is_no_audit_line_is_named_by_its_number_and_not_repeated() {
        let text = "\n{\"time\":\"2026-11-22T03:56:40Z\",\"type\":\"request\"}\nhunter2\n{\"time\":3}\n";
        let mut lines = AuditLines::new(text.as_bytes());
        let mut broken = Vec::new();
        while let Some(read) = lines.advance().expect("readable") {
            if let AuditRead::Broken(number, what) = read {
                assert!(!what.contains("hunter2"));
                broken.push(number);
            }
        }
        assert_eq!((broken, lines.count), (vec![3, 4], 4));
    }
}

//! The read-only question by which an issuer tells whether a credential lives, as a rule file declares it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::confirm_entry::{ConfirmEntry, Kind, Media, OneOrMany, SignEntry};
use super::pattern::Pattern;
use super::rule::Evidence;
use super::sign::Sign;
use super::template::{Piece, pieces};

/// Milliseconds between two requests to one service, unless the rule says otherwise.
const PACE: u32 = 250;
/// Milliseconds that one question may take, unless the rule says otherwise.
const TIMEOUT: u32 = 10_000;
/// The longest that a rule may let a question take, in milliseconds.
const MAX_TIMEOUT: u32 = 30_000;

/// A question as meant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Confirm {
    /// Short name of the service.
    pub service: String,
    /// The page that describes the request.
    pub docs: String,
    /// What the answers rest on.
    pub evidence: Evidence,
    /// Where the answers were looked up.
    pub source: Vec<String>,
    /// What a credential must begin with to be asked about; any, where that is empty.
    pub begins: Vec<String>,
    /// The protocol.
    pub kind: Kind,
    /// Whether HTTP posts, rather than gets.
    pub posts: bool,
    /// The addresses as templates; a service with several sites has several, and each is asked.
    pub urls: Vec<String>,
    /// Header names and templates.
    pub headers: Vec<(String, String)>,
    /// Templates of user and password.
    pub basic: Option<(String, String)>,
    /// Form fields and templates.
    pub form: Vec<(String, String)>,
    /// Template of a JSON body.
    pub json: Option<String>,
    /// Names of parts with the shape that finds each.
    pub near: Vec<(String, Pattern)>,
    /// The media type that an answer must have.
    pub media: Media,
    /// Signs of a living credential: one is enough.
    pub alive: Vec<Sign>,
    /// Signs of a dead one.
    pub dead: Vec<Sign>,
    /// Signs of a refusal that a living one can get too.
    pub refused: Vec<Sign>,
    /// JSON pointer of the owner's name.
    pub who: Option<String>,
    /// Whether others can run the service too.
    pub self_hosted: bool,
    /// Milliseconds between two requests.
    pub pace: u32,
    /// Milliseconds that one question may take.
    pub timeout: u32,
}

impl Confirm {
    /// Validates one question.
    ///
    /// # Errors
    /// The field and what is wrong with it.
    pub fn new(entry: &ConfirmEntry) -> Result<Self, (&'static str, String)> {
        let list = |urls: &Option<OneOrMany<String>>| urls.as_ref().map(OneOrMany::list).unwrap_or_default();
        let (get, post) = (list(&entry.get), list(&entry.post));
        let signs = |signs: &Option<OneOrMany<SignEntry>>| signs.as_ref().map(OneOrMany::list).unwrap_or_default();
        let near = entry.near.iter().map(|(name, pattern)| match Pattern::new(pattern) {
            Ok(pattern) if pattern.min_len() >= 3 => Ok((name.clone(), pattern)),
            Ok(_) => Err(("near", format!("`{name}` must be at least 3 bytes long"))),
            Err(problem) => Err(("near", format!("`{name}`: {problem}"))),
        });
        let pairs = |map: &BTreeMap<String, String>| map.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let confirm = Self {
            service: entry.service.clone(),
            docs: entry.docs.clone(),
            evidence: entry.evidence.ok_or(("evidence", "say what the answers rest on: documented, sdk or contextual".to_owned()))?,
            source: list(&entry.source),
            begins: entry.begins.clone(),
            kind: entry.kind,
            posts: get.is_empty() && !post.is_empty(),
            urls: if get.is_empty() { post.clone() } else { get.clone() },
            headers: pairs(&entry.headers),
            basic: entry.basic.clone().map(|[user, password]| (user, password)),
            form: pairs(&entry.form),
            json: entry.json.clone(),
            near: near.collect::<Result<_, _>>()?,
            media: entry.media,
            alive: signs(&entry.alive).iter().map(|sign| Sign::new(sign, "alive")).collect::<Result<_, _>>()?,
            dead: signs(&entry.dead).iter().map(|sign| Sign::new(sign, "dead")).collect::<Result<_, _>>()?,
            refused: signs(&entry.refused).iter().map(|sign| Sign::new(sign, "refused")).collect::<Result<_, _>>()?,
            who: entry.who.clone(),
            self_hosted: entry.self_hosted,
            pace: entry.pace.unwrap_or(PACE),
            timeout: entry.timeout.unwrap_or(TIMEOUT),
        };
        if !get.is_empty() && !post.is_empty() {
            return Err(("get", "give one of get and post".to_owned()));
        }
        confirm.check()?;
        Ok(confirm)
    }

    fn check(&self) -> Result<(), (&'static str, String)> {
        let is_name =
            |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !is_name(&self.service) {
            return Err(("service", "use lower-case letters, digits and dashes".to_owned()));
        }
        if !self.docs.starts_with("https://") {
            return Err(("docs", "name the page that describes the request".to_owned()));
        }
        if let Some(source) = self.source.iter().find(|source| !source.starts_with("https://")) {
            return Err(("source", format!("`{source}` must begin with https://")));
        }
        if self.timeout == 0 || self.timeout > MAX_TIMEOUT {
            return Err(("timeout", format!("at most {MAX_TIMEOUT} milliseconds")));
        }
        match self.kind {
            Kind::Http => self.check_http(),
            Kind::AwsSts if self.urls.is_empty() || !self.near.iter().any(|(name, _)| name == "id") => {
                Err(("near", "name the hosts by `post`, and the pattern of the key `id`".to_owned()))
            }
            Kind::AwsSts => self.urls.iter().try_for_each(|url| self.check_url(url)),
            Kind::Login if !self.urls.is_empty() => Err(("get", "a login goes where the finding's URL leads; leave it out".to_owned())),
            Kind::Login => Ok(()),
        }
    }

    fn check_http(&self) -> Result<(), (&'static str, String)> {
        if self.urls.is_empty() {
            return Err(("get", "say what to ask: get or post".to_owned()));
        }
        self.urls.iter().try_for_each(|url| self.check_url(url))?;
        if self.form.len() + usize::from(self.json.is_some()) > 0 && !self.posts {
            return Err(("post", "what is got has no body; use post".to_owned()));
        }
        if !self.form.is_empty() && self.json.is_some() {
            return Err(("json", "give one of form and json".to_owned()));
        }
        if self.alive.is_empty() || (self.dead.is_empty() && self.refused.is_empty()) {
            return Err(("alive", "say what both answers look like: alive, and dead or refused".to_owned()));
        }
        let mut slots = BTreeSet::new();
        for template in self.templates() {
            for piece in pieces(template).map_err(|problem| ("get", problem))? {
                if let Piece::Slot(name) = piece {
                    slots.insert(name);
                }
            }
        }
        let known = |name: &&str| *name == "secret" || *name == "endpoint" || self.near.iter().any(|(near, _)| near == name);
        if let Some(alien) = slots.iter().find(|name| !known(name)) {
            return Err(("near", format!("no pattern says what `{{{alien}}}` is")));
        }
        if let Some((idle, _)) = self.near.iter().find(|(name, _)| !slots.contains(name.as_str())) {
            return Err(("near", format!("`{idle}` is not used")));
        }
        if !slots.contains("secret") {
            return Err(("headers", "the question nowhere holds {secret}".to_owned()));
        }
        Ok(())
    }

    /// The host must be written out, so that the list of hosts is known: below it one label may be a part, before it nothing.
    fn check_url(&self, url: &str) -> Result<(), (&'static str, String)> {
        let is_host = |host: &str| {
            host.contains('.')
                && !host.starts_with('.')
                && host.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte))
        };
        if url.starts_with("{endpoint}/") {
            return Ok(());
        }
        let Some((host, _)) = url.strip_prefix("https://").and_then(|rest| rest.split_once('/')) else {
            return Err(("get", "begin with https://, a host and a path, or with {endpoint}/".to_owned()));
        };
        let literal = match host.strip_prefix('{').and_then(|rest| rest.split_once("}.")) {
            Some((name, rest)) if self.near.iter().any(|(near, _)| near == name) => rest,
            _ => host,
        };
        if is_host(literal) { Ok(()) } else { Err(("get", format!("`{host}` must be written out; only its first label may be a part"))) }
    }

    /// All templates.
    fn templates(&self) -> impl Iterator<Item = &str> {
        let basic = self.basic.iter().flat_map(|(user, password)| [user, password]);
        let headers = self.headers.iter().chain(&self.form).map(|(_, template)| template);
        self.urls.iter().chain(headers).chain(basic).chain(&self.json).map(String::as_str)
    }

    /// The hosts that it may lead to, each as written in an allow-list: `*.` stands for one label.
    pub fn hosts(&self) -> impl Iterator<Item = String> {
        self.urls.iter().filter_map(|url| {
            let (host, _) = url.strip_prefix("https://")?.split_once('/')?;
            Some(match host.strip_prefix('{').and_then(|rest| rest.split_once("}.")) {
                Some((_, rest)) => format!("*.{rest}"),
                None => host.to_owned(),
            })
        })
    }

    /// Whether it can be asked about this credential.
    pub fn takes(&self, secret: &[u8]) -> bool {
        self.begins.is_empty() || self.begins.iter().any(|begin| secret.starts_with(begin.as_bytes()))
    }

    /// Whether it can be asked only where the user has configured an endpoint.
    pub fn needs_endpoint(&self) -> bool {
        self.kind == Kind::Login || self.urls.iter().all(|url| url.starts_with("{endpoint}/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = r#"
        rules = ["a"]
        service = "acme"
        docs = "https://docs.example.com/me"
        evidence = "documented"
        get = "https://api.example.com/me"
        headers = { Authorization = "Bearer {secret}" }
        alive = { status = [200], json = { "/id" = "*" } }
        dead = { status = [401], json = { "/error" = "gone" } }
    "#;

    fn read(text: &str) -> Result<Confirm, String> {
        let entry: ConfirmEntry = toml::from_str(text).map_err(|error| error.to_string())?;
        Confirm::new(&entry).map_err(|(field, message)| format!("{field}: {message}"))
    }

    #[test]
    fn a_sound_question_is_read() {
        let confirm = read(SOUND).expect("sound");
        assert_eq!(confirm.hosts().collect::<Vec<_>>(), ["api.example.com"]);
        assert!(!confirm.posts && !confirm.needs_endpoint());
        let near = SOUND.replace("https://api.", "https://{shop}.api.") + "near = { shop = '[a-z]{3,20}' }";
        assert_eq!(read(&near).expect("sound").hosts().collect::<Vec<_>>(), ["*.api.example.com"]);
        let own = SOUND.replace("https://api.example.com", "{endpoint}");
        assert!(read(&own).expect("sound").needs_endpoint());
    }

    #[test]
    fn a_refusal_need_not_be_death() {
        let dead = r#"dead = { status = [401], json = { "/error" = "gone" } }"#;
        let doubtful = read(&SOUND.replace(dead, "refused = { status = [401] }")).expect("sound");
        assert!(doubtful.dead.is_empty() && doubtful.refused.len() == 1);
        assert!(read(&SOUND.replace(dead, "")).expect_err("no refusal").contains("dead or refused"));
        let some = read(&format!("{SOUND}begins = ['aa_', 'ab_']\nsource = 'https://docs.example.com/errors'")).expect("sound");
        assert!(some.takes(b"ab_1") && !some.takes(b"ac_1") && doubtful.takes(b"ac_1"));
        assert!(read(&format!("{SOUND}source = ['http://docs.example.com']")).expect_err("not https").contains("begin with https://"));
    }

    #[test]
    fn what_cannot_be_believed_is_refused() {
        let wrong = |from: &str, to: &str, said: &str| {
            let complaint = read(&SOUND.replace(from, to)).expect_err(to);
            assert!(complaint.contains(said), "{to}: {complaint}");
        };
        wrong("https://api.example.com/me", "http://api.example.com/me", "begin with https://");
        wrong("https://api.example.com/me", "https://{secret}.example.com/me", "written out");
        wrong("https://api.example.com/me", "https://{host}/me", "written out");
        wrong("https://api.example.com/me", "https://user@api.example.com/me", "written out");
        wrong("https://api.example.com/me", "https://api.example.com:8443/me", "written out");
        wrong("Bearer {secret}", "Bearer", "nowhere holds");
        wrong("Bearer {secret}", "Bearer {token}", "no pattern says");
        wrong(", json = { \"/error\" = \"gone\" }", "", "firewall");
        wrong("status = [401]", "status = [429]", "proxies");
        wrong("status = [401]", "status = [503]", "proxies");
        wrong("status = [200], json = { \"/id\" = \"*\" }", "status = [200]", "firewall");
        wrong("status = [200], json = { \"/id\"", "status = [302], json = { \"/id\"", "proxies");
        wrong("service = \"acme\"", "service = \"Acme Corp\"", "lower-case");
        wrong("alive = ", "delete = ", "unknown field");
    }
}

//! The door to the judging: looks at the path once and hands the candidate to the judge of its kind.

use super::path::PathKind;
use super::wordlike::Words;
use super::{generic, named};
use crate::model::{Candidate, Confidence, Reason};
use crate::rules::Rule;

/// The verdict on one candidate.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// How sure we are; `None` when the candidate is no credential.
    pub confidence: Option<Confidence>,
    /// Sum of the reasons.
    pub score: f32,
    /// Why, strongest first.
    pub reasons: Vec<Reason>,
}

/// What a path says to the judging: the same candidate at two paths of one standing is judged alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Standing(PathKind);

impl Standing {
    /// Reads a path with `/` between its segments.
    pub fn of(path: &[u8]) -> Self {
        Self(PathKind::of(path))
    }
}

/// Judges candidates; made once a run, for it holds the word list.
pub struct Scorer {
    words: Words,
}

impl Scorer {
    /// Reads the word list.
    pub fn new() -> Self {
        Self { words: Words::new() }
    }

    /// Judges one candidate of `rule`, found in content whose path is `path`.
    pub fn judge(&self, rule: &Rule, candidate: &Candidate, path: &[u8]) -> Judgement {
        let path = PathKind::of(path);
        let tally = match rule.parser() {
            Some(parser) => generic::judge(&self.words, parser, candidate, path),
            None => named::judge(&self.words, rule, candidate, path),
        };
        let (confidence, score, reasons) = tally.settle();
        Judgement { confidence, score, reasons }
    }
}

impl Default for Scorer {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Context, RuleId, Secret, Span, Syntax};
    use crate::rules::{RuleFile, expand};

    const HIGH: Option<Confidence> = Some(Confidence::High);
    const MEDIUM: Option<Confidence> = Some(Confidence::Medium);
    const LOW: Option<Confidence> = Some(Confidence::Low);

    /// The rule of one entry; `keys` are its lines of TOML.
    fn rule(keys: &str) -> Rule {
        let text = format!(
            "provider = \"P\"\ndocs = \"d\"\n[[rule]]\nid = \"a-rule\"\ntitle = \"T\"\nevidence = \"documented\"\nseverity = \"high\"\n{keys}"
        );
        let file = RuleFile::parse("p.toml", &text).expect("sound TOML");
        Rule::new("p.toml", "P", "d", &file.rule[0]).expect("a sound rule")
    }

    fn parser(name: &str) -> Rule {
        rule(&format!("parser = \"{name}\""))
    }

    /// Judges the marked part of a template that stands in quotes or not, with the name it is given to.
    fn judge(rule: &Rule, name: &str, template: &str, path: &str) -> Option<Confidence> {
        let example = expand(template, "scorer").expect("a sound template");
        let span = example.secrets[0].clone();
        let (before, after) = (&example.text[..span.start], &example.text[span.end..]);
        let quote = before.last().copied().filter(|byte| b"\"'".contains(byte));
        let context = Context { syntax: Syntax::Assigned, name: name.into(), before: before.to_vec(), after: after.to_vec(), quote };
        let candidate =
            Candidate { rule: RuleId(0), span: Span::new(0, 1), value: Secret::new(&example.text[span]), context, layers: Vec::new() };
        let judgement = Scorer::new().judge(rule, &candidate, path.as_bytes());
        assert!(!judgement.reasons.is_empty() && judgement.score.is_finite());
        judgement.confidence
    }

    #[test]
    fn a_documented_shape_is_high_wherever_it_stands() {
        let rule = rule("prefix = [\"exa_\"]\npattern = 'exa_[0-9A-Za-z]{36}'\nentropy = 3.0");
        assert_eq!(judge(&rule, "", "k = \"«exa_{base62:36}»\"", "a.py"), HIGH);
        assert_eq!(judge(&rule, "", "k = \"«exa_{base62:36}»\"", "tests/a.py"), HIGH);
        assert_eq!(judge(&rule, "", "k = \"«exa_{x:36}»\"", "a.py"), None);
        assert_eq!(judge(&rule, "", "k = \"«exa_123456789012345678901234567890123456»\"", "a.py"), None);
        assert_eq!(judge(&rule, "", "k = \"«exa_replacethiswithyourownsecrettoken000»\"", "a.py"), None);
        assert_eq!(judge(&rule, "", "k = \"«exa_{base62:29}EXAMPLE»\"", "a.py"), LOW);
        assert_eq!(judge(&rule, "", "{base64:60}«exa_{base62:36}»{base64:60}", "a.svg"), None);
    }

    #[test]
    fn checksums_prove_or_lower_and_samples_are_low() {
        let rule = rule("prefix = [\"exa_\"]\npattern = 'exa_[0-9A-Za-z]{36}'\nchecksum = \"crc32-base62\"");
        assert_eq!(judge(&rule, "", "«exa_{base62:30}{crc32-base62}»", "README.md"), HIGH);
        assert_eq!(judge(&rule, "", "«exa_{base62:36}»", "a.py"), LOW);
        let sample = expand("exa_{base62:36}", "published").expect("a sound template").text;
        let digest: String = <sha2::Sha256 as sha2::Digest>::digest(&sample).iter().map(|byte| format!("{byte:02x}")).collect();
        let rule = super::tests::rule(&format!("prefix = [\"exa_\"]\npattern = 'exa_[0-9A-Za-z]{{36}}'\nsamples = [\"{digest}\"]"));
        assert_eq!(judge(&rule, "", &format!("«{}»", String::from_utf8_lossy(&sample)), "a.py"), LOW);
    }

    #[test]
    fn a_value_beside_a_providers_name_must_look_random_and_be_called_a_secret() {
        let rule = rule("keywords = [\"acme\"]\npattern = '[0-9a-f]{32}'");
        assert_eq!(judge(&rule, "ACME_API_KEY", "ACME_API_KEY=«{hex:32}»", ".env"), MEDIUM);
        assert_eq!(judge(&rule, "acme_commit", "acme_commit=«{hex:32}»", ".env"), None);
        assert_eq!(judge(&rule, "acme_md5", "acme_md5=«{hex:32}»", ".env"), None);
        assert_eq!(judge(&rule, "ACME_API_KEY", "ACME_API_KEY=«0123456789abcdef0123456789abcdef»", ".env"), None);
        assert_eq!(judge(&rule, "ACME_API_KEY", "ACME_API_KEY=«{hex:32}»", "tests/a.env"), LOW);
        assert_eq!(judge(&rule, "acme", "acme \"«{hex:32}»\"", "yarn.lock"), None);
    }

    #[test]
    fn passwords_are_accepted_short_and_odd_but_not_as_words() {
        let rule = parser("password");
        for (template, expected) in [
            ("password = \"«{password}»\"", MEDIUM),
            ("password = \"«{lower:5}{digits:3}»\"", MEDIUM),
            ("password = \"«admin{digits:1}7{digits:1}»\"", MEDIUM),
            ("password = \"«swordfish»\"", None),
            ("password = \"«password»\"", None),
            ("password = \"«Enter your password»\"", None),
            ("password = \"«${{PASSWORD}}»\"", None),
            ("password = «getPassword»()", None),
            ("password = «self.password»", None),
            ("password = \"«********»\"", None),
            ("password = \"«{lower:6} {digits:3} {lower:7}!»\"", MEDIUM),
        ] {
            let verdict = judge(&rule, "password", template, "app.py");
            assert!(verdict == expected || (expected.is_none() && verdict == LOW), "{template}: {verdict:?}");
        }
        assert_eq!(judge(&rule, "password", "password = \"«{lower:5}{digits:3}!»\"", "tests/app.py"), LOW);
        assert_eq!(judge(&rule, "password_label", "password_label = \"«{password}»\"", "app.py"), None);
    }

    #[test]
    fn assigned_secrets_need_name_and_randomness() {
        let rule = parser("assigned-secret");
        assert_eq!(judge(&rule, "api_key", "api_key = \"«{base62:32}»\"", "app.py"), MEDIUM);
        assert_eq!(judge(&rule, "api_key", "api_key = \"«{base62:32}»\"", "docs/app.py"), LOW);
        assert_eq!(judge(&rule, "api_key", "api_key = \"«your-api-key-here»\"", "app.py"), None);
        assert_eq!(judge(&rule, "key_id", "key_id = \"«{base62:32}»\"", "app.py"), None);
        assert_eq!(judge(&rule, "csrf_token", "csrf_token = \"«{base62:32}»\"", "app.py"), None);
        assert_eq!(judge(&rule, "secret", "secret = \"«prod/db/credentials»\"", "app.py"), None);
        assert_eq!(judge(&rule, "token", "token: «{base64:43}=»", "package-lock.json"), None);
    }

    #[test]
    fn urls_headers_files_and_blocks_have_their_own_weights() {
        let url = parser("url-password");
        assert_eq!(judge(&url, "postgres", "db = \"postgres://svc:«{base62:16}»@db.corp.net/x\"", "a.py"), HIGH);
        assert_eq!(judge(&url, "postgres", "db = \"postgres://user:«password»@localhost/x\"", "a.py"), None);
        assert_eq!(judge(&url, "postgres", "db = \"postgres://svc:«{lower:4}{digits:4}»@db.example.com/x\"", "a.py"), LOW);
        assert_eq!(judge(&url, "postgres", "db = \"postgres://root:«root»@db/x\"", "a.py"), LOW);
        let basic = parser("basic-auth");
        assert_eq!(judge(&basic, "authorization", "Authorization: Basic «{b64:deploy:Kx7mQz2pLw9}»", "a.http"), MEDIUM);
        assert_eq!(judge(&basic, "authorization", "Authorization: Basic «{b64:user:pass}»", "a.http"), LOW);
        assert_eq!(judge(&basic, "authorization", "Authorization: Basic «{base64:22}==»", "a.http"), None);
        let bearer = parser("bearer-auth");
        assert_eq!(judge(&bearer, "authorization", "Authorization: Bearer «{base62:40}»", "a.http"), MEDIUM);
        assert_eq!(judge(&bearer, "authorization", "Authorization: Bearer «YOUR_ACCESS_TOKEN»", "a.http"), None);
        let file = parser("secret-file");
        assert_eq!(judge(&file, "password", "machine h login u password «{base62:12}»", ".netrc"), HIGH);
        assert_eq!(judge(&file, "password", "machine h login u password «<password>»", ".netrc"), None);
        let pem = parser("pem");
        assert_eq!(judge(&pem, "", "«{pem:rsa}»", "a.key"), HIGH);
        assert_eq!(judge(&pem, "", "«{pem:rsa}»", "testdata/a.key"), MEDIUM);
    }

    #[test]
    fn words_are_the_password_itself_where_nothing_else_can_stand() {
        let rule = parser("password");
        assert_eq!(judge(&rule, "DB_PASSWORD", "DB_PASSWORD=«harvest-wagon»", ".env"), MEDIUM);
        assert_eq!(judge(&rule, "DB_PASSWORD", "DB_PASSWORD=«please-set-this»", ".env"), None);
        assert_eq!(judge(&rule, "DB_PASSWORD", "DB_PASSWORD=«GIT_EXEC_PATH»", ".env"), None);
        assert_eq!(judge(&rule, "password", "user: app\npassword: «harvestwagon»\n", "compose.yml"), MEDIUM);
        assert_eq!(judge(&rule, "password", "title: x\npassword: «harvest-wagon»\n", "texts.yml"), None);
        assert_eq!(judge(&rule, "password", "password = \"«harvest-wagon»\"", "app.py"), None);
        assert_eq!(judge(&rule, "password", "password = «kX7!{lower:4}{digits:3}»;", "app.c"), None);
        assert_eq!(judge(&rule, "DB_PASSWORD", "text = `\nDB_PASSWORD=«kX7!{lower:4}{digits:3}»\n`", "app.go"), MEDIUM);
        let url = parser("url-password");
        assert_eq!(judge(&url, "mongodb", "uri: mongodb://testuser:«testpass»@ds048.mongolab.com/x", "db.yml"), MEDIUM);
        assert_eq!(judge(&url, "mongodb", "uri: mongodb://testuser:«testpass»@localhost/x", "db.yml"), None);
    }

    #[test]
    fn a_manifest_is_judged_by_what_its_values_decode_to() {
        let file = parser("secret-file");
        assert_eq!(judge(&file, "password", "  password: «{b64:q8ZtvR2mWpLk}»", "k8s/secret.yaml"), HIGH);
        assert_eq!(judge(&file, "answer", "  answer: «{b64:q8ZtvR2mWpLk}»", "k8s/secret.yaml"), MEDIUM);
        assert_eq!(judge(&file, "username", "  username: «{b64:q8ZtvR2mWpLk}»", "k8s/secret.yaml"), None);
        assert_eq!(judge(&file, "password", "  password: «{b64:changeme}»", "k8s/secret.yaml"), LOW);
        assert_eq!(judge(&file, "tls.crt", "  tls.crt: «{b64:-----BEGIN CERTIFICATE-----}»", "k8s/secret.yaml"), None);
    }

    #[test]
    fn the_same_candidate_gets_the_same_verdict() {
        let rule = parser("password");
        let once = judge(&rule, "pwd", "pwd: «{password}»", "a.yml");
        assert_eq!(once, judge(&rule, "pwd", "pwd: «{password}»", "a.yml"));
    }
}

//! Makes the notice of a credential that has grounds for one.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::confirmer::Confirmation;
use super::credential::Credential;
use super::preview::preview;
use crate::model::{
    Asked, Exposure, Finding, Grounds, IdentityKind, Location, Notice, Provenance, Secret, Spot, Stakes, Subject, Urgency, Veil, Verb,
    plain,
};
use crate::rules::{Find, Parser, Rule, RuleSet};

/// How long containment may take (the response guide's second phase ends after 30 minutes).
const DEADLINE: Duration = Duration::from_secs(30 * 60);
/// No path is longer than this in a notice, in characters.
const MAX_PATH: usize = 300;
/// Nor any other text.
const MAX_TEXT: usize = 300;
/// More places than this do not fit into a notice anyway.
const MAX_PLACES: usize = 400;
/// Nor are more remotes told.
const MAX_REMOTES: usize = 10;

/// What notices of one run have in common.
pub struct Telling<'a> {
    /// The rules that found the credentials.
    pub rules: &'a RuleSet,
    /// Takes secrets out of paths and names.
    pub veil: &'a Veil,
    /// The time of the run.
    pub now: Timestamp,
    /// Whether it is a rehearsal.
    pub is_drill: bool,
    /// Remotes of the repository by name, each as host and path; none where none was scanned.
    pub remotes: &'a [(String, String)],
    /// Permissions of the file that a finding stands in, where it is one on this machine.
    pub mode: &'a dyn Fn(&Finding) -> Option<u32>,
}

impl Telling<'_> {
    /// The notice; none without grounds. `generation` counts how often this credential's exposure was an incident, from 1.
    pub fn notice(&self, credential: &Credential<'_>, confirmation: &Confirmation, generation: u32) -> Option<Notice> {
        let grounds = confirmation.grounds()?;
        let lead = credential.lead();
        let rule = self.rules.get(lead.rule);
        let verb = verb(credential, rule);
        let text = |text: &str| plain(&self.veil.text(text), MAX_TEXT);
        let modes: Vec<u32> = credential.findings.iter().take(MAX_PLACES).filter_map(|finding| (self.mode)(finding)).collect();
        let known = || credential.findings.iter().filter_map(|finding| finding.provenance.as_deref());
        let commits =
            known().filter_map(|known| known.first.as_ref()).chain(credential.findings.iter().filter_map(|finding| commit(finding)));
        let oldest = commits.min_by(|one, other| one.date.cmp(&other.date));
        let spots: Vec<Spot> = credential.findings.iter().flat_map(|finding| spots(finding)).collect();
        let name = match credential.identity.kind {
            IdentityKind::Secret | IdentityKind::Resource => None,
            IdentityKind::AwsAccessKey => Some("aws_access_key_id"),
            IdentityKind::Login => Some("login"),
            IdentityKind::HftKey => Some("hft_key_id"),
        };
        let canonical = String::from_utf8_lossy(credential.identity.canonical.expose());
        let ids: BTreeMap<String, String> = name.map(|name| (name.to_owned(), plain(&canonical, MAX_TEXT))).into_iter().collect();
        let deadline = self.now.saturating_add(DEADLINE).expect("a duration that is not negative can be added");
        Some(Notice {
            grounds,
            incident: credential.fingerprint.incident(generation),
            case: credential.case.clone(),
            generation,
            severity: urgency(grounds, spots.len(), &modes),
            drill: self.is_drill,
            credential: Subject {
                fp: credential.fingerprint.clone(),
                kind: credential.identity.kind.name().to_owned(),
                rule: plain(&rule.id, MAX_TEXT),
                title: plain(&rule.title, MAX_TEXT),
                provider: plain(&rule.provider, MAX_TEXT),
                verb,
                preview: preview(rule, &lead.secret),
                ids,
                evidence: confirmation.evidence.iter().take(4).map(|told| text(told)).collect(),
            },
            exposure: Exposure {
                first_seen: oldest.map(|commit| plain(&commit.date, 40)),
                commit: oldest.map(|commit| plain(&commit.id, 64)),
                pushed: known().map(|known| known.exposure.is_some()).reduce(|one, other| one || other),
                remotes: self.remotes_of(known()),
                stakes: Stakes { public: None, production: production(rule, &lead.secret) },
                file_mode: modes.iter().max().map(|mode| format!("{mode:04o}")),
                locations: spots.iter().take(MAX_PLACES).map(|spot| self.location(spot)).collect(),
                locations_total: spots.len(),
            },
            asked: Asked { actions: vec![verb], deadline: format!("{deadline:.3}") },
        })
    }

    /// Where it was pushed, as far as the repository's own remote-tracking refs tell.
    fn remotes_of<'b>(&self, known: impl Iterator<Item = &'b Provenance>) -> Vec<String> {
        let refs: Vec<&[u8]> = known.flat_map(|known| &known.remotes).map(|name| name.as_slice()).collect();
        let has_it = |(name, _): &&(String, String)| {
            refs.iter().any(|found| found.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.starts_with(b"/")))
        };
        self.remotes.iter().filter(has_it).take(MAX_REMOTES).map(|(_, place)| plain(&self.veil.text(place), MAX_TEXT)).collect()
    }

    fn location(&self, spot: &Spot) -> Location {
        Location {
            path: plain(&self.veil.text(&spot.origin.display()), MAX_PATH),
            line: spot.region.start.line,
            column: spot.region.start.column,
            place: spot.origin.place.name().to_owned(),
            object: spot.origin.place.object().map(|id| plain(id, 64)),
            commit: spot.origin.place.commit().map(|commit| plain(&commit.id, 64)),
        }
    }
}

/// The places that a finding stands for: all of its credential where a whole repository was scanned, else its own.
fn spots(finding: &Finding) -> Vec<Spot> {
    finding.provenance.as_ref().map_or_else(|| vec![Spot::of(finding)], |known| known.places.clone())
}

fn commit(finding: &Finding) -> Option<&crate::model::Commit> {
    finding.origin.place.commit()
}

/// How bad: suspected is medium; confirmed is high, unless every place is a file that only its owner can read.
fn urgency(grounds: Grounds, places: usize, modes: &[u32]) -> Urgency {
    let is_private = modes.len() == places && modes.iter().all(|mode| mode & 0o077 == 0);
    if grounds.is_confirmed() && !is_private { Urgency::High } else { Urgency::Medium }
}

/// What the issuer itself says by the key's prefix.
fn production(rule: &Rule, secret: &Secret) -> Option<String> {
    let prefix = rule.production.iter().find(|prefix| secret.expose().starts_with(prefix.as_bytes()))?;
    Some(format!("{} begins the keys of production with `{prefix}`", plain(&rule.provider, MAX_TEXT)))
}

/// What must be done with such a credential.
fn verb(credential: &Credential<'_>, rule: &Rule) -> Verb {
    if credential.identity.kind == IdentityKind::Login {
        return Verb::Rotate;
    }
    let name = credential.lead().name.to_ascii_lowercase();
    let signs = ["jwt_secret", "jwt_key", "encryption_key", "signing_key", "_salt", "secret_key_base"];
    match &rule.find {
        Find::Parser(Parser::Pem | Parser::Pgp | Parser::Putty | Parser::Jwk) => Verb::Rekey,
        Find::Parser(Parser::AssignedSecret) if signs.iter().any(|sign| name.ends_with(sign)) => Verb::Rekey,
        Find::Parser(
            Parser::Password
            | Parser::ConnectionString
            | Parser::CommandPassword
            | Parser::SecretFile
            | Parser::PasswordHash
            | Parser::BasicAuth
            | Parser::UrlPassword,
        ) => Verb::Rotate,
        _ => Verb::Revoke,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::confirm::credential::tests::finding;
    use crate::confirm::credential::{Grouping, group};
    use crate::keychain::InstallKey;
    use crate::model::{Commit, Exposed, ExposureBasis, Grade, Origin, Outcome, Place, Provenance};

    fn told(outcome: &Outcome, grade: Grade, mode: Option<u32>) -> Vec<Option<Notice>> {
        let (rules, key, veil) = (RuleSet::builtin(), InstallKey::generate().expect("random bytes"), Veil::new(outcome));
        let now = "2026-11-21T21:00:00Z".parse().expect("a time");
        let mode = move |_: &Finding| mode;
        let telling = Telling { rules: &rules, veil: &veil, now, is_drill: false, remotes: &[], mode: &mode };
        let confirmation = Confirmation { grade, evidence: vec!["ann confirmed it: seen".to_owned()], dismissed: None };
        let credentials = group(outcome, Grouping { key: &key, rules: &rules, host: "h", root: b"/r" });
        credentials.iter().map(|credential| telling.notice(credential, &confirmation, 1)).collect()
    }

    #[test]
    fn what_was_observed_is_not_told_and_what_is_told_holds_no_secret() {
        let rules = RuleSet::builtin();
        let secret =
            String::from_utf8(crate::rules::expand("ghp_{base62:30}{crc32-base62}", "telling").expect("sound").text).expect("text");
        let hostile = format!("dir\n\u{1b}[2J\u{202e}/{secret}.env");
        let outcome = Outcome { findings: vec![finding(&rules, "github-personal-access-token", &secret, &hostile)], ..Outcome::default() };
        assert_eq!(told(&outcome, Grade::Observed, None), [None]);
        let notice = told(&outcome, Grade::Live, None).remove(0).expect("grounds");
        let text = serde_json::to_string(&notice).expect("JSON");
        assert!(!text.contains(&secret) && !text.contains(&secret[4..30]), "{text}");
        assert_eq!(notice.exposure.locations[0].path, "dir\\n\\u{1b}[2J\\u{202e}/….env");
        assert_eq!(notice.credential.preview, Some(format!("ghp_…{}", &secret[36..])));
        assert_eq!(notice.asked.deadline, "2026-11-21T21:30:00.000Z");
        let read: Notice = serde_json::from_str(&text).expect("read back");
        assert_eq!(read, notice);
    }

    #[test]
    fn urgency_follows_grounds_and_who_could_read_it() {
        let rules = RuleSet::builtin();
        let outcome = Outcome { findings: vec![finding(&rules, "generic-secret", "x", "a")], ..Outcome::default() };
        for (grade, mode, urgency) in [
            (Grade::Live, Some(0o600), Urgency::Medium),
            (Grade::Live, Some(0o644), Urgency::High),
            (Grade::Attested, None, Urgency::High),
            (Grade::Proved, Some(0o644), Urgency::Medium),
        ] {
            assert_eq!(told(&outcome, grade, mode)[0].as_ref().expect("grounds").severity, urgency, "{grade:?} {mode:?}");
        }
    }

    #[test]
    fn what_a_repository_tells_goes_along() {
        let rules = RuleSet::builtin();
        let mut finding = finding(&rules, "generic-secret", "x", "a");
        let first = Commit { id: "ab".repeat(20), author: "A".to_owned(), date: "2024-01-01T00:00:00Z".to_owned() };
        let place = Place::Object { id: "cd".repeat(20), commit: Some(first.clone()) };
        let object = Spot { origin: Origin { place, ..finding.origin.clone() }, ..Spot::of(&finding) };
        let places = vec![Spot::of(&finding), object];
        let exposure = Exposed { since: first.date.clone(), basis: ExposureBasis::Push, is_current: true };
        finding.provenance = Some(Box::new(Provenance {
            places,
            first: Some(first.clone()),
            commits: 1,
            exposure: Some(exposure),
            ..Provenance::default()
        }));
        let notice = told(&Outcome { findings: vec![finding], ..Outcome::default() }, Grade::Live, Some(0o600)).remove(0).expect("grounds");
        assert_eq!((&notice.exposure.first_seen, notice.exposure.pushed), (&Some(first.date), Some(true)));
        assert_eq!((notice.exposure.locations_total, &notice.exposure.locations[1].commit), (2, &Some(first.id)));
        assert_eq!(notice.severity, Urgency::High, "a file that only its owner reads is not all of it");
    }

    #[test]
    fn each_kind_has_its_verb() {
        let rules = RuleSet::builtin();
        let mut signing = finding(&rules, "generic-secret", "s", "a");
        signing.name = "JWT_SECRET".to_owned();
        let all = ["private-key", "generic-password", "github-personal-access-token", "generic-secret"];
        let mut findings: Vec<Finding> = all.iter().enumerate().map(|(at, rule)| finding(&rules, rule, &at.to_string(), "a")).collect();
        findings.push(signing);
        let verbs: Vec<Verb> = told(&Outcome { findings, ..Outcome::default() }, Grade::Live, None)
            .into_iter()
            .map(|one| one.expect("grounds").credential.verb)
            .collect();
        assert_eq!(verbs, [Verb::Rekey, Verb::Rotate, Verb::Revoke, Verb::Revoke, Verb::Rekey]);
    }
}

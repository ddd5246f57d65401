//! Which credentials everybody can read, which open production: by the responder's configuration, and by names that say so themselves.

use globset::GlobSet;
use jiff::Timestamp;

use super::facts::{Credential, Opened};
use super::named::Named;
use super::severity::{PUBLIC_PRODUCTION, is_confirmed};
use crate::model::{Location, Notice, Stakes, Urgency, plain};
use crate::rules::RuleSet;

/// Parts of a path or of a resource's name that say production by themselves.
const PRODUCTION: [&str; 3] = ["prod", "production", "prd"];

/// One `[[public]]` or `[[production]]`.
#[derive(Clone, Debug, Default)]
pub struct Mark {
    /// What it is about.
    pub named: Named,
    /// Patterns of remotes, as host and path.
    pub remotes: GlobSet,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// What everybody can read.
    pub public: Vec<Mark>,
    /// What opens production.
    pub production: Vec<Mark>,
}

impl Mark {
    /// The first thing that it names, of what is known.
    fn why(&self, table: &str, credential: &Credential, places: &[Location], remotes: &[String], rules: &RuleSet) -> Option<String> {
        let remote = || remotes.iter().find(|remote| self.remotes.is_match(remote)).map(|remote| format!("the remote {remote}"));
        let named = &self.named;
        let what = if named.has_fingerprint(credential) {
            Some("its fingerprint".to_owned())
        } else {
            let resource = named.resource(credential).map(|name| format!("the resource {name}"));
            let path = || named.path(places).map(|path| format!("the path {path}"));
            resource.or_else(path).or_else(remote).or_else(|| named.service(credential, rules).map(|name| format!("the service {name}")))
        };
        what.map(|what| plain(&format!("[[{table}]] of config.toml names {what}"), 300))
    }
}

impl Marks {
    /// What is known of a credential that stands at `places` and was pushed to `remotes`.
    pub fn stakes(&self, credential: &Credential, places: &[Location], remotes: &[String], rules: &RuleSet) -> Stakes {
        let why = |marks: &[Mark], table: &str| marks.iter().find_map(|mark| mark.why(table, credential, places, remotes, rules));
        // No name says that everybody can read something; that takes somebody who knows.
        let named = || credential.resources.iter().map(String::as_str).chain(places.iter().map(|place| place.path.as_str()));
        let says_so = |name: &str| name.split(['/', '.', '-', '_', ':', '\\']).any(|part| PRODUCTION.contains(&part));
        let by_name = || named().find(|name| says_so(name)).map(|name| plain(&format!("its name says so: {name}"), 300));
        Stakes { public: why(&self.public, "public"), production: why(&self.production, "production").or_else(by_name) }
    }

    /// Adds to a notice what is known of its credential, with the severity that follows; once, before anybody is told.
    pub fn weigh(&self, notice: &mut Notice, rules: &RuleSet, now: Timestamp) {
        let credential = Opened::of_notice(notice, "handoff", "", now).credential;
        let found = self.stakes(&credential, &notice.exposure.locations, &notice.exposure.remotes, rules);
        notice.exposure.stakes.learn(&found);
        notice.credential.evidence.extend(notice.exposure.stakes.told());
        if notice.exposure.stakes.are_highest() && is_confirmed(notice.grounds.grade()) {
            notice.severity = Urgency::Critical;
        }
    }

    /// The same for an incident that is about to be opened.
    pub fn weigh_opening(&self, opened: &mut Opened, places: &[Location], rules: &RuleSet) {
        let found = self.stakes(&opened.credential, places, &[], rules);
        opened.stakes.learn(&found);
        if opened.stakes.are_highest() && is_confirmed(opened.grade) && opened.severity < Urgency::Critical {
            opened.severity = Urgency::Critical;
            opened.grounds.push(PUBLIC_PRODUCTION.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::named::globs;
    use super::super::tests::opened;
    use super::*;
    use crate::model::Grade;

    fn place(path: &str) -> Location {
        Location { path: path.to_owned(), line: 1, column: 1, place: "file".to_owned(), object: None, commit: None }
    }

    fn list(one: &str) -> Vec<String> {
        vec![one.to_owned()]
    }

    fn marks() -> Marks {
        let mark = |paths: &[String], remotes: &[String]| Mark {
            named: Named { paths: globs(paths).expect("sound"), ..Named::default() },
            remotes: globs(remotes).expect("sound"),
        };
        let service = Mark { named: Named { services: list("stripe"), ..Named::default() }, remotes: GlobSet::empty() };
        Marks { public: vec![mark(&list("oss/**"), &list("git.test/corp/oss-*"))], production: vec![service] }
    }

    #[test]
    fn each_sign_rests_on_what_names_it() {
        let (rules, marks) = (RuleSet::builtin(), marks());
        let of = |provider: &str, path: &str, remotes: &[String]| {
            let mut credential = opened(Grade::Live, "").credential;
            credential.provider = provider.to_owned();
            marks.stakes(&credential, &[place(path)], remotes, &rules)
        };
        assert!(of("Other", "src/product.rs", &list("git.test/corp/app")).are_unknown(), "product is no production");
        let path = of("Other", "oss/a.env", &[]);
        assert_eq!(path.public.as_deref(), Some("[[public]] of config.toml names the path oss/a.env"));
        assert_eq!(path.production, None);
        let remote = of("Stripe", "a.env", &list("git.test/corp/oss-web"));
        assert_eq!(remote.public.as_deref(), Some("[[public]] of config.toml names the remote git.test/corp/oss-web"));
        assert_eq!(remote.production.as_deref(), Some("[[production]] of config.toml names the service stripe"));
        assert_eq!(of("Other", "deploy/prod.env", &[]).production.as_deref(), Some("its name says so: deploy/prod.env"));
        let mut vault = opened(Grade::Live, "").credential;
        vault.resources = list("vault:secret/data/production/app");
        assert!(marks.stakes(&vault, &[], &[], &rules).production.is_some());
    }

    #[test]
    fn only_what_is_confirmed_becomes_critical() {
        let rules = RuleSet::builtin();
        for (grade, path, urgency) in [
            (Grade::Live, "oss/prod/a.env", Urgency::Critical),
            (Grade::Policy, "oss/prod/a.env", Urgency::High),
            (Grade::Live, "oss/a.env", Urgency::High),
            (Grade::Live, "deploy/prod/a.env", Urgency::High),
        ] {
            let mut opening = opened(grade, "personal");
            marks().weigh_opening(&mut opening, &[place(path)], &rules);
            assert_eq!(opening.severity, urgency, "{grade:?} {path}");
        }
    }
}

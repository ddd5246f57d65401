//! `--probe` as a user runs it: what is asked, what is said, what is never shown.

use std::path::Path;

use serde_json::Value;

use super::answers::token;
use super::script::{Script, json};
use crate::scratch::{Run, keyfuse};

struct Scene {
    folder: tempfile::TempDir,
}

impl Scene {
    fn new(configuration: &str) -> Self {
        let folder = tempfile::tempdir().expect("a scratch directory");
        std::fs::create_dir_all(folder.path().join("own/config")).expect("made");
        std::fs::create_dir(folder.path().join("work")).expect("made");
        std::fs::write(folder.path().join("own/config/config.toml"), configuration).expect("written");
        Self { folder }
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join("work").join(name), text).expect("written");
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let mut command = keyfuse(&self.folder.path().join("work"), arguments);
        command.env("KEYFUSE_HOME", self.folder.path().join("own")).env("HOME", self.folder.path()).env("HTTPS_PROXY", super::NOWHERE);
        Run::of(command.output().expect("it starts"))
    }
}

fn endpoint(service: &str, url: &str) -> String {
    format!("[[probe.endpoint]]\nservice = '{service}'\nurl = '{url}'\nprivate = true\nplain = true\n")
}

/// A GitLab that knows one token.
fn gitlab(living: &str) -> Script {
    let living = living.to_owned();
    Script::start(move |asked| {
        if asked.holds(&living) { json(200, r#"{"id":7,"name":"deploy"}"#) } else { json(401, r#"{"message":"401 Unauthorized"}"#) }
    })
}

fn report(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"))
}

#[test]
fn nothing_is_asked_unless_it_is_asked_for() {
    let living = token("living");
    let server = gitlab(&living);
    let scene = Scene::new(&endpoint("gitlab", &server.url()));
    scene.write("a.env", &format!("GITLAB_TOKEN={living}\n"));
    let run = scene.run(&["scan", ".", "--format", "json"]);
    assert_eq!(report(&run)["findings"][0]["liveness"], Value::Null);
    let plan = scene.run(&["scan", ".", "--probe=plan"]);
    assert_eq!(plan.code, Some(1), "{plan:?}");
    let line = plan.stdout.lines().find(|line| line.contains("lives?")).unwrap_or_else(|| panic!("{plan:?}"));
    assert!(line.contains("a plan only, nothing was sent") && line.contains("/api/v4/personal_access_tokens/self"), "{line}");
    assert!(line.contains("PRIVATE-TOKEN: glpa…[26 bytes]"), "{line}");
    assert!(server.asked().is_empty(), "it was asked");
}

#[test]
fn each_credential_is_asked_once_and_the_living_come_first() {
    let (living, dead) = (token("living"), token("dead"));
    let server = gitlab(&living);
    let scene = Scene::new(&endpoint("gitlab", &server.url()));
    for name in ["a.env", "b.env", "c.env"] {
        scene.write(name, &format!("GITLAB_TOKEN={dead}\n"));
    }
    scene.write("d.env", &format!("GITLAB_TOKEN={living}\n"));
    let run = scene.run(&["scan", ".", "--probe"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    let first = |text: &str| run.stdout.find(text).unwrap_or_else(|| panic!("no {text}: {run:?}"));
    assert!(first("lives?: yes, it is accepted as deploy") < first("lives?: no, its issuer refuses it"), "{run:?}");
    assert!(run.stdout.contains("asked their issuers: 1 alive, 1 dead, 0 unknown"), "{run:?}");
    assert_eq!(server.asked().len(), 3, "one control and two credentials");
    for text in [&run.stdout, &run.stderr] {
        assert!(!text.contains(&living) && !text.contains(&dead), "a secret is shown");
    }
    let json = report(&scene.run(&["scan", ".", "--probe", "--format", "json"]));
    let states: Vec<&str> =
        json["findings"].as_array().expect("findings").iter().filter_map(|one| one["liveness"]["state"].as_str()).collect();
    assert_eq!(states, ["dead", "dead", "dead", "alive"]);
    assert_eq!(json["outcome"]["conditions"], serde_json::json!(["findings"]));
    let sarif = report(&scene.run(&["scan", ".", "--probe", "--format", "sarif"]));
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    assert!(results.iter().any(|one| one["properties"]["liveness"] == "alive" && one["level"] == "error"), "{sarif}");
    assert!(results.iter().any(|one| one["properties"]["liveness"] == "dead" && one["level"] == "note"), "{sarif}");
}

#[test]
fn what_cannot_be_learnt_is_a_condition_and_no_other_exit_code() {
    let server = Script::start(|_| json(503, "{}"));
    let scene = Scene::new(&endpoint("gitlab", &server.url()));
    scene.write("a.env", &format!("GITLAB_TOKEN={}\n", token("x")));
    let run = scene.run(&["scan", ".", "--probe", "--format", "json"]);
    let json = report(&run);
    assert_eq!((run.code, &json["outcome"]["conditions"]), (Some(1), &serde_json::json!(["findings", "unconfirmed"])), "{run:?}");
    assert_eq!(json["findings"][0]["liveness"]["state"], "unknown");
}

#[test]
fn suppressed_findings_are_not_asked_about() {
    let server = gitlab(&token("x"));
    let scene = Scene::new(&endpoint("gitlab", &server.url()));
    scene.write("a.env", &format!("GITLAB_TOKEN={}  # keyfuse:allow\n", token("x")));
    let run = scene.run(&["scan", ".", "--probe"]);
    assert_eq!((run.code, server.asked().len()), (Some(0), 0), "{run:?}");
}

#[test]
fn a_repository_cannot_choose_what_is_asked() {
    let server = gitlab(&token("x"));
    let scene = Scene::new("");
    scene.write("a.env", &format!("GITLAB_TOKEN={}\n", token("x")));
    for (text, said) in [
        (endpoint("gitlab", &server.url()), "does not belong here"),
        ("[[confirm]]\nrules = ['gitlab-access-token']\n".to_owned(), "does not belong here"),
    ] {
        scene.write("keyfuse.toml", &text);
        let run = scene.run(&["scan", ".", "--probe"]);
        assert!(run.code == Some(2) && run.stderr.contains(said), "{run:?}");
    }
    // A rule that a repository puts in the place of ours has no question: it could take any text for a secret.
    scene.write(
        "keyfuse.toml",
        "[[rule]]\nid = 'gitlab-access-token'\ntitle = 'T'\nevidence = 'documented'\nseverity = 'high'\nprefix = ['glpat-']\n\
         pattern = 'glpat-[0-9A-Za-z]{20}'\n",
    );
    let run = scene.run(&["scan", ".", "--probe", "--format", "json"]);
    let json = report(&run);
    assert!(json["findings"][0]["liveness"]["why"].as_str().is_some_and(|why| why.contains("no question")), "{run:?}");
    assert!(server.asked().is_empty());
}

#[test]
fn a_wrong_configuration_is_told_before_the_scan() {
    for (text, said) in [
        ("[probe]\ntimeot = 1\n", "unknown key `timeot`"),
        ("[[probe.endpoint]]\nservice = 'gitlob'\nurl = 'https://x.test'\n", "no rule asks a service named `gitlob`"),
        ("[[probe.endpoint]]\nservice = 'gitlab'\nurl = 'http://x.test'\n", "plain = true"),
        ("[[probe.endpoint]]\nservice = 'gitlab'\nurl = 'https://x.test'\nca = 'none.pem'\n", "cannot be read"),
        ("[probe\n", "config.toml:"),
    ] {
        let scene = Scene::new(text);
        scene.write("a.env", &format!("GITLAB_TOKEN={}\n", token("x")));
        let run = scene.run(&["scan", ".", "--probe"]);
        assert!(run.code == Some(2) && run.stderr.contains(said) && run.stdout.is_empty(), "{said}: {run:?}");
        // Without --probe the file does not matter.
        assert_eq!(scene.run(&["scan", "."]).code, Some(1));
    }
    assert!(Path::new(crate::scratch::KEYFUSE).is_file());
}

#[test]
fn names_given_by_an_issuer_cannot_harm_the_report() {
    let living = token("names");
    let known = living.clone();
    let server = Script::start(move |asked| {
        if asked.holds(&known) {
            json(200, &format!(r#"{{"id":7,"name":"a\u001b[2Jb {known} c"}}"#))
        } else {
            json(401, r#"{"message":"401 Unauthorized"}"#)
        }
    });
    let scene = Scene::new(&endpoint("gitlab", &server.url()));
    scene.write("a.env", &format!("GITLAB_TOKEN={living}\n"));
    for format in ["human", "json", "jsonl", "sarif", "github", "markdown"] {
        let run = scene.run(&["scan", ".", "--probe", "--format", format]);
        assert!(!run.stdout.contains(&living) && !run.stdout.contains('\u{1b}') && !run.stdout.contains("\\u001b"), "{format}: {run:?}");
    }
}

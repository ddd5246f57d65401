//! Does with action.yml what a runner does: evaluates, sets the environment, runs each script, passes outputs on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use yaml_rust2::{Yaml, YamlLoader};

use super::expression::{holds, interpolate};
use crate::scratch::{Run, folder_of_keyfuse};

/// A run of the action.
pub(super) struct Job {
    /// Whether every step passed, and what the last one exited with.
    pub(super) code: i32,
    /// All that the steps printed.
    pub(super) log: String,
    pub(super) outputs: BTreeMap<String, String>,
    pub(super) summary: String,
    /// What the steps of other actions were given, by the name of the action.
    pub(super) used: BTreeMap<String, BTreeMap<String, String>>,
    /// `RUNNER_TEMP`.
    pub(super) temp: tempfile::TempDir,
}

impl Job {
    /// The annotations of a level.
    pub(super) fn annotations(&self, level: &str) -> Vec<&str> {
        self.log.lines().filter(|line| line.starts_with(&format!("::{level} "))).collect()
    }

    /// The SARIF file, which is there whenever the program ran.
    pub(super) fn sarif(&self) -> Value {
        let text = std::fs::read(&self.outputs["sarif"]).expect("the SARIF file was written");
        serde_json::from_slice(&text).expect("SARIF is JSON")
    }

    /// The files that SARIF has results for.
    pub(super) fn sarif_files(&self) -> Vec<String> {
        let sarif = self.sarif();
        let results = sarif["runs"][0]["results"].as_array().expect("a list").clone();
        let uri = |result: &Value| result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().map(str::to_owned);
        results.iter().filter_map(uri).collect()
    }
}

fn action() -> Yaml {
    YamlLoader::load_from_str(include_str!("../../action.yml")).expect("action.yml is YAML").remove(0)
}

fn text(yaml: &Yaml) -> String {
    match yaml {
        Yaml::String(text) => text.clone(),
        Yaml::Boolean(value) => panic!("inputs and environments are texts: quote {value}"),
        Yaml::BadValue => String::new(),
        other => panic!("not a text: {other:?}"),
    }
}

fn pairs(yaml: &Yaml) -> Vec<(String, String)> {
    yaml.as_hash().map_or(Vec::new(), |hash| hash.iter().map(|(name, value)| (text(name), text(value))).collect())
}

/// Runs the action in `workspace` for `event`, whose payload is `payload`.
pub(super) fn run(workspace: &Path, event: &str, payload: &Value, inputs: &[(&str, &str)], variables: &[(&str, &str)]) -> Job {
    let action = action();
    let temp = tempfile::tempdir().expect("a scratch directory");
    let file = |name: &str| -> PathBuf { temp.path().join(name) };
    std::fs::write(file("event.json"), payload.to_string()).expect("written");
    let mut context = json!({
        "github": {
            "event_name": event, "event": payload, "action_path": env!("CARGO_MANIFEST_DIR"), "action_repository": "example/keyfuse",
            "token": "the-token-of-the-job", "workspace": workspace,
        },
        "inputs": {}, "steps": {},
    });
    for (name, input) in action["inputs"].as_hash().expect("there are inputs") {
        context["inputs"][text(name)] = Value::from(interpolate(&text(&input["default"]), &context));
    }
    for (name, value) in inputs {
        assert!(context["inputs"].get(name).is_some(), "no such input: {name}");
        context["inputs"][name] = Value::from(*value);
    }
    let mut job = Job { code: 0, log: String::new(), outputs: BTreeMap::new(), summary: String::new(), used: BTreeMap::new(), temp };
    for (number, step) in action["runs"]["steps"].as_vec().expect("there are steps").iter().enumerate() {
        let condition = text(&step["if"]);
        if !condition.is_empty() && !holds(&condition, &context) {
            continue;
        }
        if let Some(name) = step["uses"].as_str() {
            let with = pairs(&step["with"]).into_iter().map(|(name, value)| (name, interpolate(&value, &context))).collect();
            job.used.insert(name.to_owned(), with);
            continue;
        }
        let output = job.temp.path().join(format!("output-{number}"));
        let summary = job.temp.path().join(format!("summary-{number}"));
        for path in [&output, &summary] {
            std::fs::write(path, "").expect("written");
        }
        assert_eq!(step["shell"].as_str(), Some("bash"), "composite steps name their shell");
        let script = interpolate(&text(&step["run"]), &context);
        let directory = workspace.join(interpolate(&text(&step["working-directory"]), &context));
        let mut command = Command::new("bash");
        // As the runner calls it.
        command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script]).current_dir(directory).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            if ["GIT_", "GITHUB_", "KEYFUSE_"].iter().any(|start| name.to_string_lossy().starts_with(start)) {
                command.env_remove(name);
            }
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths([folder_of_keyfuse().to_owned()].into_iter().chain(std::env::split_paths(&path)));
        command.env("PATH", path.expect("folders without colons"));
        command.env("CI", "true").env("GITHUB_ACTIONS", "true").env("GITHUB_EVENT_NAME", event).env("RUNNER_TEMP", job.temp.path());
        command.env("GITHUB_EVENT_PATH", job.temp.path().join("event.json")).env("GITHUB_WORKSPACE", workspace);
        command.env("GITHUB_SERVER_URL", "https://github.com").env("GITHUB_REPOSITORY", "example/app");
        command.env("GITHUB_OUTPUT", &output).env("GITHUB_STEP_SUMMARY", &summary);
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        command.envs(pairs(&step["env"]).into_iter().map(|(name, value)| (name, interpolate(&value, &context))));
        command.envs(variables.iter().copied());
        let run = Run::of(command.output().expect("bash runs"));
        job.log.push_str(&run.stdout);
        job.log.push_str(&run.stderr);
        job.summary.push_str(&std::fs::read_to_string(summary).expect("the summary stays"));
        if let Some(id) = step["id"].as_str() {
            for line in std::fs::read_to_string(output).expect("the outputs stay").lines() {
                let (name, value) = line.split_once('=').unwrap_or_else(|| panic!("not an output: {line}"));
                context["steps"][id]["outputs"][name] = Value::from(value);
            }
        }
        job.code = run.code.expect("no step is killed");
        if job.code != 0 {
            break;
        }
    }
    for (name, output) in action["outputs"].as_hash().expect("there are outputs") {
        job.outputs.insert(text(name), interpolate(&text(&output["value"]), &context));
    }
    job
}

#[test]
fn the_action_is_composite_and_its_names_have_hyphens() {
    let action = action();
    assert_eq!(action["runs"]["using"].as_str(), Some("composite"));
    for part in ["inputs", "outputs"] {
        for (name, what) in action[part].as_hash().expect("a table") {
            assert!(!text(name).contains('_') && !text(&what["description"]).is_empty(), "{name:?}");
        }
    }
    // What somebody else writes never becomes part of a script.
    for step in action["runs"]["steps"].as_vec().expect("there are steps") {
        assert!(!text(&step["run"]).contains("${{"), "pass it through env: {:?}", step["run"]);
    }
}

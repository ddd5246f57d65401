//! Random histories, each told about by keyfuse and by git one question at a time.

use std::collections::{BTreeMap, BTreeSet};

use super::told::{by_secret, set};
use crate::scratch::{Scratch, command, git_in, secret};

/// How many secrets a history is made of.
const SECRETS: usize = 4;

/// Numbers that are the same for the same seed (xorshift, Marsaglia 2003).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % end
    }
}

/// Runs git and does not mind when it says no: a merge may conflict, a file may not be there.
fn attempt(scratch: &Scratch, arguments: &[&str]) -> bool {
    command(&scratch.root, arguments, &[]).output().expect("git runs").status.success()
}

/// A history of some dozen random steps.
fn make(seed: u64, secrets: &[String]) -> Scratch {
    let scratch = Scratch::new();
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    scratch.write("readme.md", "first\n");
    scratch.commit("first");
    for step in 0..28 {
        let branches: Vec<String> =
            scratch.git(&["for-each-ref", "--format=%(refname:short)", "refs/heads"]).lines().map(str::to_owned).collect();
        let branch = branches[dice.below(branches.len())].clone();
        let file = format!("{}{}.env", ["", "a/", "a/b/", "c/"][dice.below(4)], dice.below(3));
        match dice.below(16) {
            0..=4 => {
                let noise = "#\n".repeat(dice.below(3));
                scratch.write(&file, format!("{noise}{}", secrets[dice.below(secrets.len())]));
                scratch.commit("write");
            }
            5 => {
                scratch.write(&file, format!("{step}\n"));
                scratch.commit("clean");
            }
            6 if attempt(&scratch, &["rm", "-q", &file]) => drop(scratch.commit("remove")),
            7 if attempt(&scratch, &["mv", &file, &format!("moved-{step}.env")]) => drop(scratch.commit("move")),
            8 => _ = attempt(&scratch, &["checkout", "-q", "-b", &format!("branch-{step}")]),
            9 => _ = attempt(&scratch, &["checkout", "-q", &branch]),
            10 => {
                let other = branches[dice.below(branches.len())].clone();
                if !attempt(&scratch, &["merge", "-q", "--no-edit", &branch, &other]) && !attempt(&scratch, &["merge", "--abort"]) {
                    scratch.git(&["reset", "-q", "--hard"]);
                }
            }
            11 => {
                let name = format!("v{step}");
                if dice.below(2) == 0 {
                    scratch.git(&["tag", &name])
                } else {
                    scratch.git(&["tag", "-a", &name, "-m", "x"])
                };
            }
            12 => {
                let message = if dice.below(2) == 0 { "update by push" } else { "fetch" };
                let name = format!("refs/remotes/origin/r{}", dice.below(2));
                scratch.git(&["update-ref", "--create-reflog", "-m", message, &name, "HEAD"]);
            }
            13 => {
                scratch.write(&file, &secrets[dice.below(secrets.len())]);
                if dice.below(2) == 0 {
                    scratch.git(&["add", "-A"]);
                }
                attempt(&scratch, &["stash", "-q", "-u"]);
            }
            14 => _ = attempt(&scratch, &["reset", "-q", "--hard", "HEAD~1"]),
            15 => {
                if branches.len() > 1 && dice.below(2) == 0 {
                    attempt(&scratch, &["branch", "-q", "-D", &branch]);
                } else {
                    scratch.git(&["checkout", "-q", "--orphan", &format!("orphan-{step}")]);
                    scratch.commit("orphan");
                }
            }
            _ => {}
        }
    }
    scratch.git(&["reset", "-q", "--hard"]);
    scratch
}

/// A repository as git tells of it.
struct Answers {
    commits: BTreeSet<String>,
    ancestors: BTreeMap<String, BTreeSet<String>>,
    refs: Vec<(String, String)>,
    reachable: BTreeSet<String>,
    head: String,
}

fn lines(scratch: &Scratch, arguments: &[&str]) -> Vec<String> {
    git_in(&scratch.root, arguments, &[("GIT_NO_REPLACE_OBJECTS", "1")]).lines().map(str::to_owned).collect()
}

impl Answers {
    fn ask(scratch: &Scratch) -> Self {
        let objects = lines(scratch, &["cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)"]);
        let commits: BTreeSet<String> = objects.iter().filter_map(|line| line.strip_suffix(" commit")).map(str::to_owned).collect();
        let ancestors =
            commits.iter().map(|commit| (commit.clone(), lines(scratch, &["rev-list", commit]).into_iter().collect())).collect();
        let refs = lines(scratch, &["for-each-ref", "--format=%(refname)"])
            .into_iter()
            .filter(|name| name != "refs/stash")
            .map(|name| (lines(scratch, &["rev-parse", &format!("{name}^{{commit}}")]).remove(0), name))
            .collect();
        let head = lines(scratch, &["rev-parse", "HEAD"]).remove(0);
        let mut answers = Self { commits, ancestors, refs, reachable: BTreeSet::new(), head };
        let tips: Vec<String> = answers.refs.iter().map(|(tip, _)| tip.clone()).chain([answers.head.clone()]).collect();
        answers.reachable = tips.iter().flat_map(|tip| answers.ancestors[tip].clone()).collect();
        answers
    }

    /// Commit and path of all that hold the text.
    fn holders(&self, scratch: &Scratch, text: &str) -> BTreeSet<(String, String)> {
        let commits: Vec<&str> = self.commits.iter().map(String::as_str).collect();
        let output = command(&scratch.root, &[&["grep", "-l", "-F", text.trim_end()], commits.as_slice()].concat(), &[]).output();
        let found = String::from_utf8(output.expect("git runs").stdout).expect("text");
        found
            .lines()
            .map(|line| line.split_once(':').expect("commit:path"))
            .map(|(one, other)| (one.to_owned(), other.to_owned()))
            .collect()
    }
}

fn compare(scratch: &Scratch, secrets: &[String], seed: u64) -> usize {
    let answers = Answers::ask(scratch);
    let told = by_secret(&scratch.root, secrets, &["--no-worktree"]);
    for (number, text) in secrets.iter().enumerate() {
        let all = answers.holders(scratch, text);
        let Some(finding) = told.get(&number) else {
            assert!(all.is_empty(), "seed {seed}: secret {number} is not told");
            continue;
        };
        let known = &finding["provenance"];
        let shown = format!("seed {seed}, secret {number}: {finding:#}");
        let is_reached = |(commit, _): &&(String, String)| answers.reachable.contains(commit);
        let reached: BTreeSet<&String> = all.iter().filter(is_reached).map(|(commit, _)| commit).collect();
        let counted: BTreeSet<&String> = if reached.is_empty() { all.iter().map(|(commit, _)| commit).collect() } else { reached.clone() };
        assert_eq!(known["commits"], counted.len(), "{shown}");
        assert_eq!(known["at_head"], reached.contains(&answers.head), "{shown}");
        // Names.
        let contains = |tip: &String| answers.ancestors[tip].iter().any(|commit| all.iter().any(|(holder, _)| holder == commit));
        for (start, field) in [("refs/heads/", "branches"), ("refs/tags/", "tags"), ("refs/remotes/", "remotes")] {
            let expected: BTreeSet<String> = answers
                .refs
                .iter()
                .filter(|(tip, _)| contains(tip))
                .filter_map(|(_, name)| name.strip_prefix(start))
                .map(str::to_owned)
                .collect();
            assert_eq!(set(&known[field]), expected, "{field} of {shown}");
        }
        assert_eq!(known["pushed"], known["remotes"] != serde_json::json!([]), "{shown}");
        assert_eq!(known["only_in"].is_null(), !reached.is_empty(), "{shown}");
        // First and last: no other holder comes before the one or after the other.
        if !counted.is_empty() {
            let (first, last) = (known["first"]["id"].as_str().expect("a commit"), known["last"]["id"].as_str().expect("a commit"));
            assert!(counted.contains(&first.to_owned()) && counted.contains(&last.to_owned()), "{shown}");
            for holder in counted {
                assert!(holder == first || !answers.ancestors[first].contains(holder), "{holder} came before: {shown}");
                assert!(holder == last || !answers.ancestors[holder].contains(last), "{holder} came after: {shown}");
            }
        }
        // Paths, reachable and not.
        let places = finding["places"].as_array().expect("places");
        for is_reachable in [true, false] {
            let of = |(commit, path): &(String, String)| (answers.reachable.contains(commit) == is_reachable).then(|| path.clone());
            let by_blob = |path: &String| places.iter().any(|place| place["path"] == path.as_str() && place["reachable"] == is_reachable);
            let paths: BTreeSet<String> = all.iter().filter_map(of).collect();
            let others: BTreeSet<String> = all.iter().filter(is_reached).map(|(_, path)| path.clone()).collect();
            for path in paths {
                // A path that a reachable commit has too is not marked.
                assert!(by_blob(&path) || !is_reachable && others.contains(&path), "{path} is missing: {shown}");
            }
        }
        for place in places.iter().filter(|place| place["path"] != "" && place["place"] == "object") {
            let (commit, path) = (place["commit"].as_str().expect("a commit"), place["path"].as_str().expect("a path"));
            assert!(all.contains(&(commit.to_owned(), path.to_owned())), "{commit} does not hold it at {path}: {shown}");
            assert_eq!(place["reachable"], answers.reachable.contains(commit), "{shown}");
        }
    }
    told.len()
}

#[test]
fn random_histories_are_told_as_git_tells_them() {
    let mut compared = 0;
    for seed in 1..=8 {
        let secrets: Vec<String> = (0..SECRETS).map(|number| secret(&format!("{seed}/{number}"))).collect();
        let scratch = make(seed, &secrets);
        if seed % 2 == 0 {
            scratch.git(&["repack", "-q", "-a", "-d", "-k"]);
            scratch.git(&["pack-refs", "--all"]);
        }
        compared += compare(&scratch, &secrets, seed);
    }
    assert!(compared > 16, "only {compared} secrets were met: the histories are too thin");
}

#[test]
fn replaced_parents_and_cut_histories_are_told_as_they_are() {
    let secrets = vec![secret("one"), secret("two")];
    let scratch = Scratch::new();
    scratch.write("a.env", &secrets[0]);
    scratch.commit("one");
    scratch.write("a.env", &secrets[1]);
    scratch.commit("two");
    scratch.write("b.env", "x");
    scratch.commit("three");
    // What is pushed is the history itself, not what a replacement makes of it.
    scratch.git(&["replace", "--graft", "HEAD"]);
    scratch.git(&["update-ref", "-d", &scratch.git(&["for-each-ref", "--format=%(refname)", "refs/replace"])]);
    assert_eq!(compare(&scratch, &secrets, 0), 2);
    git_in(&scratch.base, &["clone", "-q", "--depth", "2", &format!("file://{}", scratch.root.display()), "shallow"], &[]);
    let shallow = scratch.base.join("shallow");
    let run = crate::scratch::Run::of(crate::scratch::keyfuse(&shallow, &["git", "-f", "jsonl"]).output().expect("it starts"));
    let finding: serde_json::Value = serde_json::from_str(run.stdout.lines().next().expect("a finding")).expect("JSON");
    assert_eq!((run.code, &finding["provenance"]["commits"]), (Some(1), &2.into()), "{finding:#}");
}

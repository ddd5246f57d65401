//! `keyfuse git`: the history of a repository, a range of commits, what is staged, or what is not yet.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};

use super::args::{Common, Git};
use super::job::Job;
use super::look::Look;
use super::memory::Memories;
use super::{moment, plan};
use keyfuse::git::{Environment, Repository};
use keyfuse::source::{
    ArchiveLimits, GitFilesOptions, Range, RangeOptions, RefUpdate, Remote, Staged, StagedOptions, Target, UnstagedOptions, Wanted,
};
use keyfuse::sweep::{History, HistoryOptions, Shelf};

/// Which part of a repository.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// Every object.
    History,
    /// What a range of commits brings.
    Range(Wanted),
    /// What the next commit would add.
    Staged,
    /// Changes to tracked files that are not staged.
    Unstaged,
}

/// How much of a part.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    /// Whether what was not fetched is out of scope.
    pub(super) allow_missing: bool,
    /// Whether a whole repository's work tree belongs to it.
    pub(super) work_tree: bool,
    /// Whether every content of the history is handed over whole, deltas too.
    pub(super) full: bool,
    /// Where what is learned of a whole history is kept.
    pub(super) memories: Option<Memories>,
}

impl Default for Scope {
    fn default() -> Self {
        Self { allow_missing: false, work_tree: true, full: false, memories: None }
    }
}

/// What the command asks for.
pub(super) fn job(command: &Git, common: &Common) -> anyhow::Result<Job> {
    refuse_log_options(command.log_opts.as_deref())?;
    let part = match (command.staged, command.unstaged || command.pre_commit) {
        (true, _) => pushed_by_pre_commit(|name| env::var(name).ok()).map_or(Part::Staged, Part::Range),
        (false, true) => Part::Unstaged,
        (false, false) => wanted(command)?.map_or(Part::History, Part::Range),
    };
    let keeps = matches!(part, Part::History) && !command.no_cache && !command.look.full_scan;
    let scope = Scope {
        allow_missing: command.allow_missing,
        work_tree: !command.no_worktree,
        full: command.look.full_scan,
        memories: keeps.then(|| Memories::find(&plan::settings(&command.repository, common).ok()?, &command.look)).flatten(),
    };
    repository(&command.repository, part, scope, &command.look, common)
}

/// The commits that the flags ask for, if they ask for some.
fn wanted(command: &Git) -> anyhow::Result<Option<Wanted>> {
    let remote = command.remote.clone().map_or(Remote::Any, Remote::Named);
    let input = || "the lines that git gives its hooks";
    Ok(if let Some(range) = &command.range {
        let (from, to) = ends(range)?;
        Some(Wanted::Between { from: Some(from), to, pushed: None })
    } else if let Some(text) = &command.since {
        Some(Wanted::Since(moment::parse(text, jiff::Timestamp::now())?))
    } else if command.pre_push {
        Some(Wanted::Push { updates: RefUpdate::of_push(&mut io::stdin().lock()).with_context(input)?, remote })
    } else if command.pre_receive {
        Some(Wanted::Receive(RefUpdate::of_receive(&mut io::stdin().lock()).with_context(input)?))
    } else {
        None
    })
}

/// `A..B` or `A...B`, of which one side may be left out, as git reads it.
fn ends(range: &str) -> anyhow::Result<(String, String)> {
    let Some((from, to)) = range.split_once("...").or_else(|| range.split_once("..")) else {
        bail!("--range {range}: write it as A..B: what B reaches and A does not (`origin/main..HEAD`)");
    };
    let end = |name: &str| if name.is_empty() { "HEAD".to_owned() } else { name.to_owned() };
    Ok((end(from), end(to)))
}

/// What pre-commit tells in its stage pre-push; it keeps git's own lines to itself.
fn pushed_by_pre_commit(variable: impl Fn(&str) -> Option<String>) -> Option<Wanted> {
    let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
    variable("PRE_COMMIT")?;
    let pushed = variable("PRE_COMMIT_REMOTE_NAME").map(Remote::Named);
    match (variable("PRE_COMMIT_FROM_REF"), variable("PRE_COMMIT_TO_REF")) {
        (from @ Some(_), Some(to)) => Some(Wanted::Between { from, to, pushed }),
        // Everything down to the first commit is pushed: then there is no ref to begin from.
        _ if pushed.is_some() => {
            let to = variable("PRE_COMMIT_LOCAL_BRANCH").unwrap_or_else(|| "HEAD".to_owned());
            Some(Wanted::Between { from: None, to, pushed })
        }
        _ => None,
    }
}

/// A part of the repository at `path`.
pub(super) fn repository(path: &Path, part: Part, scope: Scope, look: &Look, common: &Common) -> anyhow::Result<Job> {
    let settings = plan::settings(path, common)?;
    let (dir, archives, threads) = (path.to_owned(), plan::archives(look, &settings), common.threads);
    // Git tells its hooks where the repository is; a repository that the user names is another matter.
    let environment = if path == Path::new(".") { Environment::from_vars(env::vars_os()) } else { Environment::default() };
    let root = plan::top_of(path).filter(|_| matches!(part, Part::Unstaged));
    let mut whole_repository = None;
    let (target, name) = match part {
        Part::History => {
            let repository = Repository::discover(&dir, &environment)?;
            let shelf = Arc::default();
            let target = whole(&repository, (dir, environment), &scope, &shelf, archives, threads);
            whole_repository = Some((repository, shelf));
            (target, "git-history")
        }
        Part::Range(wanted) => {
            let range = Range::read(&RangeOptions { dir, environment, wanted, allow_missing: scope.allow_missing, archives, threads })?;
            (Target::Range(Box::new(range)), "git-range")
        }
        Part::Staged => (Target::Staged(Staged::read(&StagedOptions { dir, environment, archives, threads })?), "git-staged"),
        Part::Unstaged => (Target::Unstaged(UnstagedOptions { dir, environment, archives, threads }), "git-unstaged"),
    };
    Ok(Job { target, name, settings, repository: whole_repository, root })
}

/// All that a repository holds: its objects and those of its submodules, what stands beside them, and its work tree.
fn whole(
    repository: &Repository,
    (dir, environment): (PathBuf, Environment),
    scope: &Scope,
    shelf: &Arc<Shelf>,
    archives: ArchiveLimits,
    threads: usize,
) -> Target {
    let part = |dir: PathBuf, environment: Environment, work_tree: bool, place: &[u8]| {
        let repository = Repository::discover(&dir, &environment).ok();
        let memory = scope.memories.as_ref().zip(repository).map(|(memories, repository)| memories.of(&repository, place));
        let (archives, limits) = (archives.clone(), archives.clone());
        let files = GitFilesOptions { dir: dir.clone(), environment: environment.clone(), work_tree, archives: limits, threads };
        let (allow_missing, full, shelf) = (scope.allow_missing, scope.full, Arc::clone(shelf));
        let options = HistoryOptions { dir, environment, allow_missing, archives, threads, full, memory, shelf };
        [Target::Custom(Box::new(History::new(options))), Target::GitFiles(files)]
    };
    let mut parts = Vec::from(part(dir, environment, scope.work_tree, b""));
    for (directory, place) in repository.submodules() {
        let [objects, files] = part(directory, Environment::default(), false, &place);
        parts.extend([Target::Under(place, Box::new(objects)), files]);
    }
    Target::Together(parts)
}

/// Options of `git log` choose commits, and objects are read without them.
pub(super) fn refuse_log_options(options: Option<&str>) -> anyhow::Result<()> {
    if options.is_some() {
        bail!(
            "--log-opts cannot be honoured: keyfuse reads objects, not the output of `git log`; use --range A..B or --since DATE for a part of the \
             history, or leave it out"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_git_reads_them() {
        let both = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        for (text, expected) in
            [("a..b", both("a", "b")), ("a...b", both("a", "b")), ("..b", both("HEAD", "b")), ("a..", both("a", "HEAD"))]
        {
            assert_eq!(ends(text).expect(text), expected);
        }
        assert!(ends("main").is_err_and(|error| error.to_string().contains("A..B")));
    }

    #[test]
    fn what_pre_commit_says_chooses_the_part() {
        let told = |pairs: &[(&str, &str)]| {
            pushed_by_pre_commit(|name| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
        };
        assert!(told(&[]).is_none() && told(&[("PRE_COMMIT", "1")]).is_none());
        assert!(told(&[("PRE_COMMIT_FROM_REF", "a"), ("PRE_COMMIT_TO_REF", "b")]).is_none(), "only pre-commit is believed");
        let range = told(&[("PRE_COMMIT", "1"), ("PRE_COMMIT_FROM_REF", "a"), ("PRE_COMMIT_TO_REF", "b")]);
        assert!(matches!(range, Some(Wanted::Between { from: Some(from), to, pushed: None }) if from == "a" && to == "b"));
        let first = told(&[("PRE_COMMIT", "1"), ("PRE_COMMIT_REMOTE_NAME", "origin"), ("PRE_COMMIT_LOCAL_BRANCH", "refs/heads/x")]);
        assert!(matches!(first, Some(Wanted::Between { from: None, to, pushed: Some(Remote::Named(_)) }) if to == "refs/heads/x"));
    }
}

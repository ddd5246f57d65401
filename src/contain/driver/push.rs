//! A push of ours to a ref that nobody uses, by which a lock is tried from where people push.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::program::{Call, Ended, objection, run_in};
use crate::journal::Digest;
use crate::model::plain;

/// How long git may take for what it does on this machine,
const LOCAL: Duration = Duration::from_secs(20);
/// and for a push.
const FAR: Duration = Duration::from_secs(60);
/// What it finds in its environment of all that stands in ours: who it is, how it reaches others, and nothing that leads it elsewhere.
const KEPT: [&str; 16] = [
    "HOME",
    "PATH",
    "USER",
    "LOGNAME",
    "TMPDIR",
    "XDG_CONFIG_HOME",
    "SSH_AUTH_SOCK",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSH_VARIANT",
    "GIT_SSL_CAINFO",
    "https_proxy",
    "HTTPS_PROXY",
    "no_proxy",
    "NO_PROXY",
    "SystemRoot",
];
/// What it finds besides: nobody is asked for anything, and the commit is everywhere the same.
const SET: [(&str, &str); 10] = [
    ("LC_ALL", "C"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("SSH_ASKPASS", "/bin/false"),
    ("SSH_ASKPASS_REQUIRE", "force"),
    ("GIT_AUTHOR_NAME", "keyfuse"),
    ("GIT_AUTHOR_EMAIL", "keyfuse@localhost"),
    ("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z"),
    ("GIT_COMMITTER_NAME", "keyfuse"),
    ("GIT_COMMITTER_EMAIL", "keyfuse@localhost"),
    ("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z"),
];

/// What came of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Took {
    /// It was taken.
    Yes,
    /// It was refused, in these words.
    No(String),
    /// It could not be tried.
    Untried(String),
}

/// A push to the ref `refs/keyfuse/probe-INCIDENT`.
pub struct Push {
    git: PathBuf,
    sha256: Option<Digest>,
    url: String,
    reference: String,
    is_sha256: bool,
    environment: Vec<(OsString, OsString)>,
}

impl Push {
    /// To `url`, with the program `git` that the authority file names and its digest where one stands there; `repository` is the one that
    /// is served there, `environment` what the person's own git would find.
    pub fn new(
        (git, sha256): (&Path, Option<Digest>),
        url: &str,
        repository: &Path,
        incident: &str,
        environment: impl Iterator<Item = (OsString, OsString)>,
    ) -> Self {
        let config = std::fs::read_to_string(repository.join("config")).unwrap_or_default().to_ascii_lowercase();
        let is_sha256 = config.lines().any(|line| line.trim_start().starts_with("objectformat") && line.contains("sha256"));
        let is_kept = |name: &OsString| KEPT.iter().any(|kept| name == kept);
        let mut environment: Vec<(OsString, OsString)> = environment.filter(|(name, _)| is_kept(name)).collect();
        environment.extend(SET.map(|(name, value)| (name.into(), value.into())));
        let reference = format!("refs/keyfuse/probe-{incident}");
        Self { git: git.to_owned(), sha256, url: url.to_owned(), reference, is_sha256, environment }
    }

    /// What is done, for people.
    pub(super) fn shown(&self) -> String {
        format!("{} push {} an empty commit to {}", self.git.display(), self.url, self.reference)
    }

    /// The ref.
    pub(super) fn reference(&self) -> &str {
        &self.reference
    }

    /// Pushes the ref.
    pub(super) fn create(&self) -> Took {
        self.within(|folder, commit| self.push(folder, &format!("{commit}:{}", self.reference)))
    }

    /// Deletes it again.
    pub(super) fn delete(&self) -> Took {
        self.within(|folder, _| self.push(folder, &format!(":{}", self.reference)))
    }

    /// Makes a repository with nothing but an empty commit.
    fn within(&self, work: impl FnOnce(&Path, &str) -> Took) -> Took {
        if let Some(why) = objection(&self.git, self.sha256) {
            return Took::Untried(why);
        }
        let made = tempfile::Builder::new().prefix("keyfuse-push-").tempdir().map_err(|error| format!("no scratch folder: {error}"));
        let prepared = made.and_then(|folder| {
            let format = if self.is_sha256 { "--object-format=sha256" } else { "--object-format=sha1" };
            let path = folder.path().to_string_lossy().into_owned();
            self.told(&["init", "--quiet", "--bare", "--template=", format, &path])?;
            let at = format!("--git-dir={path}");
            let tree = self.told(&[&at, "hash-object", "-w", "-t", "tree", "--stdin"])?;
            let commit = self.told(&[&at, "commit-tree", tree.trim(), "-m", "keyfuse: an empty commit that tries a lock"])?;
            Ok((folder, commit.trim().to_owned()))
        });
        match prepared {
            Ok((folder, commit)) => work(folder.path(), &commit),
            Err(why) => Took::Untried(why),
        }
    }

    fn push(&self, folder: &Path, what: &str) -> Took {
        let at = format!("--git-dir={}", folder.display());
        // Our own hooks are none, and an address names no program (git-config(1), `protocol.allow`).
        let allowed = ["protocol.file.allow=always", "protocol.ssh.allow=always", "protocol.https.allow=always"];
        let mut words = vec![at.as_str(), "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never"];
        words.extend(allowed.iter().flat_map(|one| ["-c", *one]));
        words.extend(["push", "--no-verify", "--porcelain", &self.url, what]);
        match self.run(&words, FAR) {
            Ok((Ended::Code(0), _)) => Took::Yes,
            Ok((Ended::Code(_), said)) => Took::No(said),
            Ok((Ended::Late, _)) => Took::Untried(format!("no answer within {} s", FAR.as_secs())),
            Ok((Ended::Signal, _)) => Took::Untried("git was ended by a signal".to_owned()),
            Err(why) => Took::Untried(why),
        }
    }

    /// What git says where it ends well.
    fn told(&self, words: &[&str]) -> Result<String, String> {
        match self.run(words, LOCAL)? {
            (Ended::Code(0), said) => Ok(said),
            (_, said) => Err(format!("{}: {said}", self.git.display())),
        }
    }

    fn run(&self, words: &[&str], limit: Duration) -> Result<(Ended, String), String> {
        let arguments: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        let call = Call { program: &self.git, arguments: &arguments, environment: &self.environment, input: None, limit };
        let told = run_in(&call).map_err(|error| format!("{}: {error}", self.git.display()))?;
        Ok((told.ended, plain(String::from_utf8_lossy(&told.output).trim(), 1000)))
    }
}

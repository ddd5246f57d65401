//! A responder's keyfuse in a scratch folder: an incident, an authority, people with SSH keys.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::scratch::{Run, keyfuse};

/// Who is who.
pub(super) const AUTHORITY: &str = "[roles.incident-commander]\npeople = ['alice@sec']\n[roles.audit-authority]\npeople = ['gov@org']\n\
    [roles.observer]\npeople = ['gdpr@org']\n\
    [[allow]]\nverb = 'd2'\nby = ['incident-commander']\n\
    [[allow]]\nverb = 'signoff'\nby = ['audit-authority']\n\
    [[allow]]\nverb = 'comms.external'\nby = ['incident-commander']\nafter = ['signoff']\n";

pub(super) struct Desk {
    _scratch: tempfile::TempDir,
    pub(super) base: PathBuf,
    pub(super) work: PathBuf,
    /// The credential.
    pub(super) secret: String,
    /// The incident.
    pub(super) id: String,
}

impl Desk {
    /// With an incident about a token that stands in `work/app.env`.
    pub(super) fn new(seed: &str) -> Self {
        Self::with(seed, "SERVICE_TOKEN=\"{base62:40}\"\n")
    }

    /// The same with another line in the file.
    pub(super) fn with(seed: &str, template: &str) -> Self {
        let line = keyfuse::rules::expand(template, seed).expect("a sound template");
        Self::holding(&String::from_utf8(line.text).expect("text"))
    }

    /// With an incident about what stands in quotes in `line`.
    pub(super) fn holding(line: &str) -> Self {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let base = scratch.path().canonicalize().expect("it exists");
        let work = base.join("work");
        for folder in [&work, &base.join("keyfuse/config")] {
            std::fs::create_dir_all(folder).expect("made");
        }
        let secret = line.split('"').nth(1).expect("quoted").to_owned();
        std::fs::write(work.join("app.env"), line).expect("written");
        let mut desk = Self { _scratch: scratch, base, work, secret, id: String::new() };
        desk.configure("authority.toml", AUTHORITY);
        let mut signers = String::new();
        for (person, name) in [("alice@sec", "alice"), ("gov@org", "gov"), ("gdpr@org", "gdpr")] {
            let key = desk.key(name);
            let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(&key).status();
            assert!(made.expect("ssh-keygen").success());
            let public = std::fs::read_to_string(key.with_extension("pub")).expect("made");
            signers.push_str(&format!("{person} {}\n", public.trim()));
        }
        desk.configure("allowed_signers", &signers);
        assert_eq!(desk.run(&["key", "make"]).code, Some(0));
        let opened = desk.run(&["incident", "open", "app.env:1", "--reason", "a trial"]);
        assert_eq!(opened.code, Some(0), "{opened:?}");
        desk.id = opened.stdout.split_whitespace().next().expect("an id").to_owned();
        desk
    }

    pub(super) fn configure(&self, name: &str, text: &str) {
        std::fs::write(self.base.join("keyfuse/config").join(name), text).expect("written");
    }

    /// A person's private key.
    pub(super) fn key(&self, name: &str) -> PathBuf {
        self.base.join(name)
    }

    /// The folder of the incident.
    pub(super) fn folder(&self) -> PathBuf {
        self.base.join("keyfuse/state/incidents").join(&self.id)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = keyfuse(&self.work, arguments);
        command.env("KEYFUSE_HOME", self.base.join("keyfuse"));
        command
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Run {
        Run::of(self.command(arguments).output().expect("it starts"))
    }

    /// `keyfuse incident VERB INCIDENT …`
    pub(super) fn incident(&self, verb: &str, arguments: &[&str]) -> Run {
        self.run(&[&["incident", verb, &self.id], arguments].concat())
    }

    /// The same with the credential on standard input, and a token in the environment.
    pub(super) fn with_secret(&self, token: &str, arguments: &[&str]) -> Run {
        let mut command = self.command(arguments);
        command.env("VAULT_TOKEN", token).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        child.stdin.take().expect("piped").write_all(self.secret.as_bytes()).expect("it reads");
        Run::of(child.wait_with_output().expect("it ends"))
    }

    /// A decision, printed, signed by `ssh-keygen` and handed in.
    pub(super) fn decide(&self, decision: &str, person: &str, key: &str) -> Run {
        let printed = self.incident("decide", &[decision, "--signer", person, "--reason", "as practised"]);
        assert_eq!(printed.code, Some(0), "{printed:?}");
        let file = self.base.join(format!("{key}.txt"));
        std::fs::write(&file, printed.stdout).expect("written");
        let _ = std::fs::remove_file(file.with_extension("txt.sig"));
        let signed = Command::new("ssh-keygen").args(["-Y", "sign", "-n", "keyfuse-decision", "-f"]).arg(self.key(key)).arg(&file).output();
        assert!(signed.expect("ssh-keygen").status.success());
        self.incident("approve", &[file.to_str().expect("UTF-8")])
    }

    /// Seals with the audit authority's key; gives the bundle.
    pub(super) fn seal(&self, out: &str) -> PathBuf {
        let key = self.key("gov");
        let sealed = self.incident("seal", &["--out", out, "--key", key.to_str().expect("UTF-8"), "--signer", "gov@org"]);
        assert_eq!(sealed.code, Some(0), "{sealed:?}");
        self.work.join(out)
    }
}

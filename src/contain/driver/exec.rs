//! Runs a program of the responder's own: argument by argument, the credential on its standard input, what it says masked and kept.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::program::{Ended, objection, run};
use super::work::{Acted, Driver, Stop, World};
use crate::contain::bundle::write;
use crate::contain::errand::Errand;
use crate::contain::stage::Fate;
use crate::journal::Digest;
use crate::model::{Fingerprint, Secret, plain};

/// Takes every secret out of what a program says, those that nobody knew before too; none where that could not be done.
pub type Masking = Box<dyn Fn(&[u8], Option<&Secret>) -> Option<Vec<u8>>>;

/// Runs the program of an errand.
pub struct Exec {
    errand: Errand,
    program: PathBuf,
    arguments: Vec<String>,
    sha256: Option<Digest>,
    fp: Fingerprint,
    /// The incident's folder.
    folder: PathBuf,
    step: String,
    masking: Masking,
}

impl Exec {
    /// For the errand of a step, whose program the authority file names, with its digest where one stands there; `folder` is the
    /// incident's.
    pub fn new(errand: &Errand, sha256: Option<Digest>, names: (&str, &str, &Fingerprint), folder: &Path, masking: Masking) -> Self {
        let (incident, step, fp) = names;
        let filled = |text: &String| text.replace("{incident}", incident).replace("{fp}", fp.as_str());
        Self {
            program: PathBuf::from(&errand.program),
            arguments: errand.arguments.iter().map(filled).collect(),
            errand: errand.clone(),
            sha256,
            fp: fp.clone(),
            folder: folder.to_owned(),
            step: step.to_owned(),
            masking,
        }
    }

    /// Keeps what it said; the name within the incident's folder, with its digest.
    fn keep(&self, said: &[u8], is_cut: bool, input: Option<&Secret>) -> Result<(String, Digest), String> {
        let masked =
            (self.masking)(said, input).unwrap_or_else(|| b"(what it said could not be searched for secrets, and is not kept)\n".to_vec());
        let words = self.arguments.iter().map(|word| format!(" {word:?}")).collect::<String>();
        let mut text = format!("$ {}{words}\n", self.program.display());
        for line in String::from_utf8_lossy(&masked).lines() {
            text.push_str(&plain(line, 2000));
            text.push('\n');
        }
        if is_cut {
            text.push_str("(it said more)\n");
        }
        for number in 1..1000 {
            let name = format!("cli/{number:03}-{}.txt", self.step);
            match write(&self.folder.join(&name), text.as_bytes()) {
                Ok(()) => return Ok((name, Digest::of(text.as_bytes()))),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        Err("there are a thousand such files already".to_owned())
    }
}

impl Driver for Exec {
    fn action(&self) -> &'static str {
        "exec"
    }

    fn asks_before(&self) -> bool {
        true
    }

    fn requests(&self) -> Vec<String> {
        let mut lines = vec![format!("run {}", self.program.display())];
        lines.extend(self.arguments.iter().map(|word| format!("  argument {word:?}")));
        if self.errand.takes_secret {
            lines.push(format!("  standard input ‹{}›", self.fp));
        }
        lines.push(format!("  at most {} s", self.errand.limit.as_secs()));
        lines.extend(self.sha256.map(|digest| format!("  sha256 {digest}")));
        lines
    }

    fn needs_secret(&self) -> bool {
        self.errand.takes_secret
    }

    fn before(&self, world: &World<'_>) -> Result<Value, Stop> {
        if let Some(why) = objection(&self.program, self.sha256) {
            return Err(Stop::Refused(why));
        }
        if self.errand.takes_secret && world.held.is_none() {
            return Err(Stop::Failed("the credential could not be read again from where it stood; name where it stands".to_owned()));
        }
        Ok(Value::Null)
    }

    fn act(&self, world: &World<'_>, _: &Value) -> Acted {
        // Whether it is given the credential or not: it may come to say it.
        let known = world.held.map(|held| &held.secret);
        let told = match run(&self.program, &self.arguments, known.filter(|_| self.errand.takes_secret), self.errand.limit) {
            Ok(told) => told,
            Err(error) => return Acted::Failed(format!("{}: {error}", self.program.display())),
        };
        let (cli, digest) = match self.keep(&told.output, told.is_cut, known) {
            Ok(kept) => kept,
            Err(why) => return Acted::Unknown(format!("it was run, and what it said cannot be kept: {why}")),
        };
        match told.ended {
            Ended::Code(0) => Acted::Done {
                // That it ended well is its own word.
                result: json!({ "code": 0, "cli": cli, "cli_sha256": digest }),
                fate: Some(Fate::Accepted),
            },
            Ended::Code(code) => Acted::Unknown(format!("it ended with {code}, and may have done a part of it; {cli} holds what it said")),
            Ended::Signal => Acted::Unknown(format!("it was ended by a signal; {cli} holds what it said")),
            Ended::Late => Acted::Unknown(late(self.errand.limit, &cli)),
        }
    }
}

fn late(limit: Duration, cli: &str) -> String {
    format!("it was stopped after {} s; {cli} holds what it said", limit.as_secs())
}

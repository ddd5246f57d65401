//! `keyfuse incident open`: a person's word makes an incident.

use anyhow::{Context, bail};
use keyfuse::config::{classes, marks};
use keyfuse::contain::{Credential, Opened, Shelf, class_of};
use keyfuse::journal::{Clock, SystemClock};
use keyfuse::model::{Grade, Identity, IdentityKind, Secret, Stakes, Urgency, Verb, plain};
use keyfuse::rules::RuleSet;

use super::args::Common;
use super::incident::Open;
use super::installation::Installation;
use super::{output, which};

/// Runs the command.
pub(super) fn run(command: &Open, installation: &Installation, shelf: &Shelf, common: &Common) -> anyhow::Result<u8> {
    let reason = which::reason(&command.reason)?;
    let (owned, marks) = (classes(&installation.folders.config)?, marks(&installation.folders.config)?);
    let stamp = SystemClock::new().now();
    let resources = command.resource.iter().map(|text| resource(text)).collect::<anyhow::Result<Vec<_>>>()?;
    let grade = if command.precautionary { Grade::Policy } else { Grade::Attested };
    let grounds = vec![format!("{} says: {reason}", installation.actor().id)];
    let (mut opened, places) = match &command.finding {
        Some(finding) => {
            let meant = which::find(finding, &command.at, installation, common)?;
            match meant.notice {
                Some(notice) => {
                    let mut opened = Opened::of_notice(&notice, "manual", "personal", stamp.wall);
                    (opened.deadline, opened.grounds) = (None, grounds);
                    (opened, notice.exposure.locations)
                }
                None => (by_hand(meant.fingerprint, "a credential named by its fingerprint", grounds), Vec::new()),
            }
        }
        None => {
            let identity = Identity { kind: IdentityKind::Resource, canonical: Secret::new(resources.join("\n")) };
            (by_hand(installation.key()?.fingerprint(&identity), &resources.join(", "), grounds), Vec::new())
        }
    };
    let rules = RuleSet::builtin();
    // A login that a lease made can be in use still when the lease has ended.
    opened.credential.has_sessions |= resources.iter().any(|name| name.starts_with("vault-lease:"));
    (opened.grade, opened.credential.resources) = (grade, resources);
    opened.severity = if command.precautionary { Urgency::Medium } else { opened.severity.max(Urgency::High) };
    opened.credential.class = class_of(&opened.credential, &places, &rules, &owned).name().to_owned();
    let says = |is_said: bool| is_said.then(|| format!("{} says so: {reason}", installation.actor().id));
    opened.stakes.learn(&Stakes { public: says(command.public), production: says(command.production) });
    marks.weigh_opening(&mut opened, &places, &rules);
    opened.generation = shelf.generation(&opened.credential.fp)?;
    let taken = shelf.open(&opened, &places, installation.actor(), false, stamp)?;
    let id = &taken.journal.state().id;
    if let Some(finding) = &command.finding {
        point(&shelf.of(id), finding)?;
    }
    let word = if taken.is_new { "opened" } else { "is open already" };
    output::print(
        format!(
            "{id} {word}: {} ({})\n`keyfuse incident show {id}` tells how far it is\n",
            opened.credential.title,
            opened.severity.name()
        )
        .as_bytes(),
    )
}

fn by_hand(fp: keyfuse::model::Fingerprint, title: &str, grounds: Vec<String>) -> Opened {
    Opened {
        case: format!("case-{}", &fp.as_str()[4..16]),
        generation: 1,
        grade: Grade::Attested,
        severity: Urgency::High,
        credential: Credential {
            fp,
            rule: String::new(),
            title: title.to_owned(),
            provider: String::new(),
            verb: Verb::Revoke,
            class: "personal".to_owned(),
            preview: None,
            ids: Default::default(),
            resources: Vec::new(),
            has_sessions: false,
        },
        by: "manual".to_owned(),
        grounds,
        exposed_at: None,
        detected_at: None,
        pushed: None,
        stakes: Default::default(),
        deadline: None,
    }
}

/// Remembers where the file is that shows it, for this machine alone: so that it can be read again when it is to be revoked.
fn point(folder: &std::path::Path, finding: &str) -> anyhow::Result<()> {
    let file = finding.split(':').next().map(std::path::Path::new).filter(|path| path.is_file());
    let Some(path) = file.and_then(|path| path.canonicalize().ok()) else { return Ok(()) };
    let pointers = folder.join("pointers");
    let mut text = std::fs::read_to_string(&pointers).unwrap_or_default();
    let line = path.to_string_lossy();
    if !text.lines().any(|other| other == line) {
        text.push_str(&format!("{line}\n"));
        std::fs::write(&pointers, text).with_context(|| format!("{} cannot be written", pointers.display()))?;
    }
    Ok(())
}

/// A resource: a kind that a driver knows, and a name without anything that could lead elsewhere.
fn resource(text: &str) -> anyhow::Result<String> {
    let (kind, name) = text.split_once(':').unwrap_or_default();
    let is_sound = !name.is_empty()
        && name.len() <= 200
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_-.".contains(&byte))
        && !name.split('/').any(|part| part.is_empty() || part.starts_with('.'));
    if !["vault", "vault-lease", "vault-accessor"].contains(&kind) || !is_sound {
        bail!("--resource {}: write vault:MOUNT/data/PATH, vault-lease:MOUNT/creds/ROLE or vault-accessor:ACCESSOR", plain(text, 80));
    }
    Ok(text.to_owned())
}

//! What is known of a credential in a repository, in a few lines.

use bstr::BString;

use crate::model::{Commit, ExposureBasis, OnlyIn, Provenance};
use crate::report::wording::count;

/// How many names of a kind are told unless all are asked for.
const TOP: usize = 5;

/// The lines, each with its label.
pub(super) fn lines(known: &Provenance, verbose: bool) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    if let Some(first) = &known.first {
        lines.push(("since", commit(first)));
    }
    match (&known.last, known.at_head) {
        (_, true) => lines.push(("still", format!("at HEAD, in {}", count(known.commits as usize, "commit")))),
        (Some(last), false) => lines.push(("until", format!("{}, in {}", commit(last), count(known.commits as usize, "commit")))),
        (None, false) => {}
    }
    let names = |label: &str, names: &[BString]| {
        let top = if verbose { usize::MAX } else { TOP };
        let told: Vec<String> = names.iter().take(top).map(ToString::to_string).collect();
        let more = if names.len() > told.len() { format!(" and {} more", names.len() - told.len()) } else { String::new() };
        (!names.is_empty()).then(|| format!("{label} {}{more}", told.join(", ")))
    };
    let only_in = known.only_in.map(|only_in| {
        match only_in {
            OnlyIn::Stash => "no ref, only a stash",
            OnlyIn::Reflog => "no ref, only a reflog",
            OnlyIn::Dangling => "no ref: dangling objects, until git collects them",
            OnlyIn::Files => "files that were never committed",
        }
        .to_owned()
    });
    let kinds = [("branches", &known.branches), ("tags", &known.tags), ("pull requests", &known.pulls), ("refs", &known.others)];
    let mut held: Vec<String> = kinds.iter().filter_map(|(label, list)| names(label, list)).collect();
    held.extend(only_in);
    held.extend(names("stashes", &known.stashes));
    held.extend(known.is_staged.then(|| "the index".to_owned()));
    if !held.is_empty() {
        lines.push(("in", held.join("; ")));
    }
    match &known.exposure {
        Some(exposure) => {
            let how = match exposure.basis {
                ExposureBasis::Push => format!("pushed on {}", exposure.since),
                ExposureBasis::Fetch => format!("on a remote since {} or before", exposure.since),
                ExposureBasis::Commit => format!("on a remote, at the earliest since {}", exposure.since),
            };
            let now = names("now in", &known.remotes).unwrap_or_else(|| "in no remote branch any more".to_owned());
            lines.push(("exposed", format!("{how}; {now}")));
        }
        None if known.commits > 0 => lines.push(("exposed", "no push is known of here".to_owned())),
        None => {}
    }
    lines
}

/// A commit in a few words.
pub(super) fn commit(commit: &Commit) -> String {
    format!("commit {} of {} by {}", short(&commit.id), commit.date, commit.author)
}

/// The first twelve digits of an id.
pub(super) fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

//! What a user calls a commit: ids, abbreviations, names of refs, and the steps `~N`, `^N` and `^{}` from there.

use bstr::ByteSlice;
use gix::ObjectId;
use gix::objs::Kind;

use super::refs::{RefError, find};
use super::{ObjectError, Objects, Repository};

/// A name does not lead to a commit.
#[derive(Debug, thiserror::Error)]
pub enum RevisionError {
    /// No ref and no object has the name.
    #[error(
        "`{0}` names no commit of this repository; name a branch, a tag or an id (`git log --oneline` shows them), or fetch it first \
         (in CI: fetch-depth: 0)"
    )]
    Unknown(String),
    /// An abbreviation fits several objects.
    #[error("`{0}` is the beginning of several ids; write more of it")]
    Ambiguous(String),
    /// The name is there and does not lead to a commit.
    #[error("`{name}`: {why}")]
    Unfit {
        /// What the user wrote.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// No name can be looked up, for the refs are stored in a way that is not read.
    #[error("{0}")]
    Refs(String),
}

/// Where git looks for a short name, in its order (gitrevisions(7)).
const PLACES: [(&str, &str); 6] =
    [("", ""), ("refs/", ""), ("refs/tags/", ""), ("refs/heads/", ""), ("refs/remotes/", ""), ("refs/remotes/", "/HEAD")];

/// The object that `name` stands for: a tag itself where it is an annotated one.
///
/// # Errors
/// When there is none, or more than one.
pub fn resolve_object(repository: &Repository, objects: &Objects, name: &str) -> Result<ObjectId, RevisionError> {
    let unknown = || RevisionError::Unknown(name.to_owned());
    let (base, steps) = name.find(['~', '^']).map_or((name, ""), |at| name.split_at(at));
    let base = if base == "@" { "HEAD" } else { base };
    if base.is_empty() || base.starts_with('-') {
        return Err(unknown());
    }
    let mut id = named(repository, objects, base)?.ok_or_else(unknown)?;
    let mut buffer = Vec::new();
    for step in steps_of(steps).ok_or_else(unknown)? {
        let unfit = |error: ObjectError| RevisionError::Unfit { name: name.to_owned(), why: error.to_string() };
        let (commit, _) = objects.peel(id, &mut buffer).map_err(unfit)?;
        id = match step {
            Step::Peel => commit,
            Step::Parent(0) => commit,
            Step::Parent(number) => {
                let parents = objects.commit(&commit, &mut buffer).map_err(unfit)?.parents;
                *parents.get(number as usize - 1).ok_or_else(unknown)?
            }
        };
    }
    Ok(id)
}

/// The commit that `name` stands for.
///
/// # Errors
/// When there is none, when there are several, and when it is something else than a commit.
pub fn resolve_commit(repository: &Repository, objects: &Objects, name: &str) -> Result<ObjectId, RevisionError> {
    let id = resolve_object(repository, objects, name)?;
    match objects.peel(id, &mut Vec::new()) {
        Ok((commit, Kind::Commit)) => Ok(commit),
        Ok((_, kind)) => Err(RevisionError::Unfit { name: name.to_owned(), why: format!("a {kind}, not a commit") }),
        Err(error) => Err(RevisionError::Unfit { name: name.to_owned(), why: format!("{error}; fetch it first (in CI: fetch-depth: 0)") }),
    }
}

/// A full id, a ref, or the beginning of an id.
fn named(repository: &Repository, objects: &Objects, base: &str) -> Result<Option<ObjectId>, RevisionError> {
    if base.len() == repository.hash.len_in_hex()
        && let Ok(id) = ObjectId::from_hex(base.as_bytes())
    {
        return Ok(objects.kind(&id).is_ok().then_some(id));
    }
    for (before, after) in PLACES {
        let full = format!("{before}{base}{after}");
        // At the top only names like HEAD and FETCH_HEAD are refs, or full ones.
        if before.is_empty() && !full.starts_with("refs/") && !full.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') {
            continue;
        }
        match find(repository, &full) {
            Ok(Some(id)) => return Ok(Some(id)),
            Ok(None) => {}
            // What cannot be a ref's name is none; what is one and broken is told.
            Err(RefError::Broken { .. }) if full.contains("..") || full.contains(' ') => {}
            Err(error @ RefError::Format(_)) => return Err(RevisionError::Refs(error.to_string())),
            Err(error) => return Err(RevisionError::Unfit { name: base.to_owned(), why: error.to_string() }),
        }
    }
    objects.abbreviated(base).map_err(|()| RevisionError::Ambiguous(base.to_owned()))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// To the parent of that number, from 1; 0 is the commit itself.
    Parent(u32),
    /// Through annotated tags.
    Peel,
}

/// `~2^{}^2` and the like.
fn steps_of(text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&sign, after)) = rest.split_first() {
        if sign == b'^'
            && let Some(inner) = after.strip_prefix(b"{")
        {
            let end = inner.find_byte(b'}')?;
            if !matches!(&inner[..end], b"" | b"commit") {
                return None;
            }
            steps.push(Step::Peel);
            rest = &inner[end + 1..];
            continue;
        }
        let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number = if digits == 0 { 1 } else { std::str::from_utf8(&after[..digits]).ok()?.parse::<u32>().ok()? };
        match sign {
            b'~' if number <= 100_000 => steps.extend(std::iter::repeat_n(Step::Parent(1), number as usize)),
            b'^' => steps.push(Step::Parent(number)),
            _ => return None,
        }
        rest = &after[digits..];
    }
    Some(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_those_of_git() {
        let parent = Step::Parent;
        assert_eq!(steps_of("~2^{}^2"), Some(vec![parent(1), parent(1), Step::Peel, parent(2)]));
        assert_eq!(steps_of("^^0~"), Some(vec![parent(1), parent(0), parent(1)]));
        assert_eq!(steps_of("^{commit}"), Some(vec![Step::Peel]));
        for wrong in ["^{tree}", "^{", "~x", "^99999999999", "~100001"] {
            assert_eq!(steps_of(wrong), None, "{wrong}");
        }
    }
}

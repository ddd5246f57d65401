//! Where a blob came from.

use bstr::BString;

/// Where a blob came from: the kind of place, the path in it, and the way through archives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// Path relative to the scanned root with `/` between its segments, bytes as found; empty for standard input.
    pub path: BString,
    /// Names of the members on the way through nested archives, outermost first; empty outside archives.
    pub members: Vec<BString>,
    /// The kind of place.
    pub place: Place,
}

/// The kind of place that a blob was read from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A file on disk.
    File,
    /// An entry of the git index.
    Staged {
        /// Merge stage: 0, or 1 to 3 for a conflict.
        stage: u8,
    },
    /// An object of a git repository.
    Object {
        /// Object id in hex.
        id: String,
        /// The first commit that brought it to `path`, where known.
        commit: Option<Commit>,
    },
    /// What a commit or an annotated tag says.
    Message {
        /// Object id in hex, of the commit or the tag itself.
        id: String,
        /// The commit: itself, or the one that the tag leads to, where known.
        commit: Option<Commit>,
    },
    /// A name that a repository gives to something: the content is the path itself.
    Name {
        /// The first commit that brought it, where known.
        commit: Option<Commit>,
    },
    /// Standard input.
    Stdin,
}

impl Place {
    /// The kind of place, as reports and notices name it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Staged { .. } => "staged",
            Self::Object { .. } => "object",
            Self::Message { .. } => "message",
            Self::Name { .. } => "name",
            Self::Stdin => "stdin",
        }
    }

    /// The commit that brought it, where one is known.
    pub fn commit(&self) -> Option<&Commit> {
        match self {
            Self::Object { commit, .. } | Self::Message { commit, .. } | Self::Name { commit } => commit.as_ref(),
            Self::File | Self::Staged { .. } | Self::Stdin => None,
        }
    }

    /// The id of the git object that holds it, in hex, where one does.
    pub fn object(&self) -> Option<&str> {
        match self {
            Self::Object { id, .. } | Self::Message { id, .. } => Some(id),
            Self::File | Self::Staged { .. } | Self::Name { .. } | Self::Stdin => None,
        }
    }
}

/// A commit, as far as a report needs it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commit {
    /// Commit id in hex.
    pub id: String,
    /// Name and e-mail of the author, `Name <mail>`.
    pub author: String,
    /// Author date, RFC 3339 in UTC.
    pub date: String,
}

impl Origin {
    /// A file on disk, by its path relative to the scanned root.
    pub fn file(path: impl Into<BString>) -> Self {
        Self { path: path.into(), members: Vec::new(), place: Place::File }
    }

    /// Standard input.
    pub fn stdin() -> Self {
        Self { path: BString::default(), members: Vec::new(), place: Place::Stdin }
    }

    /// The member `name` of the archive that `self` is.
    pub fn member(&self, name: impl Into<BString>) -> Self {
        let mut inner = self.clone();
        inner.members.push(name.into());
        inner
    }

    /// The path by which content is judged: that of the innermost member, else the path itself.
    pub fn judged_path(&self) -> &[u8] {
        self.members.last().unwrap_or(&self.path)
    }

    /// The path for people: members follow their archive after `!/`, what has no path is named in angle brackets; control characters
    /// are escaped.
    pub fn display(&self) -> String {
        let mut shown = match &self.place {
            Place::Stdin => "<stdin>".to_owned(),
            Place::Message { id, commit } if commit.as_ref().is_some_and(|commit| commit.id == *id) => {
                format!("<message of commit {}>", short(id))
            }
            Place::Message { id, .. } => format!("<message of tag {}>", short(id)),
            Place::Object { id, .. } if self.path.is_empty() => format!("<object {}>", short(id)),
            Place::File | Place::Staged { .. } | Place::Object { .. } | Place::Name { .. } => printable(&self.path),
        };
        for member in &self.members {
            shown.push_str("!/");
            shown.push_str(&printable(member));
        }
        shown
    }
}

/// The first twelve digits of an id.
fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

/// The bytes as text that cannot move a terminal's cursor: control characters and invalid UTF-8 come as `\x..` escapes.
fn printable(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_control() {
                shown.extend(character.escape_default());
            } else {
                shown.push(character);
            }
        }
        for byte in chunk.invalid() {
            shown.push_str(&format!("\\x{byte:02x}"));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_move_the_cursor() {
        let origin = Origin::file("a\n\u{1b}[31m\u{fe}".as_bytes().to_vec()).member(b"\xff".to_vec());
        assert_eq!(origin.display(), "a\\n\\u{1b}[31m\u{fe}!/\\xff");
    }
}

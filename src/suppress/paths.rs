//! Sets of paths as configurations name them, with the same meaning on every system.

use globset::{Candidate, GlobBuilder, GlobSet, GlobSetBuilder};

/// Patterns over paths relative to the repository's root, `/` between segments.
///
/// A pattern without a slash names a file or folder at any depth; a pattern that names a folder covers all in it; `*` stays within a
/// segment and `**` crosses them.
#[derive(Clone, Debug)]
pub struct PathSet {
    globs: GlobSet,
    covers_all: bool,
}

/// Paths that are not looked at at all.
#[derive(Clone, Debug)]
pub struct Exclude {
    /// Where it is written, such as `keyfuse.toml:7`.
    pub place: String,
    /// Which paths.
    pub paths: PathSet,
    /// Why.
    pub reason: String,
}

impl PathSet {
    /// Compiles the patterns.
    ///
    /// # Errors
    /// A sentence that names the pattern and the way out.
    pub fn new(patterns: &[String]) -> Result<Self, String> {
        let mut builder = GlobSetBuilder::new();
        let mut covers_all = false;
        for pattern in patterns {
            let pattern = rooted(pattern)?;
            covers_all |= pattern.split('/').all(|segment| !segment.is_empty() && segment.bytes().all(|byte| byte == b'*'));
            for glob in [format!("{pattern}/**"), pattern] {
                let compiled = GlobBuilder::new(&glob).literal_separator(true).backslash_escape(false).build();
                builder.add(compiled.map_err(|error| format!("path `{glob}`: {}", error.kind()))?);
            }
        }
        let globs = builder.build().map_err(|error| format!("paths: {error}"))?;
        Ok(Self { globs, covers_all })
    }

    /// Whether the path, with `/` between its segments, is one of them.
    pub fn contains(&self, path: &[u8]) -> bool {
        self.globs.is_match_candidate(&Candidate::from_bytes(path))
    }

    /// Whether no pattern is given.
    pub fn is_empty(&self) -> bool {
        self.globs.is_empty()
    }

    /// Whether one of the patterns is nothing but stars.
    pub fn covers_all(&self) -> bool {
        self.covers_all
    }
}

/// The pattern from the root on.
fn rooted(pattern: &str) -> Result<String, String> {
    if pattern.contains('\\') {
        return Err(format!("path `{pattern}`: write `/` between segments on every system, and `[*]` for a star itself"));
    }
    let plain = pattern.strip_prefix("./").unwrap_or(pattern);
    let bare = plain.trim_matches('/');
    if bare.is_empty() {
        return Err(format!("path `{pattern}`: names nothing; to leave out a folder write its name"));
    }
    if bare.split('/').any(|segment| segment == ".." || segment == ".") {
        return Err(format!("path `{pattern}`: is counted from the repository's root, without `.` and `..`"));
    }
    let anchored = plain.trim_end_matches('/').contains('/');
    Ok(if anchored { bare.to_owned() } else { format!("**/{bare}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(pattern: &str, path: &str) -> bool {
        PathSet::new(&[pattern.to_owned()]).expect("a sound pattern").contains(path.as_bytes())
    }

    #[test]
    fn patterns_mean_what_people_expect() {
        for (pattern, path, expected) in [
            ("vendor", "vendor/a/b.c", true),
            ("vendor", "src/vendor/b.c", true),
            ("vendor", "vendored/b.c", false),
            ("vendor/", "src/vendor/b.c", true),
            ("/vendor", "src/vendor/b.c", false),
            ("./vendor", "vendor", true),
            ("*.lock", "a/b/Cargo.lock", true),
            ("tests/*.json", "tests/a/b.json", false),
            ("tests/**/*.json", "tests/a/b.json", true),
            ("tests/fixtures", "tests/fixtures/deep/x", true),
            ("tests/fixtures", "other/tests/fixtures/x", false),
            ("a[*]b", "a*b", true),
            ("Makefile", "makefile", false),
        ] {
            assert_eq!(contains(pattern, path), expected, "{pattern} {path}");
        }
        let set = PathSet::new(&["x.bin".to_owned()]).expect("a sound pattern");
        assert!(set.contains(b"\xff\xfe/x.bin"), "names need not be UTF-8");
    }

    #[test]
    fn patterns_that_cannot_be_name_the_way_out() {
        for (pattern, part) in
            [("a\\b", "`/` between segments"), ("", "names nothing"), ("/", "names nothing"), ("../x", "`..`"), ("a[", "a[")]
        {
            let complaint = PathSet::new(&[pattern.to_owned()]).expect_err(pattern);
            assert!(complaint.contains(part), "{complaint}");
        }
    }

    #[test]
    fn nothing_but_stars_is_told() {
        for (pattern, all) in [("*", true), ("**", true), ("**/*", true), ("*.c", false), ("src/**", false)] {
            assert_eq!(PathSet::new(&[pattern.to_owned()]).expect("a sound pattern").covers_all(), all, "{pattern}");
        }
    }
}

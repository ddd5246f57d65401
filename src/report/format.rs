//! The forms a report can take.

use std::path::Path;
use std::str::FromStr;

/// The forms a report can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// For a person at a terminal.
    Human,
    /// One JSON object (docs/json.md).
    Json,
    /// One JSON object a line: each finding, then the summary.
    Jsonl,
    /// SARIF 2.1.0, as GitHub code scanning takes it.
    Sarif,
    /// Annotations of a GitHub workflow, the ten weightiest of each level.
    Github,
    /// A summary in Markdown, for a workflow's page.
    Markdown,
}

/// The name is no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a report format; use human, json, jsonl, sarif, github or markdown")]
pub struct FormatError(pub String);

impl Format {
    /// Every format, in the order the help names them.
    pub const ALL: [Self; 6] = [Self::Human, Self::Json, Self::Jsonl, Self::Sarif, Self::Github, Self::Markdown];

    /// The name used in options.
    pub fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Sarif => "sarif",
            Self::Github => "github",
            Self::Markdown => "markdown",
        }
    }

    /// The format that a file of that name is expected to hold.
    pub fn of_file(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "sarif" => Some(Self::Sarif),
            "md" => Some(Self::Markdown),
            "txt" | "log" => Some(Self::Human),
            _ => None,
        }
    }
}

impl FromStr for Format {
    type Err = FormatError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| FormatError(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_formats() {
        for format in Format::ALL {
            assert_eq!(format.name().parse(), Ok(format));
        }
        assert!("csv".parse::<Format>().expect_err("not ours").to_string().contains("human, json, jsonl, sarif, github or markdown"));
        assert_eq!(Format::of_file(Path::new("a/b.SARIF")), Some(Format::Sarif));
        assert_eq!(Format::of_file(Path::new("sarif")), None);
    }
}

//! `[[public]]` and `[[production]]` of the person's own configuration: what everybody can read, what opens production.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::complaint::{ConfigError, from_toml, line_of};
use super::discover::read;
use crate::contain::{Mark, Marks, Named, globs};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MarkTable {
    #[serde(default)]
    fingerprints: Vec<String>,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(default)]
    services: Vec<String>,
    #[serde(default)]
    paths: Vec<String>,
    #[serde(default)]
    remotes: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
struct PersonFile {
    #[serde(default)]
    public: Vec<Spanned<MarkTable>>,
    #[serde(default)]
    production: Vec<Spanned<MarkTable>>,
}

/// Reads both from `config.toml` in `folder`; none where it is not there.
///
/// # Errors
/// When it cannot be read, is not TOML, or a table holds what it may not, by line.
pub fn marks(folder: &Path) -> Result<Marks, ConfigError> {
    let path = folder.join("config.toml");
    if !path.exists() {
        return Ok(Marks::default());
    }
    parse(&path.display().to_string(), &read(&path)?)
}

fn parse(name: &str, text: &str) -> Result<Marks, ConfigError> {
    let file: PersonFile = toml::from_str(text).map_err(|error| from_toml(name, text, &error))?;
    let all = |tables: Vec<Spanned<MarkTable>>, heading: &str| {
        let one = |table: Spanned<MarkTable>| {
            let line = line_of(text, table.span().start);
            let complain = |why: String| ConfigError::Syntax { file: name.to_owned(), line, message: format!("[[{heading}]]: {why}") };
            mark(table.into_inner()).map_err(complain)
        };
        tables.into_iter().map(one).collect::<Result<Vec<_>, _>>()
    };
    Ok(Marks { public: all(file.public, "public")?, production: all(file.production, "production")? })
}

fn mark(table: MarkTable) -> Result<Mark, String> {
    let MarkTable { fingerprints, resources, services, paths, remotes } = table;
    // As a repository's configuration writes an address, it would match nothing.
    if let Some(remote) = remotes.iter().find(|remote| remote.contains("://") || remote.contains('@') || !remote.contains('/')) {
        return Err(format!("remotes: `{remote}`: write host and path, like github.com/corp/*"));
    }
    let named = Named { fingerprints, resources, services, paths: globs(&paths)? };
    if named.is_empty() && remotes.is_empty() {
        return Err("name what it is about: remotes, paths, resources, services or fingerprints".to_owned());
    }
    Ok(Mark { named, remotes: globs(&remotes)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named_by_line() {
        let sound = parse("c", "[[public]]\nremotes = ['github.com/corp/*']\n[[production]]\npaths = ['deploy/**']\n").expect("sound");
        assert_eq!((sound.public.len(), sound.production.len()), (1, 1));
        for (text, why) in [
            ("[vault]\n[[public]]\n", "c:2: [[public]]: name what it is about"),
            ("[[production]]\npaths = ['[']\n", "c:1: [[production]]: `[` is no pattern"),
            ("[[public]]\nremotes = ['https://github.com/corp/web']\n", "c:1: [[public]]: remotes: `https://github.com/corp/web`"),
            ("[[public]]\nrules = ['x']\n", "c:2: "),
        ] {
            let told = parse("c", text).expect_err(text).to_string();
            assert!(told.starts_with(why), "{told}");
        }
    }
}

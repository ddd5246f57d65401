//! `[[class]]` of the person's own configuration: whose a credential is, where its rule does not know.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::complaint::{ConfigError, from_toml, line_of};
use super::discover::read;
use crate::contain::{Named, Owned, globs};

/// One `[[class]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClassTable {
    class: String,
    #[serde(default)]
    fingerprints: Vec<String>,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(default)]
    services: Vec<String>,
    #[serde(default)]
    paths: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
struct PersonFile {
    #[serde(default)]
    class: Vec<Spanned<ClassTable>>,
}

/// Reads every `[[class]]` of `config.toml` in `folder`; none where it is not there.
///
/// # Errors
/// When it cannot be read, is not TOML, or a table holds what it may not, by line.
pub fn classes(folder: &Path) -> Result<Vec<Owned>, ConfigError> {
    let path = folder.join("config.toml");
    if !path.exists() {
        return Ok(Vec::new());
    }
    parse(&path.display().to_string(), &read(&path)?)
}

fn parse(name: &str, text: &str) -> Result<Vec<Owned>, ConfigError> {
    let file: PersonFile = toml::from_str(text).map_err(|error| from_toml(name, text, &error))?;
    let owned = |table: Spanned<ClassTable>| {
        let line = line_of(text, table.span().start);
        let ClassTable { class, fingerprints, resources, services, paths } = table.into_inner();
        let complain = |message: String| ConfigError::Syntax { file: name.to_owned(), line, message: format!("[[class]]: {message}") };
        let owned = globs(&paths).and_then(|paths| Owned::new(&class, Named { fingerprints, resources, services, paths }));
        owned.map_err(complain)
    };
    file.class.into_iter().map(owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named_by_line() {
        assert_eq!(parse("c", "[vault]\n[[class]]\nclass = 'ci'\nservices = ['gitlab']\n").expect("sound").len(), 1);
        for (text, why) in [
            ("[vault]\n[[class]]\nclass = 'cia'\npaths = ['x']\n", "c:2: [[class]]: there is no class `cia`"),
            ("[[class]]\nclass = 'ci'\n", "c:1: [[class]]: name what has this class"),
            ("[[class]]\nclass = 'ci'\nrules = ['x']\n", "c:3: "),
        ] {
            let told = parse("c", text).expect_err(text).to_string();
            assert!(told.starts_with(why), "{told}");
        }
    }
}

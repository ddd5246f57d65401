//! What a step of a playbook runs: a program, its arguments one by one, what it gets, how long it may take.

use std::path::Path;
use std::time::Duration;

/// How long a program may take where nothing else is said.
const USUAL: Duration = Duration::from_secs(60);
/// How long it may take at most.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// What stands in an argument for something known only then.
const PLACES: [&str; 2] = ["{incident}", "{fp}"];

/// A program to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    /// Its whole path.
    pub program: String,
    /// Its arguments; `{incident}` and `{fp}` stand for the incident's id and the credential's fingerprint.
    pub arguments: Vec<String>,
    /// Whether it gets the credential on its standard input.
    pub takes_secret: bool,
    /// How long it may take.
    pub limit: Duration,
}

impl Errand {
    /// From the fields `run`, `stdin` and `limit` of a step.
    ///
    /// # Errors
    /// The field and what is wrong with it.
    pub fn new(run: &[String], stdin: Option<&str>, limit: Option<Duration>) -> Result<Self, String> {
        let (program, arguments) = run.split_first().ok_or("`run`: name the program, then its arguments one by one")?;
        let is_clean = |text: &String| !text.chars().any(char::is_control) && text.len() <= 1000;
        if !Path::new(program).is_absolute() || !run.iter().all(is_clean) {
            return Err(
                "`run`: begin with the whole path of the program; no part has control characters or more than 1,000 bytes".to_owned()
            );
        }
        for word in arguments {
            let rest = PLACES.iter().fold(word.clone(), |text, place| text.replace(place, ""));
            if rest.contains(['{', '}']) {
                return Err(format!("`run`: only {} can stand between braces", PLACES.join(" and ")));
            }
        }
        let takes_secret = match stdin {
            None => false,
            Some("secret") => true,
            Some(_) => return Err("`stdin`: there is nothing but \"secret\"".to_owned()),
        };
        let limit = limit.unwrap_or(USUAL);
        if limit > LONGEST {
            return Err("`limit`: at most 15m".to_owned());
        }
        Ok(Self { program: program.clone(), arguments: arguments.to_vec(), takes_secret, limit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        let of = |run: &[&str], stdin| {
            let run: Vec<String> = run.iter().map(|&word| word.to_owned()).collect();
            Errand::new(&run, stdin, None)
        };
        let sound = of(&["/usr/bin/revoke", "--id", "{fp}"], Some("secret")).expect("sound");
        assert!(sound.takes_secret && sound.limit == USUAL);
        assert!(of(&[], None).expect_err("nothing").contains("`run`"));
        assert!(of(&["revoke"], None).expect_err("no path").contains("whole path"));
        assert!(of(&["/x", "{secret}"], None).expect_err("a secret is no argument").contains("braces"));
        assert!(of(&["/x"], Some("password")).expect_err("stdin").contains("`stdin`"));
    }
}

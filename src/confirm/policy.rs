//! Where the user's configuration says to respond as if a finding were a credential in use.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::model::Finding;

/// Why a policy cannot be.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// It would hold for everything.
    #[error("a policy names `rules`, `names` or `paths`; without any it would hold for every finding")]
    Everything,
    /// Nobody would know why it is there.
    #[error("a policy gives its `reason`")]
    NoReason,
    /// Not a pattern.
    #[error("`{0}` is no pattern of paths or names")]
    Pattern(String),
}

/// An assumption: findings of these rules, names and paths count as exposed.
#[derive(Clone, Debug)]
pub struct Policy {
    rules: Vec<String>,
    names: Option<GlobSet>,
    paths: Option<GlobSet>,
    reason: String,
}

impl Policy {
    /// From rule ids, patterns of variable names, patterns of whole paths, and the reason; what is empty does not restrict.
    ///
    /// # Errors
    /// When it would hold for everything, lacks a reason, or a pattern is none.
    pub fn new(rules: Vec<String>, names: &[String], paths: &[String], reason: &str) -> Result<Self, PolicyError> {
        if rules.is_empty() && names.is_empty() && paths.is_empty() {
            return Err(PolicyError::Everything);
        }
        if reason.trim().is_empty() {
            return Err(PolicyError::NoReason);
        }
        Ok(Self { rules, names: globs(names)?, paths: globs(paths)?, reason: reason.trim().to_owned() })
    }

    /// Whether it holds for a finding; `root` is the folder that its path counts from.
    pub fn holds(&self, finding: &Finding, root: &[u8]) -> bool {
        let path = String::from_utf8_lossy(&finding.origin.path).into_owned();
        let whole = format!("{}/{path}", String::from_utf8_lossy(root).trim_end_matches('/'));
        (self.rules.is_empty() || self.rules.contains(&finding.rule_id))
            && self.names.as_ref().is_none_or(|names| names.is_match(&finding.name))
            && self.paths.as_ref().is_none_or(|paths| paths.is_match(&path) || paths.is_match(&whole))
    }

    /// Why.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

fn globs(patterns: &[String]) -> Result<Option<GlobSet>, PolicyError> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let glob = GlobBuilder::new(pattern).literal_separator(true).build().map_err(|_| PolicyError::Pattern(pattern.clone()))?;
        set.add(glob);
    }
    set.build().map(Some).map_err(|_| PolicyError::Pattern(patterns.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::confirm::credential::tests::finding;
    use crate::rules::RuleSet;

    #[test]
    fn every_part_that_is_given_must_hold() {
        let list = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let policy = Policy::new(vec![], &list(&["*_API_KEY"]), &list(&["/home/*/.zshrc"]), "a production bastion").expect("sound");
        let rules = RuleSet::builtin();
        let mut finding = finding(&rules, "generic-secret", "x", ".zshrc");
        finding.name = "OPENAI_API_KEY".to_owned();
        assert!(policy.holds(&finding, b"/home/ann"));
        assert!(!policy.holds(&finding, b"/srv/ann"));
        finding.name = "PATH".to_owned();
        assert!(!policy.holds(&finding, b"/home/ann"));
        assert!(matches!(Policy::new(vec![], &[], &[], "x"), Err(PolicyError::Everything)));
        assert!(matches!(Policy::new(list(&["jwt"]), &[], &[], " "), Err(PolicyError::NoReason)));
        assert!(matches!(Policy::new(vec![], &[], &list(&["["]), "x"), Err(PolicyError::Pattern(_))));
    }
}

//! Proves rules by their own examples.

use std::ops::Range;
use std::sync::Arc;

use super::overlap::{self, Judged};
use crate::detect::{self, Detector};
use crate::model::{Confidence, RuleId};
use crate::rules::{Example, Find, Rule, RuleEntry, RuleFile, RuleSet, expand};
use crate::score::Scorer;

/// What was proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckReport {
    /// Rules.
    pub rules: usize,
    /// Examples and counterexamples.
    pub examples: usize,
    /// Answers of issuers.
    pub answers: usize,
}

/// Proves the rules of the files (name and text), each together with the built-in ones.
///
/// # Errors
/// One line for each complaint, with file, rule and field.
pub fn check(files: &[(String, String)]) -> Result<CheckReport, Vec<String>> {
    let mut complaints = Vec::new();
    let mut rules = RuleSet::builtin();
    let mut parsed = Vec::new();
    let mut owners: std::collections::HashMap<String, &str> = std::collections::HashMap::new();
    for (name, text) in files {
        let file = match RuleFile::parse(name, text) {
            Ok(file) => file,
            Err(error) => {
                complaints.push(error.to_string());
                continue;
            }
        };
        for entry in &file.rule {
            if let Some(other) = owners.insert(entry.id.clone(), name)
                && other != name
            {
                complaints.push(format!("{name}: rule `{}`: field `id`: is used in {other} too", entry.id));
            }
        }
        match rules.extend(name, &file) {
            Ok(()) => parsed.push((name, file)),
            Err(error) => complaints.push(error.to_string()),
        }
    }
    let rules = Arc::new(rules);
    let bench = Bench { detector: Detector::new(Arc::clone(&rules), detect::Options::default()), scorer: Scorer::new(), rules: &rules };
    let mut report = CheckReport { rules: 0, examples: 0, answers: 0 };
    for (name, file) in &parsed {
        for entry in &file.rule {
            let Some((id, rule)) = rules.find(&entry.id) else { continue };
            report.rules += 1;
            report.examples += entry.examples.len() + entry.counterexamples.len();
            for (field, complaint) in bench.prove(id, rule, entry) {
                complaints.push(format!("{name}: rule `{}`: field `{field}`: {complaint}", entry.id));
            }
        }
        #[cfg(feature = "respond")]
        for entry in &file.confirm {
            report.answers += entry.answers.len();
            complaints.extend(
                misread(&rules, entry).map(|complaint| format!("{name}: rule `confirm {}`: field `answers`: {complaint}", entry.service)),
            );
        }
    }
    if complaints.is_empty() { Ok(report) } else { Err(complaints) }
}

/// The answers that are not taken for what they mean.
#[cfg(feature = "respond")]
fn misread<'e>(rules: &'e RuleSet, entry: &'e crate::rules::ConfirmEntry) -> impl Iterator<Item = String> + 'e {
    let confirm = entry.rules.first().and_then(|id| rules.find(id)?.1.confirm.as_ref());
    entry.answers.iter().enumerate().filter_map(move |(number, answer)| {
        let taken = crate::probe::mistaken(confirm?, answer)?;
        Some(format!("number {} means {}, but is taken for {taken}", number + 1, answer.means.name()))
    })
}

struct Bench<'r> {
    detector: Detector,
    scorer: Scorer,
    rules: &'r RuleSet,
}

impl Bench<'_> {
    fn prove(&self, id: RuleId, rule: &Rule, entry: &RuleEntry) -> Vec<(&'static str, String)> {
        let mut complaints = Vec::new();
        // Files with a grammar of their own and hashes are proved by the tests of that grammar.
        let needs_examples = !matches!(rule.parser(), Some(crate::rules::Parser::SecretFile | crate::rules::Parser::PasswordHash));
        if needs_examples && entry.examples.len() < 2 {
            complaints.push(("examples", "give two or more".to_owned()));
        }
        if needs_examples && entry.counterexamples.is_empty() {
            complaints.push(("counterexamples", "give one or more".to_owned()));
        }
        let path = path_for(rule);
        for (number, template) in entry.examples.iter().enumerate() {
            match expand(template, &format!("{}/{number}", entry.id)) {
                Ok(example) => complaints.extend(
                    self.example(id, rule, &example, &path).map(|complaint| ("examples", format!("number {}: {complaint}", number + 1))),
                ),
                Err(error) => complaints.push(("examples", format!("number {}: {error}", number + 1))),
            }
        }
        for (number, template) in entry.counterexamples.iter().enumerate() {
            match expand(template, &format!("{}/not/{number}", entry.id)) {
                Ok(example) => {
                    let claims = self
                        .judge(&example.text, &path)
                        .into_iter()
                        .any(|one| one.candidate.rule == id && one.confidence >= Confidence::Medium);
                    if claims {
                        complaints.push(("counterexamples", format!("number {} is reported", number + 1)));
                    }
                }
                Err(error) => complaints.push(("counterexamples", format!("number {}: {error}", number + 1))),
            }
        }
        complaints
    }

    fn example(&self, id: RuleId, rule: &Rule, example: &Example, path: &str) -> Option<String> {
        if example.secrets.is_empty() {
            return Some("mark the secret with « and »".to_owned());
        }
        if let Find::Prefix { literals, .. } | Find::Infix { literals } = &rule.find
            && !literals.iter().any(|literal| memchr::memmem::find(&example.text, literal.as_bytes()).is_some())
        {
            return Some(format!("holds none of {}", literals.join(", ")));
        }
        let judged = self.judge(&example.text, path);
        for secret in &example.secrets {
            let is_here = |one: &&Judged| {
                let span = one.candidate.span;
                (span.start as usize) < secret.end && secret.start < span.end as usize
            };
            let here: Vec<&Judged> = judged.iter().filter(is_here).collect();
            match here.as_slice() {
                [] => return Some(self.silence(id, example, secret, path)),
                [one] if one.candidate.rule != id => return Some(format!("is claimed by `{}`", self.rules.get(one.candidate.rule).id)),
                [one] if one.candidate.span.start as usize != secret.start || one.candidate.span.end as usize != secret.end => {
                    return Some(format!(
                        "the match spans bytes {}..{}, the mark {}..{}",
                        one.candidate.span.start, one.candidate.span.end, secret.start, secret.end
                    ));
                }
                [one] if one.confidence < rule.confidence.min(Confidence::Medium) => {
                    let reasons: Vec<&str> = one.judgement.reasons.iter().map(|reason| reason.text.as_str()).collect();
                    return Some(format!("is judged {} only: {}", one.confidence.name(), reasons.join("; ")));
                }
                [_] => {}
                several => return Some(format!("gives {} findings in one place", several.len())),
            }
        }
        None
    }

    /// Why nothing was reported at `secret`.
    fn silence(&self, id: RuleId, example: &Example, secret: &Range<usize>, path: &str) -> String {
        let subject = self.detector.subject(path.as_bytes());
        let candidates = self.detector.detect(&subject, &example.text);
        let found = candidates.iter().find(|candidate| {
            candidate.rule == id && (candidate.span.start as usize) < secret.end && secret.start < candidate.span.end as usize
        });
        match found {
            None => "does not match".to_owned(),
            Some(candidate) => {
                let judgement = self.scorer.judge(self.rules.get(id), candidate, path.as_bytes());
                let reasons: Vec<&str> = judgement.reasons.iter().map(|reason| reason.text.as_str()).collect();
                format!("matches, but is rejected: {}", reasons.join("; "))
            }
        }
    }

    fn judge(&self, text: &[u8], path: &str) -> Vec<Judged> {
        let subject = self.detector.subject(path.as_bytes());
        let judged = self
            .detector
            .detect(&subject, text)
            .into_iter()
            .filter_map(|candidate| {
                let judgement = self.scorer.judge(self.rules.get(candidate.rule), &candidate, path.as_bytes());
                judgement.confidence.map(|confidence| Judged { candidate, judgement, confidence })
            })
            .collect();
        overlap::resolve(judged, |candidate| self.rules.get(candidate.rule))
    }
}

/// A path that the rule looks into.
fn path_for(rule: &Rule) -> String {
    let Some(glob) = rule.files.first() else { return "src/main".to_owned() };
    let plain = glob.replace("**/", "").replace("**", "x").replace(['*', '?'], "x");
    match (plain.find('{'), plain.find('}')) {
        (Some(open), Some(close)) if open < close => {
            let first = plain[open + 1..close].split(',').next().unwrap_or_default();
            format!("{}{first}{}", &plain[..open], &plain[close + 1..])
        }
        _ => plain,
    }
}

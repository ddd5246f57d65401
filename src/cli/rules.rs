//! `keyfuse rules`: what there is to find, the proof that it is found, and why a line is or is not.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use keyfuse::rules::{Find, Rule, RuleSet};
use serde_json::json;

use super::app::say;
use super::args::{Common, Listing, Rules};
use super::look::Look;
use super::{exit, output, plan};
use keyfuse::scan;
use keyfuse::source::{Target, TreeOptions};

/// Runs the sub-command.
pub(super) fn run(command: &Rules, common: &Common) -> anyhow::Result<u8> {
    match command {
        Rules::List { format } => list(*format, common),
        Rules::Check { files } => check(files),
        Rules::Explain { subject } => explain(subject, common),
    }
}

fn list(format: Listing, common: &Common) -> anyhow::Result<u8> {
    let rules = plan::settings(Path::new("."), common)?.rule_set()?;
    let mut sorted: Vec<&Rule> = rules.iter().map(|(_, rule)| rule).collect();
    sorted.sort_by(|one, other| one.id.cmp(&other.id));
    let text = match format {
        Listing::Table => table(&sorted),
        Listing::Json => {
            let entry = |rule: &&Rule| {
                json!({
                    "id": rule.id, "title": rule.title, "provider": rule.provider, "severity": rule.severity,
                    "confidence": rule.confidence, "evidence": rule.evidence, "docs": rule.docs,
                })
            };
            serde_json::to_string_pretty(&sorted.iter().map(entry).collect::<Vec<_>>())? + "\n"
        }
    };
    output::print(text.as_bytes())
}

fn table(rules: &[&Rule]) -> String {
    let evidence = |rule: &Rule| json!(rule.evidence).as_str().unwrap_or_default().to_owned();
    let head = ["rule", "provider", "severity", "confidence", "evidence", "title"].map(str::to_owned);
    let mut rows = vec![head];
    rows.extend(rules.iter().map(|rule| {
        let (severity, confidence) = (rule.severity.name().to_owned(), rule.confidence.name().to_owned());
        [rule.id.clone(), rule.provider.clone(), severity, confidence, evidence(rule), rule.title.clone()]
    }));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..5).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        for (cell, width) in row.iter().zip(&widths) {
            text.push_str(&format!("{cell:width$}  "));
        }
        text.push_str(&row[5]);
        text.push('\n');
    }
    text.push_str(&format!("{} rules\n", rules.len()));
    text
}

fn check(files: &[PathBuf]) -> anyhow::Result<u8> {
    let read = |path: &PathBuf| {
        let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        anyhow::Ok((path.display().to_string(), text))
    };
    let sources: Vec<(String, String)> = if files.is_empty() {
        RuleSet::builtin_sources().iter().map(|&(name, text)| (name.to_owned(), text.to_owned())).collect()
    } else {
        files.iter().map(read).collect::<Result<_, _>>()?
    };
    match scan::check(&sources) {
        Ok(report) => output::print(proved(&report).as_bytes()),
        Err(complaints) => {
            for complaint in &complaints {
                say(complaint);
            }
            Ok(exit::USAGE)
        }
    }
}

fn proved(report: &scan::CheckReport) -> String {
    let counted = |number: usize, noun: &str| format!("{number} {noun}{}", if number == 1 { "" } else { "s" });
    let answers = if report.answers == 0 { String::new() } else { format!(" and {} of issuers", counted(report.answers, "answer")) };
    format!("{} proved by {}{answers}\n", counted(report.rules, "rule"), counted(report.examples, "example"))
}

fn explain(subject: &str, common: &Common) -> anyhow::Result<u8> {
    let place =
        subject.rsplit_once(':').and_then(|(file, line)| Some((Path::new(file), line.parse::<u32>().ok().filter(|&line| line > 0)?)));
    let start = place.map_or(Path::new("."), |(file, _)| file);
    let settings = plan::settings(start, common)?;
    let rules = settings.rule_set()?;
    if let Some((_, rule)) = rules.find(subject) {
        return output::print(facts(rule).as_bytes());
    }
    let Some((file, line)) = place else {
        bail!("`{subject}` is neither a rule's id (`keyfuse rules list` names them) nor FILE:LINE");
    };
    let target = Target::Tree(TreeOptions { paths: vec![file.to_owned()], ..TreeOptions::default() });
    let plan = plan::plan(target, &settings, &Look::default())?;
    let told = scan::explain(&plan, file, line).with_context(|| format!("{} cannot be read", file.display()))?;
    let mut text = String::new();
    if told.is_empty() {
        text.push_str("no rule looked at this line\n");
    }
    for explanation in told {
        text.push_str(&format!(
            "{}:{line}:{}: {}: {} (score {:.1})\n",
            file.display(),
            explanation.column,
            explanation.rule_id,
            explanation.verdict,
            explanation.score
        ));
        for reason in &explanation.reasons {
            text.push_str(&format!("  {:+.1}  {}\n", reason.weight, reason.text));
        }
    }
    output::print(text.as_bytes())
}

/// All that a rule says of itself.
fn facts(rule: &Rule) -> String {
    let quoted = |words: &[String]| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    let find = match &rule.find {
        Find::Prefix { literals, keywords } if keywords.is_empty() => format!("begins with {}", quoted(literals)),
        Find::Prefix { literals, keywords } => format!("begins with {} and has near {}", quoted(literals), quoted(keywords)),
        Find::Infix { literals } => format!("holds {}", quoted(literals)),
        Find::Keywords { words, assigned: true } => format!("is assigned to a name with {}", quoted(words)),
        Find::Keywords { words, assigned: false } => format!("has near {}", quoted(words)),
        Find::Parser(parser) => format!("is recognised by the parser {}", json!(parser)),
    };
    let mut lines = vec![
        ("rule", rule.id.clone()),
        ("title", rule.title.clone()),
        ("provider", rule.provider.clone()),
        ("what", rule.description.clone()),
        ("severity", rule.severity.name().to_owned()),
        ("class", rule.class.name().to_owned()),
        ("confidence", rule.confidence.name().to_owned()),
        ("evidence", json!(rule.evidence).as_str().unwrap_or_default().to_owned()),
        ("found when it", find),
        ("pattern", rule.expression.clone()),
        ("entropy", rule.entropy.map_or(String::new(), |bits| format!("at least {bits} bits per character"))),
        ("checksum", rule.checksum.map_or(String::new(), |checksum| json!(checksum).as_str().unwrap_or_default().to_owned())),
        ("structure", rule.structure.map_or(String::new(), |structure| json!(structure).as_str().unwrap_or_default().to_owned())),
        ("can be asked", rule.confirm.as_ref().map_or(String::new(), |confirm| format!("{} ({})", confirm.service, confirm.docs))),
        ("answers from", rule.confirm.as_ref().map_or(String::new(), |confirm| confirm.source.join(", "))),
        ("can be ended", rule.contain.as_ref().map_or(String::new(), |contain| format!("by its holder ({})", contain.request.docs))),
        ("only in", quoted(&rule.files)),
        ("was called", quoted(&rule.aliases)),
        ("docs", rule.docs.clone()),
    ];
    lines.retain(|(_, value)| !value.is_empty());
    lines.iter().map(|(name, value)| format!("{name:14}{value}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_leave_out_what_is_not_said() {
        let rules = RuleSet::builtin();
        let Some((_, rule)) = rules.iter().find(|(_, rule)| rule.checksum.is_none() && rule.pattern.is_some()) else {
            return;
        };
        let text = facts(rule);
        assert!(text.contains(&rule.id) && text.contains(&rule.expression) && !text.contains("checksum"), "{text}");
    }

    #[test]
    fn the_table_counts_its_rows() {
        let rules = RuleSet::builtin();
        let all: Vec<&Rule> = rules.iter().map(|(_, rule)| rule).collect();
        assert_eq!(table(&all).lines().count(), all.len() + 2);
    }
}

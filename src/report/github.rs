//! The report as annotations of a GitHub workflow: commands on standard output that the runner shows beside the lines.

use std::cmp::Reverse;
use std::io;

use bstr::{BStr, ByteSlice};

use super::advice::next_step;
use super::wording::{calm, count};
use crate::model::{Finding, GapKind, Outcome, Place, Region, Severity, Standing, Veil};
use crate::rules::RuleSet;

/// GitHub shows no more of each level from one step.
const MOST: usize = 10;

/// Writes it.
pub(super) fn write(outcome: &Outcome, rules: &RuleSet, out: &mut dyn io::Write) -> io::Result<()> {
    let veil = Veil::new(outcome);
    let mut open: Vec<&Finding> = outcome.open().collect();
    // The order of findings with equal weight stays that of their places.
    open.sort_by_key(|finding| Reverse((finding.severity, finding.confidence)));
    let (mut left_out, mut written) = (0, [0; 2]);
    for finding in open {
        let level = usize::from(finding.severity < Severity::High);
        if written[level] == MOST {
            left_out += 1;
            continue;
        }
        written[level] += 1;
        let rule = rules.get(finding.rule);
        let title = format!("{} [{}]", rule.title, finding.rule_id);
        let text = format!("{}, confidence {}: {}.", place(finding, &veil), finding.confidence.name(), next_step(finding, rule));
        writeln!(out, "::{} {}title={}::{}", ["error", "warning"][level], at(finding, &veil), property(&title), data(&text))?;
    }
    let unread: Vec<_> = outcome.coverage.gaps.iter().filter(|gap| gap.kind == GapKind::Unread).collect();
    if let Some(first) = unread.first() {
        let text = format!("{} not read, so the scan is incomplete; first {}: {}", unread.len(), first.what, first.why);
        writeln!(out, "::notice title=keyfuse::{}", data(&calm(&veil.text(&text))))?;
    }
    for warning in outcome.warnings.iter().take(MOST - 2) {
        writeln!(out, "::notice title=keyfuse::{}", data(&calm(&veil.text(warning))))?;
    }
    if left_out > 0 {
        writeln!(out, "::notice title=keyfuse::{} more; the summary of this job names them", count(left_out, "finding"))?;
    }
    Ok(())
}

/// The finding's place in words: what a line of a file cannot say, and for a member of an archive which.
fn place(finding: &Finding, veil: &Veil) -> String {
    let shown = calm(&veil.text(&finding.origin.display()));
    let line = finding.region.start.line;
    match &finding.origin.place {
        Place::Name { commit: Some(commit) } => format!("the name {shown} in commit {}", commit.id),
        Place::Name { commit: None } => format!("the name {shown}"),
        place => match (place.commit(), place.object()) {
            (Some(commit), _) => format!("{shown}:{line} in commit {}", commit.id),
            (None, Some(id)) => format!("{shown}:{line} in object {id}"),
            (None, None) => format!("{shown}:{line}"),
        },
    }
}

/// The properties that lead to a line of a file in the checkout, with the comma after them.
fn at(finding: &Finding, veil: &Veil) -> String {
    let Some((path, region)) = spot(finding) else { return String::new() };
    let file = format!("file={},", property(&String::from_utf8_lossy(&veil.bytes(path))));
    if !finding.origin.members.is_empty() {
        return file;
    }
    let (start, end) = (region.start, region.end);
    // Columns count only within one line, and the last one belongs to the annotation.
    if start.line == end.line {
        format!("{file}line={},col={},endColumn={},", start.line, start.column, end.column.saturating_sub(1).max(start.column))
    } else {
        format!("{file}line={},endLine={},", start.line, end.line)
    }
}

/// The file of the checkout, and the place in it, that hold the secret.
fn spot(finding: &Finding) -> Option<(&BStr, Region)> {
    match (&finding.origin.place, &finding.standing) {
        (Place::File | Place::Staged { .. }, _) => Some((finding.origin.path.as_bstr(), finding.region)),
        (_, Some(Standing { path, region: Some(region) })) => Some((path.as_bstr(), *region)),
        _ => None,
    }
}

/// Text after the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Coverage, Origin};
    use crate::report::sample;

    fn lines(outcome: &Outcome) -> Vec<String> {
        let mut report = Vec::new();
        write(outcome, &sample::rules(), &mut report).expect("a vector takes everything");
        String::from_utf8(report).expect("text").lines().map(str::to_owned).collect()
    }

    #[test]
    fn open_findings_stand_at_their_lines() {
        let lines = lines(&sample::outcome());
        assert_eq!(
            lines[0],
            "::error file=src/a b#é.py,line=12,col=10,endColumn=49,title=Example API token [example-token]::src/a b#é.py:12, \
             confidence high: revoke it at Example and issue another; take it out of the file (environment variable, secret store)."
        );
        assert!(lines[1].starts_with("::error file=backup.tar.gz,title="), "a member has no line in the checkout: {}", lines[1]);
        assert!(lines[2].starts_with("::error title=") && lines[2].contains("in commit 0123"), "{}", lines[2]);
        assert!(lines[3].starts_with("::notice title=keyfuse::1 not read"), "{}", lines[3]);
        assert_eq!(lines.len(), 5, "the suppressed ones are not told: {lines:?}");
    }

    #[test]
    fn no_name_begins_a_command_or_another_property() {
        let mut outcome = sample::outcome();
        outcome.findings.truncate(1);
        outcome.coverage = Coverage::default();
        outcome.warnings.clear();
        outcome.findings[0].origin = Origin::file("a,line=1::x%\n::stop-commands::y\r");
        let lines = lines(&outcome);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].starts_with("::error file=a%2Cline=1%3A%3Ax%25%0A%3A%3Astop-commands%3A%3Ay%0D,line=12,"), "{}", lines[0]);
    }

    #[test]
    fn ten_of_a_level_are_told_and_the_rest_is_counted() {
        let mut outcome = sample::outcome();
        let first = outcome.findings[0].clone();
        outcome.findings = vec![first; 25];
        outcome.findings[24].severity = Severity::Low;
        let lines = lines(&outcome);
        assert_eq!(lines.iter().filter(|line| line.starts_with("::error ")).count(), MOST);
        assert_eq!(lines.iter().filter(|line| line.starts_with("::warning ")).count(), 1);
        assert!(lines.last().expect("lines").contains("14 findings more"), "{lines:?}");
    }
}

//! The report as a page in Markdown: what a workflow shows as its summary.

use std::collections::BTreeMap;
use std::io;

use percent_encoding::{NON_ALPHANUMERIC, percent_encode};

use super::options::ReportOptions;
use super::wording::{calm, count};
use crate::model::Veil;
use crate::model::{Finding, Gap, GapKind, Outcome, Place};
use crate::rules::RuleSet;

/// Rows and gaps that are written; GitHub takes 1 MiB of a step.
const MOST: usize = 500;

/// Writes it.
pub(super) fn write(outcome: &Outcome, rules: &RuleSet, options: &ReportOptions, out: &mut dyn io::Write) -> io::Result<()> {
    let veil = Veil::new(outcome);
    let open: Vec<&Finding> = outcome.open().collect();
    let found = match (open.len(), outcome.coverage.is_complete()) {
        (0, true) => "no secrets found".to_owned(),
        (0, false) => "no secrets found in what could be read".to_owned(),
        (number, _) => count(number, "finding"),
    };
    writeln!(out, "### keyfuse: {found}\n")?;
    if !open.is_empty() {
        writeln!(out, "| severity | what | where | confidence |\n|---|---|---|---|")?;
        for finding in open.iter().take(MOST) {
            let title = plain(&rules.get(finding.rule).title);
            let (severity, confidence) = (finding.severity.name(), finding.confidence.name());
            let lives = finding.probed.as_ref().map_or(String::new(), |probed| format!(", {}", probed.liveness.name()));
            writeln!(
                out,
                "| {severity} | {title} (<code>{}</code>) | {} | {confidence}{lives} |",
                plain(&finding.rule_id),
                place(finding, options, &veil)
            )?;
        }
        if open.len() > MOST {
            writeln!(out, "\n{} more are not shown; the json and sarif reports hold them.", open.len() - MOST)?;
        }
        writeln!(out, "\nRevoke first: what was pushed is known, and deleting the line does not take it back.\n")?;
    }
    let megabytes = outcome.coverage.bytes as f64 / 1e6;
    writeln!(
        out,
        "Read {}, {megabytes:.1} MB, with {}.",
        count(outcome.coverage.blobs as usize, "content"),
        count(outcome.stats.rules, "rule")
    )?;
    let unread: Vec<&Gap> = outcome.coverage.gaps.iter().filter(|gap| gap.kind == GapKind::Unread).collect();
    if !unread.is_empty() {
        writeln!(out, "\n**Incomplete**: {} not read.\n", unread.len())?;
        for gap in unread.iter().take(MOST) {
            writeln!(out, "* <code>{}</code>: {}", plain(&veil.text(&gap.what)), plain(&veil.text(&gap.why)))?;
        }
    }
    let mut acted: BTreeMap<String, usize> = BTreeMap::new();
    for suppression in outcome.findings.iter().filter_map(|finding| finding.suppression.as_ref()) {
        *acted.entry(plain(&veil.text(&suppression.by))).or_default() += 1;
    }
    for (by, number) in acted.iter().take(MOST) {
        writeln!(out, "\nSuppressed: {number} by {by}.")?;
    }
    for warning in outcome.warnings.iter().take(MOST) {
        writeln!(out, "\nWarning: {}.", plain(&veil.text(warning)))?;
    }
    Ok(())
}

/// Where it is, as a link where the revision is known and holds it.
fn place(finding: &Finding, options: &ReportOptions, veil: &Veil) -> String {
    let line = finding.region.start.line;
    let shown = format!("<code>{}:{line}</code>", plain(&veil.text(&finding.origin.display())));
    let revision = match (&finding.origin.place, &options.revision) {
        (Place::File, Some(revision)) => revision.id.as_deref().map(|id| (&revision.repository, id)),
        (Place::Object { commit: Some(commit), .. }, Some(revision)) => Some((&revision.repository, commit.id.as_str())),
        _ => None,
    };
    let Some((repository, id)) = revision else {
        return shown;
    };
    let path = veil.bytes(&finding.origin.path);
    let path: Vec<String> = path.split(|&byte| byte == b'/').map(|part| percent_encode(part, NON_ALPHANUMERIC).to_string()).collect();
    let anchor = if finding.origin.members.is_empty() { format!("#L{line}") } else { String::new() };
    format!("<a href=\"{}/blob/{}/{}{anchor}\">{shown}</a>", plain(repository), plain(id), path.join("/"))
}

/// Text that is nothing but text, in a table's cell too: every sign that Markdown or HTML could read is written as its number.
fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in calm(text).chars() {
        match character {
            '<' | '>' | '&' | '"' | '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '!' | '#' | '~' | '$' | '@' => {
                shown.push_str(&format!("&#{};", u32::from(character)));
            }
            other => shown.push(other),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Origin;
    use crate::report::options::Revision;
    use crate::report::sample;

    fn told(outcome: &Outcome, options: &ReportOptions) -> String {
        let mut report = Vec::new();
        write(outcome, &sample::rules(), options, &mut report).expect("a vector takes everything");
        String::from_utf8(report).expect("text")
    }

    #[test]
    fn the_page_names_findings_gaps_and_suppressions() {
        let outcome = sample::outcome();
        let page = told(&outcome, &sample::options(&outcome));
        assert!(page.starts_with("### keyfuse: 3 findings\n\n| severity |"), "{page}");
        assert!(page.contains("| critical | Example API token (<code>example-token</code>) | <code>src/a b&#35;é.py:12</code> | high |"));
        assert!(page.contains("**Incomplete**: 1 not read.\n\n* <code>locked.bin</code>: permission denied"), "{page}");
        assert!(page.contains("Suppressed: 1 by gitleaks:allow."), "{page}");
        assert!(told(&Outcome::default(), &ReportOptions::default()).starts_with("### keyfuse: no secrets found\n"));
    }

    #[test]
    fn a_known_revision_gives_links() {
        let outcome = sample::outcome();
        let revision = Revision { repository: "https://example.com/a/b".to_owned(), id: Some("abc1".to_owned()), branch: None };
        let page = told(&outcome, &ReportOptions { revision: Some(revision), ..sample::options(&outcome) });
        assert!(page.contains("<a href=\"https://example.com/a/b/blob/abc1/src/a%20b%23%C3%A9%2Epy#L12\">"), "{page}");
        assert!(page.contains("/blob/0123456789abcdef0123456789abcdef01234567/old/config%2Epy#L12"), "{page}");
    }

    #[test]
    fn names_cannot_write_markdown() {
        let mut outcome = sample::outcome();
        outcome.findings[0].origin = Origin::file("a|b\n# <img src=x> `c` [d](e)");
        let page = told(&outcome, &ReportOptions::default());
        assert!(page.contains("<code>a&#124;b&#92;n&#35; &#60;img src=x&#62; &#96;c&#96; &#91;d&#93;(e):12</code>"), "{page}");
    }
}

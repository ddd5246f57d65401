//! The end of the report: what was found, what was read, what was not.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use super::palette::Palette;
use crate::model::Veil;
use crate::model::{Confidence, Gap, GapKind, Outcome, Severity};
use crate::report::options::ReportOptions;
use crate::report::wording::{calm, count, thousands};

/// How many gaps are named unless all are asked for.
const TOP: usize = 10;

/// Writes it.
pub(super) fn write(
    outcome: &Outcome,
    credentials: usize,
    options: &ReportOptions,
    veil: &Veil,
    palette: &Palette,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let open = outcome.open().count();
    let (strong, good) = (palette.strong(), palette.good());
    if open == 0 {
        let qualified = if outcome.coverage.is_complete() { "no secrets found" } else { "no secrets found in what could be read" };
        writeln!(out, "{good}{qualified}{good:#}")?;
    } else {
        let severities: Vec<String> = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low]
            .into_iter()
            .filter_map(|severity| {
                let number = outcome.open().filter(|finding| finding.severity == severity).count();
                (number > 0).then(|| format!("{number} {}", severity.name()))
            })
            .collect();
        let found = format!("{} of {}", count(open, "finding"), count(credentials, "credential"));
        writeln!(out, "{strong}{found}{strong:#}: {}", severities.join(", "))?;
    }
    asked(outcome, out)?;
    writeln!(out, "read {}", read(outcome))?;
    hidden(outcome, options, out)?;
    suppressed(outcome, veil, out)?;
    gaps(outcome, options, veil, palette, out)?;
    let warning = palette.warning();
    for text in &outcome.warnings {
        writeln!(out, "{warning}warning{warning:#}: {}", calm(&veil.text(text)))?;
    }
    Ok(())
}

/// What the issuers said, when they were asked.
fn asked(outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
    let mut seen: BTreeMap<u32, &'static str> = BTreeMap::new();
    for finding in outcome.open() {
        let probed = finding.probed.as_ref();
        seen.extend(probed.map(|probed| (finding.credential, if probed.sent { probed.liveness.name() } else { "not asked" })));
    }
    if seen.is_empty() {
        return Ok(());
    }
    let told =
        ["alive", "dead", "unknown", "not asked"].map(|name| format!("{} {name}", seen.values().filter(|state| **state == name).count()));
    writeln!(out, "asked their issuers: {}", told.join(", "))
}

/// What was read and how fast.
fn read(outcome: &Outcome) -> String {
    let blobs = usize::try_from(outcome.coverage.blobs).unwrap_or(usize::MAX);
    let mut text = format!("{}, {}", count(blobs, "content"), size(outcome.coverage.bytes));
    let seconds = outcome.stats.elapsed.as_secs_f64();
    if outcome.stats.elapsed > Duration::ZERO {
        text.push_str(&format!(" in {seconds:.2} s"));
    }
    // Of little, or in no time, a rate tells nothing.
    if seconds >= 0.01 && outcome.coverage.bytes >= 1_000_000 {
        text.push_str(&format!(" ({:.0} MB/s)", outcome.coverage.bytes as f64 / 1e6 / seconds));
    }
    if outcome.stats.rules > 0 {
        text.push_str(&format!(" with {}", count(outcome.stats.rules, "rule")));
    }
    text
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

fn hidden(outcome: &Outcome, options: &ReportOptions, out: &mut dyn io::Write) -> io::Result<()> {
    if outcome.hidden == 0 {
        return Ok(());
    }
    let next = match options.confidence {
        Some(Confidence::High) => "medium",
        _ => "low",
    };
    writeln!(out, "hidden: {} of lower confidence (--confidence {next} shows more)", thousands(outcome.hidden as u64))
}

/// Which suppressions acted, and how often.
fn suppressed(outcome: &Outcome, veil: &Veil, out: &mut dyn io::Write) -> io::Result<()> {
    let mut acted: BTreeMap<String, usize> = BTreeMap::new();
    for suppression in outcome.findings.iter().filter_map(|finding| finding.suppression.as_ref()) {
        let reason = suppression.reason.as_deref().map_or(String::new(), |reason| format!(" ({reason})"));
        *acted.entry(calm(&veil.text(&format!("{}{reason}", suppression.by)))).or_default() += 1;
    }
    for (by, number) in acted {
        writeln!(out, "suppressed: {number} by {by}")?;
    }
    Ok(())
}

fn gaps(outcome: &Outcome, options: &ReportOptions, veil: &Veil, palette: &Palette, out: &mut dyn io::Write) -> io::Result<()> {
    let mut gaps: Vec<&Gap> = outcome.coverage.gaps.iter().collect();
    gaps.sort_unstable();
    let (beside, unread): (Vec<&Gap>, Vec<&Gap>) = gaps.into_iter().partition(|gap| gap.kind == GapKind::OutOfScope);
    let warning = palette.warning();
    let top = if options.verbose { usize::MAX } else { TOP };
    let named = |gaps: &[&Gap], out: &mut dyn io::Write| {
        for gap in gaps.iter().take(top) {
            writeln!(out, "  {}: {}", calm(&veil.text(&gap.what)), calm(&veil.text(&gap.why)))?;
        }
        if gaps.len() > top { writeln!(out, "  and {} more (--verbose names them)", thousands((gaps.len() - top) as u64)) } else { Ok(()) }
    };
    if !unread.is_empty() {
        writeln!(out, "{warning}not read{warning:#}: {}, so this scan is incomplete", thousands(unread.len() as u64))?;
        named(&unread, out)?;
    }
    if !beside.is_empty() {
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for gap in &beside {
            *reasons.entry(&gap.why).or_default() += 1;
        }
        let mut told: Vec<String> = reasons.iter().take(TOP).map(|(why, number)| format!("{number} {}", calm(&veil.text(why)))).collect();
        if reasons.len() > TOP {
            told.push("…".to_owned());
        }
        writeln!(out, "out of scope: {}", told.join("; "))?;
        if options.verbose {
            named(&beside, out)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_for_people() {
        assert_eq!([7, 1_500, 56_789_000, 2_000_000_000].map(size), ["7 bytes", "1.5 kB", "56.8 MB", "2.00 GB"]);
    }

    #[test]
    fn clean_and_incomplete_are_not_the_same_sentence() {
        let told = |outcome: &Outcome| {
            let mut out = Vec::new();
            write(outcome, 0, &ReportOptions::default(), &Veil::new(outcome), &Palette::new(false), &mut out).expect("a vector");
            String::from_utf8(out).expect("text")
        };
        let mut outcome = Outcome::default();
        assert!(told(&outcome).starts_with("no secrets found\n"));
        outcome.coverage.unread("a", "b");
        let text = told(&outcome);
        assert!(
            text.starts_with("no secrets found in what could be read\n")
                && text.contains("not read: 1, so this scan is incomplete\n  a: b")
        );
    }
}

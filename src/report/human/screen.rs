//! Frames, advice and summary, one after the other.

use std::io;

use super::frame::Frames;
use super::group::{Group, by_credential};
use super::palette::Palette;
use super::summary;
use crate::model::{Finding, Liveness, Outcome, Veil};
use crate::report::advice;
use crate::report::options::ReportOptions;
use crate::rules::RuleSet;

/// Writes it.
pub(in crate::report) fn write(outcome: &Outcome, rules: &RuleSet, options: &ReportOptions, out: &mut dyn io::Write) -> io::Result<()> {
    let (veil, palette) = (Veil::new(outcome), Palette::new(options.colour));
    let frames = Frames { rules, options, veil: &veil, palette: &palette };
    let mut groups = by_credential(outcome.open());
    // What surely opens something comes first, what surely does not comes last.
    groups.sort_by_key(|group| rank(group.shown));
    for group in &groups {
        frames.write(group, out)?;
    }
    if options.list_suppressed {
        // Each for itself: what silences one place may not silence the next.
        for shown in outcome.findings.iter().filter(|finding| !finding.is_open()) {
            frames.write(&Group { shown, others: Vec::new() }, out)?;
        }
    }
    if options.quiet {
        return Ok(());
    }
    if let Some(first) = groups.first() {
        let path = veil.text(&first.shown.origin.path.to_string());
        writeln!(
            out,
            "To allow a value that is not a secret for a stated reason, put this in keyfuse.toml (here for the first one above):\n"
        )?;
        for line in advice::allow_entry(&first.shown.rule_id, &path).lines() {
            writeln!(out, "    {line}")?;
        }
        writeln!(out)?;
    }
    summary::write(outcome, groups.len(), options, &veil, &palette, out)
}

/// Living before unknown before dead.
fn rank(finding: &Finding) -> u8 {
    match finding.probed.as_ref().map(|probed| &probed.liveness) {
        Some(Liveness::Alive) => 0,
        Some(Liveness::Unknown { .. }) | None => 1,
        Some(Liveness::Dead) => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn told(options: &ReportOptions) -> String {
        let mut report = Vec::new();
        write(&sample::outcome(), &sample::rules(), options, &mut report).expect("a vector takes everything");
        String::from_utf8(report).expect("text")
    }

    #[test]
    fn the_report_reads_so() {
        insta::assert_snapshot!(told(&sample::options(&sample::outcome())));
    }

    #[test]
    fn suppressed_findings_are_told_when_asked_for() {
        let options = ReportOptions { list_suppressed: true, quiet: true, ..sample::options(&sample::outcome()) };
        insta::assert_snapshot!(told(&options));
    }

    #[test]
    fn what_is_known_of_a_repository_is_told_in_a_few_lines() {
        let outcome = sample::history();
        let mut report = Vec::new();
        let options = ReportOptions { quiet: true, ..sample::options(&outcome) };
        write(&outcome, &sample::rules(), &options, &mut report).expect("a vector takes everything");
        insta::assert_snapshot!(String::from_utf8(report).expect("text"));
    }

    #[test]
    fn colour_comes_only_when_asked_for() {
        let plain = sample::options(&sample::outcome());
        assert!(!told(&plain).contains('\u{1b}'));
        assert!(told(&ReportOptions { colour: true, ..plain }).contains("\u{1b}["));
    }

    #[test]
    fn reveal_shows_the_secret() {
        let options = ReportOptions { reveal: true, ..sample::options(&sample::outcome()) };
        let secret = crate::rules::expand("exa_{base62:36}", "sample").expect("a sound template").text;
        assert!(told(&options).contains(&String::from_utf8(secret).expect("ASCII")));
    }
}

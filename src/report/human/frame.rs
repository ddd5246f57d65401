//! One finding as a code frame: where it stands, why it is believed, what to do next.

use std::collections::HashSet;
use std::io;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::group::Group;
use super::history;
use super::palette::Palette;
use crate::model::{Finding, Origin, Place, Provenance, Spot, Standing, Veil};
use crate::report::advice;
use crate::report::options::ReportOptions;
use crate::report::wording::{calm, told};
use crate::rules::RuleSet;

/// How many reasons and further places are told unless all are asked for.
const TOP: usize = 3;

/// What all frames of a report share.
pub(super) struct Frames<'a> {
    pub(super) rules: &'a RuleSet,
    pub(super) options: &'a ReportOptions,
    pub(super) veil: &'a Veil,
    pub(super) palette: &'a Palette,
}

impl Frames<'_> {
    /// Writes one credential.
    pub(super) fn write(&self, group: &Group<'_>, out: &mut dyn io::Write) -> io::Result<()> {
        let finding = group.shown;
        let rule = self.rules.get(finding.rule);
        let (loud, strong, frame) = (self.palette.severity(finding.severity), self.palette.strong(), self.palette.frame());
        writeln!(
            out,
            "{loud}{}{loud:#}{strong}: {}{strong:#} [{}], confidence {}",
            finding.severity.name(),
            calm(&rule.title),
            finding.rule_id,
            finding.confidence.name()
        )?;
        let number = finding.region.start.line.to_string();
        let margin = " ".repeat(number.len());
        writeln!(out, "{margin}{frame}-->{frame:#} {}", self.place(finding))?;
        self.code(finding, &number, &margin, out)?;
        let mut note = |label: &str, text: &str| writeln!(out, "{margin} {frame}={frame:#} {strong}{label}:{strong:#} {text}");
        if self.options.reveal {
            note("secret", &calm(&String::from_utf8_lossy(finding.secret.expose())))?;
        }
        if let Some(suppression) = &finding.suppression {
            let reason = suppression.reason.as_deref().map_or(String::new(), |reason| format!(" ({})", self.clean(reason)));
            note("suppressed by", &format!("{}{reason}", self.clean(&suppression.by)))?;
        }
        if let Some(probed) = &finding.probed {
            note("lives?", &self.clean(&told(probed)))?;
        }
        note("why", &self.reasons(finding))?;
        if !finding.layers.is_empty() {
            note("inside", &finding.layers.iter().map(|layer| layer.name()).collect::<Vec<_>>().join(" in "))?;
        }
        match (&finding.provenance, finding.origin.place.commit(), finding.origin.place.object()) {
            (Some(known), _, _) => {
                for (label, text) in history::lines(known, self.options.verbose) {
                    note(label, &self.clean(&text))?;
                }
            }
            (None, Some(commit), _) => note("since", &self.clean(&history::commit(commit)))?,
            (None, None, Some(id)) => note("object", history::short(id))?,
            (None, None, None) => {}
        }
        match &finding.standing {
            Some(Standing { path, region: Some(region) }) if finding.origin.path != *path || finding.region != *region => {
                let start = region.start;
                note("now at", &format!("{}:{}:{}", self.clean(&Origin::file(path.clone()).display()), start.line, start.column))?;
            }
            _ => {}
        }
        if let Some(also) = self.others(group) {
            note("also at", &also)?;
        }
        if self.options.verbose {
            note("fingerprint", &finding.fingerprint)?;
        }
        if finding.is_open() && !self.options.quiet {
            note("next", &advice::next_step(finding, rule))?;
            if let Some(comment) = advice::comment(finding) {
                note("not a secret?", &format!("end the line with  {comment}"))?;
            }
        }
        writeln!(out)
    }

    /// `path:line:column`, which terminals and editors open.
    pub(super) fn place(&self, finding: &Finding) -> String {
        let stage = match finding.origin.place {
            Place::Staged { stage: 1..=3 } => " (conflict)",
            _ => "",
        };
        let start = finding.region.start;
        format!("{}:{}:{}{stage}", self.clean(&finding.origin.display()), start.line, start.column)
    }

    fn clean(&self, text: &str) -> String {
        calm(&self.veil.text(text))
    }

    /// The masked line with carets under the mask.
    fn code(&self, finding: &Finding, number: &str, margin: &str, out: &mut dyn io::Write) -> io::Result<()> {
        let (frame, loud) = (self.palette.frame(), self.palette.severity(finding.severity));
        let Some((line, before, width)) = self.window(finding) else {
            return Ok(());
        };
        writeln!(out, "{margin} {frame}|{frame:#}")?;
        writeln!(out, "{frame}{number} |{frame:#} {line}")?;
        writeln!(out, "{margin} {frame}|{frame:#} {}{loud}{}{loud:#}", " ".repeat(before), "^".repeat(width.max(1)))
    }

    /// The line cut to the terminal around its mask, the columns before the mask, and the mask's width; none when there is no line that
    /// may be shown.
    fn window(&self, finding: &Finding) -> Option<(String, usize, usize)> {
        let secret = finding.secret.expose();
        let holds_it = secret.len() >= 4 && finding.line.as_bytes().windows(secret.len()).any(|window| window == secret);
        if finding.line.is_empty() || holds_it || self.veil.text(&finding.line) != finding.line {
            return None;
        }
        let line: Vec<char> = calm(&finding.line).chars().collect();
        let end = finding.mask.1.min(line.len());
        let start = finding.mask.0.min(end);
        let room = self.options.width.map_or(usize::MAX, |width| width.saturating_sub(12).max(40));
        let columns = |part: &[char]| part.iter().map(|character| character.width().unwrap_or(0)).sum::<usize>();
        let (mut from, mut to) = (0, line.len());
        // Cut behind the mask first, then before it: what stands before says more.
        while to > end && columns(&line[from..to]) > room {
            to -= 1;
        }
        while from < start && columns(&line[from..to]) > room {
            from += 1;
        }
        // Indentation that the whole frame shares tells nothing.
        if from == 0 {
            from = line.iter().take(start).take_while(|character| character.is_whitespace()).count();
        }
        let head = if from > 0 && line[..from].iter().any(|character| !character.is_whitespace()) { "…" } else { "" };
        let tail = if to < line.len() { "…" } else { "" };
        let shown: String = line[from..to].iter().collect();
        Some((format!("{head}{shown}{tail}"), head.width() + columns(&line[from..start]), columns(&line[start..end.min(to)])))
    }

    fn reasons(&self, finding: &Finding) -> String {
        let top = if self.options.verbose { usize::MAX } else { TOP };
        let told: Vec<String> =
            finding.reasons.iter().take(top).map(|reason| format!("{} ({:+.1})", self.clean(&reason.text), reason.weight)).collect();
        if told.is_empty() { format!("score {:.1}", finding.score) } else { told.join("; ") }
    }

    /// The other places of a repository, each path once: of the versions of a file one tells enough.
    fn spots(&self, known: &Provenance, shown: &Finding) -> Vec<String> {
        let mut seen = HashSet::from([(&shown.origin.path, &shown.origin.members)]);
        let others = known.places.iter().filter(|spot| seen.insert((&spot.origin.path, &spot.origin.members)));
        let at = |spot: &Spot| format!("{}:{}:{}", self.clean(&spot.origin.display()), spot.region.start.line, spot.region.start.column);
        others.map(at).collect()
    }

    fn others(&self, group: &Group<'_>) -> Option<String> {
        let top = if self.options.verbose { usize::MAX } else { TOP };
        let told: Vec<String> = match &group.shown.provenance {
            Some(known) => self.spots(known, group.shown),
            None => group.others.iter().map(|other| self.place(other)).collect(),
        };
        let rest = told.len().saturating_sub(top);
        let told = &told[..told.len() - rest];
        let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        (!told.is_empty()).then(|| format!("{}{more}", told.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::human::group::by_credential;
    use crate::report::sample;

    #[test]
    fn long_lines_are_cut_around_the_mask() {
        let mut outcome = sample::outcome();
        let finding = &mut outcome.findings[0];
        let preview = finding.secret.preview();
        finding.line = format!("{}{preview}{}", "a".repeat(100), "b".repeat(100));
        finding.mask = (100, 100 + preview.chars().count());
        let options = ReportOptions { width: Some(80), ..sample::options(&outcome) };
        let (rules, veil, palette) = (sample::rules(), Veil::new(&outcome), Palette::new(false));
        let frames = Frames { rules: &rules, options: &options, veil: &veil, palette: &palette };
        let (line, before, width) = frames.window(by_credential(outcome.open())[0].shown).expect("there is a line");
        assert!(line.width() <= 80, "{line}");
        assert!(line.starts_with("…aaa") && line.ends_with(&format!("{preview}…")), "{line}");
        assert_eq!(line.chars().skip(before).take(width).collect::<String>(), preview);
    }

    #[test]
    fn wide_characters_keep_the_carets_in_place() {
        let mut outcome = sample::outcome();
        let finding = &mut outcome.findings[0];
        let preview = finding.secret.preview();
        finding.line = format!("密码 = {preview}");
        finding.mask = (5, 5 + preview.chars().count());
        let options = sample::options(&outcome);
        let (rules, veil, palette) = (sample::rules(), Veil::new(&outcome), Palette::new(false));
        let frames = Frames { rules: &rules, options: &options, veil: &veil, palette: &palette };
        assert_eq!(frames.window(&outcome.findings[0]).map(|(_, before, width)| (before, width)), Some((7, preview.width())));
    }
}

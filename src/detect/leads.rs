//! Leads: the places in a text without which nothing is found, told by their own lines alone.

use std::ops::Range;

use super::anchors::Anchor;
use super::chart::Chart;
use super::decode::{self, Decoded};
use super::detector::Detector;
use super::named::Run;
use super::url;
use super::worth::is_random_mix;

/// How far from the lines in which something is found a lead may stand, in bytes.
pub const LEAD_STRIDE: usize = decode::LIST_STRIDE;

impl Detector {
    /// Adds the leads in some lines of a text, in order: where [`Detector::look`] finds anything in lines of a text, one of them stands
    /// there, or at most [`LEAD_STRIDE`] bytes before or behind. They depend on no other line; of a list of numbers that reaches out of
    /// the lines there are those in the lines.
    pub fn leads(&self, text: &[u8], lines: Range<usize>, leads: &mut Vec<usize>) {
        self.leads_to(self.options.decode_depth, text, lines, leads);
    }

    fn leads_to(&self, depth: u8, text: &[u8], lines: Range<usize>, leads: &mut Vec<usize>) {
        let (first, floor, mut marks) = (leads.len(), lines.start, Vec::new());
        let chart = Chart::of(text, lines.clone(), self.anchors.nibbles());
        self.anchors.find(text, &chart, |anchor, start, end| match anchor {
            Anchor::Escape if depth > 0 && decode::calls(text, start) => marks.push(start),
            Anchor::Escape => {}
            Anchor::Url if url::password(text, end).is_none() => {}
            _ => leads.push(start),
        });
        chart.runs(|start, end| {
            if chart.are_words(start..end) {
                return;
            }
            let run = Run { span: start..end, may_be_random: is_random_mix(chart.mix(start..end), &text[start..end]) };
            if run.may_be_random || self.named.has_prefix(text, &chart, &run, floor) {
                leads.push(start);
            }
        });
        if depth > 0 {
            let (mut marks, mut from) = (marks.as_slice(), floor);
            while let Some(decoded) = decode::escapes(text, &mut marks, from) {
                from = decoded.span.end;
                if self.hides(&decoded, depth) {
                    leads.push(decoded.span.start);
                }
            }
            decode::may_be_lists(text, lines, |visit| chart.listed(visit), |place| leads.push(place));
        }
        leads[first..].sort_unstable();
    }

    /// Whether there may be something to find in what was encoded.
    fn hides(&self, decoded: &Decoded, depth: u8) -> bool {
        let (bytes, mut inner) = (&decoded.bytes, Vec::new());
        self.leads_to(depth - 1, bytes, 0..bytes.len(), &mut inner);
        !inner.is_empty() || decode::byte_order(bytes).is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, LazyLock};

    use proptest::prelude::*;

    use super::*;
    use crate::detect::Options;
    use crate::rules::{RuleSet, expand};

    static DETECTOR: LazyLock<Detector> = LazyLock::new(|| Detector::new(Arc::new(RuleSet::builtin()), Options::default()));

    /// Lines in which something is found, alone or with others, and lines in which nothing is.
    fn lines() -> Vec<String> {
        let text = |template: &str| String::from_utf8(expand(template, "leads").expect("a sound template").text).expect("text");
        let hidden = data_encoding::BASE64.encode(format!("password = \"{}\"\n", text("{password}")).repeat(6).as_bytes());
        let mut lines = vec![
            text("token = 'ghp_{base62:30}{crc32-base62}'"),
            text("password = \"{password}\""),
            text("password =\n  \"{password}\""),
            text("api_key:"),
            text("  {base62:32}"),
            text("postgres://app:{base62:18}@db.internal.acme.io/x"),
            text("{pem:rsa}"),
            text("a = \"{{\\\"password\\\": \\\"{password}\\\"}}\"").replace("{{", "{").replace("}}", "}"),
            text("url?token%3Dghp_{base62:30}{crc32-base62}"),
            text("Authorization: Basic {base64:24}"),
            hidden.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect::<Vec<_>>().join("\n"),
        ];
        lines.extend(
            ["", "}", "printf(\"%d of \\\"%s\\\"\\n\", a);", "https://docs.acme.io/a/b", "// a comment", "int x;"].map(str::to_owned),
        );
        lines
    }

    /// Lists of numbers, whole and in parts.
    fn lists() -> Vec<String> {
        let text = String::from_utf8(expand("password={password}", "lists").expect("a sound template").text).expect("text");
        let bytes: Vec<String> = text.bytes().map(|byte| format!("{byte},")).collect();
        let mut lists = vec![format!("{{ {} }}", bytes.join(" "))];
        lists.extend(bytes.chunks(4).map(|row| format!("    {}", row.join(" "))));
        lists
    }

    proptest! {
        #[test]
        fn nothing_is_found_without_one(
            picks in prop::collection::vec(any::<prop::sample::Index>(), 1..14),
            runs in prop::collection::vec(any::<bool>(), 14),
            cuts in any::<(prop::sample::Index, prop::sample::Index)>(),
        ) {
            let (plain, lists) = (lines(), lists());
            let mut text = String::new();
            for (pick, is_list) in picks.iter().zip(runs) {
                // What belongs together stands together, more often than chance would have it.
                text += &if is_list { lists[pick.index(lists.len())..].join("\n") } else { pick.get(&plain).clone() };
                text.push('\n');
            }
            let starts: Vec<usize> = std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|end| end + 1)).collect();
            let (one, other) = (*cuts.0.get(&starts), *cuts.1.get(&starts));
            let (text, lines) = (text.as_bytes(), one.min(other)..one.max(other));
            let look = DETECTOR.look(&DETECTOR.subject(b"src/a.txt"), text, lines.clone());
            let mut leads = Vec::new();
            DETECTOR.leads(text, lines.clone(), &mut leads);
            let found = look.candidates.iter().map(|candidate| usize::try_from(candidate.span.start).expect("short")).chain(look.far);
            for place in found.filter(|place| lines.contains(place)) {
                prop_assert!(!leads.is_empty(), "at {place}, in {lines:?} of {:?}", String::from_utf8_lossy(text));
            }
            prop_assert!(leads.is_sorted());
        }

        #[test]
        fn they_depend_on_their_own_lines(picks in prop::collection::vec(any::<prop::sample::Index>(), 2..14), cut in any::<prop::sample::Index>()) {
            let plain = lines();
            let text = picks.iter().map(|pick| format!("{}\n", pick.get(&plain))).collect::<String>();
            let starts: Vec<usize> = memchr::memchr_iter(b'\n', text.as_bytes()).map(|end| end + 1).collect();
            let (text, cut) = (text.as_bytes(), *cut.get(&starts));
            let (mut whole, mut parts) = (Vec::new(), Vec::new());
            DETECTOR.leads(text, 0..text.len(), &mut whole);
            DETECTOR.leads(text, 0..cut, &mut parts);
            DETECTOR.leads(text, cut..text.len(), &mut parts);
            prop_assert_eq!(whole, parts);
        }
    }
}

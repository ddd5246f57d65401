//! The slow way: every literal by an automaton over the whole text, every shape by the `regex` crate; what the fast way is held to.

use std::ops::Range;

use aho_corasick::AhoCorasick;
use regex::bytes::{Regex, RegexBuilder};

use super::boundary::{ends_clean, starts_clean};
use super::named::{is_near, stands_near};
use super::simd::TOKEN;
use super::tokens::{MIN_RUN, runs_scalar};
use super::worth::{are_words, may_be_random};
use crate::model::RuleId;
use crate::rules::{Find, Rule, RuleSet};

/// All matches of prefix and infix rules in the text, as rule and span of the secret, sorted.
pub fn literal_matches(rules: &RuleSet, text: &[u8]) -> Vec<(RuleId, Range<usize>)> {
    let mut literals: Vec<(&str, RuleId, bool)> = Vec::new();
    for (id, rule) in rules.iter() {
        match &rule.find {
            Find::Prefix { literals: prefixes, .. } => literals.extend(prefixes.iter().map(|prefix| (prefix.as_str(), id, true))),
            Find::Infix { literals: infixes } => literals.extend(infixes.iter().map(|infix| (infix.as_str(), id, false))),
            _ => {}
        }
    }
    let automaton =
        AhoCorasick::new(literals.iter().map(|(literal, ..)| literal)).expect("rule literals stay far under the automaton's limits");
    let mut compiled = std::collections::HashMap::new();
    let mut found = Vec::new();
    for hit in automaton.find_overlapping_iter(text) {
        let (_, id, is_prefix) = literals[hit.pattern().as_usize()];
        let rule = rules.get(id);
        let regex: &Regex = compiled.entry(id).or_insert_with(|| anchored(rule));
        let longest = rule.pattern.as_ref().map_or(0, crate::rules::Pattern::max_len);
        let starts = if is_prefix { hit.start()..hit.start() + 1 } else { hit.end().saturating_sub(longest)..hit.start() + 1 };
        for start in starts {
            let reach = text.len().min(start + longest);
            let Some(captures) = regex.captures(&text[start..reach]) else { continue };
            let whole = captures.get(0).map_or(0..0, |group| group.range());
            let secret = captures.name("secret").map_or(whole.clone(), |group| group.range());
            let Some(pattern) = &rule.pattern else { continue };
            let near = match &rule.find {
                Find::Prefix { keywords, .. } => keywords.is_empty() || stands_near(keywords, text, start),
                _ => start + whole.end >= hit.end(),
            };
            let worth = !pattern.holds_run(MIN_RUN) || holds_worth(text, &(start..start + whole.end), is_prefix && is_near(pattern));
            if near && worth && starts_clean(text, start) && ends_clean(text, start + whole.end, pattern) {
                found.push((id, start + secret.start..start + secret.end));
                break;
            }
        }
    }
    found.sort_by_key(|(id, span)| (*id, span.start, span.end));
    found.dedup();
    found
}

/// Whether the match holds a run that is worth a look, or is found without one.
fn holds_worth(text: &[u8], whole: &Range<usize>, is_near: bool) -> bool {
    // The runs that share bytes with the match, to their own ends.
    let from = text[..whole.start].iter().rposition(|&byte| !TOKEN[usize::from(byte)]).map_or(0, |place| place + 1);
    let to = text[whole.end..].iter().position(|&byte| !TOKEN[usize::from(byte)]).map_or(text.len(), |length| whole.end + length);
    let mut worth = false;
    runs_scalar(&text[from..to], |start, end| {
        let run = &text[from + start..from + end];
        worth |= if is_near { !are_words(run) } else { may_be_random(run) };
    });
    worth
}

fn anchored(rule: &Rule) -> Regex {
    RegexBuilder::new(&format!("^(?:{})", rule.expression)).unicode(false).build().expect("rule validation compiled it")
}

/// For one line: the rules one of whose literals stands there, but whose shape does not hold, with the column and the reason.
pub fn near_misses(rules: &RuleSet, text: &[u8], line: u32) -> Vec<(String, u32, String)> {
    let mut start = 0;
    for _ in 1..line {
        match memchr::memchr(b'\n', &text[start..]) {
            Some(length) => start += length + 1,
            None => return Vec::new(),
        }
    }
    let end = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |length| start + length);
    let lower = text[start..end].to_ascii_lowercase();
    let mut misses = Vec::new();
    for (_, rule) in rules.iter() {
        let (Some(pattern), literals, words) = (match &rule.find {
            Find::Prefix { literals, keywords } => (&rule.pattern, literals.as_slice(), keywords.as_slice()),
            Find::Infix { literals } => (&rule.pattern, literals.as_slice(), &[][..]),
            Find::Keywords { words, .. } => (&rule.pattern, &[][..], words.as_slice()),
            Find::Parser(_) => continue,
        }) else {
            continue;
        };
        for literal in literals {
            for place in memchr::memmem::find_iter(&text[start..end], literal.as_bytes()) {
                let at = start + place;
                let why = match pattern.match_at(text, at) {
                    _ if !starts_clean(text, at) => format!("`{literal}` is part of a longer word here"),
                    None if matches!(rule.find, Find::Prefix { .. }) => {
                        format!("`{literal}` stands here, but what follows has not the shape {}", rule.expression)
                    }
                    None => format!("`{literal}` stands here, but not in the shape {}", rule.expression),
                    Some((whole, _)) if !ends_clean(text, whole.end, pattern) => {
                        "the token goes on after its shape ends: it is another, longer one".to_owned()
                    }
                    Some(_) if !words.is_empty() => format!("none of its words stands near: {}", words.join(", ")),
                    Some(_) => continue,
                };
                misses.push((rule.id.clone(), u32::try_from(place).unwrap_or(u32::MAX).saturating_add(1), why));
            }
        }
        if literals.is_empty()
            && let Some((place, word)) = words.iter().find_map(|word| Some((memchr::memmem::find(&lower, word.as_bytes())?, word)))
        {
            let why = format!("`{word}` stands here, but no value near it has the shape {}", rule.expression);
            misses.push((rule.id.clone(), u32::try_from(place).unwrap_or(u32::MAX).saturating_add(1), why));
        }
    }
    misses
}

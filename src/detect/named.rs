//! Named rules: literals in and before a run call for an anchored match; words near a value call for a match of the whole value.

use std::ops::Range;

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::assignment::{self, Assignment, vicinity};
use super::boundary::{ends_clean, starts_clean, value_ends_clean, value_starts_clean};
use super::chart::Chart;
use super::tokens::MIN_RUN;
use crate::model::RuleId;
use crate::rules::{Case, Find, Literals, Pattern, Rule, RuleSet};

/// How far before a run its rule's literal may begin, in bytes (`hooks.slack.com/`).
const BEFORE_RUN: usize = 48;

/// How far behind a run its rule's literal may stand, in bytes (`.apps.googleusercontent.com`).
const AFTER_RUN: usize = 24;
/// What may stand between the literal of a token and its run.
const JOINED: [bool; 256] = table(b"_+/-.$|:~@%&?#!\\");

const fn table(more: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut place = 0;
    while place < more.len() {
        table[more[place] as usize] = true;
        place += 1;
    }
    table
}

/// The start of what is joined to a run that begins at `start`, not before `floor` and not further back than a literal reaches.
fn joined_before(text: &[u8], start: usize, floor: usize) -> usize {
    let floor = start.saturating_sub(BEFORE_RUN).max(floor.min(start));
    start - text[floor..start].iter().rev().take_while(|&&byte| JOINED[usize::from(byte)]).count()
}

/// The named rules, indexed by what calls for them.
pub(crate) struct Named {
    /// Literals that matches begin with.
    prefixes: Literals<RuleId>,
    /// Literals inside matches.
    infixes: Literals<RuleId>,
    /// Words near values, and the literals that stand further from their run.
    words: Literals<(RuleId, Call)>,
    /// The rules that look only in some paths.
    confined: Vec<(RuleId, GlobSet)>,
}

/// What a word near a value calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    /// A match of the value.
    Near,
    /// A match of the value, if the word stands in its name.
    Assigned,
    /// A match that begins here.
    Prefix,
    /// A match that holds this.
    Infix,
}

/// A run that is not made of words.
pub(crate) struct Run {
    pub(crate) span: Range<usize>,
    pub(crate) may_be_random: bool,
}

/// A match of a named rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) rule: RuleId,
    pub(crate) whole: Range<usize>,
    pub(crate) secret: Range<usize>,
}

impl Hit {
    /// Whether the run that led to the match is part of it.
    fn holds(&self, run: &Range<usize>) -> bool {
        self.whole.start < run.end && run.start < self.whole.end
    }
}

/// Whether a match of the rule is found by any run that is not made of words, or only by one that may be random.
pub(crate) fn is_near(pattern: &Pattern) -> bool {
    pattern.leads_to_run(BEFORE_RUN)
}

impl Named {
    pub(crate) fn new(rules: &RuleSet) -> Self {
        let mut prefixes: Vec<(&str, RuleId)> = Vec::new();
        let mut infixes: Vec<(&str, RuleId)> = Vec::new();
        let mut words: Vec<(&str, (RuleId, Call))> = Vec::new();
        let mut confined = Vec::new();
        for (id, rule) in rules.iter() {
            match &rule.find {
                Find::Prefix { literals, .. } => {
                    let literals = || literals.iter().map(String::as_str);
                    prefixes.extend(literals().map(|literal| (literal, id)));
                    if rule.pattern.as_ref().is_some_and(|pattern| pattern.holds_run(MIN_RUN) && !is_near(pattern)) {
                        words.extend(literals().map(|literal| (literal, (id, Call::Prefix))));
                    }
                }
                Find::Infix { literals } => {
                    let literals = || literals.iter().map(String::as_str);
                    infixes.extend(literals().map(|literal| (literal, id)));
                    words.extend(literals().map(|literal| (literal, (id, Call::Infix))));
                }
                Find::Keywords { words: keywords, assigned } => {
                    let call = if *assigned { Call::Assigned } else { Call::Near };
                    words.extend(keywords.iter().map(|word| (word.as_str(), (id, call))));
                }
                Find::Parser(_) => {}
            }
            if !rule.files.is_empty() {
                let mut globs = GlobSetBuilder::new();
                for glob in &rule.files {
                    globs.add(Glob::new(glob).expect("rule validation compiled it"));
                }
                confined.push((id, globs.build().expect("each glob compiled by itself")));
            }
        }
        Self {
            prefixes: Literals::at_starts(prefixes),
            infixes: Literals::new(Case::Exact, infixes),
            words: Literals::new(Case::Any, words),
            confined,
        }
    }

    /// The paths in which alone the rule looks, if it is confined to some.
    pub(crate) fn confined(&self, rule: RuleId) -> Option<&GlobSet> {
        self.confined.iter().find(|(id, _)| *id == rule).map(|(_, globs)| globs)
    }

    /// The rules that look only in some paths.
    pub(crate) fn all_confined(&self) -> impl Iterator<Item = RuleId> + use<'_> {
        self.confined.iter().map(|(id, _)| *id)
    }

    /// The rules one of whose words stands in the path, and that look for values which are told by context.
    pub(crate) fn called_by_path(&self, path: &[u8]) -> Vec<RuleId> {
        let mut called = Vec::new();
        self.words.find_in(path, 0, path.len(), |_, &(rule, call), word| {
            if call == Call::Near && word.len() >= 5 {
                called.push(rule);
            }
        });
        called.sort_unstable();
        called.dedup();
        called
    }

    /// Matches of the rules whose prefix stands in the run, or not far before it; nothing before `searched` is looked at again.
    pub(crate) fn by_prefix(&self, rules: &RuleSet, text: &[u8], chart: &Chart, run: &Run, searched: usize, mut found: impl FnMut(Hit)) {
        let Run { span: run, may_be_random } = run;
        self.each_prefix(text, chart, run, searched, |place, &id, literal| {
            if let Some(hit) = Self::match_literal(rules, text, place, id, true, literal.len())
                && hit.holds(run)
                && (*may_be_random || rules.get(id).pattern.as_ref().is_some_and(is_near))
            {
                found(hit);
            }
        });
    }

    /// Whether a prefix stands in the run, or not far before it: without one, [`Named::by_prefix`] finds nothing.
    pub(crate) fn has_prefix(&self, text: &[u8], chart: &Chart, run: &Run, searched: usize) -> bool {
        let mut has = false;
        self.each_prefix(text, chart, &run.span, searched, |_, _, _| has = true);
        has
    }

    /// Calls `found` with every prefix in the run or not far before it.
    fn each_prefix(&self, text: &[u8], chart: &Chart, run: &Range<usize>, searched: usize, mut found: impl FnMut(usize, &RuleId, &[u8])) {
        let from = joined_before(text, run.start, searched);
        let mut prefix_at = |place: usize| self.prefixes.find_at(text, place, &mut found);
        // A token begins where no letter or digit stands before it,
        chart.beginnings(from..run.end, &mut prefix_at);
        // or where that belongs to an escape: \n, %3D.
        match run.start.checked_sub(1).map(|place| text[place]) {
            Some(b'\\') => prefix_at(run.start + 1),
            Some(b'%') => prefix_at(run.start + 2),
            _ => {}
        }
    }

    /// Matches of the rules whose infix stands in the run, or not far from it.
    pub(crate) fn by_infix(&self, rules: &RuleSet, text: &[u8], run: &Range<usize>, searched: usize, mut found: impl FnMut(Hit)) {
        let from = joined_before(text, run.start, searched);
        self.infixes.find_in(text, from, run.end + AFTER_RUN, |place, &id, literal| {
            if let Some(hit) = Self::match_literal(rules, text, place, id, false, literal.len())
                && hit.holds(run)
            {
                found(hit);
            }
        });
    }

    /// Matches the rule `id`, whose literal of `length` bytes stands at `place`.
    pub(crate) fn match_literal(rules: &RuleSet, text: &[u8], place: usize, id: RuleId, is_prefix: bool, length: usize) -> Option<Hit> {
        let rule = rules.get(id);
        // Words are indexed in any case, literals stand as they are written.
        if is_prefix {
            return match_prefix(rule, text, place).map(|(whole, secret)| Hit { rule: id, whole, secret });
        }
        // The match may begin anywhere before the literal that it must hold; the leftmost wins.
        let pattern = rule.pattern.as_ref()?;
        let first = (place + length).saturating_sub(pattern.max_len());
        (first..=place).find_map(|start| {
            let (whole, secret) = pattern.match_at(text, start)?;
            let holds = whole.end >= place + length && starts_clean(text, start) && ends_clean(text, whole.end, pattern);
            holds.then_some(Hit { rule: id, whole, secret })
        })
    }

    /// Matches of the rules whose word stands near the value (or in its name, or calls by the path).
    pub(crate) fn by_context(
        &self,
        rules: &RuleSet,
        text: &[u8],
        assignment: &Assignment,
        run: &Range<usize>,
        by_path: &[RuleId],
        mut found: impl FnMut(Hit),
    ) {
        let from = vicinity(text, assignment.value.start).min(assignment.name.start);
        let real = assignment::real_name(text, &assignment.name);
        let mut called: Vec<RuleId> = by_path.to_vec();
        self.words.find_in(text, from, assignment.value.start.max(run.start), |place, &(id, call), word| {
            let is_in = |name: &Range<usize>| name.start <= place && place + word.len() <= name.end;
            match call {
                Call::Near => called.push(id),
                Call::Assigned if is_in(&assignment.name) || real.as_ref().is_some_and(is_in) => called.push(id),
                Call::Assigned => {}
                Call::Prefix | Call::Infix => {
                    if let Some(hit) = Self::match_literal(rules, text, place, id, call == Call::Prefix, word.len())
                        && hit.holds(run)
                    {
                        found(hit);
                    }
                }
            }
        });
        called.sort_unstable();
        called.dedup();
        for id in called {
            if let Some(secret) = match_value(rules.get(id), text, assignment, run) {
                found(Hit { rule: id, whole: secret.clone(), secret });
            }
        }
    }
}

/// A prefix rule's match, whole and the secret in it, at exactly `place`, boundaries and nearby words included.
fn match_prefix(rule: &Rule, text: &[u8], place: usize) -> Option<(Range<usize>, Range<usize>)> {
    let pattern = rule.pattern.as_ref()?;
    if !starts_clean(text, place) {
        return None;
    }
    let (whole, secret) = pattern.match_at(text, place)?;
    let Find::Prefix { keywords, .. } = &rule.find else { return None };
    (ends_clean(text, whole.end, pattern) && (keywords.is_empty() || stands_near(keywords, text, place))).then_some((whole, secret))
}

/// Whether one of the lower-case words stands in the vicinity before `place`.
pub(crate) fn stands_near(words: &[String], text: &[u8], place: usize) -> bool {
    let near = text[vicinity(text, place)..place].to_ascii_lowercase();
    words.iter().any(|word| memchr::memmem::find(&near, word.as_bytes()).is_some())
}

/// The secret of a context rule's match of the whole value: from the value's start, or from the run's.
pub(crate) fn match_value(rule: &Rule, text: &[u8], assignment: &Assignment, run: &Range<usize>) -> Option<Range<usize>> {
    let pattern = rule.pattern.as_ref()?;
    [assignment.value.start, run.start].into_iter().find_map(|start| {
        let (whole, secret) = pattern.match_at(text, start)?;
        let clean = value_starts_clean(text, start, pattern) && value_ends_clean(text, whole.end, pattern);
        clean.then_some(secret)
    })
}

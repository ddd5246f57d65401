//! The shape of a credential: a bounded expression over bytes, compiled at build time to a program that starts in no time.
//!
//! The meaning is that of the `regex` crate (leftmost-first, greedy), held to it by a property test; the `regex` crate itself
//! costs about 0.1 MiB and 0.2 ms for each expression, which a hook that runs for a few milliseconds cannot pay.

use std::ops::Range;

use regex_syntax::hir::{Class, Hir, HirKind};
use serde::{Deserialize, Serialize};

use super::shape::{ByteSet, byte_set, edge, lead, sure_run};

/// The longest match that a pattern may have, in bytes; the engine's windows rely on it.
pub(crate) const MAX_LEN: usize = 4096;
/// The most instructions that a pattern may compile to.
const MAX_PROGRAM: usize = 4096;
/// The most steps of one match before it is given up; reached only by patterns that `rules check` would have refused.
const MAX_STEPS: usize = 1 << 16;

/// Why an expression is not a pattern.
#[derive(Debug, thiserror::Error)]
pub enum PatternError {
    /// The expression does not parse.
    #[error("not a valid expression: {0}")]
    Syntax(String),
    /// Something that a pattern may not use.
    #[error("{0}")]
    Unsupported(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Inst {
    /// These bytes.
    Bytes(Vec<u8>),
    /// Bytes of the set, as many as possible between the two counts.
    Repeat(ByteSet, u16, u16),
    /// Go on at the first; if that fails, at the second.
    Split(u16, u16),
    /// Go on there.
    Jump(u16),
    /// The secret begins (`false`) or ends (`true`) here.
    Mark(bool),
    /// Done.
    Match,
}

/// A compiled shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pattern {
    program: Vec<Inst>,
    /// Shortest and longest match, in bytes.
    length: (u16, u16),
    /// Bytes a match may begin with, and end with.
    head: ByteSet,
    tail: ByteSet,
    /// Every match holds a run of token characters of at least this length, in bytes.
    run: u16,
    /// The run begins at most so many bytes after the match does, and only what joins words stands between.
    lead: Option<u16>,
}

impl Pattern {
    /// Compiles an expression.
    ///
    /// # Errors
    /// When it does not parse, has no bound or more than 4096 bytes of match, or uses anchors or lazy repetition.
    pub fn new(expression: &str) -> Result<Self, PatternError> {
        let hir = parse(expression)?;
        let properties = hir.properties();
        let longest = properties.maximum_len().filter(|&length| length <= MAX_LEN);
        let (Some(shortest), Some(longest)) = (properties.minimum_len(), longest) else {
            return Err(PatternError::Unsupported(format!(
                "the match must be bounded by {MAX_LEN} bytes; write {{n,m}} in place of * or +"
            )));
        };
        let mut program = Vec::new();
        compile(&hir, &mut program)?;
        program.push(Inst::Match);
        let (mut head, mut tail) = (ByteSet::default(), ByteSet::default());
        edge(&hir, false, &mut head);
        edge(&hir, true, &mut tail);
        Ok(Self { program, length: (fit(shortest)?, fit(longest)?), head, tail, run: fit(sure_run(&hir))?, lead: lead(&hir) })
    }

    /// The `regex` expression of the same meaning, for the slow reference.
    ///
    /// # Errors
    /// When the expression does not parse.
    pub fn reference(expression: &str) -> Result<regex_syntax::hir::Hir, PatternError> {
        parse(expression)
    }

    /// Shortest match in bytes.
    pub fn min_len(&self) -> usize {
        usize::from(self.length.0)
    }

    /// Longest match in bytes.
    pub fn max_len(&self) -> usize {
        usize::from(self.length.1)
    }

    /// Whether a match can begin with this byte.
    pub fn can_begin(&self, byte: u8) -> bool {
        self.head.contains(byte)
    }

    /// Whether a match can end with this byte.
    pub fn can_end(&self, byte: u8) -> bool {
        self.tail.contains(byte)
    }

    /// Whether a match can hold this byte somewhere.
    pub fn can_hold(&self, byte: u8) -> bool {
        self.program.iter().any(|instruction| match instruction {
            Inst::Bytes(bytes) => bytes.contains(&byte),
            Inst::Repeat(set, ..) => set.contains(byte),
            Inst::Split(..) | Inst::Jump(_) | Inst::Mark(_) | Inst::Match => false,
        })
    }

    /// Whether every match holds a run of `[0-9A-Za-z_+/-]` of at least `length` bytes, by which it can be found.
    pub fn holds_run(&self, length: usize) -> bool {
        usize::from(self.run) >= length
    }

    /// Whether the run of a match begins within `distance` bytes of the match, with nothing but what joins words between.
    pub fn leads_to_run(&self, distance: usize) -> bool {
        self.lead.is_some_and(|lead| usize::from(lead) <= distance)
    }

    /// Matches at exactly `start`: the whole match and the secret in it.
    pub fn match_at(&self, text: &[u8], start: usize) -> Option<(Range<usize>, Range<usize>)> {
        if !text.get(start).is_some_and(|&byte| self.head.contains(byte)) {
            return None;
        }
        // A frame to come back to: instruction, place, the fewest bytes the repeat may give back to, and the marks at that time.
        let mut frames: Vec<(usize, usize, usize, [usize; 2])> = Vec::new();
        let (mut at, mut place, mut marks) = (0, start, [usize::MAX; 2]);
        for _ in 0..MAX_STEPS {
            let holds = match &self.program[at] {
                Inst::Bytes(bytes) => {
                    let holds = text[place..].starts_with(bytes);
                    place += bytes.len();
                    holds
                }
                &Inst::Repeat(ref set, least, most) => {
                    let window = &text[place..text.len().min(place + usize::from(most))];
                    let run = window.iter().position(|&byte| !set.contains(byte)).unwrap_or(window.len());
                    let least = usize::from(least);
                    if run > least {
                        frames.push((at + 1, place + run - 1, place + least, marks));
                    }
                    place += run;
                    run >= least
                }
                &Inst::Split(first, second) => {
                    frames.push((usize::from(second), place, place, marks));
                    at = usize::from(first);
                    continue;
                }
                &Inst::Jump(to) => {
                    at = usize::from(to);
                    continue;
                }
                &Inst::Mark(end) => {
                    marks[usize::from(end)] = place;
                    true
                }
                Inst::Match => {
                    let secret = if marks[1] == usize::MAX { start..place } else { marks[0]..marks[1] };
                    return Some((start..place, secret));
                }
            };
            if holds {
                at += 1;
                continue;
            }
            let (next, back, least, saved) = frames.pop()?;
            if back > least {
                frames.push((next, back - 1, least, saved));
            }
            (at, place, marks) = (next, back, saved);
        }
        None
    }
}

fn set_of(class: &Class) -> Result<ByteSet, PatternError> {
    byte_set(class).ok_or_else(|| PatternError::Unsupported("only bytes, no Unicode classes".to_owned()))
}

fn fit(number: usize) -> Result<u16, PatternError> {
    u16::try_from(number).map_err(|_| PatternError::Unsupported("too long".to_owned()))
}

fn parse(expression: &str) -> Result<Hir, PatternError> {
    regex_syntax::ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build()
        .parse(expression)
        .map_err(|error| PatternError::Syntax(error.to_string()))
}

fn compile(hir: &Hir, program: &mut Vec<Inst>) -> Result<(), PatternError> {
    if program.len() > MAX_PROGRAM {
        return Err(PatternError::Unsupported("the pattern is too large; repeat classes, not groups".to_owned()));
    }
    match hir.kind() {
        HirKind::Empty => {}
        HirKind::Literal(literal) => program.push(Inst::Bytes(literal.0.to_vec())),
        HirKind::Class(class) => program.push(Inst::Repeat(set_of(class)?, 1, 1)),
        HirKind::Look(_) => {
            return Err(PatternError::Unsupported("anchors and word boundaries are the engine's work; leave them out".to_owned()));
        }
        HirKind::Repetition(repetition) => {
            let Some(max) = repetition.max else {
                return Err(PatternError::Unsupported("write {n,m} in place of * or +".to_owned()));
            };
            if !repetition.greedy {
                return Err(PatternError::Unsupported("lazy repetition is not supported".to_owned()));
            }
            if let HirKind::Class(class) = repetition.sub.kind() {
                let fits = |count: u32| fit(count as usize);
                program.push(Inst::Repeat(set_of(class)?, fits(repetition.min)?, fits(max)?));
                return Ok(());
            }
            for _ in 0..repetition.min {
                compile(&repetition.sub, program)?;
            }
            let mut exits = Vec::new();
            for _ in repetition.min..max {
                exits.push(program.len());
                program.push(Inst::Match);
                compile(&repetition.sub, program)?;
            }
            let end = fit(program.len())?;
            for exit in exits {
                program[exit] = Inst::Split(fit(exit + 1)?, end);
            }
        }
        HirKind::Capture(capture) => {
            let is_secret = capture.name.as_deref() == Some("secret");
            if is_secret {
                program.push(Inst::Mark(false));
            }
            compile(&capture.sub, program)?;
            if is_secret {
                program.push(Inst::Mark(true));
            }
        }
        HirKind::Concat(parts) => {
            for part in parts {
                compile(part, program)?;
            }
        }
        HirKind::Alternation(branches) => {
            let mut jumps = Vec::new();
            for (number, branch) in branches.iter().enumerate() {
                if number + 1 == branches.len() {
                    compile(branch, program)?;
                    break;
                }
                let split = program.len();
                program.push(Inst::Match);
                compile(branch, program)?;
                jumps.push(program.len());
                program.push(Inst::Match);
                program[split] = Inst::Split(fit(split + 1)?, fit(program.len())?);
            }
            let end = fit(program.len())?;
            for jump in jumps {
                program[jump] = Inst::Jump(end);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn regex_at(expression: &str, text: &[u8], start: usize) -> Option<(Range<usize>, Range<usize>)> {
        let regex = regex::bytes::RegexBuilder::new(&format!("^(?:{expression})")).unicode(false).build().expect("a pattern is a regex");
        let captures = regex.captures(&text[start..])?;
        let whole = captures.get(0)?.range();
        let secret = captures.name("secret").map_or(whole.clone(), |group| group.range());
        Some((whole.start + start..whole.end + start, secret.start + start..secret.end + start))
    }

    #[test]
    fn refuses_what_has_no_bound() {
        for expression in ["a+", "[a-z]*x", "^a", "a\\b", "a{2}?b??", "[a-z]{9999}", "("] {
            assert!(Pattern::new(expression).is_err(), "{expression}");
        }
    }

    proptest! {
        #[test]
        fn means_what_regex_means(
            expression in "(ab|a|[ab]{1,3}|(?:ab?){0,2}|(?<secret>[a-c]{1,2})|c?){1,4}",
            text in "[abc]{0,12}",
        ) {
            // The same group name twice is no regex.
            prop_assume!(expression.matches("<secret>").count() <= 1);
            if let Ok(pattern) = Pattern::new(&expression) {
                let expected = regex_at(&expression, text.as_bytes(), 0);
                let found = pattern.match_at(text.as_bytes(), 0);
                if expected.as_ref().is_some_and(|(whole, _)| !whole.is_empty()) {
                    prop_assert_eq!(found, expected);
                }
            }
        }
    }
}

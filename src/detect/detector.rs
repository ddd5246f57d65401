//! Puts the matchers together: one pass over anchors, one over runs, one over encodings.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use globset::GlobSet;

use super::anchors::Anchors;
use super::assignment::{self, Assignment, Operator};
use super::chart::Chart;
use super::decode::{self, Decoded};
use super::named::{Hit, Named, Run};
use super::secret_files::SecretFile;
use super::worth::is_random_mix;
use super::{generic, tokens};
use crate::model::{Candidate, Context, Layer, RuleId, Secret, Span, Syntax};
use crate::rules::{Find, Parser, RuleSet};

/// Bytes at the beginning in which a NUL says that the content is binary.
const HEAD: usize = 8192;
/// The most candidates of one text; a file with more is a list, and its first thousands say so.
const MAX_CANDIDATES: usize = 20_000;

/// How far the detector goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How many encodings are undone one within the other; 0 undoes none.
    pub decode_depth: u8,
}

impl Default for Options {
    fn default() -> Self {
        Self { decode_depth: 3 }
    }
}

/// Finds candidates in texts; shared by all threads.
pub struct Detector {
    pub(super) rules: Arc<RuleSet>,
    pub(super) options: Options,
    pub(super) anchors: Anchors,
    pub(super) named: Named,
    parsers: HashMap<Parser, RuleId>,
}

/// What the path of a text says about it, worked out once for each.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    path: Vec<u8>,
    secret_file: Option<SecretFile>,
    by_path: Vec<RuleId>,
}

/// One text on its way through the matchers.
pub(super) struct Pass<'a> {
    pub(super) text: &'a [u8],
    subject: &'a Subject,
    /// Whether only shapes count: binary content holds no assignments.
    pub(super) binary: bool,
    /// Where escapes may stand.
    pub(super) marks: Vec<usize>,
    found: Vec<Candidate>,
    /// Where something begins that reaches over several lines.
    pub(super) far: Vec<usize>,
}

/// What a path says, as far as it changes what is found: two paths that are alike find the same in the same text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Likeness {
    secret_file: Option<SecretFile>,
    by_path: Vec<RuleId>,
    confined: Vec<RuleId>,
}

/// Candidates of a text, with what cannot be told by the lines around it.
#[derive(Debug, Default)]
pub struct Look {
    /// By their place; each depends on the lines around it alone, unless it lies in something that begins at a place of `far`.
    pub candidates: Vec<Candidate>,
    /// Where key blocks, wrapped encodings and lists of bytes begin: what is found in them may depend on bytes far behind.
    pub far: Vec<usize>,
}

impl Detector {
    /// Indexes the rules.
    pub fn new(rules: Arc<RuleSet>, options: Options) -> Self {
        let loose = rules.iter().flat_map(|(id, rule)| {
            let literals: &[String] = match (&rule.find, &rule.pattern) {
                (Find::Prefix { literals, .. } | Find::Infix { literals }, Some(pattern)) if !pattern.holds_run(tokens::MIN_RUN) => {
                    literals
                }
                _ => &[],
            };
            literals.iter().map(move |literal| (literal.as_str(), id))
        });
        let anchors = Anchors::new(loose);
        let named = Named::new(&rules);
        let parsers = rules.parsers();
        Self { rules, options, anchors, named, parsers }
    }

    /// The rules it looks for.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// What the path says about the texts that stand there.
    pub fn subject(&self, path: &[u8]) -> Subject {
        Subject { path: path.to_vec(), secret_file: SecretFile::of(path), by_path: self.named.called_by_path(path) }
    }

    /// All candidates in the text, by their place; offsets count from the text's first byte.
    pub fn detect(&self, subject: &Subject, text: &[u8]) -> Vec<Candidate> {
        if let Some(order) = decode::byte_order(text) {
            let plain = decode::transcode(text, order);
            let mut found = self.detect_text(subject, &plain, self.options.decode_depth);
            for candidate in &mut found {
                let offset = |place: u64| decode::original_offset(text, &plain, usize::try_from(place).unwrap_or(usize::MAX)) as u64;
                candidate.span = Span::new(offset(candidate.span.start), offset(candidate.span.end));
                candidate.layers.insert(0, Layer::Utf16);
            }
            return found;
        }
        self.detect_text(subject, text, self.options.decode_depth)
    }

    /// What two paths must have in common to find the same in the same text.
    pub fn likeness(&self, subject: &Subject) -> Likeness {
        let confined = self.named.all_confined().filter(|&rule| self.looks_into(rule, &subject.path)).collect();
        Likeness { secret_file: subject.secret_file, by_path: subject.by_path.clone(), confined }
    }

    /// Whether the content must be seen as a whole: it is binary or UTF-16, or a file with a grammar of its own.
    pub fn is_opaque(&self, subject: &Subject, content: &[u8]) -> bool {
        let head = &content[..content.len().min(HEAD)];
        memchr::memchr(0, head).is_some()
            || decode::byte_order(content).is_some()
            || subject.secret_file.is_some_and(|file| file.may_have_secrets(content))
    }

    /// Whether every match that a rule can have lies on one line, or nearly so: then lines can be looked at by themselves.
    pub fn matches_within_lines(&self) -> bool {
        const SHORT: usize = 128;
        self.rules
            .iter()
            .all(|(_, rule)| rule.pattern.as_ref().is_none_or(|pattern| !pattern.can_hold(b'\n') || pattern.max_len() <= SHORT))
    }

    /// Candidates in some lines of a text that is not opaque.
    pub fn look(&self, subject: &Subject, text: &[u8], lines: Range<usize>) -> Look {
        let (candidates, far) = self.pass(subject, text, lines, self.options.decode_depth, false);
        Look { candidates, far }
    }

    fn detect_text(&self, subject: &Subject, text: &[u8], depth: u8) -> Vec<Candidate> {
        let binary = memchr::memchr(0, &text[..text.len().min(HEAD)]).is_some();
        self.pass(subject, text, 0..text.len(), depth, binary).0
    }

    /// Takes the text through all matchers; what begins outside the lines is found only when it reaches into them.
    fn pass(&self, subject: &Subject, text: &[u8], lines: Range<usize>, depth: u8, binary: bool) -> (Vec<Candidate>, Vec<usize>) {
        let first = lines.start;
        let chart = Chart::of(text, lines, self.anchors.nibbles());
        let mut pass = Pass { text, subject, binary, marks: Vec::new(), found: Vec::new(), far: Vec::new() };
        self.by_anchor(&mut pass, &chart);
        self.by_run(&mut pass, &chart, first, depth);
        if let Some(file) = subject.secret_file {
            for (value, name) in file.secrets(text) {
                let parser = if file == SecretFile::Hashes { Parser::PasswordHash } else { Parser::SecretFile };
                let context = Context { syntax: Syntax::SecretFile, name: text[name].to_vec(), ..assignment::surroundings(text, &value) };
                self.parsed(&mut pass, parser, value, context);
            }
        }
        if depth > 0 && !binary {
            let marks = std::mem::take(&mut pass.marks);
            let (mut marks, mut from) = (marks.as_slice(), first);
            while let Some(decoded) = decode::escapes(text, &mut marks, from) {
                from = decoded.span.end;
                self.within(&mut pass, &decoded, depth);
            }
            from = first;
            while let Some(decoded) = decode::byte_list(text, from, |from| chart.numbers(from)) {
                from = decoded.span.end;
                self.within(&mut pass, &decoded, depth);
            }
        }
        let (mut found, far) = (pass.found, pass.far);
        found.retain(|candidate| self.looks_into(candidate.rule, &subject.path));
        found.sort_by(|one, other| (one.span, one.rule, &one.layers).cmp(&(other.span, other.rule, &other.layers)));
        found.dedup_by(|later, earlier| later.span == earlier.span && later.rule == earlier.rule && later.layers == earlier.layers);
        (found, far)
    }

    fn looks_into(&self, rule: RuleId, path: &[u8]) -> bool {
        let looks = |globs: &GlobSet| globs.is_match(bstr::ByteSlice::to_path_lossy(path));
        self.named.confined(rule).is_none_or(looks)
    }

    pub(super) fn parsed(&self, pass: &mut Pass<'_>, parser: Parser, value: Range<usize>, context: Context) {
        if let Some(&rule) = self.parsers.get(&parser) {
            let secret = Secret::new(pass.text[value.clone()].to_vec());
            pass.push(rule, value, secret, context, Vec::new());
        }
    }

    fn by_run(&self, pass: &mut Pass<'_>, chart: &Chart, first: usize, depth: u8) {
        let text = pass.text;
        let (mut searched, mut value_end, mut decoded_end) = (first, first, first);
        chart.runs(|start, end| {
            if chart.are_words(start..end) {
                return;
            }
            let random = is_random_mix(chart.mix(start..end), &text[start..end]);
            let run = Run { span: start..end, may_be_random: random };
            self.named.by_prefix(&self.rules, text, chart, &run, searched, |hit| self.hit(pass, hit));
            let run = run.span;
            if random {
                self.named.by_infix(&self.rules, text, &run, searched, |hit| self.hit(pass, hit));
            }
            searched = end;
            if pass.binary {
                return;
            }
            if random && end > value_end {
                value_end = self.long_value(pass, run);
            }
            // Base64 and hexadecimal of text turn from letters to digits all the time, or are mostly digits.
            if random
                && depth > 0
                && start >= decoded_end
                && end - start >= decode::MIN_RUN
                && let Some(decoded) = decode::decodings(text, start..padded(text, end))
            {
                decoded_end = decoded.span.end;
                self.within(pass, &decoded, depth);
            }
        });
    }

    /// Looks at the value around a run, by its name and by what stands near; returns where the value ends.
    fn long_value(&self, pass: &mut Pass<'_>, run: Range<usize>) -> usize {
        let text = pass.text;
        let assignment = assignment::around(text, run.clone());
        self.named.by_context(&self.rules, text, &assignment, &run, &pass.subject.by_path, |hit| {
            let context = assignment.context(text);
            let secret = Secret::new(text[hit.secret.clone()].to_vec());
            pass.push(hit.rule, hit.secret, secret, context, Vec::new());
        });
        let value = assignment.value.clone();
        if matches!(assignment.operator, Operator::None | Operator::Space) && generic::is_bearer(text, &value) {
            let context = Context { syntax: Syntax::Header, name: b"authorization".to_vec(), ..assignment::surroundings(text, &value) };
            self.parsed(pass, Parser::BearerAuth, value.clone(), context);
            return value.end;
        }
        if let Some(parser) = generic::assigned(text, &assignment) {
            let mut context = assignment.context(text);
            if let Some(real) = assignment::real_name(text, &assignment.name) {
                context.name = text[real].to_vec();
            }
            self.parsed(pass, parser, value.clone(), context);
        }
        value.end
    }

    pub(super) fn hit(&self, pass: &mut Pass<'_>, hit: Hit) {
        let text = pass.text;
        let found = assignment::name_before(
            text,
            hit.secret.clone(),
            hit.secret.start.checked_sub(1).map(|place| text[place]).filter(|byte| matches!(byte, b'"' | b'\'' | b'`')),
        );
        let secret = Secret::new(text[hit.secret.clone()].to_vec());
        let context = found.context(text);
        pass.push(hit.rule, hit.secret, secret, context, Vec::new());
    }

    /// Candidates in decoded text: they stand at the whole encoded text, and name the layer.
    fn within(&self, pass: &mut Pass<'_>, decoded: &Decoded, depth: u8) {
        let wide = decode::byte_order(&decoded.bytes).map(|order| decode::transcode(&decoded.bytes, order));
        let mut inner = self.detect_text(pass.subject, wide.as_deref().unwrap_or(&decoded.bytes), depth - 1);
        if wide.is_some() {
            inner.iter_mut().for_each(|candidate| candidate.layers.insert(0, Layer::Utf16));
        }
        if decoded.layer == Layer::ByteArray || memchr::memchr(b'\n', &pass.text[decoded.span.clone()]).is_some() {
            pass.far.push(decoded.span.start);
        }
        let outer = Span::new(decoded.span.start as u64, decoded.span.end as u64);
        let found_plain = pass.found.len();
        for mut candidate in inner {
            // What is there to see without decoding was found already, with an exact span.
            let is_known = pass.found[..found_plain]
                .iter()
                .any(|known| outer.overlaps(known.span) && known.rule == candidate.rule && known.value == candidate.value);
            if is_known {
                continue;
            }
            if candidate.context.name.is_empty() {
                let Assignment { name, .. } = assignment::name_before(pass.text, decoded.span.clone(), None);
                candidate.context.name = pass.text[name].to_vec();
            }
            candidate.span = outer;
            candidate.layers.insert(0, decoded.layer);
            pass.found.push(candidate);
        }
    }
}

impl Pass<'_> {
    fn push(&mut self, rule: RuleId, span: Range<usize>, value: Secret, context: Context, layers: Vec<Layer>) {
        if self.found.len() < MAX_CANDIDATES {
            self.found.push(Candidate { rule, span: Span::new(span.start as u64, span.end as u64), value, context, layers });
        }
    }
}

/// The end of a run with the `=` that pad it.
fn padded(text: &[u8], end: usize) -> usize {
    end + text[end..text.len().min(end + 2)].iter().take_while(|&&byte| byte == b'=').count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::expand;

    #[test]
    fn a_command_in_utf16_behind_base64_is_read() {
        let rules = Arc::new(RuleSet::builtin());
        let detector = Detector::new(Arc::clone(&rules), Options::default());
        let plain = expand("$env:T = 'ghp_{base62:30}{crc32-base62}'", "utf16").expect("a sound template").text;
        let wide: Vec<u8> = plain.iter().flat_map(|&byte| [byte, 0]).collect();
        let text = format!("powershell -EncodedCommand {}", data_encoding::BASE64.encode(&wide));
        let found = detector.detect(&detector.subject(b"run.cmd"), text.as_bytes());
        let token = found.iter().find(|candidate| rules.get(candidate.rule).id.contains("github")).expect("the token");
        assert_eq!(token.layers, [Layer::Base64, Layer::Utf16]);
    }
}

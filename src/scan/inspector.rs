//! Takes the blobs of a source on one thread: detects, judges, resolves, suppresses.

use std::io;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::chunks::{self, Chunk};
use super::companions;
use super::cursor::Cursor;
use super::gather;
use super::line;
use super::overlap::{self, Judged};
use super::partner;
use super::pipeline::{Found, Stage};
use crate::detect::Subject;
use crate::model::{Blob, Content, Coverage, Finding, Origin, Region, Secret, Span};
use crate::source::Worker;

/// One thread's worker.
pub(crate) struct Inspector<'s> {
    stage: &'s Stage<'s>,
    buffer: Vec<u8>,
    found: Found,
    fold_at: usize,
    reported: usize,
}

/// Findings of one thread after which it is worth looking for repeats.
const FOLD_AT: usize = 4096;

impl<'s> Inspector<'s> {
    pub(crate) fn new(stage: &'s Stage<'s>) -> Self {
        Self { stage, buffer: Vec::new(), found: Found::default(), fold_at: FOLD_AT, reported: 0 }
    }

    fn take(&mut self, blob: Blob<'_>) -> io::Result<()> {
        let origin = blob.origin;
        if let Some(reason) = self.stage.suppressor.excludes(&origin.path) {
            let mut coverage = Coverage::default();
            coverage.out_of_scope(origin.display(), format!("excluded by the configuration: {reason}"));
            self.found.coverage.merge(coverage);
            self.reported += 1;
            return Ok(());
        }
        let subject = self.stage.detector.subject(origin.judged_path());
        let mut cursor = Cursor::new();
        match blob.content {
            Content::Bytes(text) => {
                let chunk = Chunk { text, base: 0, counts: 0..text.len() };
                self.inspect(origin, &subject, &chunk, &mut cursor);
                Ok(())
            }
            Content::Stream(stream) => {
                let mut buffer = std::mem::take(&mut self.buffer);
                let read = chunks::each(stream, &mut buffer, |chunk| self.inspect(origin, &subject, chunk, &mut cursor));
                self.buffer = buffer;
                read.map(|_| ())
            }
        }
    }

    fn inspect(&mut self, origin: &Origin, subject: &Subject, chunk: &Chunk<'_>, cursor: &mut Cursor) {
        let stage = self.stage;
        let path = origin.judged_path();
        let candidates = stage.detector.detect(subject, chunk.text);
        let counts = chunk.counts.start as u64..chunk.counts.end as u64;
        // A neighbour's candidates are masked too, but judged where they count.
        let mut masks: Vec<(Range<usize>, Secret)> = Vec::new();
        let mut judged = Vec::new();
        for candidate in candidates {
            let judgement = stage.scorer.judge(stage.rules.get(candidate.rule), &candidate, path);
            let Some(confidence) = judgement.confidence else { continue };
            masks.push((in_memory(candidate.span), candidate.value.clone()));
            if counts.contains(&candidate.span.start) {
                judged.push(Judged { candidate, judgement, confidence });
            }
        }
        masks.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
        for one in overlap::resolve(judged, |candidate| stage.rules.get(candidate.rule)) {
            self.reported += 1;
            if one.confidence < stage.confidence {
                self.found.hidden += 1;
                continue;
            }
            let finding = self.finding(origin, chunk, cursor, one, &masks);
            self.found.findings.push(finding);
            // Of a secret that thousands of versions hold, one is kept whole.
            if stage.folds && self.found.findings.len() >= self.fold_at {
                gather::fold(&mut self.found.findings);
                self.fold_at = FOLD_AT.max(2 * self.found.findings.len());
            }
        }
        // Behind the last piece nobody asks for lines any more.
        if chunk.counts.end < chunk.text.len() {
            cursor.advance(chunk.text, chunk.base, chunk.base + chunk.counts.end as u64);
        }
    }

    fn finding(&self, origin: &Origin, chunk: &Chunk<'_>, cursor: &mut Cursor, one: Judged, masks: &[(Range<usize>, Secret)]) -> Finding {
        let Judged { candidate, judgement, confidence } = one;
        let rule = self.stage.rules.get(candidate.rule);
        let span = in_memory(candidate.span);
        let start = cursor.advance(chunk.text, chunk.base, chunk.base + candidate.span.start);
        let end = cursor.clone().advance(chunk.text, chunk.base, chunk.base + candidate.span.end);
        let line = line::around(chunk.text, &span);
        let (shown, mask) = line::masked(chunk.text, &line, &span, masks);
        let suppression = self
            .stage
            .suppressor
            .inline(&chunk.text[line.clone()], line::above(chunk.text, &line), rule)
            .or_else(|| self.stage.suppressor.listed(&origin.path, rule, &candidate.value));
        Finding {
            rule: candidate.rule,
            rule_id: rule.id.clone(),
            confidence,
            severity: rule.severity,
            score: judgement.score,
            reasons: judgement.reasons,
            origin: origin.clone(),
            span: Span::new(chunk.base + candidate.span.start, chunk.base + candidate.span.end),
            region: Region { start, end },
            parts: companions::of(rule, chunk.text, &span, &candidate.value),
            secret: candidate.value,
            name: String::from_utf8_lossy(&candidate.context.name).chars().filter(|character| !character.is_control()).collect(),
            line: shown,
            mask,
            layers: candidate.layers,
            partner: partner::of(&rule.id, &candidate.context),
            fingerprint: String::new(),
            standing: None,
            repeats: Vec::new(),
            provenance: None,
            suppression,
            credential: 0,
            probed: None,
        }
    }
}

fn in_memory(span: Span) -> Range<usize> {
    let place = |offset: u64| usize::try_from(offset).expect("an offset into a buffer fits");
    place(span.start)..place(span.end)
}

impl Worker for Inspector<'_> {
    fn blob(&mut self, blob: Blob<'_>) -> io::Result<()> {
        // A mistake of ours in one file must not lose what the others gave; the source notes it as not read.
        catch_unwind(AssertUnwindSafe(|| self.take(blob)))
            .unwrap_or_else(|_| Err(io::Error::other("keyfuse failed on it (a bug of ours; please report it)")))
    }

    fn reported(&self) -> Option<usize> {
        Some(self.reported)
    }
}

impl Drop for Inspector<'_> {
    fn drop(&mut self) {
        self.stage.collect(std::mem::take(&mut self.found));
    }
}

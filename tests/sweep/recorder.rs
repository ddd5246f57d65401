//! A visitor that judges like a scan and keeps every judgement of every content, before anything is put together.

use std::collections::BTreeSet;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};

use keyfuse::detect::{Detector, Likeness, Options};
use keyfuse::model::{Blob, Confidence, Content, Coverage, Place};
use keyfuse::rules::RuleSet;
use keyfuse::score::{Scorer, Standing};
use keyfuse::source::{Progress, Screen, Silent, Source, Spot, SpotKind, Visitor, Worker};
use keyfuse::sweep::{History, HistoryOptions};

/// Object, path and members, rule, span, confidence.
pub(crate) type Found = (String, String, String, u64, u64, Confidence);

pub(crate) struct Recorder {
    detector: Detector,
    scorer: Scorer,
    classes: Mutex<Vec<(Likeness, Standing, Vec<u8>)>>,
    found: Mutex<BTreeSet<Found>>,
    handed: Mutex<usize>,
    looks: Mutex<usize>,
}

impl Recorder {
    fn new() -> Self {
        let detector = Detector::new(Arc::new(RuleSet::builtin()), Options::default());
        let (classes, found, handed, looks) = (Mutex::default(), Mutex::default(), Mutex::default(), Mutex::default());
        Self { detector, scorer: Scorer::new(), classes, found, handed, looks }
    }

    fn path(&self, class: usize) -> Vec<u8> {
        self.classes.lock().expect("no test panics here")[class].2.clone()
    }

    fn judge(&self, path: &[u8], candidate: &keyfuse::model::Candidate) -> Option<Confidence> {
        self.scorer.judge(self.detector.rules().get(candidate.rule), candidate, path).confidence
    }
}

impl Visitor for Recorder {
    fn worker(&self) -> Box<dyn Worker + '_> {
        Box::new(Thread(self, 0))
    }

    fn screen(&self) -> Option<&dyn Screen> {
        Some(self)
    }
}

impl Screen for Recorder {
    fn class(&self, path: &[u8]) -> usize {
        let traits = (self.detector.likeness(&self.detector.subject(path)), Standing::of(path), path.to_vec());
        let mut classes = self.classes.lock().expect("no test panics here");
        let known = classes.iter().position(|known| (&known.0, &known.1) == (&traits.0, &traits.1));
        known.unwrap_or_else(|| {
            classes.push(traits);
            classes.len() - 1
        })
    }

    fn is_opaque(&self, class: usize, content: &[u8]) -> bool {
        self.detector.is_opaque(&self.detector.subject(&self.path(class)), content)
    }

    fn leads(&self, text: &[u8], lines: Range<usize>, leads: &mut Vec<usize>) {
        self.detector.leads(text, lines, leads);
    }

    fn look(&self, class: usize, text: &[u8], lines: Range<usize>, spots: &mut Vec<Spot>) {
        *self.looks.lock().expect("no test panics here") += 1;
        let path = self.path(class);
        let look = self.detector.look(&self.detector.subject(&path), text, lines);
        for candidate in look.candidates {
            if self.judge(&path, &candidate).is_some() {
                let (start, end) = (candidate.span.start as usize, candidate.span.end as usize);
                spots.push(Spot { start, end, kind: SpotKind::Reported });
            }
        }
        spots.extend(look.far.into_iter().map(|start| Spot { start, end: start, kind: SpotKind::Far }));
    }
}

struct Thread<'r>(&'r Recorder, usize);

impl Worker for Thread<'_> {
    fn blob(&mut self, blob: Blob<'_>) -> io::Result<()> {
        let mut text = Vec::new();
        match blob.content {
            Content::Bytes(bytes) => text.extend_from_slice(bytes),
            Content::Stream(stream) => {
                stream.read_to_end(&mut text)?;
            }
        }
        // What commits say and what things are called is read whole in both ways.
        let Place::Object { id, .. } = &blob.origin.place else { return Ok(()) };
        let path = blob.origin.judged_path();
        *self.0.handed.lock().expect("no test panics here") += 1;
        for candidate in self.0.detector.detect(&self.0.detector.subject(path), &text) {
            if let Some(confidence) = self.0.judge(path, &candidate) {
                let rule = self.0.detector.rules().get(candidate.rule).id.clone();
                let found = (id.clone(), blob.origin.display(), rule, candidate.span.start, candidate.span.end, confidence);
                self.1 += 1;
                self.0.found.lock().expect("no test panics here").insert(found);
            }
        }
        Ok(())
    }

    fn reported(&self) -> Option<usize> {
        Some(self.1)
    }
}

/// What a sweep found, how many contents it handed over, and what it covered.
pub(crate) struct Swept {
    pub(crate) found: BTreeSet<Found>,
    pub(crate) handed: usize,
    pub(crate) looks: usize,
    pub(crate) coverage: Coverage,
}

pub(crate) fn sweep(dir: &Path, full: bool) -> Swept {
    sweep_with(HistoryOptions { dir: dir.to_owned(), threads: 2, full, ..HistoryOptions::default() }, &Silent)
}

pub(crate) fn sweep_with(options: HistoryOptions, progress: &dyn Progress) -> Swept {
    let recorder = Recorder::new();
    let coverage = History::new(options).visit(&recorder, progress).expect("a repository");
    let take = |error: std::sync::PoisonError<_>| error.into_inner();
    let found = recorder.found.into_inner().unwrap_or_else(take);
    let handed = *recorder.handed.lock().expect("no test panics here");
    let looks = *recorder.looks.lock().expect("no test panics here");
    Swept { found, handed, looks, coverage }
}

/// Both ways find the same in each content; gives what they found and how many contents the quick way handed over.
pub(crate) fn agree(dir: &Path) -> Swept {
    let (quick, slow) = (sweep(dir, false), sweep(dir, true));
    let missed: Vec<_> = slow.found.difference(&quick.found).take(5).collect();
    let invented: Vec<_> = quick.found.difference(&slow.found).take(5).collect();
    assert!(missed.is_empty() && invented.is_empty(), "missed {missed:#?}, invented {invented:#?}");
    assert_eq!((quick.coverage.blobs, &quick.coverage.gaps), (slow.coverage.blobs, &slow.coverage.gaps));
    quick
}

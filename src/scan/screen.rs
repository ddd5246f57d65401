//! Tells a source that meets the same lines again and again where in them something would be reported.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use super::pipeline::Stage;
use crate::detect::{self, Likeness, Subject};
use crate::score::Standing;
use crate::source::{LEAD_STRIDE, Screen, Spot, SpotKind};

const _: () = assert!(detect::LEAD_STRIDE <= LEAD_STRIDE, "no lead may stand further away than sources look for it");

/// The classes of paths that were met.
#[derive(Default)]
pub(crate) struct Classes {
    numbers: RwLock<HashMap<Traits, usize>>,
    members: RwLock<Vec<Arc<Member>>>,
}

/// What makes two paths alike.
type Traits = (Likeness, Standing, bool);

/// A path that stands for its class.
struct Member {
    subject: Subject,
    path: Vec<u8>,
    is_excluded: bool,
}

impl Classes {
    fn member(&self, class: usize) -> Arc<Member> {
        self.members.read().unwrap_or_else(PoisonError::into_inner)[class].clone()
    }
}

impl Screen for Stage<'_> {
    fn class(&self, path: &[u8]) -> usize {
        let subject = self.detector.subject(path);
        let is_excluded = self.suppressor.excludes(path).is_some();
        let traits = (self.detector.likeness(&subject), Standing::of(path), is_excluded);
        if let Some(&number) = self.classes.numbers.read().unwrap_or_else(PoisonError::into_inner).get(&traits) {
            return number;
        }
        let mut numbers = self.classes.numbers.write().unwrap_or_else(PoisonError::into_inner);
        *numbers.entry(traits).or_insert_with(|| {
            let mut members = self.classes.members.write().unwrap_or_else(PoisonError::into_inner);
            members.push(Arc::new(Member { subject, path: path.to_vec(), is_excluded }));
            members.len() - 1
        })
    }

    fn is_opaque(&self, class: usize, content: &[u8]) -> bool {
        let member = self.classes.member(class);
        // An excluded path is the worker's to note.
        member.is_excluded || self.detector.is_opaque(&member.subject, content)
    }

    fn leads(&self, text: &[u8], lines: Range<usize>, leads: &mut Vec<usize>) {
        self.detector.leads(text, lines, leads);
    }

    fn look(&self, class: usize, text: &[u8], lines: Range<usize>, spots: &mut Vec<Spot>) {
        let member = self.classes.member(class);
        let look = self.detector.look(&member.subject, text, lines);
        for candidate in look.candidates {
            let judgement = self.scorer.judge(self.rules.get(candidate.rule), &candidate, &member.path);
            if judgement.confidence.is_some_and(|confidence| confidence >= self.confidence) {
                let place = |offset: u64| usize::try_from(offset).expect("an offset into a buffer fits");
                spots.push(Spot { start: place(candidate.span.start), end: place(candidate.span.end), kind: SpotKind::Reported });
            }
        }
        spots.extend(look.far.into_iter().map(|start| Spot { start, end: start, kind: SpotKind::Far }));
    }
}

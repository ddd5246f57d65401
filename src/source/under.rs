//! A source whose paths begin somewhere below: a submodule's, told as parts of the repository around it.

use std::io;
use std::ops::Range;

use bstr::BString;

use crate::model::{Blob, Content, Origin};

use super::{Screen, Spot, Visitor, Worker};

/// Puts a directory in front of every path.
pub(super) struct Under<'v> {
    visitor: &'v dyn Visitor,
    directory: &'v BString,
    screen: Option<&'v dyn Screen>,
}

impl<'v> Under<'v> {
    /// Puts `directory` in front of every path that `visitor` is told.
    pub(super) fn new(visitor: &'v dyn Visitor, directory: &'v BString) -> Self {
        Self { visitor, directory, screen: visitor.screen() }
    }

    fn inner(&self) -> &'v dyn Screen {
        self.screen.expect("it is handed out where there is one")
    }
}

impl Visitor for Under<'_> {
    fn worker(&self) -> Box<dyn Worker + '_> {
        Box::new(Thread { worker: self.visitor.worker(), directory: self.directory })
    }

    fn screen(&self) -> Option<&dyn Screen> {
        self.screen.is_some().then_some(self)
    }
}

impl Screen for Under<'_> {
    fn class(&self, path: &[u8]) -> usize {
        self.inner().class(&below(self.directory, path))
    }

    fn is_opaque(&self, class: usize, content: &[u8]) -> bool {
        self.inner().is_opaque(class, content)
    }

    fn leads(&self, text: &[u8], lines: Range<usize>, leads: &mut Vec<usize>) {
        self.inner().leads(text, lines, leads);
    }

    fn look(&self, class: usize, text: &[u8], lines: Range<usize>, spots: &mut Vec<Spot>) {
        self.inner().look(class, text, lines, spots);
    }
}

/// The path as it is told from outside; what has none, as a message, has none there either.
fn below(directory: &BString, path: &[u8]) -> BString {
    if path.is_empty() { BString::default() } else { [directory.as_slice(), b"/", path].concat().into() }
}

struct Thread<'v> {
    worker: Box<dyn Worker + 'v>,
    directory: &'v BString,
}

impl Worker for Thread<'_> {
    fn reported(&self) -> Option<usize> {
        self.worker.reported()
    }

    fn blob(&mut self, blob: Blob<'_>) -> io::Result<()> {
        let origin = Origin { path: below(self.directory, &blob.origin.path), ..blob.origin.clone() };
        let content = match blob.content {
            Content::Bytes(bytes) => Content::Bytes(bytes),
            Content::Stream(stream) => Content::Stream(&mut *stream),
        };
        self.worker.blob(Blob { origin: &origin, content })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Keeps the paths that it is asked about.
    #[derive(Default)]
    struct Asked(Mutex<Vec<String>>);

    impl Worker for &Asked {
        fn blob(&mut self, blob: Blob<'_>) -> io::Result<()> {
            self.0.lock().expect("no test panics here").push(blob.origin.path.to_string());
            Ok(())
        }
    }

    impl Visitor for Asked {
        fn worker(&self) -> Box<dyn Worker + '_> {
            Box::new(self)
        }

        fn screen(&self) -> Option<&dyn Screen> {
            Some(self)
        }
    }

    impl Screen for Asked {
        fn class(&self, path: &[u8]) -> usize {
            let mut asked = self.0.lock().expect("no test panics here");
            asked.push(String::from_utf8_lossy(path).into_owned());
            asked.len()
        }

        fn is_opaque(&self, class: usize, content: &[u8]) -> bool {
            class == content.len()
        }

        fn leads(&self, _text: &[u8], lines: Range<usize>, leads: &mut Vec<usize>) {
            leads.push(lines.end);
        }

        fn look(&self, class: usize, _text: &[u8], lines: Range<usize>, spots: &mut Vec<Spot>) {
            spots.push(Spot { start: lines.start, end: lines.end + class, kind: crate::source::SpotKind::Reported });
        }
    }

    #[test]
    fn a_submodule_is_looked_at_by_the_paths_of_the_whole() {
        let (asked, directory) = (Asked::default(), BString::from("libs/inner"));
        let under = Under::new(&asked, &directory);
        let screen = Visitor::screen(&under).expect("the visitor has one");
        assert_eq!((screen.class(b"a/b"), screen.class(b"")), (1, 2));
        assert!(screen.is_opaque(3, b"abc") && !screen.is_opaque(3, b"ab"));
        let mut spots = Vec::new();
        screen.look(7, b"text", 1..3, &mut spots);
        assert_eq!((spots[0].start, spots[0].end), (1, 10));
        let mut leads = Vec::new();
        screen.leads(b"text", 1..3, &mut leads);
        assert_eq!(leads, [3]);
        let mut worker = under.worker();
        for path in ["c", ""] {
            let origin = Origin::file(BString::from(path));
            worker.blob(Blob { origin: &origin, content: Content::Bytes(b"x") }).expect("it takes all");
        }
        assert_eq!(*asked.0.lock().expect("no test panics here"), ["libs/inner/a/b", "", "libs/inner/c", ""]);
    }
}

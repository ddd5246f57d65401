//! A source whose paths begin somewhere below: a submodule's, told as parts of the repository around it.

use std::io;

use bstr::BString;

use crate::model::{Blob, Content, Origin};

use super::{Visitor, Worker};

/// Puts a directory in front of every path.
pub(super) struct Under<'v> {
    pub(super) visitor: &'v dyn Visitor,
    pub(super) directory: &'v BString,
}

impl Visitor for Under<'_> {
    fn worker(&self) -> Box<dyn Worker + '_> {
        Box::new(Thread { worker: self.visitor.worker(), directory: self.directory })
    }
}

struct Thread<'v> {
    worker: Box<dyn Worker + 'v>,
    directory: &'v BString,
}

impl Worker for Thread<'_> {
    fn blob(&mut self, blob: Blob<'_>) -> io::Result<()> {
        // What has no path, as a message, has none below either.
        if blob.origin.path.is_empty() {
            return self.worker.blob(blob);
        }
        let path = [self.directory.as_slice(), b"/", blob.origin.path.as_slice()].concat().into();
        let origin = Origin { path, ..blob.origin.clone() };
        let content = match blob.content {
            Content::Bytes(bytes) => Content::Bytes(bytes),
            Content::Stream(stream) => Content::Stream(&mut *stream),
        };
        self.worker.blob(Blob { origin: &origin, content })
    }
}

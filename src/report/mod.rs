//! Reports: one outcome, told to a person, to a program or to a forge, without a secret in it.

mod advice;
mod entry;
mod format;
mod github;
mod human;
mod json;
mod jsonl;
mod markdown;
mod options;
mod reporter;
mod repository_entry;
#[cfg(test)]
mod sample;
mod sarif;
mod wording;

pub use advice::{INLINE_MARKER, allow_entry, comment, next_step};
pub use format::{Format, FormatError};
pub use options::{ReportOptions, Revision, Verdict};
pub use reporter::write;

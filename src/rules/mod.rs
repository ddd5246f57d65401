//! Rules as data: read, validated, embedded, and indexed by the literals that call for them.

mod checksum;
mod class;
mod confirm;
mod confirm_entry;
mod contain;
mod example;
mod file;
mod literals;
mod pattern;
mod rule;
mod set;
mod shape;
mod sign;
mod template;

pub use class::Class;
pub use confirm::Confirm;
pub use confirm_entry::{AnswerEntry, ConfirmEntry, Kind, Meaning, Media};
pub use contain::{Contain, ContainEntry};
pub use example::{Example, ExampleError, expand};
pub use file::{RuleEntry, RuleError, RuleFile};
pub use literals::{Case, Literals};
pub use pattern::{Pattern, PatternError};
pub use rule::{Checksum, Evidence, Find, Parser, Rule, Structure};
pub use set::RuleSet;
pub use sign::{Sign, Wanted};
pub use template::{Piece, pieces};

//! Finds text that was encoded inside a text, undoes one layer, and leaves depth to the caller.

mod backslash;
mod byte_list;
mod decoded;
mod entity;
mod escapes;
mod percent;
mod token_run;
mod utf16;

pub use byte_list::byte_list;
pub use decoded::{Decoded, MAX_OUTPUT};
pub use escapes::escapes;
pub use token_run::{MIN_RUN, decodings};
pub use utf16::{byte_order, original_offset, transcode};

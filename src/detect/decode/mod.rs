//! Finds text that was encoded inside a text, undoes one layer, and leaves depth to the caller.

mod backslash;
mod byte_list;
mod decoded;
mod entity;
mod escapes;
mod percent;
mod token_run;
mod utf16;

pub(crate) use byte_list::{LIST_STRIDE, byte_list, may_be_lists};
pub(crate) use decoded::{Decoded, MAX_OUTPUT};
pub(crate) use escapes::{calls, escapes};
pub(crate) use token_run::{MIN_RUN, decodings};
pub(crate) use utf16::{byte_order, original_offset, transcode};

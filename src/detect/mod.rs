//! Recognises credentials in bytes: from text to candidates.

pub mod decode;

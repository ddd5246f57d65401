//! Decompression of stored objects (RFC 1950).

#![expect(unsafe_code, reason = "the library is C; the proof stands at each call")]

use std::ptr::NonNull;

use flate2::{Decompress, FlushDecompress};
use libdeflate_sys::{
    libdeflate_alloc_decompressor, libdeflate_decompressor, libdeflate_free_decompressor,
    libdeflate_result_LIBDEFLATE_INSUFFICIENT_SPACE as INSUFFICIENT_SPACE, libdeflate_result_LIBDEFLATE_SUCCESS as SUCCESS,
    libdeflate_zlib_decompress_ex,
};

use super::damage::{Damage, LARGEST_OBJECT};

/// Zlib turns one byte into at most so many (RFC 1951: 258 bytes from two codes of one bit), the few bytes of a header aside.
const MOST_FROM_ONE_BYTE: u64 = 1032;

/// Decompresses objects one after the other; its tables are used again.
///
/// Objects state their size, so they are decompressed in one go, by a library that is made for it: it takes little more than half of
/// the time of one that takes streams.
pub(super) struct Inflater {
    whole: NonNull<libdeflate_decompressor>,
    /// For beginnings of streams, once one was asked for.
    part: Option<Decompress>,
}

// SAFETY: the decompressor is memory that only its owner reaches; the library keeps nothing about threads.
unsafe impl Send for Inflater {}

impl Drop for Inflater {
    fn drop(&mut self) {
        // SAFETY: `new` allocated it, and nobody else frees it.
        unsafe { libdeflate_free_decompressor(self.whole.as_ptr()) }
    }
}

impl Inflater {
    pub(super) fn new() -> Self {
        // SAFETY: the call has no conditions; it gives none when there is no memory.
        let decompressor = unsafe { libdeflate_alloc_decompressor() };
        Self { whole: NonNull::new(decompressor).expect("there is memory for the tables, about 12 kB"), part: None }
    }

    /// Decompresses exactly `size` bytes from the zlib stream that `data` begins with into `out`, which is emptied first; returns how
    /// many compressed bytes the stream has.
    pub(super) fn inflate(&mut self, data: &[u8], size: u64, out: &mut Vec<u8>) -> Result<usize, Damage> {
        out.clear();
        if size > LARGEST_OBJECT {
            return Err(Damage::TooLarge(size));
        }
        if size / MOST_FROM_ONE_BYTE > data.len() as u64 {
            return Err(Damage::LyingSize(size));
        }
        let wanted = usize::try_from(size).map_err(|_| Damage::TooLarge(size))?;
        out.reserve_exact(wanted);
        let (mut read, mut written) = (0, 0);
        // SAFETY: the input is a slice with its length; the output has room for `wanted` bytes, which were reserved; both counts are
        // variables of ours; the decompressor was allocated by `new` and is reached through `&mut self` alone.
        let result = unsafe {
            libdeflate_zlib_decompress_ex(
                self.whole.as_ptr(),
                data.as_ptr().cast(),
                data.len(),
                out.as_mut_ptr().cast(),
                wanted,
                &mut read,
                &mut written,
            )
        };
        match result {
            SUCCESS if written == wanted => {
                // SAFETY: the library wrote that many bytes, all of which were reserved.
                unsafe { out.set_len(wanted) };
                Ok(read)
            }
            SUCCESS | INSUFFICIENT_SPACE => Err(Damage::Size(size)),
            _ => Err(Damage::Zlib),
        }
    }

    /// Decompresses at most `most` bytes of a stream whose length is not known.
    pub(super) fn inflate_some(&mut self, data: &[u8], most: usize, out: &mut Vec<u8>) -> Result<(), Damage> {
        out.clear();
        out.reserve_exact(most);
        let stream = self.part.get_or_insert_with(|| Decompress::new(true));
        stream.reset(true);
        match stream.decompress_vec(data, out, FlushDecompress::None) {
            Ok(_) if !out.is_empty() => Ok(()),
            _ => Err(Damage::Zlib),
        }
    }
}

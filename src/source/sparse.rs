//! Reads a large file without asking the disk for its holes: they come as zeros, and the last one ends the file.

use std::fs::File;
use std::io::{self, Read};

/// Zeros handed out for holes in one file before it is given up; a terabyte of nothing must not take an hour.
const MOST_ZEROS: u64 = 4 << 30;

/// A file, from its current position, with holes as zeros.
pub(super) struct Sparse<'f> {
    file: &'f File,
    at: u64,
    /// Up to here there is data.
    data_until: u64,
    /// Up to here, beyond the data, there is a hole with data after it.
    hole_until: u64,
    zeros: u64,
}

impl<'f> Sparse<'f> {
    /// Reads `file` on from `at`, where it stands.
    pub(super) fn new(file: &'f File, at: u64) -> Self {
        Self { file, at, data_until: at, hole_until: at, zeros: 0 }
    }

    /// Finds the next stretch of data; false at the end of all data.
    #[cfg(any(target_os = "linux", target_os = "macos", target_os = "freebsd"))]
    fn look_ahead(&mut self) -> io::Result<bool> {
        use rustix::fs::{SeekFrom, seek};
        use rustix::io::Errno;
        let data = match seek(self.file, SeekFrom::Data(self.at)) {
            Ok(data) => data,
            Err(Errno::NXIO) => return Ok(false),
            // A file system that cannot tell: everything is data.
            Err(_) => {
                self.data_until = u64::MAX;
                self.hole_until = u64::MAX;
                let _ = seek(self.file, SeekFrom::Start(self.at));
                return Ok(true);
            }
        };
        let end = seek(self.file, SeekFrom::Hole(data))?;
        seek(self.file, SeekFrom::Start(data))?;
        self.hole_until = data;
        self.data_until = end;
        Ok(true)
    }

    #[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "freebsd")))]
    fn look_ahead(&mut self) -> io::Result<bool> {
        self.data_until = u64::MAX;
        self.hole_until = self.at;
        Ok(true)
    }
}

impl Read for Sparse<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.data_until && !self.look_ahead()? {
            return Ok(0);
        }
        if self.at < self.hole_until && self.hole_until != u64::MAX {
            let count = buffer.len().min(usize::try_from(self.hole_until - self.at).unwrap_or(usize::MAX));
            self.zeros += count as u64;
            if self.zeros > MOST_ZEROS {
                return Err(io::Error::other(format!("more than {} GiB of holes", MOST_ZEROS >> 30)));
            }
            buffer[..count].fill(0);
            self.at += count as u64;
            return Ok(count);
        }
        let most = buffer.len().min(usize::try_from(self.data_until - self.at).unwrap_or(usize::MAX));
        let count = self.file.read(&mut buffer[..most])?;
        self.at += count as u64;
        Ok(count)
    }
}

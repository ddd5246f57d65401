//! Opens files so that nothing in a hostile tree can stop us: no waiting for a writer, no link followed by surprise.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::time::Duration;

/// Whether a last symbolic link in the path may be followed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Links {
    /// The caller named the path.
    Follow,
    /// The path was met in a tree.
    Refuse,
}

/// Opens `path` for reading. Where other threads hold all file descriptors, waits for them for a while.
pub(super) fn open(path: &Path, links: Links) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        // A file may have become a FIFO since it was listed: NONBLOCK keeps its opening from waiting for a writer.
        let mut flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        flags.set(OFlags::NOFOLLOW, links == Links::Refuse);
        options.custom_flags(flags.bits() as i32);
    }
    #[cfg(not(unix))]
    let _ = links;
    for wait in [1, 4, 16, 64, 256] {
        match options.open(path) {
            Err(error) if is_out_of_descriptors(&error) => std::thread::sleep(Duration::from_millis(wait)),
            result => return result,
        }
    }
    options.open(path)
}

/// Whether the process, or the system, has no file descriptor left.
pub(super) fn is_out_of_descriptors(error: &io::Error) -> bool {
    #[cfg(unix)]
    return [rustix::io::Errno::MFILE, rustix::io::Errno::NFILE].iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()));
    #[cfg(not(unix))]
    return error.raw_os_error() == Some(4); // ERROR_TOO_MANY_OPEN_FILES
}

/// What the system said, without the number it adds, as the end of a sentence.
pub(super) fn why(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    match (letters.next(), letters.as_str()) {
        (Some(first), rest) if rest.starts_with(|next: char| next.is_lowercase() || next == ' ') => {
            first.to_lowercase().chain(rest.chars()).collect()
        }
        _ => text.to_owned(),
    }
}

//! Small files that only their owner may read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use zeroize::Zeroizing;

use super::error::KeyError;
use crate::model::Secret;

/// No key is longer than this many bytes.
const MAX_SIZE: u64 = 16 << 10;

/// Reads a secret from a file of at most 16 kB; a newline at its end is left out.
///
/// # Errors
/// When it cannot be read, is no regular file, or others can read it too.
pub fn read_private(path: &Path) -> Result<Secret, KeyError> {
    let fail = |source: io::Error| KeyError::File { path: path.to_owned(), source };
    let bad = |why| KeyError::BadFile { path: path.to_owned(), why };
    // A FIFO would wait for ever; what a link leads to is judged by its own permissions.
    if !fs::metadata(path).map_err(fail)?.is_file() {
        return Err(bad("it is not a regular file"));
    }
    let file = File::open(path).map_err(fail)?;
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata().map_err(fail)?.permissions()) & 0o7777;
        if mode & 0o077 != 0 {
            return Err(KeyError::TooOpen { path: path.to_owned(), mode });
        }
    }
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(MAX_SIZE + 1).read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() as u64 > MAX_SIZE {
        return Err(bad("it is longer than 16 kB"));
    }
    let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    if text.is_empty() {
        return Err(bad("it is empty"));
    }
    Ok(Secret::new(text))
}

/// Writes a secret to a new file (0600), and makes the folders above it (0700); a file that is there is never replaced.
///
/// # Errors
/// [`KeyError::Exists`], or why it cannot be written.
pub fn write_private(path: &Path, secret: &Secret) -> Result<(), KeyError> {
    let write = || -> io::Result<()> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            let mut builder = fs::DirBuilder::new();
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder.recursive(true).create(folder)?;
        }
        let mut options = OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.write(true).create_new(true).open(path)?;
        file.write_all(secret.expose())?;
        file.write_all(b"\n")?;
        file.sync_all()
    };
    write().map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => KeyError::Exists { path: path.to_owned() },
        _ => KeyError::File { path: path.to_owned(), source },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_never_replaced() {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let path = scratch.path().join("deep/key");
        let secret = Secret::new("correct horse");
        write_private(&path, &secret).expect("written");
        assert_eq!(read_private(&path).expect("read"), secret);
        assert!(matches!(write_private(&path, &secret), Err(KeyError::Exists { .. })));
        assert!(read_private(scratch.path()).is_err() && read_private(&scratch.path().join("none")).is_err());
        fs::write(&path, "\n").expect("written");
        assert!(read_private(&path).is_err_and(|error| error.to_string().contains("empty")));
    }

    #[cfg(unix)]
    #[test]
    fn what_others_can_read_is_refused_with_the_way_out() {
        use std::os::unix::fs::PermissionsExt;
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let path = scratch.path().join("key");
        write_private(&path, &Secret::new("x")).expect("written");
        for (mode, is_refused) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true), (0o660, true)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("changed");
            let read = read_private(&path);
            assert_eq!(read.is_err(), is_refused, "{mode:o}");
            assert!(read.err().is_none_or(|error| error.to_string().contains("chmod 600")));
        }
    }
}

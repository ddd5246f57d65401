//! The journal's file: private, locked while it is used, never a link.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::error::JournalError;

/// How long another process may hold the lock; ours hold it for one append.
const PATIENCE: Duration = Duration::from_secs(30);

/// An open journal file.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) path: PathBuf,
    pub(super) file: File,
}

/// Held while a lock is; unlocks when dropped.
pub(super) struct Guard(File);

impl Drop for Guard {
    fn drop(&mut self) {
        // The system unlocks when the file is closed, at the latest.
        let _ = self.0.unlock();
    }
}

impl Store {
    /// Opens the file for reading and writing; makes it (0600), and the folders above it (0700), where they are not there.
    pub(super) fn open(path: &Path) -> Result<Self, JournalError> {
        let fail = |doing| move |source| JournalError::Io { path: path.to_owned(), doing, source };
        refuse_others(path)?;
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
            private_folder(folder).map_err(fail("made"))?;
        }
        let is_new = !path.exists();
        let file = private(OpenOptions::new().read(true).write(true).create(true)).open(path).map_err(fail("opened"))?;
        if is_new {
            sync_folder(path).map_err(fail("made"))?;
        }
        Ok(Self { path: path.to_owned(), file })
    }

    /// Opens the file for reading alone.
    pub(super) fn open_to_read(path: &Path) -> Result<Self, JournalError> {
        refuse_others(path)?;
        let file = File::open(path).map_err(|source| JournalError::Io { path: path.to_owned(), doing: "opened", source })?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Waits for the lock: shared for reading, exclusive for writing.
    pub(super) fn lock(&self, is_exclusive: bool) -> Result<Guard, JournalError> {
        let begun = Instant::now();
        let mut pause = Duration::from_micros(200);
        loop {
            let tried = if is_exclusive { self.file.try_lock() } else { self.file.try_lock_shared() };
            match tried {
                Ok(()) => return self.file.try_clone().map(Guard).map_err(|source| self.fail("locked", source)),
                Err(TryLockError::Error(source)) => return Err(self.fail("locked (it must lie on a file system with locks)", source)),
                Err(TryLockError::WouldBlock) if begun.elapsed() > PATIENCE => {
                    return Err(JournalError::Locked { path: self.path.clone(), seconds: PATIENCE.as_secs() });
                }
                Err(TryLockError::WouldBlock) => {
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_millis(20));
                }
            }
        }
    }

    /// The file's length in bytes.
    ///
    /// # Errors
    /// Also when nobody can open the file any more: what is written to it would be lost.
    pub(super) fn length(&self) -> Result<u64, JournalError> {
        let metadata = self.file.metadata().map_err(|source| self.fail("read", source))?;
        #[cfg(unix)]
        if std::os::unix::fs::MetadataExt::nlink(&metadata) == 0 {
            return Err(JournalError::Shortened { path: self.path.clone() });
        }
        Ok(metadata.len())
    }

    /// Keeps `torn` in a file beside the journal.
    pub(super) fn set_aside(&self, torn: &[u8]) -> Result<(), JournalError> {
        let mut path = self.path.clone().into_os_string();
        path.push(".torn");
        let keep = |path: &Path| -> io::Result<()> {
            let mut file = private(OpenOptions::new().append(true).create(true)).open(path)?;
            file.write_all(&[torn, b"\n"].concat())?;
            file.sync_data()?;
            sync_folder(path)
        };
        keep(Path::new(&path)).map_err(|source| JournalError::Io { path: path.into(), doing: "written", source })
    }

    pub(super) fn fail(&self, doing: &'static str, source: io::Error) -> JournalError {
        JournalError::Io { path: self.path.clone(), doing, source }
    }
}

/// A link could lead what is appended anywhere; a FIFO would wait for ever.
fn refuse_others(path: &Path) -> Result<(), JournalError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if !metadata.is_file() => Err(JournalError::NotAFile { path: path.to_owned() }),
        _ => Ok(()),
    }
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// A new file is found after a power cut only if its folder is on disk too.
fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        return File::open(folder)?.sync_all();
    }
    Ok(())
}

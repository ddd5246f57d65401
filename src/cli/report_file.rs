//! A report's file: whole or not at all, and never in place of a device, a pipe or a link.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// A file that a report goes to.
pub(super) struct ReportFile {
    path: PathBuf,
}

/// How a file is to be written.
enum Way {
    /// A new file beside it takes its place.
    Replace,
    /// It is a device or a pipe and takes what is written into it.
    Through,
}

impl ReportFile {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The directory that holds it.
    fn directory(&self) -> &Path {
        self.path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }

    /// Finds out whether it can be written, and leaves nothing behind.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        match self.way()? {
            Way::Replace => {
                let directory = self.directory();
                if !directory.is_dir() {
                    bail!("{} is not a directory that exists", directory.display());
                }
                tempfile::Builder::new().prefix(".keyfuse-").tempfile_in(directory).map(drop).context("its directory cannot be written")
            }
            Way::Through => open_through(&self.path).map(drop).context("it cannot be opened"),
        }
    }

    /// Writes it.
    pub(super) fn write(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        match self.way().map_err(|error| io::Error::other(format!("{error:#}")))? {
            Way::Replace => {
                let mut builder = tempfile::Builder::new();
                builder.prefix(".keyfuse-");
                // A new file gets what the user's mask allows, an old one keeps its mode.
                #[cfg(unix)]
                builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
                let file = builder.tempfile_in(self.directory())?;
                if let Ok(old) = fs::metadata(&self.path) {
                    file.as_file().set_permissions(old.permissions())?;
                }
                let mut out = BufWriter::with_capacity(1 << 16, file);
                write(&mut out)?;
                let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
                file.persist(&self.path).map(drop).map_err(|error| error.error)
            }
            Way::Through => {
                let mut out = BufWriter::with_capacity(1 << 16, open_through(&self.path)?);
                write(&mut out)?;
                out.flush()
            }
        }
    }

    /// What stands at the path decides.
    fn way(&self) -> anyhow::Result<Way> {
        let link = match fs::symlink_metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Way::Replace),
            other => other?.file_type().is_symlink(),
        };
        let Ok(target) = fs::metadata(&self.path) else {
            bail!("it is a link to nothing; remove it or name its target");
        };
        if target.is_dir() {
            bail!("it is a directory");
        }
        match (target.is_file(), link) {
            // A link in a foreign checkout may lead to any file of yours.
            (true, true) => bail!("it is a link to a file; name the file itself"),
            (true, false) => Ok(Way::Replace),
            (false, _) => Ok(Way::Through),
        }
    }
}

/// Opens a device or a pipe; a pipe that nobody reads is an error and not a wait without end.
fn open_through(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
        if fs::metadata(path)?.file_type().is_fifo() {
            use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
            // Opens only when there is a reader; a second opening, should that one go in between, would wait for another.
            let pipe = options.custom_flags(OFlags::NONBLOCK.bits() as i32).open(path).map_err(|error| {
                let nobody = error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error());
                if nobody { io::Error::other("nobody reads from this pipe; start its reader first") } else { error }
            })?;
            // Writing may wait.
            fcntl_setfl(&pipe, fcntl_getfl(&pipe)? - OFlags::NONBLOCK)?;
            return Ok(pipe);
        }
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"report")
    }

    #[test]
    fn a_file_is_replaced_whole_or_not_at_all() {
        let scratch = tempfile::tempdir().expect("a scratch directory");
        let file = ReportFile::new(scratch.path().join("out.json"));
        file.check().expect("it can be written");
        assert!(!file.path().exists(), "the check leaves nothing");
        file.write(text).expect("written");
        let failing = file.write(|out| {
            out.write_all(b"half")?;
            Err(io::Error::other("no more"))
        });
        assert!(failing.is_err());
        assert_eq!(fs::read(file.path()).expect("it is there"), b"report");
        assert_eq!(fs::read_dir(scratch.path()).expect("it is there").count(), 1, "no half report stays");
    }

    #[test]
    fn places_that_cannot_be_written_are_known_before() {
        let scratch = tempfile::tempdir().expect("a scratch directory");
        let told = |path: PathBuf| format!("{:#}", ReportFile::new(path).check().expect_err("refused"));
        assert!(told(scratch.path().join("no/out.json")).contains("not a directory"));
        assert!(told(scratch.path().to_owned()).contains("it is a directory"));
    }

    #[cfg(unix)]
    #[test]
    fn devices_pipes_and_links_stay_what_they_are() {
        use std::os::unix::fs::{FileTypeExt, symlink};
        let scratch = tempfile::tempdir().expect("a scratch directory");
        let at = |name: &str| scratch.path().join(name);
        let device = ReportFile::new(PathBuf::from("/dev/null"));
        device.check().expect("it takes everything");
        device.write(text).expect("written");
        assert!(fs::metadata("/dev/null").expect("it is there").file_type().is_char_device());

        fs::write(at("target"), "old").expect("written");
        symlink(at("target"), at("link")).expect("linked");
        symlink(at("nothing"), at("dangling")).expect("linked");
        for (name, says) in [("link", "link to a file"), ("dangling", "link to nothing")] {
            let file = ReportFile::new(at(name));
            assert!(format!("{:#}", file.check().expect_err("refused")).contains(says));
            assert!(file.write(text).is_err());
            assert!(fs::symlink_metadata(at(name)).expect("it is there").is_symlink());
        }
        assert_eq!(fs::read(at("target")).expect("it is there"), b"old");

        #[expect(clippy::disallowed_methods, reason = "std makes no pipes")]
        let made = std::process::Command::new("mkfifo").arg(at("pipe")).status().expect("mkfifo is part of POSIX");
        assert!(made.success());
        let pipe = ReportFile::new(at("pipe"));
        assert!(format!("{:#}", pipe.check().expect_err("no reader")).contains("nobody reads"));
        let reader = std::thread::spawn({
            let path = at("pipe");
            move || fs::read(path)
        });
        while pipe.check().is_err() {
            std::thread::yield_now();
        }
        // The check may have ended the reader's stream; only what stays a pipe matters here.
        drop(reader);
        assert!(fs::metadata(at("pipe")).expect("it is there").file_type().is_fifo());
    }
}

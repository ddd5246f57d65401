//! Files and directories on disk: all that git tracks, and of the rest what no `.gitignore` names.

use std::fs;
use std::path::{Path, PathBuf};

use bstr::{BString, ByteSlice};

use crate::model::{Coverage, Origin};

use super::open::Links;
use super::walk::{Walk, path_bytes};
use super::{ArchiveLimits, Progress, SourceError, Visitor, threads};

/// Which files to read.
#[derive(Clone, Debug, Default)]
pub struct TreeOptions {
    /// Files and directories, as named by the caller.
    pub paths: Vec<PathBuf>,
    /// Reported paths are relative to this directory where they lie in it, else as the caller named them; without it they are
    /// relative to the one directory that is scanned.
    pub root: Option<PathBuf>,
    /// Read everything, what `.gitignore` names and the inside of `.git` too.
    pub no_ignore: bool,
    /// How far to open archives.
    pub archives: ArchiveLimits,
    /// Threads; 0 for one per core.
    pub threads: usize,
}

/// A named path that was found.
struct Named {
    /// Without links; where reading starts.
    real: PathBuf,
    /// How it is reported.
    shown: BString,
}

pub(super) fn visit(options: &TreeOptions, visitor: &dyn Visitor, progress: &dyn Progress) -> Result<Coverage, SourceError> {
    let (directories, files) = arguments(options)?;
    let roots = directories.iter().map(|directory| directory.real.clone()).collect();
    let walk = Walk::new(roots, options.no_ignore, &options.archives, threads::count(options.threads), visitor, progress);
    for directory in &directories {
        let mut prefix = directory.shown.clone();
        if !prefix.is_empty() && !prefix.ends_with(b"/") {
            prefix.push(b'/');
        }
        walk.directory(&directory.real, prefix.as_bstr());
        #[cfg(feature = "git")]
        if !options.no_ignore {
            super::tracked::visit(&walk, &directory.real, prefix.as_bstr());
        }
    }
    let is_read = |file: &Path| {
        let is_inside = walk.roots.iter().any(|root| file.starts_with(root));
        is_inside && (options.no_ignore || walk.has_seen(file))
    };
    let files: Vec<Named> = files.into_iter().filter(|file| !is_read(&file.real)).collect();
    let mut coverage = threads::for_each(
        &files,
        options.threads,
        &options.archives,
        (visitor, progress),
        || (),
        |file, (), reader| {
            reader.path(&file.real, Links::Follow, &Origin::file(file.shown.clone()));
        },
    );
    coverage.merge(walk.finish());
    Ok(coverage)
}

/// The named directories that are not inside one another, and the named files, each once.
fn arguments(options: &TreeOptions) -> Result<(Vec<Named>, Vec<Named>), SourceError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |problem| SourceError::Io { path, problem }
    };
    let root = options.root.as_ref().map(|root| fs::canonicalize(root).map_err(io(root))).transpose()?;
    let (mut directories, mut files) = (Vec::<Named>::new(), Vec::<Named>::new());
    for path in &options.paths {
        let found = match fs::metadata(path) {
            Ok(found) => found,
            Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
                return Err(SourceError::Missing(path.clone()));
            }
            Err(error) => return Err(io(path)(error)),
        };
        if !found.is_dir() && !found.is_file() {
            return Err(SourceError::Special { path: path.clone(), kind: special(found.file_type()) });
        }
        let real = fs::canonicalize(path).map_err(io(path))?;
        let is_alone = root.is_none() && found.is_dir() && options.paths.len() == 1;
        let shown = match root.as_ref().and_then(|root| real.strip_prefix(root).ok()) {
            _ if is_alone => BString::default(),
            Some(inside) => path_bytes(inside).into_owned().into(),
            None => as_named(path),
        };
        let list = if found.is_dir() { &mut directories } else { &mut files };
        list.push(Named { real, shown });
    }
    for list in [&mut directories, &mut files] {
        list.sort_by(|a, b| a.real.cmp(&b.real));
        list.dedup_by(|next, before| next.real == before.real);
    }
    // Sorted, a directory comes right before what lies in it.
    directories.dedup_by(|next, before| next.real.starts_with(&before.real));
    Ok((directories, files))
}

/// A path as the caller wrote it, without `./` in front.
fn as_named(path: &Path) -> BString {
    let mut bytes = path_bytes(path).into_owned();
    while bytes.starts_with(b"./") {
        let slashes = bytes[1..].iter().take_while(|&&byte| byte == b'/').count();
        bytes.drain(..1 + slashes);
    }
    if bytes == b"." {
        bytes.clear();
    }
    bytes.into()
}

/// What something is that is neither file, directory nor link.
pub(super) fn special(kind: fs::FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return "a FIFO";
        } else if kind.is_socket() {
            return "a socket";
        } else if kind.is_block_device() || kind.is_char_device() {
            return "a device";
        }
    }
    let _ = kind;
    "not a regular file"
}

//! Where the parts of a repository lie on disk, found without running git and without trusting its configuration.

use std::path::{Path, PathBuf};
use std::{fs, io};

use bstr::{BString, ByteSlice};

use super::Environment;

/// A repository could not be found or made out.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// There is none at or above the directory.
    #[error("{}: not a git repository, nor inside one", .0.display())]
    NotFound(PathBuf),
    /// A file that says where things are could not be read.
    #[error("{}: {problem}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        problem: io::Error,
    },
    /// A `.git` file points to a directory that is not there, or is no git directory.
    #[error("{}: points to {}, which is no git directory", .path.display(), .target.display())]
    Dangling {
        /// The file.
        path: PathBuf,
        /// Where it points.
        target: PathBuf,
    },
    /// A file says something that cannot be understood.
    #[error("{}: {why}", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

/// The parts of a repository. Of its configuration only the few values below are looked at, and none of them names a program.
#[derive(Clone, Debug)]
pub struct Repository {
    /// The directory private to this work tree.
    pub git_dir: PathBuf,
    /// The directory shared by all work trees.
    pub common_dir: PathBuf,
    /// The top of the work tree; none in a bare repository.
    pub work_tree: Option<PathBuf>,
    /// The index.
    pub index_file: PathBuf,
    /// The object directory.
    pub objects: PathBuf,
    /// Further object directories named by the environment.
    pub alternates: Vec<PathBuf>,
    /// The kind of object id (`extensions.objectFormat`).
    pub hash: gix::hash::Kind,
    /// How refs are stored (`extensions.refStorage`): `files`, or a format that is not read.
    pub ref_format: String,
    /// Whether objects may be missing on purpose (partial clone).
    pub is_partial: bool,
}

impl Repository {
    /// The repository that git itself would choose when started in `start` with `environment`.
    pub fn discover(start: &Path, environment: &Environment) -> Result<Self, RepositoryError> {
        let start = fs::canonicalize(start).map_err(|problem| RepositoryError::Io { path: start.to_owned(), problem })?;
        let (git_dir, mut work_tree) = match &environment.git_dir {
            Some(dir) => (follow(start.join(dir))?, Some(start.clone())),
            None => find_upward(&start, &environment.ceiling_directories)?,
        };
        let common_dir = match &environment.common_dir {
            Some(dir) => start.join(dir),
            None => common_dir(&git_dir)?,
        };
        let config = read_config(&common_dir)?;
        if let Some(dir) = &environment.work_tree {
            work_tree = Some(start.join(dir));
        } else if let Some(dir) = config.work_tree.as_ref().filter(|_| git_dir == common_dir) {
            work_tree = Some(git_dir.join(dir));
        } else if config.is_bare && git_dir == common_dir {
            work_tree = None;
        }
        Ok(Self {
            index_file: environment.index_file.as_ref().map_or_else(|| git_dir.join("index"), |file| start.join(file)),
            objects: environment.object_directory.as_ref().map_or_else(|| common_dir.join("objects"), |dir| start.join(dir)),
            alternates: environment.alternate_object_directories.iter().map(|dir| start.join(dir)).collect(),
            git_dir,
            common_dir,
            work_tree,
            hash: config.hash,
            ref_format: config.ref_format,
            is_partial: config.is_partial,
        })
    }
}

impl Repository {
    /// The git directories of its submodules, which lie in its own (gitrepository-layout(5), `modules`), each with the path of its work
    /// tree from the top of this one; the directory's own path where that is not known.
    pub fn submodules(&self) -> Vec<(PathBuf, BString)> {
        let mut found = Vec::new();
        let mut todo = vec![(self.common_dir.join("modules"), 0)];
        while let Some((directory, depth)) = todo.pop() {
            let Ok(listing) = fs::read_dir(&directory) else { continue };
            for path in listing.flatten().map(|entry| entry.path()) {
                if !fs::symlink_metadata(&path).is_ok_and(|about| about.is_dir()) || depth > 64 {
                    continue;
                }
                if is_git_dir(&path) {
                    found.push((path.clone(), self.place_of(&path)));
                    todo.push((path.join("modules"), depth + 1));
                } else {
                    // A submodule's name may have slashes in it.
                    todo.push((path, depth + 1));
                }
            }
        }
        found.sort();
        found
    }

    fn place_of(&self, submodule: &Path) -> BString {
        let place = || {
            let top = fs::canonicalize(self.work_tree.as_ref()?).ok()?;
            let tree = submodule.join(read_config(submodule).ok()?.work_tree?);
            // The work tree may be gone: its path is taken apart by hand then.
            let tree = fs::canonicalize(&tree).unwrap_or_else(|_| normal(&tree));
            let inside = tree.strip_prefix(&top).ok()?;
            Some(BString::from(<[u8]>::from_path(inside)?.to_vec()))
        };
        place().unwrap_or_else(|| {
            let inside = submodule.strip_prefix(&self.common_dir).unwrap_or(submodule);
            let inside: &[u8] = <[u8]>::from_path(inside).unwrap_or(b"modules");
            [b".git/", inside].concat().into()
        })
    }
}

/// The path without `..` in it, by its words alone.
fn normal(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        if part == std::path::Component::ParentDir {
            plain.pop();
        } else {
            plain.push(part);
        }
    }
    plain
}

/// The git directory at or above `start`, with the work tree that it was found in.
fn find_upward(start: &Path, ceilings: &[PathBuf]) -> Result<(PathBuf, Option<PathBuf>), RepositoryError> {
    for dir in start.ancestors() {
        if dir != start && ceilings.iter().any(|ceiling| ceiling == dir) {
            break;
        }
        let dot_git = dir.join(".git");
        match fs::metadata(&dot_git) {
            Ok(found) if found.is_file() || is_git_dir(&dot_git) => return Ok((follow(dot_git)?, Some(dir.to_owned()))),
            Err(problem) if problem.kind() == io::ErrorKind::PermissionDenied => {
                return Err(RepositoryError::Io { path: dot_git, problem });
            }
            _ if is_git_dir(dir) => return Ok((dir.to_owned(), None)),
            _ => {}
        }
    }
    Err(RepositoryError::NotFound(start.to_owned()))
}

fn is_git_dir(dir: &Path) -> bool {
    fs::symlink_metadata(dir.join("HEAD")).is_ok() && (dir.join("objects").is_dir() || dir.join("commondir").is_file())
}

/// The directory that a `.git` file of a linked work tree or a submodule points to; a directory is its own answer.
fn follow(dot_git: PathBuf) -> Result<PathBuf, RepositoryError> {
    if dot_git.is_dir() {
        return Ok(dot_git);
    }
    let text = read_small(&dot_git)?;
    let Some(target) = text.strip_prefix(b"gitdir:").map(|rest| rest.trim()) else {
        return Err(RepositoryError::Malformed { path: dot_git, why: "does not begin with 'gitdir:'".into() });
    };
    let dir = dot_git.parent().unwrap_or(Path::new(".")).join(to_path(target));
    if is_git_dir(&dir) { Ok(dir) } else { Err(RepositoryError::Dangling { path: dot_git, target: dir }) }
}

fn common_dir(git_dir: &Path) -> Result<PathBuf, RepositoryError> {
    let file = git_dir.join("commondir");
    if !file.is_file() {
        return Ok(git_dir.to_owned());
    }
    let text = read_small(&file)?;
    let dir = git_dir.join(to_path(text.trim()));
    fs::canonicalize(&dir).map_err(|problem| RepositoryError::Io { path: dir, problem })
}

/// A file of at most 64 KiB: those that are read here hold one line.
fn read_small(path: &Path) -> Result<Vec<u8>, RepositoryError> {
    use io::Read;
    let io = |problem| RepositoryError::Io { path: path.to_owned(), problem };
    let mut text = Vec::new();
    fs::File::open(path).map_err(io)?.take(64 << 10).read_to_end(&mut text).map_err(io)?;
    Ok(text)
}

fn to_path(bytes: &[u8]) -> PathBuf {
    bytes.to_path_lossy().into_owned()
}

struct Config {
    hash: gix::hash::Kind,
    ref_format: String,
    is_bare: bool,
    is_partial: bool,
    work_tree: Option<PathBuf>,
}

/// The repository's own configuration; what it includes is not followed.
fn read_config(common_dir: &Path) -> Result<Config, RepositoryError> {
    let path = common_dir.join("config");
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(problem) => return Err(RepositoryError::Io { path, problem }),
    };
    let malformed = |why: String| RepositoryError::Malformed { path: path.clone(), why };
    let config = gix::config::File::from_bytes_no_includes(&text, gix::config::file::Metadata::default(), Default::default())
        .map_err(|error| malformed(error.to_string()))?;
    let text_of = |key: &str| config.string(key).map(|value| value.to_str_lossy().to_ascii_lowercase());
    let hash = match text_of("extensions.objectFormat").as_deref() {
        None | Some("sha1") => gix::hash::Kind::Sha1,
        Some("sha256") => gix::hash::Kind::Sha256,
        Some(other) => return Err(malformed(format!("object format '{other}' is not known"))),
    };
    let has_promisor = config.sections_by_name("remote").into_iter().flatten().any(|remote| remote.value("promisor").is_some());
    Ok(Config {
        hash,
        ref_format: text_of("extensions.refStorage").unwrap_or_else(|| "files".into()),
        is_bare: config.boolean("core.bare").ok().flatten().unwrap_or(false),
        is_partial: has_promisor || config.string("extensions.partialClone").is_some(),
        work_tree: config.string("core.worktree").map(|dir| to_path(&dir)),
    })
}

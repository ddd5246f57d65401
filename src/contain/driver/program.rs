//! Runs a program that the authority file names: the one place in keyfuse where a program is started.

#![cfg_attr(not(unix), expect(dead_code, unused_imports, reason = "elsewhere no program is run"))]

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use crate::journal::Digest;
use crate::model::Secret;

/// No more of what it says is kept, in bytes; what follows is read and dropped.
const MAX_OUTPUT: usize = 64 << 10;
/// What goes in must fit into a pipe that nobody reads, in bytes.
const MAX_INPUT: usize = 16 << 10;
/// How long is slept between looks.
const NAP: Duration = Duration::from_millis(10);
/// All that it finds in its environment.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// With this code.
    Code(i32),
    /// By a signal.
    Signal,
    /// It was stopped when its time was over.
    Late,
}

/// What came of it.
pub(super) struct Told {
    pub(super) ended: Ended,
    /// What it said on both outputs, wiped when this is dropped.
    pub(super) output: Zeroizing<Vec<u8>>,
    /// Whether it said more.
    pub(super) is_cut: bool,
}

/// A program to run.
pub(super) struct Call<'a> {
    pub(super) program: &'a Path,
    pub(super) arguments: &'a [String],
    /// All of its environment.
    pub(super) environment: &'a [(OsString, OsString)],
    /// What it gets on its standard input.
    pub(super) input: Option<&'a Secret>,
    pub(super) limit: Duration,
}

/// Runs it to its end with nothing of our environment, as [`run_in`] does.
///
/// # Errors
/// When it cannot be started: then nothing was done.
pub(super) fn run(program: &Path, arguments: &[String], input: Option<&Secret>, limit: Duration) -> io::Result<Told> {
    let environment = [("PATH".into(), PATH.into()), ("LC_ALL".into(), "C".into())];
    run_in(&Call { program, arguments, environment: &environment, input, limit })
}

/// Runs it to its end, in no folder of ours, in a group of its own that ends with it.
///
/// # Errors
/// When it cannot be started: then nothing was done.
#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "a person has armed this very call of a program that authority.toml names")]
pub(super) fn run_in(call: &Call<'_>) -> io::Result<Told> {
    use std::os::unix::process::CommandExt;

    let input = call.input;
    if input.is_some_and(|input| input.len() > MAX_INPUT) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the credential is longer than a program is given"));
    }
    let (mut reader, writer) = io::pipe()?;
    rustix::fs::fcntl_setfl(&reader, rustix::fs::OFlags::NONBLOCK)?;
    let mut command = Command::new(call.program);
    command.args(call.arguments).env_clear().envs(call.environment.iter().cloned()).current_dir("/").process_group(0);
    command.stdout(writer.try_clone()?).stderr(writer);
    command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
    let mut child = command.spawn()?;
    // Its writers must be the program's alone, or the end of what it says is never seen.
    drop(command);
    if let (Some(input), Some(mut pipe)) = (input, child.stdin.take()) {
        // A program that does not read it needs it not.
        let _ = pipe.write_all(input.expose()).and_then(|()| pipe.write_all(b"\n"));
    }
    let end = Instant::now() + call.limit;
    let mut told = Told { ended: Ended::Late, output: Zeroizing::new(Vec::with_capacity(MAX_OUTPUT)), is_cut: false };
    loop {
        told.take(&mut reader)?;
        if let Some(status) = child.try_wait()? {
            told.ended = status.code().map_or(Ended::Signal, Ended::Code);
            break;
        }
        if Instant::now() >= end {
            break;
        }
        std::thread::sleep(NAP);
    }
    // Whatever it has started ends with it, and only then is all said.
    stop(&mut child);
    told.take(&mut reader)?;
    Ok(told)
}

/// Programs are run where a group of processes can be ended as one.
#[cfg(not(unix))]
pub(super) fn run_in(_: &Call<'_>) -> io::Result<Told> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "programs are run on Unix alone"))
}

#[cfg(unix)]
fn stop(child: &mut Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        // Gone already is as good.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.wait();
}

/// Why a program that the authority file names must not be run: it is none, others can write it, it is not the one that was named.
pub(super) fn objection(program: &Path, sha256: Option<Digest>) -> Option<String> {
    let shown = program.display();
    let metadata = match std::fs::metadata(program) {
        Ok(metadata) if metadata.is_file() => metadata,
        Ok(_) => return Some(format!("{shown} is no program")),
        Err(error) => return Some(format!("{shown}: {error}")),
    };
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions());
        if mode & 0o022 != 0 {
            return Some(format!("others can write {shown} (mode {:04o}); chmod go-w it", mode & 0o7777));
        }
    }
    let _ = metadata;
    let wanted = sha256?;
    match std::fs::read(program) {
        Ok(bytes) if Digest::of(&bytes) == wanted => None,
        Ok(_) => Some(format!("{shown} is not the program whose sha256 authority.toml names")),
        Err(error) => Some(format!("{shown}: {error}")),
    }
}

impl Told {
    /// Takes what is there to be read now.
    fn take(&mut self, reader: &mut impl Read) -> io::Result<()> {
        let mut block = Zeroizing::new([0; 4096]);
        loop {
            match reader.read(&mut *block) {
                Ok(0) => return Ok(()),
                Ok(count) => {
                    let room = MAX_OUTPUT - self.output.len();
                    self.is_cut |= count > room;
                    self.output.extend_from_slice(&block[..count.min(room)]);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, input: Option<&Secret>, limit: Duration) -> Told {
        run(Path::new("/bin/sh"), &["-c".to_owned(), script.to_owned()], input, limit).expect("it starts")
    }

    #[test]
    fn what_it_says_is_bounded_and_it_finds_nothing_of_ours() {
        let minute = Duration::from_secs(60);
        let told = shell("cat; env; pwd; echo err >&2; exit 3", Some(&Secret::new("a value")), minute);
        let text = String::from_utf8_lossy(&told.output).into_owned();
        assert!(text.starts_with("a value\n") && text.contains("\nerr\n") && text.contains("\n/\n"), "{text}");
        assert!(!text.contains("HOME=") && !text.contains("CARGO"), "{text}");
        assert_eq!((told.ended, told.is_cut), (Ended::Code(3), false));
        let much = shell("head -c 1000000 /dev/zero", None, minute);
        assert_eq!((much.output.len(), much.is_cut, much.ended), (MAX_OUTPUT, true, Ended::Code(0)));
    }

    #[test]
    fn it_ends_in_time_with_all_that_it_has_started() {
        let begun = Instant::now();
        let late = shell("sleep 50 & sleep 50", None, Duration::from_millis(200));
        assert_eq!(late.ended, Ended::Late);
        // A child that holds the output open does not hold us.
        let left = shell("sleep 50 & echo gone", None, Duration::from_secs(20));
        assert_eq!((left.ended, &left.output[..]), (Ended::Code(0), &b"gone\n"[..]));
        assert!(begun.elapsed() < Duration::from_secs(15));
    }
}

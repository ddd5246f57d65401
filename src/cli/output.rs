//! Where reports go: checked before the scan, written after it.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, bail};
use keyfuse::model::Outcome;
use keyfuse::report::{self, Format, ReportOptions};
use keyfuse::rules::RuleSet;

use super::app::say;
use super::exit;
use super::report_file::ReportFile;

/// A report that was asked for: its format, and the file it goes to if not standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// The format.
    pub(super) format: Format,
    /// The file.
    pub(super) path: Option<PathBuf>,
}

impl FromStr for Request {
    type Err = report::FormatError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (format, path) = text.split_once('=').map_or((text, None), |(format, path)| (format, Some(path)));
        Ok(Self { format: format.parse()?, path: path.map(PathBuf::from).filter(|path| !is_stdout(path)) })
    }
}

/// The names that stand for standard output.
fn is_stdout(path: &Path) -> bool {
    path == Path::new("-") || path == Path::new("/dev/stdout")
}

/// The reports of one run.
pub(super) struct Outputs {
    files: Vec<(Format, ReportFile)>,
    stdout: Option<Format>,
}

impl Outputs {
    /// From the options as written. Without any report on standard output the human one goes there, unless `quiet`.
    pub(super) fn new(requests: &[Request], report_path: Option<&Path>, quiet: bool) -> anyhow::Result<Self> {
        let mut requests = requests.to_vec();
        if let Some(path) = report_path.filter(|path| !path.as_os_str().is_empty()) {
            let file = (!is_stdout(path)).then(|| path.to_owned());
            let mut open = requests.iter_mut().filter(|request| request.path.is_none());
            match (open.next(), open.next()) {
                (Some(request), None) => request.path = file,
                (None, _) => {
                    let Some(format) = (if file.is_some() { Format::of_file(path) } else { Some(Format::Human) }) else {
                        bail!("{}: its name does not tell the format; add --format FORMAT", path.display());
                    };
                    requests.push(Request { format, path: file });
                }
                (Some(_), Some(_)) => bail!("--report-path with several formats: write --format FORMAT=FILE for each"),
            }
        }
        let mut outputs = Self { files: Vec::new(), stdout: None };
        for request in requests {
            match request.path {
                Some(path) if path.as_os_str().is_empty() => bail!("--format {}=: the file's name is missing", request.format.name()),
                Some(path) if outputs.files.iter().any(|(_, other)| other.path() == path) => {
                    bail!("{}: two reports cannot go to one file", path.display());
                }
                Some(path) => outputs.files.push((request.format, ReportFile::new(path))),
                None if outputs.stdout.is_some_and(|format| format != request.format) => {
                    bail!("two reports cannot both go to standard output; write --format FORMAT=FILE for one of them");
                }
                None => outputs.stdout = Some(request.format),
            }
        }
        if outputs.stdout.is_none() && (outputs.files.is_empty() || !quiet) {
            outputs.stdout = Some(Format::Human);
        }
        Ok(outputs)
    }

    /// Whether a person may be reading standard output.
    pub(super) fn is_human_on_stdout(&self) -> bool {
        self.stdout == Some(Format::Human)
    }

    /// Finds out whether every file can be written.
    pub(super) fn check(&mut self) -> anyhow::Result<()> {
        for (_, file) in &mut self.files {
            file.check().with_context(|| format!("the report cannot be written to {}", file.path().display()))?;
        }
        Ok(())
    }

    /// Writes all reports; false if one could not be written. Then its findings are told on standard error instead.
    pub(super) fn write(&self, outcome: &Outcome, rules: &RuleSet, options: &ReportOptions) -> bool {
        let mut failed = false;
        for (format, file) in &self.files {
            // Files are read later, perhaps by others: no colour, no cut lines, and never the secrets.
            let options = ReportOptions { colour: false, width: None, reveal: false, quiet: false, ..options.clone() };
            if let Err(error) = file.write(|out| report::write(*format, outcome, rules, &options, out)) {
                say(&format!("error: the report cannot be written to {}: {error}", file.path().display()));
                failed = true;
            }
        }
        let mut told = false;
        if let Some(format) = self.stdout {
            match to_stdout(|out| report::write(format, outcome, rules, options, out)) {
                Ok(()) => told = true,
                // Whoever read it has seen enough.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => told = true,
                Err(error) => {
                    say(&format!("error: the report cannot be written to standard output: {error}"));
                    failed = true;
                }
            }
        }
        if failed && !told {
            let options = ReportOptions { colour: false, width: None, reveal: false, ..options.clone() };
            // Nothing is left to say it to if this fails too; the exit code tells.
            let _ = report::write(Format::Human, outcome, rules, &options, &mut BufWriter::new(io::stderr().lock()));
        }
        !failed
    }
}

/// Prints text that is no report.
pub(super) fn print(text: &[u8]) -> anyhow::Result<u8> {
    match to_stdout(|out| out.write_all(text)) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("standard output cannot be written"),
        _ => Ok(exit::COMPLETE),
    }
}

fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let result = write(&mut out).and_then(|()| out.flush());
    // After an error the rest of the buffer must not be tried again when it is dropped.
    let _ = out.into_parts();
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The files with their formats, and what goes to standard output.
    type Places = (Vec<(Format, PathBuf)>, Option<Format>);

    fn outputs(formats: &[&str], path: Option<&str>, quiet: bool) -> Result<Places, String> {
        let requests: Vec<Request> = formats.iter().map(|text| text.parse().expect("a known format")).collect();
        Outputs::new(&requests, path.map(Path::new), quiet)
            .map(|outputs| (outputs.files.iter().map(|(format, file)| (*format, file.path().to_owned())).collect(), outputs.stdout))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn reports_find_their_places() {
        let out = |format, path: &str| (format, PathBuf::from(path));
        assert_eq!(outputs(&[], None, false), Ok((vec![], Some(Format::Human))));
        assert_eq!(outputs(&[], None, true), Ok((vec![], Some(Format::Human))));
        assert_eq!(outputs(&["json"], None, false), Ok((vec![], Some(Format::Json))));
        assert_eq!(outputs(&["json"], Some("-"), false), Ok((vec![], Some(Format::Json))));
        assert_eq!(outputs(&["json"], Some("x"), false), Ok((vec![out(Format::Json, "x")], Some(Format::Human))));
        assert_eq!(outputs(&["json"], Some("x"), true), Ok((vec![out(Format::Json, "x")], None)));
        assert_eq!(outputs(&[], Some("x.sarif"), true), Ok((vec![out(Format::Sarif, "x.sarif")], None)));
        assert_eq!(
            outputs(&["human", "sarif=x.sarif", "json=y"], None, false),
            Ok((vec![out(Format::Sarif, "x.sarif"), out(Format::Json, "y")], Some(Format::Human)))
        );
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        assert!(outputs(&["json", "sarif"], None, false).is_err_and(|text| text.contains("standard output")));
        assert!(outputs(&["json", "sarif"], Some("x"), false).is_err_and(|text| text.contains("several formats")));
        assert!(outputs(&["json=x", "sarif=x"], None, false).is_err_and(|text| text.contains("one file")));
        assert!(outputs(&[], Some("x"), false).is_err_and(|text| text.contains("--format")));
        assert!(outputs(&["json="], None, false).is_err_and(|text| text.contains("missing")));
    }
}

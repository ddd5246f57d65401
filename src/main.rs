//! The binary: hands the command line to `cli` and its exit code to the system.

mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}

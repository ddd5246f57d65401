//! What a terminal allows: colour, width.

use std::io::{self, IsTerminal};

use anstream::{AutoStream, ColorChoice};

use super::args::{Color, Common};

/// What standard output is.
pub(super) struct Facts {
    /// Whether it is a terminal.
    pub(super) is_terminal: bool,
    /// Whether to colour.
    pub(super) colour: bool,
    /// Its columns.
    pub(super) width: Option<usize>,
}

/// Looks at standard output.
pub(super) fn facts(common: &Common) -> Facts {
    let stdout = io::stdout();
    let is_terminal = stdout.is_terminal();
    let choice = match common.color {
        _ if common.no_color => ColorChoice::Never,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
        // Heeds NO_COLOR, CLICOLOR, CLICOLOR_FORCE and TERM.
        Color::Auto => AutoStream::choice(&stdout),
    };
    let width = is_terminal.then(terminal_size::terminal_size).flatten().map(|(width, _)| usize::from(width.0));
    Facts { is_terminal, colour: choice != ColorChoice::Never, width }
}

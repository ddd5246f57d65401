//! The few colours of the report.

use anstyle::{AnsiColor, Style};

use crate::model::Severity;

/// The styles in use; without colour all of them are plain.
pub(super) struct Palette {
    colour: bool,
}

impl Palette {
    pub(super) fn new(colour: bool) -> Self {
        Self { colour }
    }

    fn style(&self, style: Style) -> Style {
        if self.colour { style } else { Style::new() }
    }

    pub(super) fn severity(&self, severity: Severity) -> Style {
        let colour = match severity {
            Severity::Critical | Severity::High => AnsiColor::Red,
            Severity::Medium => AnsiColor::Yellow,
            Severity::Low => AnsiColor::Cyan,
        };
        self.style(colour.on_default().bold())
    }

    pub(super) fn strong(&self) -> Style {
        self.style(Style::new().bold())
    }

    /// Line numbers, arrows and bars.
    pub(super) fn frame(&self) -> Style {
        self.style(AnsiColor::Blue.on_default().bold())
    }

    pub(super) fn warning(&self) -> Style {
        self.style(AnsiColor::Yellow.on_default().bold())
    }

    pub(super) fn good(&self) -> Style {
        self.style(AnsiColor::Green.on_default().bold())
    }
}

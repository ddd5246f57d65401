//! What a terminal allows: colour, width, a progress bar.

use std::env;
use std::io::{self, IsTerminal};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anstream::{AutoStream, ColorChoice};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::args::{Color, Common, When};
use keyfuse::source::Progress;

/// Shorter work shows no bar.
const PATIENCE: Duration = Duration::from_millis(500);
/// Time between two drawings.
const STEP: Duration = Duration::from_millis(100);

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

/// Shows how far a scan is; on anything but a terminal it does nothing.
pub(super) struct Watch {
    bar: Option<ProgressBar>,
    begun: Instant,
    bytes: AtomicU64,
    items: AtomicU64,
    /// When to draw next, in milliseconds since the beginning.
    next: AtomicU64,
    drawing: Mutex<()>,
}

impl Watch {
    pub(super) fn new(common: &Common) -> Self {
        let in_ci = env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
        let wanted = common.progress == When::Auto && !common.quiet && !in_ci && io::stderr().is_terminal();
        Self {
            bar: wanted.then(|| ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden())),
            begun: Instant::now(),
            bytes: AtomicU64::new(0),
            items: AtomicU64::new(0),
            next: AtomicU64::new(PATIENCE.as_millis() as u64),
            drawing: Mutex::new(()),
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Draws, unless another thread does or it is too early.
    fn draw(&self, bar: &ProgressBar) {
        let now = self.begun.elapsed().as_millis() as u64;
        if now < self.next.load(Ordering::Relaxed) {
            return;
        }
        let Ok(_guard) = self.drawing.try_lock() else {
            return;
        };
        self.next.store(now + STEP.as_millis() as u64, Ordering::Relaxed);
        if bar.is_hidden() {
            bar.set_style(style(bar.length().is_some()));
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        bar.set_message(format!("{} contents", self.items.load(Ordering::Relaxed)));
        bar.set_position(self.bytes.load(Ordering::Relaxed));
        bar.tick();
    }
}

impl Progress for Watch {
    fn total(&self, bytes: u64, _items: u64) {
        if let Some(bar) = &self.bar {
            bar.set_length(bytes);
            bar.set_style(style(true));
        }
    }

    fn advance(&self, bytes: u64, items: u64) {
        if let Some(bar) = &self.bar {
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
            self.items.fetch_add(items, Ordering::Relaxed);
            self.draw(bar);
        }
    }
}

fn style(known: bool) -> ProgressStyle {
    let template = if known { "{bar:30} {bytes}/{total_bytes} {msg} {eta}" } else { "{spinner} {bytes} {msg} {bytes_per_sec}" };
    ProgressStyle::with_template(template).expect("both templates are sound: a test makes them")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_sound() {
        style(true);
        style(false);
    }
}

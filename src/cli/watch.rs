//! Shows how far a scan is: a bar on a terminal, lines for programs.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::args::{Common, When};
use keyfuse::source::Progress;

/// Shorter work shows no bar.
const PATIENCE: Duration = Duration::from_millis(500);
/// Time between two drawings,
const STEP: Duration = Duration::from_millis(100);
/// and between two lines.
const LINE: Duration = Duration::from_secs(1);

/// Shows how far a scan is; where nobody watches it does nothing.
pub(super) struct Watch {
    shown: Shown,
    begun: Instant,
    bytes: AtomicU64,
    items: AtomicU64,
    /// What there will be, as far as that is known.
    all_bytes: AtomicU64,
    all_items: AtomicU64,
    /// When to show next, in milliseconds since the beginning.
    next: AtomicU64,
    showing: Mutex<()>,
}

enum Shown {
    Nothing,
    Bar(ProgressBar),
    Lines,
}

impl Watch {
    pub(super) fn new(common: &Common) -> Self {
        let in_ci = env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
        let shown = match common.progress {
            When::Json => Shown::Lines,
            When::Auto if !common.quiet && !in_ci && io::stderr().is_terminal() => {
                Shown::Bar(ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()))
            }
            When::Auto | When::Never => Shown::Nothing,
        };
        let zero = || AtomicU64::new(0);
        let next = AtomicU64::new(PATIENCE.as_millis() as u64);
        let (bytes, items, all_bytes, all_items) = (zero(), zero(), zero(), zero());
        Self { shown, begun: Instant::now(), bytes, items, all_bytes, all_items, next, showing: Mutex::new(()) }
    }

    /// Takes the bar away, or writes the last line.
    pub(super) fn finish(&self) {
        match &self.shown {
            Shown::Nothing => {}
            Shown::Bar(bar) => bar.finish_and_clear(),
            Shown::Lines => self.line(true),
        }
    }

    /// Shows how far it is, unless another thread does or it is too early.
    fn show(&self) {
        let now = self.begun.elapsed().as_millis() as u64;
        if now < self.next.load(Ordering::Relaxed) {
            return;
        }
        let Ok(_guard) = self.showing.try_lock() else {
            return;
        };
        let step = if matches!(self.shown, Shown::Lines) { LINE } else { STEP };
        self.next.store(now + step.as_millis() as u64, Ordering::Relaxed);
        match &self.shown {
            Shown::Nothing => {}
            Shown::Lines => self.line(false),
            Shown::Bar(bar) => {
                if bar.is_hidden() {
                    bar.set_style(style(bar.length().is_some()));
                    bar.set_draw_target(ProgressDrawTarget::stderr());
                }
                bar.set_message(format!("{} contents", self.items.load(Ordering::Relaxed)));
                bar.set_position(self.bytes.load(Ordering::Relaxed));
                bar.tick();
            }
        }
    }

    fn line(&self, done: bool) {
        let read = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let known = |number: &AtomicU64| Some(read(number)).filter(|&number| number > 0);
        let line = line(read(&self.bytes), known(&self.all_bytes), read(&self.items), known(&self.all_items), self.begun.elapsed(), done);
        // Who does not read what was asked for loses lines, not the scan.
        let _ = writeln!(io::stderr().lock(), "{line}");
    }
}

/// One line: what was read, what there is in all (null where that is not known), and how long the rest takes at the same rate.
fn line(bytes: u64, all_bytes: Option<u64>, items: u64, all_items: Option<u64>, elapsed: Duration, done: bool) -> serde_json::Value {
    let seconds = elapsed.as_secs_f64();
    let rate = if seconds > 0.0 { bytes as f64 / seconds } else { 0.0 };
    let left = all_bytes.filter(|_| rate > 0.0).map(|all| all.saturating_sub(bytes) as f64 / rate);
    let round = |number: f64| (number * 10.0).round() / 10.0;
    json!({
        "type": "progress",
        "done": done,
        "bytes": bytes,
        "bytes_total": all_bytes,
        "contents": items,
        "contents_total": all_items,
        "seconds": round(seconds),
        "bytes_per_second": rate.round() as u64,
        "seconds_left": if done { Some(0.0) } else { left.map(round) },
    })
}

impl Progress for Watch {
    fn total(&self, bytes: u64, items: u64) {
        // A run may have several parts, each with a total of its own.
        let all = self.all_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.all_items.fetch_add(items, Ordering::Relaxed);
        if let Shown::Bar(bar) = &self.shown
            && all > 0
        {
            bar.set_length(all);
            bar.set_style(style(true));
        }
    }

    fn advance(&self, bytes: u64, items: u64) {
        if !matches!(self.shown, Shown::Nothing) {
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
            self.items.fetch_add(items, Ordering::Relaxed);
            self.show();
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

    #[test]
    fn a_line_tells_the_rest_from_bytes() {
        let told = line(250, Some(1000), 3, None, Duration::from_secs(5), false);
        assert_eq!((&told["bytes_per_second"], &told["seconds_left"], &told["contents_total"]), (&json!(50), &json!(15.0), &json!(null)));
        assert_eq!(line(0, None, 0, None, Duration::ZERO, false)["seconds_left"], json!(null));
        assert_eq!(line(5, None, 1, None, Duration::from_secs(1), true)["seconds_left"], json!(0.0));
    }
}

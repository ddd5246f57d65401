//! Runs a target: the kept inputs in every test, new ones for as long as the environment says.

use std::time::{Duration, Instant};

use super::corpus::Corpus;
use super::dice::Dice;
use super::{bytes, index, pack, tree};

/// A reader with a maker of sound inputs.
struct Target {
    name: &'static str,
    read: fn(&[u8]) -> String,
    make: fn(&mut Dice) -> Vec<u8>,
    /// As many different answers at least are kept.
    kept: usize,
}

const TARGETS: [Target; 4] = [
    Target { name: "index", read: index::read, make: index::make, kept: 20 },
    Target { name: "entry", read: pack::read_entry, make: pack::make_entry, kept: 20 },
    Target { name: "delta", read: pack::read_delta, make: pack::make_delta, kept: 12 },
    Target { name: "tree", read: tree::read, make: tree::make, kept: 20 },
];

/// Inputs of each target when no time is given.
const FEW: u64 = 1024;
/// A single input must not take longer, on the slowest machine.
const SLOWEST: Duration = Duration::from_secs(5);

#[test]
fn what_was_kept_is_answered() {
    for target in &TARGETS {
        let corpus = Corpus::open(target.name, target.read);
        assert!(corpus.inputs.len() >= target.kept, "{} answers of {} are kept", corpus.inputs.len(), target.name);
        let mut dice = Dice::new(7);
        let inputs: Vec<&Vec<u8>> = corpus.inputs.values().collect();
        for _ in 0..2000 {
            one(target, &mut dice, &inputs);
        }
    }
}

/// Makes an input of what is kept, or anew, and reads it.
fn one(target: &Target, dice: &mut Dice, inputs: &[&Vec<u8>]) -> (Vec<u8>, String) {
    let mut input = match inputs.get(dice.below(inputs.len() + inputs.len() / 2 + 1)) {
        Some(kept) => (*kept).clone(),
        None => (target.make)(dice),
    };
    if !dice.is_one_of(16) {
        let other = inputs.get(dice.below(inputs.len())).map_or(&[][..], |other| other.as_slice());
        bytes::spoil(dice, &mut input, other);
    }
    let read = || {
        let begun = Instant::now();
        (std::panic::catch_unwind(|| (target.read)(&input)), begun.elapsed())
    };
    let failed =
        |took: Duration| -> ! { panic!("{} failed, or took {took:?}, with {}", target.name, data_encoding::HEXLOWER.encode(&input)) };
    let answer = match read() {
        (Ok(answer), took) if took < SLOWEST => answer,
        (Err(_), took) => failed(took),
        // A machine that does other work may be slow; an input that is, is slow again.
        (Ok(answer), _) => match read().1 {
            took if took < SLOWEST => answer,
            took => failed(took),
        },
    };
    (input, answer)
}

/// New answers to inputs made anew, for as long as `KEYFUSE_FUZZ_SECONDS` says, of the target `KEYFUSE_FUZZ` alone or of all; what is new
/// is kept. Without the variables it looks at a few inputs, the same each time, and keeps nothing.
#[test]
#[expect(clippy::print_stderr, reason = "the one who waits is told what came of it")]
fn new_inputs_are_looked_for() {
    let variable = |name: &str| std::env::var(name).ok();
    let span = variable("KEYFUSE_FUZZ_SECONDS").map(|text| Duration::from_secs(text.parse().expect("a number of seconds")));
    let wanted = variable("KEYFUSE_FUZZ");
    let now = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(1, |since| since.as_nanos() as u64);
    let seed = span.map_or(11, |_| now());
    assert!(wanted.as_deref().is_none_or(|name| TARGETS.iter().any(|target| target.name == name)), "no target is called {wanted:?}");
    for target in TARGETS.iter().filter(|target| wanted.as_deref().is_none_or(|name| name == target.name)) {
        let mut corpus = Corpus::open(target.name, target.read);
        let mut dice = Dice::new(seed);
        let (begun, mut count, mut new) = (Instant::now(), 0u64, 0);
        while span.map_or(count < FEW, |span| begun.elapsed() < span) {
            let fresh: Vec<(Vec<u8>, String)> = {
                let inputs: Vec<&Vec<u8>> = corpus.inputs.values().collect();
                (0..256).map(|_| one(target, &mut dice, &inputs)).collect()
            };
            count += 256;
            new += fresh.iter().filter(|(input, answer)| corpus.offer(input, answer, target.read)).count();
        }
        if span.is_some() {
            corpus.save();
        }
        eprintln!("{}: {count} inputs, seed {seed}, {new} new answers, {} kept", target.name, corpus.inputs.len());
    }
}

//! The matcher's parts in bytes per second, on text made from the rules' own examples among ordinary words.

use std::sync::Arc;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use keyfuse::detect::{Detector, Options, runs, runs_scalar};
use keyfuse::rules::{RuleFile, RuleSet, expand};

fn main() {
    divan::main();
}

/// About a mebibyte: code-like lines, an example of a rule every hundred of them.
fn text() -> Vec<u8> {
    let mut examples = Vec::new();
    for (name, source) in RuleSet::builtin_sources() {
        for entry in RuleFile::parse(name, source).expect("the build parsed it").rule {
            examples.extend(entry.examples.iter().filter_map(|template| expand(template, &entry.id).ok()));
        }
    }
    let mut text = Vec::new();
    let mut number = 0usize;
    while text.len() < 1 << 20 {
        text.extend_from_slice(
            format!("    if (device->state_{number} & MASK_OF_{number}) return handle_event(device, \"line %d\\n\");\n").as_bytes(),
        );
        if number.is_multiple_of(100) {
            text.extend_from_slice(&examples[(number / 100) % examples.len()].text);
            text.push(b'\n');
        }
        number += 1;
    }
    text
}

#[divan::bench]
fn token_runs(bencher: Bencher<'_, '_>) {
    let text = text();
    bencher.counter(BytesCount::of_slice(&text)).bench(|| {
        let mut count = 0;
        runs(black_box(&text), |_, _| count += 1);
        count
    });
}

#[divan::bench]
fn token_runs_without_vectors(bencher: Bencher<'_, '_>) {
    let text = text();
    bencher.counter(BytesCount::of_slice(&text)).bench(|| {
        let mut count = 0;
        runs_scalar(black_box(&text), |_, _| count += 1);
        count
    });
}

#[divan::bench(args = [0, 3])]
fn whole_matcher(bencher: Bencher<'_, '_>, decode_depth: u8) {
    let text = text();
    let detector = Detector::new(Arc::new(RuleSet::builtin()), Options { decode_depth });
    let subject = detector.subject(b"src/main.c");
    bencher.counter(BytesCount::of_slice(&text)).bench(|| detector.detect(&subject, black_box(&text)));
}

#[divan::bench]
fn loading_and_indexing_the_rules(bencher: Bencher<'_, '_>) {
    bencher.bench(|| Detector::new(Arc::new(RuleSet::builtin()), Options::default()));
}

//! The fast way finds what the slow way finds: on generated text, on every rule's examples, and on the trees that are at hand.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use keyfuse::detect::{Detector, Options, reference};
use keyfuse::model::RuleId;
use keyfuse::rules::{Find, RuleFile, RuleSet, expand};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// What the fast way finds by literals, as rule and span.
fn fast(detector: &Detector, text: &[u8]) -> BTreeSet<(RuleId, usize, usize)> {
    let found = detector.detect(&detector.subject(b""), text);
    let by_literal = |rule: RuleId| matches!(detector.rules().get(rule).find, Find::Prefix { .. } | Find::Infix { .. });
    found
        .into_iter()
        .filter(|candidate| candidate.layers.is_empty() && by_literal(candidate.rule))
        .map(|candidate| (candidate.rule, candidate.span.start as usize, candidate.span.end as usize))
        .collect()
}

/// What the slow way finds: rules for some paths alone are left out, for the text has no path.
fn slow(rules: &RuleSet, text: &[u8]) -> BTreeSet<(RuleId, usize, usize)> {
    let is_free = |(id, _): &(RuleId, Range<usize>)| rules.get(*id).files.is_empty();
    reference::literal_matches(rules, text).into_iter().filter(is_free).map(|(id, span)| (id, span.start, span.end)).collect()
}

fn describe(rules: &RuleSet, found: &BTreeSet<(RuleId, usize, usize)>) -> Vec<String> {
    found.iter().map(|&(id, start, end)| format!("{} at {start}..{end}", rules.get(id).id)).collect()
}

fn agree(detector: &Detector, text: &[u8]) -> Result<(), String> {
    let (fast, slow) = (fast(detector, text), slow(detector.rules(), text));
    if fast == slow {
        return Ok(());
    }
    let missed = describe(detector.rules(), &slow.difference(&fast).copied().collect());
    let invented = describe(detector.rules(), &fast.difference(&slow).copied().collect());
    Err(format!("only the slow way: {missed:?}; only the fast way: {invented:?}"))
}

fn detector() -> Detector {
    Detector::new(Arc::new(RuleSet::builtin()), Options { decode_depth: 0 })
}

/// All examples of all rules, expanded from the given seed.
fn examples(seed: &str) -> Vec<Vec<u8>> {
    let mut texts = Vec::new();
    for (name, source) in RuleSet::builtin_sources() {
        for entry in RuleFile::parse(name, source).expect("the build parsed it").rule {
            for (number, template) in entry.examples.iter().chain(&entry.counterexamples).enumerate() {
                texts.push(expand(template, &format!("{seed}/{}/{number}", entry.id)).expect("`rules check` expands it").text);
            }
        }
    }
    texts
}

#[test]
fn on_every_example_from_several_seeds() {
    let detector = detector();
    let mut complaints = Vec::new();
    for seed in ["one", "two", "three"] {
        for text in examples(seed) {
            complaints.extend(agree(&detector, &text).err());
        }
    }
    assert!(complaints.is_empty(), "{} texts: {:#?}", complaints.len(), &complaints[..complaints.len().min(20)]);
}

#[test]
fn on_this_repository() {
    let detector = detector();
    for entry in ignore::WalkBuilder::new(env!("CARGO_MANIFEST_DIR")).build().flatten() {
        if entry.file_type().is_some_and(|kind| kind.is_file())
            && let Ok(text) = std::fs::read(entry.path())
            && text.len() < 1 << 20
        {
            agree(&detector, &text).unwrap_or_else(|complaint| panic!("{}: {complaint}", entry.path().display()));
        }
    }
}

/// Other trees, named by the environment: `KEYFUSE_TEST_TREES=/path:/path cargo test agree`.
#[test]
fn on_the_trees_at_hand() {
    let Some(trees) = std::env::var_os("KEYFUSE_TEST_TREES") else { return };
    let detector = detector();
    let mut complaints = Vec::new();
    for tree in std::env::split_paths(&trees) {
        for entry in ignore::WalkBuilder::new(tree).standard_filters(false).build().flatten() {
            if let Ok(text) = std::fs::read(entry.path())
                && text.len() < 1 << 20
                && !text[..text.len().min(1024)].contains(&0)
                && let Err(complaint) = agree(&detector, &text)
            {
                complaints.push(format!("{}: {complaint}", entry.path().display()));
            }
        }
    }
    assert!(complaints.is_empty(), "{} files: {:#?}", complaints.len(), &complaints[..complaints.len().min(20)]);
}

fn cases() -> u32 {
    std::env::var("KEYFUSE_TEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(64)
}

proptest! {
    // The same cases each time: what passes here passes everywhere. `KEYFUSE_TEST_CASES` asks for more.
    #![proptest_config(ProptestConfig { cases: cases(), rng_seed: RngSeed::Fixed(20_261_121), failure_persistence: None, ..ProptestConfig::default() })]

    /// Tokens among the things that stand around tokens, cut, joined and repeated.
    #[test]
    fn on_tokens_in_every_dress(
        picks in proptest::collection::vec((any::<prop::sample::Index>(), 0usize..6, any::<prop::sample::Index>()), 1..12),
        joints in proptest::collection::vec("[ \\n\"'=:;,_./\\\\%-]{0,3}|[a-zA-Z0-9]{1,20}|\\\\n|%3D", 12),
    ) {
        let texts = examples("dress");
        let mut text = Vec::new();
        for ((pick, cut, at), joint) in picks.iter().zip(&joints) {
            let example = pick.get(&texts);
            text.extend_from_slice(joint.as_bytes());
            let cut_at = if *cut == 0 && !example.is_empty() { at.index(example.len()) } else { example.len() };
            text.extend_from_slice(&example[..cut_at]);
        }
        if let Err(complaint) = agree(&detector(), &text) {
            prop_assert!(false, "{}", complaint);
        }
    }
}

//! Judges candidates of rules that name a provider: by the shape that the issuer documents, or by a value beside the provider's name.

use super::path::PathKind;
use super::strength::{self, Strength};
use super::tally::Tally;
use super::wordlike::Words;
use super::{codelike, context, entropy, name, placeholder, runs, structure};
use crate::model::{Candidate, Confidence};
use crate::rules::{Evidence, Find, Rule};

/// Adds up what speaks for and against the candidate.
pub(super) fn judge(words: &Words, rule: &Rule, candidate: &Candidate, path: PathKind) -> Tally {
    let value = candidate.value.expose();
    let mut tally = match rule.confidence {
        Confidence::High => Tally::new("has the documented shape", 4.0, Confidence::High),
        Confidence::Medium if matches!(rule.find, Find::Keywords { .. }) => {
            Tally::new("stands beside the provider's name", 1.4, Confidence::Medium)
        }
        Confidence::Medium => Tally::new("has the shape", 2.0, Confidence::Medium),
        Confidence::Low => Tally::new("is an identifier or of a common shape", 0.6, Confidence::Low),
    };
    if placeholder::is_sample(&rule.samples, value) {
        tally.lower("is a published sample", -3.5);
        return tally;
    }
    let part = random_part(rule, value);
    if masked(&mut tally, part) || entropy_fails(&mut tally, rule, value) {
        return tally;
    }
    if placeholder::ends_as_example(value) {
        tally.lower("ends as documentation keys do", -3.5);
        return tally;
    }
    if let Some(structure) = rule.structure {
        if structure::verify(structure, value) {
            tally.add("decodes to the right structure", 0.5);
        } else {
            tally.reject("does not decode to its structure");
            return tally;
        }
    }
    match rule.checksum.and_then(|checksum| checksum.verify(value)) {
        Some(true) => {
            tally.prove("its checksum is right");
            return tally;
        }
        Some(false) => {
            tally.lower("its checksum is wrong", -3.0);
            return tally;
        }
        None => {}
    }
    if matches!(rule.find, Find::Keywords { .. }) {
        contextual(&mut tally, words, rule, candidate, path);
    } else {
        if rule.checksum.is_none() && context::is_inside_base64(&candidate.context) {
            tally.reject("is a cut-out of a longer base64 text");
        } else if placeholder::mark(part).is_some() || is_spelled(words, part) {
            tally.reject("is spelled out in words");
        } else if path.test {
            let weight = if rule.confidence == Confidence::High { -0.3 } else { -1.2 };
            tally.add("stands in tests, examples or documentation", weight);
        } else if path.code && rule.confidence != Confidence::High && context::is_session(&candidate.context) {
            tally.lower("stands in the printed outcome of an example", -1.2);
        }
    }
    tally
}

/// What of the value is random: without the literal that it begins with.
fn random_part<'a>(rule: &Rule, value: &'a [u8]) -> &'a [u8] {
    let Find::Prefix { literals, .. } = &rule.find else { return value };
    let longest = literals.iter().filter(|literal| value.starts_with(literal.as_bytes())).map(String::len).max().unwrap_or(0);
    if value.len() - longest >= 6 { &value[longest..] } else { value }
}

fn masked(tally: &mut Tally, part: &[u8]) -> bool {
    let long_run = part.len() >= 16 && (placeholder::is_mask(part) || runs::share(part) > 0.5);
    let short_run = part.len() < 16 && part.len() >= 6 && placeholder::is_mask(part);
    if long_run || short_run {
        tally.reject("is a mask, a repetition or a counting run");
    }
    long_run || short_run
}

/// Whether the value has less entropy than its rule or its own alphabet and length ask for.
fn entropy_fails(tally: &mut Tally, rule: &Rule, value: &[u8]) -> bool {
    let ceiling = entropy::expected(entropy::Alphabet::of(value).size(), value.len());
    let bits = entropy::bits(value);
    // A bound above what random values of this length reach would reject them all.
    let least = rule.entropy.unwrap_or(0.0).min(0.85 * ceiling);
    let fails = bits < least || (value.len() >= 16 && bits < 0.6 * ceiling);
    if fails {
        tally.reject(format!("has {bits:.1} bits a character where random ones have {ceiling:.1}"));
    }
    fails
}

/// Whether a long value consists of words: `sk_live_replace_with_your_own_key`.
fn is_spelled(words: &Words, part: &[u8]) -> bool {
    let digits = part.iter().filter(|byte| byte.is_ascii_digit()).count();
    part.len() >= 10 && digits * 8 <= part.len() && (words.share(part) > 0.7 || placeholder::is_filler(words, part))
}

/// A value known by the provider's name beside it: it must look random, and the name must not call it something else.
fn contextual(tally: &mut Tally, words: &Words, rule: &Rule, candidate: &Candidate, path: PathKind) {
    let value = candidate.value.expose();
    let around = &candidate.context;
    if path.lock || path.machine || context::is_minified(around) {
        tally.reject("stands among hashes or in generated text");
        return;
    }
    if let Some(what) =
        codelike::reads_as(words, value).filter(|what| !(what.contains("URL") || what.contains("member") || what.contains("host")))
    {
        tally.reject(what);
        return;
    }
    let is_own_word = |word: &str| rule.id.split('-').any(|part| part == word) || rule.expression.contains(word);
    let named_other = name::says(&around.name) == name::Says::Other
        && (name::is_digest(&around.name) || name::ends_as_other(&around.name))
        && !name::words(&around.name).last().is_some_and(|last| is_own_word(last));
    if named_other || context::is_called_digest(around) {
        tally.reject("its name says that it is a hash, an identifier or a place");
        return;
    }
    match strength::of(words, value) {
        Strength::Strong => tally.add("looks random for its alphabet and length", 0.6),
        Strength::Likely => tally.add("looks fairly random", 0.3),
        Strength::Odd if value.len() < 16 || rule.evidence != Evidence::Contextual => tally.add("looks odd", -0.2),
        _ if words.share(value) < 0.3 && entropy::ratio(value) > 0.85 && value.iter().any(u8::is_ascii_digit) => {
            tally.add("is hardly a word", -0.3)
        }
        _ => {
            tally.reject("does not look random");
            return;
        }
    }
    match name::says(&around.name) {
        name::Says::Secret => tally.add("its name says secret", 0.5),
        name::Says::Maybe => tally.add("its name may say secret", 0.2),
        name::Says::Other => tally.add("its name says something else", -0.5),
        name::Says::Nothing => {}
    }
    if path.test {
        tally.lower("stands in tests, examples or documentation", -0.8);
    }
}

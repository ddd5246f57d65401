//! Judges the fields of files that exist to hold secrets.

use super::generic::Case;
use super::lists::holds;
use super::strength::{self, Strength};
use super::tally::Tally;
use super::{name, placeholder, structure};
use crate::model::Confidence;

/// A field of a known secret file.
pub(super) fn secret_file(case: &Case<'_>) -> Tally {
    let mut tally = Tally::new("is the secret field of a known secret file", 3.6, Confidence::High);
    if case.path.data
        && let Some(plain) = structure::decode(case.value)
    {
        manifest_value(case, &plain, &mut tally);
        return tally;
    }
    if let Some(mark) = placeholder::mark(case.value) {
        tally.reject(mark);
    } else if case.value.len() < 3 || placeholder::is_mask(case.value) {
        tally.reject("is empty, a mask or a counting run");
    } else if placeholder::is_filler(case.words, case.value) {
        let is_word = case.value.iter().all(u8::is_ascii_alphanumeric) && case.value.len() <= 12;
        if is_word && !case.path.test {
            tally.add("is a filling word", -2.2);
        } else {
            tally.lower("is made of filling words", -3.0);
        }
    } else if placeholder::ends_as_example(case.value) {
        tally.lower("ends as documentation keys do", -3.0);
    } else if strength::of(case.words, case.value) == Strength::Plain {
        tally.add("reads like a word", -1.2);
    }
    if case.path.test {
        tally.add("stands in tests, examples or documentation", -1.2);
    }
    tally
}

/// A value of a manifest that holds secrets in base64, by what it decodes to and what it is called.
fn manifest_value(case: &Case<'_>, plain: &[u8], tally: &mut Tally) {
    const PLAIN: &str =
        "username user host hostname port database dbname namespace url endpoint uri address name email ca crt cert region bucket";
    let text = plain.trim_ascii();
    let last = name::words(&case.context.name).pop().unwrap_or_default();
    let is_public = [&b"-----BEGIN CERT"[..], b"-----BEGIN PUB", b"ssh-rsa ", b"ssh-ed25519 "].iter().any(|start| text.starts_with(start));
    if is_public || holds(PLAIN, &last) {
        tally.reject("is a name, a place or a public key");
    } else if text.is_empty() || placeholder::mark(text).is_some() || placeholder::is_mask(text) || text.len() < 4 {
        tally.reject("decodes to nothing, a template or a mask");
    } else if placeholder::is_filler(case.words, text) || placeholder::repeats_name(text, &case.context.name) {
        tally.lower("decodes to filling words", -3.0);
    } else if name::says(&case.context.name) != name::Says::Secret {
        // Whatever a person puts into such a manifest is meant to be secret, but not all of it is.
        let is_text = std::str::from_utf8(text).is_ok_and(|text| !text.chars().any(char::is_control));
        let strength = if is_text { strength::of(case.words, text) } else { Strength::Odd };
        tally.add("its name does not say what it is", if strength == Strength::Plain { -2.2 } else { -1.6 });
    }
    if case.path.test {
        tally.add("stands in tests, examples or documentation", -1.8);
    }
}

//! One outcome in, one report out.

use std::io;

use super::format::Format;
use super::options::ReportOptions;
use super::{github, human, json, jsonl, markdown, sarif};
use crate::model::Outcome;
use crate::rules::RuleSet;

/// Writes the report of `outcome`; `rules` is the set its findings were made with.
///
/// # Errors
/// What `out` says.
pub fn write(format: Format, outcome: &Outcome, rules: &RuleSet, options: &ReportOptions, out: &mut dyn io::Write) -> io::Result<()> {
    match format {
        Format::Human => human::write(outcome, rules, options, out),
        Format::Json => json::write(outcome, rules, options, out),
        Format::Jsonl => jsonl::write(outcome, rules, options, out),
        Format::Sarif => sarif::write(outcome, rules, options, out),
        Format::Github => github::write(outcome, rules, out),
        Format::Markdown => markdown::write(outcome, rules, options, out),
    }?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use bstr::ByteSlice;
    use proptest::prelude::*;

    use super::*;
    use crate::report::sample;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn no_format_holds_a_secret(seed in "[a-z]{6}", length in 16usize..80, kind in 0usize..5) {
            let template = match kind {
                0 => format!("{{base62:{length}}}"),
                1 => format!("ghp_{{hex:{length}}}"),
                2 => "{jwt}".to_owned(),
                3 => "{pem:rsa}".to_owned(),
                _ => format!("a \"quoted\\\" {{base64:{length}}}"),
            };
            let secret = crate::rules::expand(&template, &seed).expect("a sound template").text;
            let outcome = sample::leaky(&secret);
            for format in Format::ALL {
                for verbose in [false, true] {
                    let options = ReportOptions { verbose, list_suppressed: verbose, line_hash: verbose, ..sample::options(&outcome) };
                    let mut report = Vec::new();
                    write(format, &outcome, &sample::rules(), &options, &mut report).expect("a vector takes everything");
                    let escaped = serde_json::to_string(&secret.to_str_lossy()).expect("a string");
                    for form in [secret.as_slice(), escaped.trim_matches('"').as_bytes()] {
                        prop_assert!(report.find(form).is_none(), "{} holds it", format.name());
                    }
                    // A key block's lines are secrets of their own.
                    for line in secret.lines().filter(|line| line.len() >= 16 && !line.starts_with(b"-----")) {
                        prop_assert!(report.find(line).is_none(), "{} holds a line of it", format.name());
                    }
                }
            }
        }
    }

    #[test]
    fn the_same_outcome_gives_the_same_bytes() {
        let outcome = sample::outcome();
        for format in Format::ALL {
            let mut reports = [Vec::new(), Vec::new()];
            for report in &mut reports {
                write(format, &outcome, &sample::rules(), &sample::options(&outcome), report).expect("a vector takes everything");
            }
            assert_eq!(reports[0], reports[1]);
        }
    }

    #[test]
    fn what_the_output_says_is_handed_on() {
        struct Full;
        impl io::Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let outcome = sample::outcome();
        for format in Format::ALL {
            let error = write(format, &outcome, &sample::rules(), &sample::options(&outcome), &mut Full).expect_err("a full disk");
            assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{}", format.name());
        }
    }
}

//! Changed lines tell what whole contents tell: on histories made at random, packed by git in several ways.

use keyfuse::rules::{RuleFile, RuleSet, expand};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::recorder::agree;
use crate::scratch::Scratch;

/// Lines of all kinds that a secret, its name or its surroundings may be made of.
fn lines(seed: &str) -> Vec<String> {
    let text = |template: &str, name: &str| {
        String::from_utf8(expand(template, &format!("{seed}/{name}")).expect("a template").text).expect("text")
    };
    let mut lines: Vec<String> = Vec::new();
    for (file, source) in RuleSet::builtin_sources().iter().copied().step_by(23) {
        for entry in RuleFile::parse(file, source).expect("the build parsed it").rule.iter().take(2) {
            for example in entry.examples.iter().take(2) {
                lines.push(text(&example.replace(['«', '»'], ""), &entry.id));
            }
        }
    }
    let pem = text("{pem:rsa}", "pem");
    let wide = data_encoding::BASE64.encode(format!("password = \"{}\"\n", text("{password}", "b64")).repeat(12).as_bytes());
    let wrapped: Vec<&str> = wide.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    let bytes: Vec<String> = format!("password={}", text("{password}", "list")).bytes().map(|byte| format!("{byte},")).collect();
    lines.extend([
        pem.clone(),
        pem.replace('\n', "\\n"),
        wrapped.join("\n"),
        format!("{{ {} }}", bytes.join(" ")),
        bytes.chunks(6).map(|row| row.join(" ")).collect::<Vec<_>>().join("\n"),
        format!("name: DB_PASSWORD\n  value: {}", text("{password}", "pair")),
        format!("password =\n\n\n   \"{}\"", text("{password}", "below")),
        format!("token = \"{}\\\n{}\"", text("{base62:20}", "one"), text("{base62:20}", "two")),
        format!("apiVersion: v1\nkind: Secret\ndata:\n  key: {}", data_encoding::BASE64.encode(text("{password}", "kube").as_bytes())),
        format!("{{\"kty\": \"EC\",\n \"x\": \"{0}\",\n \"d\": \"{0}\"}}", text("{base64url:43}", "jwk")),
        format!("\"a\": \"b\\\"password\\\": \\\"{}\\\"\"", text("{password}", "escape")),
        format!("https://user:{}@db.internal.acme.io/x", text("{base62:18}", "url")),
        format!("{}password={}", "word ".repeat(1800), text("{password}", "long")),
    ]);
    lines.extend(
        ["", "}", "int main(void) {", "    return x + 1;", "# a comment", "password:", "key =", "// PRIVATE KEY", "\\"].map(str::to_owned),
    );
    lines.extend((0..20).map(|number| format!("    call_{number}(\"a plain text\", {number}); // {}", "x".repeat(number * 4))));
    lines
}

/// One change of a file: insert, delete, move, replace within a line.
#[derive(Clone, Debug)]
enum Edit {
    Insert(prop::sample::Index, prop::sample::Index),
    Delete(prop::sample::Index, usize),
    Move(prop::sample::Index, prop::sample::Index),
    Touch(prop::sample::Index, prop::sample::Index, char),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let index = any::<prop::sample::Index>;
    let edit = prop_oneof![
        4 => (index(), index()).prop_map(|(at, which)| Edit::Insert(at, which)),
        2 => (index(), 1usize..4).prop_map(|(at, count)| Edit::Delete(at, count)),
        1 => (index(), index()).prop_map(|(from, to)| Edit::Move(from, to)),
        3 => (index(), index(), prop::char::range(' ', 'z')).prop_map(|(line, at, with)| Edit::Touch(line, at, with)),
    ];
    prop::collection::vec(edit, 1..5)
}

fn apply(text: &mut Vec<String>, edit: &Edit, lines: &[String]) {
    match edit {
        Edit::Insert(at, which) => text.insert(at.index(text.len() + 1), which.get(lines).clone()),
        Edit::Delete(at, count) if !text.is_empty() => {
            let at = at.index(text.len());
            text.drain(at..(at + count).min(text.len()));
        }
        Edit::Move(from, to) if !text.is_empty() => {
            let line = text.remove(from.index(text.len()));
            text.insert(to.index(text.len() + 1), line);
        }
        Edit::Touch(line, at, with) if !text.is_empty() => {
            let line = line.index(text.len());
            let mut letters: Vec<char> = text[line].chars().collect();
            if !letters.is_empty() {
                let at = at.index(letters.len());
                letters[at] = *with;
            }
            text[line] = letters.into_iter().collect();
        }
        _ => {}
    }
}

fn cases() -> u32 {
    std::env::var("KEYFUSE_TEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2)
}

proptest! {
    // The same cases each time: what passes here passes everywhere. `KEYFUSE_TEST_CASES` asks for more.
    #![proptest_config(ProptestConfig { cases: cases(), rng_seed: RngSeed::Fixed(20_261_122), failure_persistence: None, max_shrink_iters: 0, ..ProptestConfig::default() })]

    #[test]
    fn on_histories_made_at_random(
        versions in prop::collection::vec((0usize..6, edits()), 12..24),
        begin in prop::collection::vec(any::<prop::sample::Index>(), 20..60),
        seed in 0u32..1000,
        depth in 1usize..60,
    ) {
        const PATHS: [&str; 6] = ["src/main.c", "config/app.yaml", "tests/data.json", ".env", "datadog/keys.txt", "notes.md"];
        let lines = lines(&seed.to_string());
        let scratch = Scratch::new();
        let first: Vec<String> = begin.iter().map(|index| index.get(&lines).clone()).collect();
        let mut files = vec![first; PATHS.len()];
        for (file, edits) in &versions {
            for edit in edits {
                apply(&mut files[*file], edit, &lines);
            }
            scratch.write(PATHS[*file], files[*file].join("\n"));
            // Each version is a blob that only the object database knows: git's start-up is what costs.
            scratch.git(&["add", "-A"]);
        }
        for (file, text) in files.iter().enumerate() {
            scratch.write(PATHS[file], text.join("\n"));
        }
        scratch.commit("all");
        let loose = agree(&scratch.root);
        scratch.git(&["repack", "-a", "-d", "-f", "-q", "-k", &format!("--depth={depth}"), "--window=20"]);
        let packed = agree(&scratch.root);
        prop_assert_eq!(&loose.found, &packed.found, "the same contents were packed");
        prop_assert!(!packed.found.is_empty());
    }
}

/// Real histories, named by the environment: `KEYFUSE_TEST_HISTORIES=/path:/path cargo test --release sweep::equality`.
#[test]
fn on_the_histories_at_hand() {
    let Some(histories) = std::env::var_os("KEYFUSE_TEST_HISTORIES") else { return };
    for history in std::env::split_paths(&histories) {
        let swept = agree(&history);
        assert!((swept.handed as u64) < swept.coverage.blobs, "{}: all was handed over", history.display());
    }
}

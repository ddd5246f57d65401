//! What a path says about the content: tests, documentation, lock files, translations, minified code, source code.

use bstr::ByteSlice;

use super::lists::holds;

/// What the path says; several may hold at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct PathKind {
    /// Tests, fixtures, mocks, examples, samples and documentation.
    pub(super) test: bool,
    /// A lock file of a package manager: full of hashes.
    pub(super) lock: bool,
    /// Texts for people in many languages.
    pub(super) locale: bool,
    /// Minified, generated or graphical: full of random-looking text that nobody wrote.
    pub(super) machine: bool,
    /// A language in which a value without quotes is an expression.
    pub(super) code: bool,
    /// Configuration: what is written there is the value itself, whatever it reads like.
    pub(super) config: bool,
    /// Data in which texts for people may stand beside settings (JSON, YAML, XML).
    pub(super) data: bool,
    /// Prose (Markdown and the like).
    pub(super) prose: bool,
}

const TEST_SEGMENTS: &str = "\
    test tests testing testdata test_data test-data t spec specs fixture fixtures example examples sample samples demo demos doc \
    docs documentation mock mocks __tests__ __mocks__ __fixtures__ e2e testutil test-fixtures unittest unittests selftests \
    tutorial tutorials guide guides help howto cookbook";
const LOCKS: &str = "\
    package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml cargo.lock go.sum go.work.sum poetry.lock pipfile.lock \
    composer.lock gemfile.lock mix.lock flake.lock packages.lock.json podfile.lock pubspec.lock .terraform.lock.hcl uv.lock";
const LOCALE_SEGMENTS: &str = "locale locales i18n l10n lang langs language languages translation translations _locales";
const CODE: &str = "\
    py js jsx ts tsx mjs cjs go rs java kt kts scala groovy cs fs vb rb php c h cc cpp hpp m mm swift dart lua pl pm ex exs erl \
    clj cljs hs vue svelte sol r s asm inc hxx cxx hh cc ino cu zig nim d ml mli fsx pas y l pyi pyx gd v sv vhd dts dtsi tf hcl bicep nix coffee \
    groovy gradle jl cr astro";
const CONFIG: &str = "env ini cfg conf cnf properties sh bash zsh fish ps1 bat cmd tfvars dockerfile envrc";
const CONFIG_FILES: &str = "\
    dockerfile containerfile .env .envrc .bashrc .bash_profile .bash_login .bash_history .zsh_history .profile .zshrc .zshenv .zprofile \
    .npmrc .pypirc .pgpass .my.cnf .netrc .s3cfg .boto .mailrc .muttrc .msmtprc .fetchmailrc";

impl PathKind {
    /// Reads a path with `/` between its segments.
    pub(super) fn of(path: &[u8]) -> Self {
        let written = path.rfind_byte(b'/').map_or(path, |at| &path[at + 1..]);
        let camel = [&b"Test."[..], b"Tests.", b"Spec.", b"TestCase.", b"IT.", b"Mock."].iter().any(|end| written.contains_str(end));
        let path = path.to_ascii_lowercase();
        let mut kind = Self::default();
        let (folders, file) = match path.rfind_byte(b'/') {
            Some(at) => (&path[..at], &path[at + 1..]),
            None => (&path[..0], &path[..]),
        };
        for segment in folders.split(|&byte| byte == b'/' || byte == b'\\') {
            kind.test |= holds(TEST_SEGMENTS, segment) || segment.ends_with(b"-tests") || segment.ends_with(b"_tests");
            kind.locale |= holds(LOCALE_SEGMENTS, segment);
        }
        kind.judge_file(file);
        kind.test |= camel && kind.code;
        kind
    }

    fn judge_file(&mut self, file: &[u8]) {
        let stem = file.find_byte(b'.').filter(|&at| at > 0).map_or(file, |at| &file[..at]);
        let extension = file.rfind_byte(b'.').map_or(&file[..0], |at| &file[at + 1..]);
        let has = |list: &'static str| holds(list, extension);
        self.code = has(CODE);
        self.config = has(CONFIG) || holds(CONFIG_FILES, file) || holds(CONFIG_FILES, stem) || file.starts_with(b".env.");
        self.data = has("yml yaml json xml toml");
        self.prose = has("md markdown mdx rst adoc asciidoc txt html htm tex org pod 1 5 8");
        self.lock = holds(LOCKS, file);
        self.locale |= has("po pot resx xlf xliff strings ftl arb")
            || (stem.starts_with(b"messages") && extension == b"properties")
            || file == b"strings.xml"
            || (extension == b"yml" || extension == b"json") && is_locale_code(stem);
        self.machine = has("map svg css scss less ipynb snap wasm patch_hash sum sha256 sha512 asc sig lock")
            || file.contains_str(".min.")
            || file.contains_str("-min.")
            || file.contains_str(".bundle.")
            || file.contains_str(".chunk.");
        self.test |= holds(TEST_SEGMENTS, stem)
            || [&b"test_"[..], b"test-", b"mock_", b"example_", b"sample_", b"readme", b"changelog", b"changes", b"contributing"]
                .iter()
                .any(|start| file.starts_with(start))
            || [&b"_test"[..], b"_tests", b"-test", b"_spec", b"_mock", b"_fixture"].iter().any(|end| self.code && stem.ends_with(end))
            || [
                ".test.",
                ".tests.",
                ".spec.",
                ".mock.",
                ".stories.",
                ".example",
                ".sample",
                ".dist",
                ".template",
                ".tmpl",
                "-example.",
                "-sample.",
                "_example.",
                ".feature",
            ]
            .iter()
            .any(|part| file.contains_str(part))
            || has("md markdown mdx rst adoc asciidoc tex pod t feature ipynb snap");
    }
}

/// `en`, `pt-br`, `zh_cn`, `sr-latn`: the stem of a translation file.
fn is_locale_code(stem: &[u8]) -> bool {
    let mut parts = stem.split(|&byte| byte == b'-' || byte == b'_');
    const LANGUAGES: &str = "af ar az be bg bn bs ca cs cy da de el en eo es et eu fa fi fr gl he hi hr hu hy id is it ja ka kk km \
        ko lt lv mk mn ms nb nl nn no pl pt ro ru sk sl sq sr sv ta te th tr uk ur uz vi zh";
    parts.next().is_some_and(|part| holds(LANGUAGES, part))
        && parts.all(|part| part.len() <= 4 && part.iter().all(u8::is_ascii_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_and_docs_are_known_by_segment_and_name() {
        for path in [
            "tests/a.py",
            "src/test/java/A.java",
            "a/testdata/x",
            "pkg/a_test.go",
            "src/a.spec.ts",
            "test_a.py",
            "docs/x.yaml",
            "README.md",
            ".env.example",
            "t/basic.t",
            "config.sample.php",
            "FooTest.java",
            "spec/models/user_spec.rb",
        ] {
            assert!(PathKind::of(path.as_bytes()).test, "{path}");
        }
        for path in ["src/latest/a.py", "contest.py", "attest/x.go", "src/main.rs", ".env", "config/production.yml", "a/testament/b"] {
            assert!(!PathKind::of(path.as_bytes()).test, "{path}");
        }
    }

    #[test]
    fn machine_text_translations_and_code_are_known() {
        assert!(PathKind::of(b"web/package-lock.json").lock && PathKind::of(b"go.sum").lock);
        assert!(PathKind::of(b"dist/app.min.js").machine && PathKind::of(b"a.svg").machine);
        assert!(PathKind::of(b"config/locales/de.yml").locale && PathKind::of(b"x/pt-BR.json").locale && PathKind::of(b"django.po").locale);
        assert!(!PathKind::of(b"config/app.yml").locale && !PathKind::of(b"settings.json").locale);
        assert!(PathKind::of(b"a/b.py").code && !PathKind::of(b"a/b.yaml").code && !PathKind::of(b".env").code);
    }
}

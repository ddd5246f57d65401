//! Reads `rules/*.toml`, refuses what is wrong with it, and embeds the compiled rules and their sources.

use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "src/model/level.rs"]
#[expect(dead_code, unreachable_pub, reason = "the library uses what the build does not")]
mod level;
mod model {
    pub(crate) use crate::level::{Confidence, Severity};
}
#[expect(dead_code, unreachable_pub, reason = "the library uses what the build does not")]
mod rules {
    #[path = "../src/rules/class.rs"]
    pub mod class;
    #[path = "../src/rules/confirm.rs"]
    pub mod confirm;
    #[path = "../src/rules/confirm_entry.rs"]
    pub mod confirm_entry;
    #[path = "../src/rules/contain.rs"]
    pub mod contain;
    #[path = "../src/rules/file.rs"]
    pub mod file;
    #[path = "../src/rules/pattern.rs"]
    pub mod pattern;
    #[path = "../src/rules/rule.rs"]
    pub mod rule;
    #[path = "../src/rules/shape.rs"]
    pub mod shape;
    #[path = "../src/rules/sign.rs"]
    pub mod sign;
    #[path = "../src/rules/template.rs"]
    pub mod template;
}

fn main() {
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed=src/rules");
    println!("cargo::rerun-if-changed=src/model/level.rs");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("rules");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    if let Err(complaint) = embed(&root, &out) {
        // `cargo::error` shows the sentence without the panic around it.
        println!("cargo::error={}", complaint.replace('\n', " "));
    }
}

fn embed(root: &Path, out: &Path) -> Result<(), String> {
    let listing = fs::read_dir(root).map_err(|error| format!("{}: {error}", root.display()))?;
    let mut files: Vec<PathBuf> =
        listing.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    files.sort();
    let mut compiled: Vec<rules::rule::Rule> = Vec::new();
    let mut sources = String::from("static SOURCES: &[(&str, &str)] = &[\n");
    for path in files {
        let name = format!("rules/{}", path.file_name().expect("a listed file has a name").to_string_lossy());
        let text = fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
        let file = rules::file::RuleFile::parse(&name, &text).map_err(|error| error.to_string())?;
        for rule in file.rules(&name).map_err(|error| error.to_string())? {
            if compiled.iter().any(|other| other.id == rule.id) {
                return Err(format!("{name}: rule `{}`: field `id`: is used in another file", rule.id));
            }
            compiled.push(rule);
        }
        sources.push_str(&format!("    ({name:?}, include_str!({:?})),\n", path.display().to_string()));
    }
    sources.push_str("];\n");
    let bytes = postcard::to_allocvec(&compiled).map_err(|error| error.to_string())?;
    fs::write(out.join("rules.bin"), bytes).map_err(|error| error.to_string())?;
    fs::write(out.join("sources.rs"), sources).map_err(|error| error.to_string())
}

//! The checks of a bundle that need no keyfuse, word for word as docs/evidence.md has them.

use std::path::Path;
use std::process::Command;

use super::Run;

/// The commands of docs/evidence.md that need no keyfuse.
fn without_keyfuse() -> String {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/evidence.md")).expect("the page");
    let part = page.split_once("## Without keyfuse").expect("the heading").1;
    let block = part.split_once("```sh\n").expect("a block").1.split_once("```").expect("its end").0;
    assert!(block.contains("sha256sum -c") && block.contains("ssh-keygen -Y verify") && block.contains("while "), "{block}");
    block.to_owned()
}

/// Runs them word for word in a bundle.
pub(crate) fn by_hand(bundle: &Path) -> Run {
    Run::of(Command::new("sh").args(["-eu", "-c", &without_keyfuse()]).current_dir(bundle).output().expect("a shell"))
}

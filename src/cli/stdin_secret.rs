//! A credential that comes in on standard input, for it is never an argument.

use std::io::{IsTerminal, Read};

use anyhow::bail;
use keyfuse::model::Secret;
use zeroize::Zeroizing;

/// None is longer, in bytes.
const MAX: u64 = 64 << 10;

/// What stands there without the white space around it; none where there is nothing.
pub(super) fn read() -> anyhow::Result<Option<Secret>> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        bail!("standard input is the keyboard here, where a secret would be seen; let a program write into it");
    }
    let mut text = Zeroizing::new(Vec::new());
    stdin.take(MAX + 1).read_to_end(&mut text)?;
    if text.len() as u64 > MAX {
        bail!("what comes on standard input is longer than 64 kB");
    }
    let value = text.trim_ascii();
    Ok((!value.is_empty()).then(|| Secret::new(value)))
}

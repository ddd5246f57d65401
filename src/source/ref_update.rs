//! Changes of refs, as git tells its hooks pre-push and pre-receive on standard input.

use std::io::{self, BufRead};

/// One ref that is to move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefUpdate {
    /// The ref on the receiving side.
    pub name: String,
    /// What it names now, in hex; zeros if it is new.
    pub old: String,
    /// What it is to name, in hex; zeros if it is to go.
    pub new: String,
}

/// Lines are longer than any ref's name when something else than git writes them.
const LONGEST_LINE: u64 = 64 << 10;

impl RefUpdate {
    /// Lines `local-ref local-id remote-ref remote-id` (githooks(5), pre-push).
    ///
    /// # Errors
    /// Those of reading, and a line that is not of this form.
    pub fn of_push(input: &mut dyn BufRead) -> io::Result<Vec<Self>> {
        lines(input, "<local ref> <local id> <remote ref> <remote id>", |line| {
            // The local side may be an expression with spaces in it.
            let mut words = line.rsplitn(4, ' ');
            let (old, name, new) = (words.next()?, words.next()?, words.next()?);
            words.next()?;
            Some(Self { name: name.to_owned(), old: old.to_owned(), new: new.to_owned() })
        })
    }

    /// Lines `old-id new-id ref` (githooks(5), pre-receive).
    ///
    /// # Errors
    /// Those of reading, and a line that is not of this form.
    pub fn of_receive(input: &mut dyn BufRead) -> io::Result<Vec<Self>> {
        lines(input, "<old id> <new id> <ref>", |line| {
            let mut words = line.splitn(3, ' ');
            let (old, new, name) = (words.next()?, words.next()?, words.next()?);
            Some(Self { name: name.to_owned(), old: old.to_owned(), new: new.to_owned() })
        })
    }

    /// Whether an id stands for nothing.
    pub(super) fn is_nothing(id: &str) -> bool {
        id.bytes().all(|byte| byte == b'0')
    }
}

fn lines(input: &mut dyn BufRead, form: &str, parse: impl Fn(&str) -> Option<RefUpdate>) -> io::Result<Vec<RefUpdate>> {
    use std::io::Read;
    let mut updates = Vec::new();
    loop {
        let mut line = Vec::new();
        (&mut *input).take(LONGEST_LINE).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(updates);
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\n', '\r']);
        let is_id = |id: &str| (id.len() == 40 || id.len() == 64) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        match parse(text).filter(|update| is_id(&update.old) && is_id(&update.new)) {
            Some(update) => updates.push(update),
            None => {
                let why = format!("standard input, line {}: not of the form `{form}` that git gives its hooks", updates.len() + 1);
                return Err(io::Error::new(io::ErrorKind::InvalidData, why));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_the_hooks() {
        let (one, zero) = ("1".repeat(40), "0".repeat(40));
        let push = format!("HEAD~1 @{{u}} {one} refs/heads/main {zero}\n(delete) {zero} refs/heads/x {one}\n");
        let updates = RefUpdate::of_push(&mut push.as_bytes()).expect("well formed");
        assert_eq!(updates[0], RefUpdate { name: "refs/heads/main".into(), old: zero.clone(), new: one.clone() });
        assert!(RefUpdate::is_nothing(&updates[1].new) && !RefUpdate::is_nothing(&updates[1].old));
        let receive = format!("{zero} {one} refs/heads/a b");
        assert_eq!(RefUpdate::of_receive(&mut receive.as_bytes()).expect("well formed")[0].name, "refs/heads/a b");
        for wrong in ["x", "1 2 3", &format!("{one} {one}"), "\n"] {
            let said = RefUpdate::of_receive(&mut wrong.as_bytes()).expect_err(wrong).to_string();
            assert!(said.contains("line 1"), "{said}");
        }
    }
}

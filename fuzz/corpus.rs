//! The inputs that are kept, one file each in `fuzz/corpus/<target>`: none longer than it must be for its answer.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// Inputs by what they were answered.
pub(super) struct Corpus {
    folder: PathBuf,
    /// Each thing that a reader says, with the first input of which it said it.
    pub(super) inputs: BTreeMap<String, Vec<u8>>,
}

/// The things that an answer says: those that differ in numbers alone are the same.
fn said(answer: &str) -> impl Iterator<Item = String> + use<'_> {
    answer
        .split("; ")
        .map(|part| part.split(' ').filter(|word| !word.contains(|sign: char| sign.is_ascii_digit())).collect::<Vec<_>>().join(" "))
}

impl Corpus {
    pub(super) fn open(target: &str, read: impl Fn(&[u8]) -> String) -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
        let mut corpus = Self { folder, inputs: BTreeMap::new() };
        let mut files: Vec<PathBuf> = fs::read_dir(&corpus.folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        files.sort();
        for file in files {
            let input = fs::read(file).expect("a file of the corpus");
            let answer = read(&input);
            said(&answer).for_each(|said| _ = corpus.inputs.entry(said).or_insert_with(|| input.clone()));
        }
        corpus
    }

    /// Keeps an input whose answer says something new, as short as it can be made; returns whether it does.
    pub(super) fn offer(&mut self, input: &[u8], answer: &str, read: impl Fn(&[u8]) -> String) -> bool {
        let mut is_new = false;
        for new in said(answer) {
            if !self.inputs.contains_key(&new) {
                self.inputs.insert(new.clone(), shortest(input, |shorter| said(&read(shorter)).any(|said| said == new)));
                is_new = true;
            }
        }
        is_new
    }

    /// Writes down what is kept, each under the checksum of what was said, and nothing else.
    pub(super) fn save(&self) {
        let _ = fs::remove_dir_all(&self.folder);
        fs::create_dir_all(&self.folder).expect("a folder");
        for (said, input) in &self.inputs {
            fs::write(self.folder.join(format!("{:08x}", crc32fast::hash(said.as_bytes()))), input).expect("a file");
        }
    }
}

/// The input without the stretches that do not matter.
fn shortest(input: &[u8], is_enough: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut least = input.to_vec();
    let mut length = least.len().div_ceil(2);
    while length > 0 {
        let mut at = 0;
        while at < least.len() {
            let mut shorter = least.clone();
            shorter.drain(at..least.len().min(at + length));
            if is_enough(&shorter) {
                least = shorter;
            } else {
                at += length;
            }
        }
        length /= 2;
    }
    least
}

//! Loose objects: one file each, named by its id (gitrepository-layout, `objects/[0-9a-f][0-9a-f]`).

use std::fs;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::objs::Kind;

use super::damage::{Damage, LARGEST_OBJECT};
use super::inflate::Inflater;
use super::mapped::Mapped;

/// Bytes in which the header of a loose object ends: `commit`, a space, twenty digits and a NUL at most.
const HEADER: usize = 32;

/// The ids of the loose objects in the object directory, in order; with what is no object, or cannot be listed, and why.
pub(super) fn list(directory: &Path, hash: gix::hash::Kind) -> (Vec<ObjectId>, Vec<(PathBuf, String)>) {
    let (mut ids, mut problems) = (Vec::new(), Vec::new());
    for first in 0..=255u8 {
        let folder = directory.join(format!("{first:02x}"));
        let listing = match fs::read_dir(&folder) {
            Ok(listing) => listing,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => {
                problems.push((folder, error.to_string()));
                continue;
            }
        };
        for entry in listing {
            match entry {
                Ok(entry) => {
                    // What git writes before it gives an object its name begins with `tmp_obj_`.
                    let name = entry.file_name();
                    let hex = format!("{first:02x}{}", name.to_string_lossy());
                    if hex.len() == hash.len_in_hex() {
                        ids.extend(ObjectId::from_hex(hex.as_bytes()).ok());
                    }
                }
                Err(error) => problems.push((folder.clone(), error.to_string())),
            }
        }
    }
    ids.sort_unstable();
    (ids, problems)
}

/// The file of a loose object.
pub(super) fn path(directory: &Path, id: &ObjectId) -> PathBuf {
    let hex = id.to_string();
    directory.join(&hex[..2]).join(&hex[2..])
}

/// The kind of a loose object, from the beginning of its file.
pub(super) fn kind(directory: &Path, id: &ObjectId, inflater: &mut Inflater) -> Result<Kind, Damage> {
    let file = open(directory, id)?;
    let mut head = Vec::new();
    inflater.inflate_some(&file, HEADER, &mut head)?;
    header(&head).map(|(kind, ..)| kind)
}

/// Reads a loose object into `out`.
pub(super) fn read(directory: &Path, id: &ObjectId, inflater: &mut Inflater, out: &mut Vec<u8>) -> Result<Kind, Damage> {
    parse(&open(directory, id)?, inflater, out)
}

/// Reads the bytes of a loose object's file into `out`.
pub(super) fn parse(file: &[u8], inflater: &mut Inflater, out: &mut Vec<u8>) -> Result<Kind, Damage> {
    inflater.inflate_some(file, HEADER, out)?;
    let (kind, size, length) = header(out)?;
    if size > LARGEST_OBJECT {
        return Err(Damage::TooLarge(size));
    }
    let read = inflater.inflate(file, size + length as u64, out)?;
    if read < file.len() {
        return Err(Damage::Size(size));
    }
    out.drain(..length);
    Ok(kind)
}

fn open(directory: &Path, id: &ObjectId) -> Result<Mapped, Damage> {
    Mapped::open(&path(directory, id)).map_err(|error| Damage::Io(error.to_string()))
}

/// `blob 123` and a NUL: the kind, the size, and the length of it all.
fn header(head: &[u8]) -> Result<(Kind, u64, usize), Damage> {
    let end = head.iter().take(HEADER).position(|&byte| byte == 0).ok_or(Damage::LooseHeader)?;
    let space = head[..end].iter().position(|&byte| byte == b' ').ok_or(Damage::LooseHeader)?;
    let kind = Kind::from_bytes(&head[..space]).map_err(|_| Damage::LooseHeader)?;
    let digits = std::str::from_utf8(&head[space + 1..end]).map_err(|_| Damage::LooseHeader)?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let size = digits.parse().ok().filter(|_| is_number).ok_or(Damage::LooseHeader)?;
    Ok((kind, size, end + 1))
}

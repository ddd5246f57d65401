//! The header of one entry of a pack (gitformat-pack, "pack-*.pack files have the following format").

use gix::ObjectId;
use gix::objs::Kind;

use super::damage::Damage;

/// What an entry of a pack says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PackEntry {
    /// What follows.
    pub(super) holds: Holds,
    /// Bytes of the decompressed data: the object, or the delta.
    pub(super) size: u64,
    /// Bytes of the header: the compressed data follows.
    pub(super) header: usize,
}

/// What an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// An object.
    Object(Kind),
    /// A delta to the entry that begins so many bytes before this one.
    OffsetDelta(u64),
    /// A delta to the object of that id.
    RefDelta(ObjectId),
}

impl PackEntry {
    /// Reads the header that `data` begins with.
    pub(super) fn parse(data: &[u8], hash: gix::hash::Kind) -> Result<Self, Damage> {
        let mut rest = data;
        let first = byte(&mut rest)?;
        let (mut size, mut shift, mut more) = (u64::from(first & 0x0f), 4, first & 0x80 != 0);
        while more {
            let next = byte(&mut rest)?;
            let bits = u64::from(next & 0x7f);
            if shift > 57 || bits << shift >> shift != bits {
                return Err(Damage::Header);
            }
            size |= bits << shift;
            shift += 7;
            more = next & 0x80 != 0;
        }
        let holds = match first >> 4 & 7 {
            1 => Holds::Object(Kind::Commit),
            2 => Holds::Object(Kind::Tree),
            3 => Holds::Object(Kind::Blob),
            4 => Holds::Object(Kind::Tag),
            6 => {
                let mut next = byte(&mut rest)?;
                let mut distance = u64::from(next & 0x7f);
                while next & 0x80 != 0 {
                    next = byte(&mut rest)?;
                    if distance >= 1 << 56 {
                        return Err(Damage::Header);
                    }
                    distance = (distance + 1) << 7 | u64::from(next & 0x7f);
                }
                Holds::OffsetDelta(distance)
            }
            7 => {
                let (id, after) = rest.split_at_checked(hash.len_in_bytes()).ok_or(Damage::Header)?;
                rest = after;
                Holds::RefDelta(ObjectId::try_from(id).map_err(|_| Damage::Header)?)
            }
            kind => return Err(Damage::UnknownKind(kind)),
        };
        Ok(Self { holds, size, header: data.len() - rest.len() })
    }
}

fn byte(rest: &mut &[u8]) -> Result<u8, Damage> {
    let (&first, after) = rest.split_first().ok_or(Damage::Header)?;
    *rest = after;
    Ok(first)
}

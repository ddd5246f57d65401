//! What can be wrong with a stored object.

use gix::ObjectId;

/// No single object of more bytes than this is taken into memory.
pub(super) const LARGEST_OBJECT: u64 = 1 << 30;

/// Why a stored object cannot be read; the object itself is named by whoever reports it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The index points outside the pack.
    #[error("lies outside its pack, says the index")]
    Outside,
    /// The header of the entry is cut off, or its numbers run on.
    #[error("its header in the pack is damaged")]
    Header,
    /// The entry is of a kind that no version of the format knows.
    #[error("its kind {0} in the pack is unknown")]
    UnknownKind(u8),
    /// The compressed data breaks off or is no zlib stream (RFC 1950), or its checksum is wrong.
    #[error("its compressed data is damaged")]
    Zlib,
    /// It holds more or fewer bytes than its header states.
    #[error("holds more or fewer than the {0} bytes that its header states")]
    Size(u64),
    /// Its header states more bytes than compressed data of its length can hold.
    #[error("states {0} bytes, more than its compressed data can hold")]
    LyingSize(u64),
    /// It is larger than what is taken into memory.
    #[error("has {0} bytes, more than the limit of {LARGEST_OBJECT}")]
    TooLarge(u64),
    /// Its delta breaks off.
    #[error("its delta breaks off")]
    DeltaCut,
    /// Its delta holds an instruction that is not defined.
    #[error("its delta holds the undefined instruction 0")]
    DeltaInstruction,
    /// Its delta copies from beyond the end of its base.
    #[error("its delta copies from beyond the end of its base")]
    DeltaBeyondBase,
    /// Its delta was made for a base of another size.
    #[error("its delta was made for a base of {0} bytes")]
    DeltaBase(u64),
    /// Its delta does not point back to an entry of the pack.
    #[error("its delta points to no entry of the pack")]
    NoEntry,
    /// The base of its delta is in no pack and no directory.
    #[error("the object {0} that its delta builds on is missing")]
    NoBase(ObjectId),
    /// Deltas that build on each other in a circle.
    #[error("its delta leads back to itself")]
    Cycle,
    /// The base of its delta cannot be read.
    #[error("the object that its delta builds on cannot be read")]
    Base,
    /// A loose object that does not begin as one.
    #[error("its header is damaged")]
    LooseHeader,
    /// The system could not give the file.
    #[error("{0}")]
    Io(String),
}

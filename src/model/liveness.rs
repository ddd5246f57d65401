//! Whether a credential still works, as its issuer tells.

/// Whether a credential still works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Liveness {
    /// The issuer accepted it, and refuses others like it.
    Alive,
    /// The issuer refused it in the way it refuses dead ones.
    Dead,
    /// Nobody could tell.
    Unknown {
        /// Why not, in a short sentence.
        why: String,
    },
}

//! Who brought a credential, since when, and how far it got.

mod brute_force;
mod packed;
mod stories;
mod told;

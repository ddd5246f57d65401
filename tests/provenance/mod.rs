//! Who brought a credential, since when, and how far it got.

mod brute_force;
mod stories;
mod told;

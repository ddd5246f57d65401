//! Packs, indexes and loose objects: what is sound is read, what is damaged is named, and the rest is read all the same.

mod builder;
mod codes;
mod damage;
#[cfg(target_os = "linux")]
mod memory;
mod several;

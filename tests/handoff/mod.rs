//! From a finding to a signed notice that cannot get lost.

mod carrier;
mod home;
mod journal;
mod receiver;
mod whole;

//! From a finding to a signed notice that cannot get lost.

mod answers;
mod arrival;
mod carrier;
mod example;
mod gitlab;
mod hashed;
mod home;
mod journal;
mod judges;
mod live;
mod receiver;
#[cfg(unix)]
mod stored;
mod whole;

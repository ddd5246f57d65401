//! Real servers on loopback: started by the test that needs them, stopped by their process id when it ends.

mod gitolite;
mod http;
#[cfg(unix)]
mod keyring;
mod moto;
mod openbao;
mod postgres;
mod process;
mod redis;

pub(crate) use gitolite::gitolite;
pub(crate) use http::request;
#[cfg(unix)]
pub(crate) use keyring::Keyring;
pub(crate) use moto::Moto;
pub(crate) use openbao::OpenBao;
pub(crate) use postgres::Postgres;
pub(crate) use redis::Redis;

//! Where keys and secrets of the installation are kept: the system's keychain, a private file, the environment.

mod error;
mod install_key;
mod private_file;
mod reference;
mod system;

pub use error::KeyError;
pub use install_key::InstallKey;
pub use private_file::{read_private, write_private};
pub use reference::{Reference, Sources};
pub use system::keychain_value;

//! Reads configurations: what a repository says about its own scanning, what a person says about what follows.

mod complaint;
mod discover;
mod file;
#[cfg(feature = "respond")]
mod person;
mod probing;
mod settings;

pub use complaint::ConfigError;
pub use file::{AllowTable, ConfigFile, ExcludeTable, RulesTable, ScanTable};
#[cfg(feature = "respond")]
pub use person::{Person, Role};
pub use probing::{EndpointTable, ProbeTable};
pub use settings::Settings;

//! Reads configurations: what a repository says about its own scanning, what a person says about what follows.

#[cfg(feature = "respond")]
mod classing;
mod complaint;
#[cfg(feature = "respond")]
mod database;
mod discover;
mod file;
#[cfg(feature = "respond")]
mod freezing;
#[cfg(feature = "respond")]
mod marking;
#[cfg(feature = "respond")]
mod person;
mod probing;
#[cfg(feature = "respond")]
mod responding;
mod settings;

#[cfg(feature = "respond")]
pub use classing::classes;
pub use complaint::ConfigError;
#[cfg(feature = "respond")]
pub use database::DatabaseTable;
pub use file::{AllowTable, ConfigFile, ExcludeTable, RulesTable, ScanTable};
#[cfg(feature = "respond")]
pub use freezing::{GithubTable, freeze_targets};
#[cfg(feature = "respond")]
pub use marking::marks;
#[cfg(feature = "respond")]
pub use person::{Person, Role};
pub use probing::{EndpointTable, ProbeTable};
#[cfg(feature = "respond")]
pub use responding::VaultTable;
pub use settings::Settings;

//! Reads `keyfuse.toml`: what a repository says about its own scanning.

mod complaint;
mod discover;
mod file;
mod probing;
mod settings;

pub use complaint::ConfigError;
pub use file::{AllowTable, ConfigFile, ExcludeTable, RulesTable, ScanTable};
pub use probing::{EndpointTable, ProbeTable};
pub use settings::Settings;

//! Evidence of an incident: scope, clocks, bundle, seal, report.

mod bundle;
mod desk;
mod replayed;
mod scope;

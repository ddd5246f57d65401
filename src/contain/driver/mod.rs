//! What can be done to the world: each driver tells what it would do, does it, and says what came of it.

mod database;
mod exec;
mod git_lock;
mod github;
mod github_actions;
mod github_ruleset;
mod gitolite;
mod held;
mod http;
mod postgres_talk;
mod pre_receive;
mod program;
mod redis_talk;
mod rotate;
mod sessions;
mod vault;
mod vault_accessor;
mod vault_namespace;
mod work;

pub use database::{Admin, Database};
pub use exec::{Exec, Masking};
pub use git_lock::git_lock;
pub use github::Github;
pub use github_actions::GithubActions;
pub use github_ruleset::GithubRuleset;
pub use held::Held;
pub use http::HolderRevoke;
pub use rotate::RotateLogin;
pub use sessions::KillSessions;
pub use vault::{Vault, VaultKv, VaultLeases, policy};
pub use vault_accessor::VaultAccessor;
pub use vault_namespace::VaultNamespace;
pub use work::{Acted, Driver, Stop, World};

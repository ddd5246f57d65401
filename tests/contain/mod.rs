//! Incidents with the program itself: who may do what, what is done, and what counts as proof.

mod bao;
mod desk;
mod drill;
mod exec;
mod flow;
mod git_lock;
mod git_push;
mod github;
mod gitolite;
mod issuer;
mod issuers;
mod leases;
mod offered;
mod paged;
mod people;
mod playbook;
mod races;
mod roles;
mod sessions;
mod signed;
mod silence;
mod stakes;
mod vault_lock;
mod watch;

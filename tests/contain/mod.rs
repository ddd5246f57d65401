//! Incidents with the program itself: who may do what, what is done, and what counts as proof.

mod bao;
mod desk;
mod drill;
mod exec;
mod flow;
mod git_lock;
mod github;
mod issuer;
mod paged;
mod people;
mod playbook;
mod sessions;
mod signed;
mod vault_lock;

//! Incidents with the program itself: who may do what, what is done, and what counts as proof.

mod bao;
mod desk;
mod drill;
mod flow;
mod issuer;
mod issuers;
mod leases;
mod races;
mod roles;
mod signed;
mod silence;

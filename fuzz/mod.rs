//! Feeds the readers of a repository's files what nobody would write, and keeps what each answered for the first time.

mod bytes;
mod corpus;
mod dice;
mod index;
mod pack;
mod run;
mod tree;

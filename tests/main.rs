//! The tests of the whole, one binary; what concerns one file alone is tested in that file.
//!
//! What is needed beyond Rust and git is installed by `tests/servers/install.sh`; a test that lacks it says so aloud and, where
//! `KEYFUSE_REQUIRE_SERVERS=1`, fails.

#![expect(clippy::print_stderr, reason = "a test that cannot run on this machine says so aloud")]
#![expect(clippy::disallowed_methods, reason = "tests run git, pre-commit and keyfuse itself")]

// The house: floors, folders, first sentences.
mod architecture;
// Every page for people against the code.
mod pages;

// What is found and what is left alone, against floors that may only rise.
mod accuracy;
// The fast matcher against the slow one.
mod agree;
// Trees, the index, history, archives, a home: read as git and tar made them.
mod source;
// Packs by themselves, sound and damaged.
mod packs;
// The sweep of a history: changed lines against whole contents.
mod sweep;
// Ranges of commits: as named, as pushed, as received, with parts that are missing.
mod ranges;
// Every place of a history, with the program itself.
mod places;

// Whether a credential lives, asked of scripted and of real servers.
mod probe;
// Who brought a credential, since when, and how far it got, against git's own answers.
mod provenance;

// Command lines as data, in tests/cmd.
mod commands;
// What a program may meet: pipes, devices, closed outputs, broken configuration, hostile repositories.
mod bad_input;
// The hook, run by the real pre-commit program.
mod pre_commit;
// The steps of action.yml, run for a push and for a pull request.
mod action;

// From a finding to a signed notice that cannot get lost: journal, outbox, receiver.
mod handoff;
// Evidence of an incident: scope by an audit log, bundle, seal, report.
mod evidence;

// From an open incident to a dead key: authority, plans, drivers, proof.
mod contain;

// What the others stand on: scratch repositories, the built program, the servers.
mod scratch;
// Real servers on loopback: OpenBao, PostgreSQL, Redis, moto, gitolite.
mod servers;

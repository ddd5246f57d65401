//! `keyfuse incident`: what is open, how far it is, and what may be done about it.

use std::path::PathBuf;

use keyfuse::contain::{ActError, Shelf, ShelfError};
use keyfuse::journal::JournalError;

use super::args::{Common, Listing};
use super::incident_contain::{Ask, Contain, DoneArgs};
use super::installation::{Installation, journal_code};
use super::{
    app, exit, incident_comms, incident_contain, incident_decide, incident_evidence, incident_freeze, incident_open, incident_policy,
    incident_release, incident_report, incident_scope, incident_seal, incident_show, incident_verify, incident_watch,
};

/// The commands of `keyfuse incident`.
#[derive(Debug, clap::Subcommand)]
pub(super) enum IncidentCommand {
    /// Open an incident by hand: for a finding, or for a resource that needs no finding
    Open(Open),
    /// List the incidents
    List {
        /// As a table or as JSON
        #[arg(short, long, value_name = "FORMAT", default_value = "table")]
        format: Listing,
        /// Closed ones too
        #[arg(long)]
        all: bool,
    },
    /// Show how far an incident is
    Show {
        /// The incident, or a beginning of its id
        incident: String,
        /// As a table or as JSON
        #[arg(short, long, value_name = "FORMAT", default_value = "table")]
        format: Listing,
    },
    /// Say what is missing for the next stage, and who is waited for
    Next {
        /// The incident, or a beginning of its id
        incident: String,
    },
    /// Print what happened, a line an event
    Timeline {
        /// The incident, or a beginning of its id
        incident: String,
        /// As a table or as JSON lines
        #[arg(short, long, value_name = "FORMAT", default_value = "table")]
        format: Listing,
    },
    /// Print what would be done: the exact requests, whom they need, by when
    Plan(Ask),
    /// Print the plan, or with --armed do what is approved of it, until the credential is proved dead
    Contain(Contain),
    /// Ask once whether the credential still lives, and record the answer
    Probe(Ask),
    /// Print the policy that a responder's token for Vault or OpenBao needs, and no more than it needs
    Policy(incident_policy::PolicyArgs),
    /// Say that a person has done a step of the plan
    Done(DoneArgs),
    /// Print what would be frozen, or with --armed freeze what is approved, each with its undo kept before
    Freeze(incident_freeze::FreezeArgs),
    /// Print what would be released, or with --armed release it while a scan of now is clean
    Release(incident_release::ReleaseArgs),
    /// Print a decision file for its signer to sign
    Decide(Decide),
    /// Hand in a decision file with its signature beside it (FILE.sig)
    Approve(Approve),
    /// Find who used the credential in an audit log of Vault or OpenBao, which does not hold it
    Scope(incident_scope::ScopeArgs),
    /// Add evidence: words, files, masked configuration
    Evidence(incident_evidence::EvidenceArgs),
    /// Print the message to others, or record that it was sent
    Comms(incident_comms::CommsArgs),
    /// Tell what took how long, and record what ran out
    Clocks(incident_report::ClocksArgs),
    /// Look at open incidents again and again, and tell those on duty what has run out
    Watch(incident_watch::WatchArgs),
    /// Write the after-action report
    Report(incident_report::ReportArgs),
    /// Seal the evidence in a bundle
    Seal(incident_seal::SealArgs),
    /// Recompute all that a bundle, or an open incident, claims
    Verify(incident_verify::VerifyArgs),
}

/// `keyfuse incident open`
#[derive(Debug, clap::Args)]
pub(super) struct Open {
    /// FILE:LINE, the fingerprint of a report's finding (8 digits or more), or the credential's own (fp1_…)
    #[arg(value_name = "FINDING", required_unless_present = "resource")]
    pub(super) finding: Option<String>,
    /// Why, for whoever reads it later
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: String,
    /// What the credential is called where it is kept: vault:secret/data/app (a path of a KV store), vault-lease:database/creds/app (a
    /// prefix of leases), vault-accessor:ACCESSOR (a token); may be given several times
    #[arg(long, value_name = "KIND:NAME")]
    pub(super) resource: Vec<String>,
    /// It is a suspicion: what changes anything waits for decisions d1 and d2
    #[arg(long)]
    pub(super) precautionary: bool,
    /// Everybody can read a place that shows it; with --production that is critical
    #[arg(long)]
    pub(super) public: bool,
    /// It opens production
    #[arg(long)]
    pub(super) production: bool,
    #[command(flatten)]
    pub(super) at: super::which::Where,
}

/// `keyfuse incident decide`
#[derive(Debug, clap::Args)]
pub(super) struct Decide {
    /// The incident, or a beginning of its id
    pub(super) incident: String,
    /// What is decided: d2=revoke-now, approve=DIGEST, attest=gone, signoff=yes
    #[arg(value_name = "DECISION=CHOICE")]
    pub(super) decision: String,
    /// Who signs, as allowed_signers names them
    #[arg(long, value_name = "PERSON")]
    pub(super) signer: String,
    /// Why
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(super) reason: String,
    /// How long it holds, like 30m or 2h (one hour unless given)
    #[arg(long, value_name = "TIME", value_parser = super::duration::parse)]
    pub(super) expires: Option<std::time::Duration>,
    /// When to look again, from now (d4=not-yet needs it)
    #[arg(long, value_name = "TIME", value_parser = super::duration::parse)]
    pub(super) review: Option<std::time::Duration>,
}

/// `keyfuse incident approve`
#[derive(Debug, clap::Args)]
pub(super) struct Approve {
    /// The incident, or a beginning of its id
    pub(super) incident: String,
    /// The decision file
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// Nobody has signed it; only where the authority file lets that be, and the report says so
    #[arg(long)]
    pub(super) unsigned: bool,
}

/// Runs the sub-command.
pub(super) fn run(command: &IncidentCommand, common: &Common) -> anyhow::Result<u8> {
    let installation = Installation::open()?;
    let shelf = Shelf::new(&installation.folders.state.join("incidents"));
    let outcome = match command {
        IncidentCommand::Open(open) => incident_open::run(open, &installation, &shelf, common),
        IncidentCommand::List { format, all } => incident_show::list(&shelf, *format, *all),
        IncidentCommand::Show { incident, format } => incident_show::show(&shelf, incident, *format),
        IncidentCommand::Next { incident } => incident_show::next(&shelf, incident),
        IncidentCommand::Timeline { incident, format } => incident_show::timeline(&shelf, incident, *format),
        IncidentCommand::Plan(ask) => incident_contain::plan_only(ask, &installation, &shelf, common),
        IncidentCommand::Contain(contain) => incident_contain::contain(contain, &installation, &shelf, common),
        IncidentCommand::Probe(ask) => incident_contain::probe(ask, &installation, &shelf, common),
        IncidentCommand::Policy(policy) => incident_policy::run(policy),
        IncidentCommand::Done(done) => incident_contain::done(done, &installation, &shelf),
        IncidentCommand::Freeze(freeze) => incident_freeze::run(freeze, &installation, &shelf),
        IncidentCommand::Release(release) => incident_release::run(release, &installation, &shelf, common),
        IncidentCommand::Decide(decide) => incident_decide::decide(decide, &shelf),
        IncidentCommand::Approve(approve) => incident_decide::approve(approve, &installation, &shelf),
        IncidentCommand::Scope(scope) => incident_scope::run(scope, &installation, &shelf),
        IncidentCommand::Evidence(evidence) => incident_evidence::run(evidence, &installation, &shelf, common),
        IncidentCommand::Comms(comms) => incident_comms::run(comms, &installation, &shelf),
        IncidentCommand::Clocks(clocks) => incident_report::clocks(clocks, &installation, &shelf),
        IncidentCommand::Watch(watch) => incident_watch::run(watch, &installation, &shelf, common),
        IncidentCommand::Report(report) => incident_report::run(report, &installation, &shelf),
        IncidentCommand::Seal(seal) => incident_seal::run(seal, &installation, &shelf),
        IncidentCommand::Verify(verify) => incident_verify::run(verify, &installation, &shelf),
    };
    outcome.or_else(|error| match journal_error(&error) {
        None if matches!(error.downcast_ref::<ActError>(), Some(ActError::Busy(_))) => {
            app::say(&format!("refused: {error}"));
            Ok(exit::WAITING)
        }
        Some(broken) => {
            app::say(&format!("error: {error:#}"));
            Ok(match journal_code(broken) {
                exit::EVIDENCE => exit::EVIDENCE,
                _ => exit::CONTAINMENT,
            })
        }
        None => Err(error),
    })
}

/// The journal's error that is at the bottom, if one is.
pub(super) fn journal_error(error: &anyhow::Error) -> Option<&JournalError> {
    error.chain().find_map(|cause| match cause.downcast_ref::<ShelfError>() {
        Some(ShelfError::Journal(error)) => Some(error),
        _ => cause.downcast_ref::<JournalError>(),
    })
}

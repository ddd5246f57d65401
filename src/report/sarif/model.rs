//! Our nouns as SARIF's: rule, result, location, suppression.

use std::collections::BTreeMap;

use sarif::sarif as types;
use serde_json::{Value, json};

use super::super::advice;
use super::super::repository_entry::ProvenanceEntry;
use super::super::wording::told;
use super::uri;
use crate::model::{Confidence, Finding, Layer, Liveness, Origin, Place, Provenance, Region, Severity, Spot, Veil};
use crate::rules::{Rule, RuleSet};

/// The name of the directory that URIs count from; the upload puts the checkout in its place.
pub(super) const ROOT: &str = "%SRCROOT%";
/// GitHub cuts what is longer (SARIF support, `fullDescription`).
const LONGEST_DESCRIPTION: usize = 1024;
/// Other places of the same credential that one result names; GitHub refuses more than 1,000 locations and shows 100.
pub(super) const MOST_RELATED: usize = 20;

/// A text that GitHub will not refuse for being empty.
pub(super) fn message(text: &str) -> types::Message {
    types::Message::builder().text(if text.trim().is_empty() { "-" } else { text }).build()
}

/// The same for texts of rules.
fn multiformat(text: String, markdown: Option<String>) -> types::MultiformatMessageString {
    let mut string = types::MultiformatMessageString::builder().text(text).build();
    string.markdown = markdown;
    string
}

/// A bag of properties.
fn bag(tags: Option<Vec<String>>, properties: Vec<(&str, Value)>) -> types::PropertyBag {
    let mut bag = types::PropertyBag::builder().build();
    bag.tags = tags;
    bag.additional_properties =
        properties.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value)).collect();
    bag
}

/// GitHub's four steps: over 9.0 critical, 7.0 to 8.9 high, 4.0 to 6.9 medium, below that low.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    }
}

/// The level of an alert.
fn level(severity: Severity) -> types::ResultLevel {
    match severity {
        Severity::Critical | Severity::High => types::ResultLevel::Error,
        Severity::Medium => types::ResultLevel::Warning,
        Severity::Low => types::ResultLevel::Note,
    }
}

/// Whether its issuer says that it opens nothing any more.
fn is_dead(finding: &Finding) -> bool {
    finding.probed.as_ref().is_some_and(|probed| probed.liveness == Liveness::Dead)
}

/// A rule as SARIF describes it.
pub(super) fn rule(rule: &Rule) -> types::ReportingDescriptor {
    let described = if rule.description.trim().is_empty() { format!("{} in readable text.", rule.title) } else { rule.description.clone() };
    let described: String = described.chars().take(LONGEST_DESCRIPTION).collect();
    let issuer =
        if rule.is_named() && !rule.provider.is_empty() { format!("at {}", rule.provider) } else { "where it is accepted".to_owned() };
    let marker = advice::INLINE_MARKER;
    let help = format!(
        "{described} Revoke it {issuer} and issue another; then take it out of the file. Deleting it does not take it out of the history. \
         If it is not a secret, end the line with a comment that holds `{marker}`, or add an entry with a reason to keyfuse.toml."
    );
    let markdown = format!(
        "{described}\n\n1. **Revoke** it {issuer} and issue another.\n2. **Take it out** of the file; history keeps it, so revoking comes \
         first.\n3. **Not a secret?** End the line with a comment that holds `{marker}`, or add to `keyfuse.toml`:\n\n```toml\n{}```\n{}",
        advice::allow_entry(&rule.id, "path/of/the/file"),
        if is_link(&rule.docs) { format!("\n[Format of the credential]({})\n", rule.docs) } else { String::new() }
    );
    let mut descriptor = types::ReportingDescriptor::builder()
        .id(rule.id.clone())
        .short_description(multiformat(rule.title.clone(), None))
        .full_description(multiformat(described, None))
        .help(multiformat(help, Some(markdown)))
        .default_configuration(types::ReportingConfiguration::builder().level(json!(level(rule.severity))).build())
        .properties(bag(
            Some(vec!["security".to_owned(), "external/cwe/cwe-798".to_owned(), "secrets".to_owned()]),
            vec![
                ("precision", json!(rule.confidence)),
                ("security-severity", json!(security_severity(rule.severity))),
                ("provider", json!(rule.provider)),
                ("evidence", json!(rule.evidence)),
            ],
        ))
        .build();
    descriptor.help_uri = is_link(&rule.docs).then(|| rule.docs.clone());
    descriptor.deprecated_ids = (!rule.aliases.is_empty()).then(|| rule.aliases.clone());
    descriptor
}

/// Whether the documentation is named by an address.
fn is_link(docs: &str) -> bool {
    (docs.starts_with("https://") || docs.starts_with("http://")) && !docs.contains(char::is_whitespace)
}

/// A region that GitHub takes: all four numbers, from 1, the end after the last character.
fn region(region: Region) -> types::Region {
    let (start, end) = (region.start, region.end);
    let (line, column) = (i64::from(start.line.max(1)), i64::from(start.column.max(1)));
    let end_line = i64::from(end.line).max(line);
    let least = if end_line == line { column + 1 } else { 1 };
    types::Region::builder().start_line(line).start_column(column).end_line(end_line).end_column(i64::from(end.column).max(least)).build()
}

/// Where a finding was found: the file, or the archive that holds the file.
fn location(finding: &Finding, veil: &Veil) -> types::Location {
    of_spot(&Spot::of(finding), veil)
}

fn of_spot(spot: &Spot, veil: &Veil) -> types::Location {
    // Lines of a member mean nothing in the archive around it, and a message is no file.
    let is_line = spot.origin.members.is_empty() && !matches!(spot.origin.place, Place::Message { .. } | Place::Name { .. });
    at(uri::of(&spot.origin, veil), if is_line { spot.region } else { Region::default() })
}

/// Where a person can look at it: in a history the file at its end, for a forge shows no other.
fn shown(finding: &Finding, veil: &Veil) -> types::Location {
    match &finding.standing {
        Some(standing) => {
            let region = standing.region.filter(|_| finding.origin.members.is_empty());
            at(uri::of(&Origin::file(standing.path.clone()), veil), region.unwrap_or_default())
        }
        None => location(finding, veil),
    }
}

fn at(uri: String, place: Region) -> types::Location {
    let file = types::ArtifactLocation::builder().uri(uri).uri_base_id(ROOT).build();
    let physical = types::PhysicalLocation::builder().artifact_location(file).region(region(place)).build();
    types::Location::builder().physical_location(physical).build()
}

/// What all results of a report share.
pub(super) struct Results<'a> {
    pub(super) rules: &'a RuleSet,
    pub(super) veil: &'a Veil,
}

impl Results<'_> {
    /// A finding as a result; `others` are further places of the same credential, `places` their full number, this one included.
    pub(super) fn result(&self, finding: &Finding, index: usize, others: &[&Finding], places: usize, hash: Option<&str>) -> types::Result {
        let rule = self.rules.get(finding.rule);
        let mut fingerprints = BTreeMap::from([("keyfuse/v1".to_owned(), finding.fingerprint.clone())]);
        if let Some(hash) = hash {
            fingerprints.insert("primaryLocationLineHash".to_owned(), hash.to_owned());
        }
        // Where it was found, when that is not where it is shown.
        let own = finding.standing.as_ref().is_some_and(|standing| standing.path != finding.origin.path || standing.region.is_none());
        let found = own.then(|| (location(finding, self.veil), self.origin(finding)));
        let spots = finding.provenance.iter().flat_map(|known| &known.places).filter(|spot| spot.origin != finding.origin);
        let spots = spots.map(|spot| (of_spot(spot, self.veil), format!("The same credential: {}.", self.spot(spot))));
        let others = others.iter().map(|other| (location(other, self.veil), format!("The same credential: {}.", self.origin(other))));
        let related: Vec<types::Location> = (1..)
            .zip(found.into_iter().chain(spots).chain(others).take(MOST_RELATED))
            .map(|(id, (mut location, text))| {
                location.id = Some(id);
                location.message = Some(message(&text));
                location
            })
            .collect();
        let mut result = types::Result::builder()
            .rule_id(finding.rule_id.clone())
            .rule_index(i64::try_from(index).unwrap_or(-1))
            .level(if finding.confidence == Confidence::Low || is_dead(finding) {
                types::ResultLevel::Note
            } else {
                level(finding.severity)
            })
            .message(message(&self.sentence(finding, rule, places)))
            .locations(vec![shown(finding, self.veil)])
            .partial_fingerprints(fingerprints)
            .properties(self.properties(finding, places))
            .build();
        result.related_locations = (!related.is_empty()).then_some(related);
        result.suppressions = finding.suppression.as_ref().map(|suppression| {
            let mut entry = types::Suppression::builder()
                .kind(json!(if suppression.in_source { "inSource" } else { "external" }))
                .status(json!("accepted"))
                .build();
            let reason = suppression.reason.as_deref().map_or(String::new(), |reason| format!(": {reason}"));
            entry.justification = Some(self.veil.text(&format!("{}{reason}", suppression.by)));
            vec![entry]
        });
        result
    }

    /// Where it was found, in words.
    fn origin(&self, finding: &Finding) -> String {
        self.spot(&Spot::of(finding))
    }

    fn spot(&self, spot: &Spot) -> String {
        let path = self.veil.text(&spot.origin.display());
        let line = spot.region.start.line;
        match spot.origin.place.commit() {
            Some(commit) => format!("{path}, line {line}, in commit {}", commit.id),
            None => format!("{path}, line {line}"),
        }
    }

    /// What an alert says, in one sentence or two.
    fn sentence(&self, finding: &Finding, rule: &Rule, places: usize) -> String {
        let mut sentence = rule.title.clone();
        if !finding.name.is_empty() {
            sentence.push_str(&format!(" in `{}`", self.veil.text(&finding.name)));
        }
        sentence.push_str(&format!(" (confidence {}", finding.confidence.name()));
        for reason in finding.reasons.iter().take(3) {
            sentence.push_str(&format!("; {}", self.veil.text(&reason.text)));
        }
        sentence.push_str(").");
        if !finding.origin.members.is_empty() {
            sentence.push_str(&format!(" It stands inside the archive, at {}.", self.veil.text(&finding.origin.display())));
        }
        if let Some(commit) = finding.origin.place.commit() {
            sentence.push_str(&format!(" It came with commit {}.", commit.id));
        }
        let is_gone = finding.standing.as_ref().is_some_and(|standing| standing.region.is_none());
        if is_gone && matches!(finding.origin.place, Place::Object { .. }) {
            let place = self.veil.text(&finding.origin.display());
            sentence.push_str(&format!(" It stood in {place} and does not any more; the history keeps it."));
        }
        if places > 1 {
            sentence.push_str(&format!(" The same credential stands at {places} places."));
        }
        sentence
    }

    /// Who brought it is personal data; the commits lead there.
    fn provenance(&self, known: &Provenance) -> Value {
        let mut value = json!(ProvenanceEntry::new(known, self.veil));
        for end in ["first", "last"] {
            if let Some(commit) = value[end].as_object_mut() {
                commit.remove("author");
            }
        }
        value
    }

    fn properties(&self, finding: &Finding, places: usize) -> types::PropertyBag {
        let place = &finding.origin.place;
        // The author is personal data that an alert does not need; the commit leads to it.
        let commit = place.commit().map_or(Value::Null, |commit| json!({"id": commit.id, "date": commit.date}));
        let object = place.object().map_or(Value::Null, |id| json!(id));
        let members: Vec<String> =
            finding.origin.members.iter().map(|member| String::from_utf8_lossy(&self.veil.bytes(member)).into_owned()).collect();
        let inner = if members.is_empty() { Value::Null } else { json!(finding.region) };
        let layers: Vec<&str> = finding.layers.iter().copied().map(Layer::name).collect();
        let listed = |empty: bool, value: Value| if empty { Value::Null } else { value };
        bag(
            None,
            vec![
                ("confidence", json!(finding.confidence)),
                ("severity", json!(finding.severity)),
                ("score", json!(finding.score)),
                ("place", json!(finding.origin.place.name())),
                ("credential", json!(finding.credential)),
                ("places", json!(places)),
                ("layers", listed(layers.is_empty(), json!(layers))),
                ("members", listed(members.is_empty(), json!(members))),
                ("memberRegion", inner),
                ("liveness", finding.probed.as_ref().map_or(Value::Null, |probed| json!(probed.liveness.name()))),
                ("livenessWhy", finding.probed.as_ref().map_or(Value::Null, |probed| json!(self.veil.text(&told(probed))))),
                ("path", if finding.standing.is_some() { json!(self.veil.text(&finding.origin.display())) } else { Value::Null }),
                ("line", if finding.standing.is_some() { json!(finding.region.start.line) } else { Value::Null }),
                ("object", object),
                ("provenance", finding.provenance.as_deref().map_or(Value::Null, |known| self.provenance(known))),
                ("commit", commit),
            ],
        )
    }
}

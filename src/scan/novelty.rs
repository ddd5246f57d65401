//! Of what was found in a range of commits, keeps what the range brought: a secret that the parents' version holds too is old.

use std::collections::{HashMap, HashSet};

use bstr::BString;

use super::pipeline::{Plan, Stage};
use crate::git::ObjectId;
use crate::model::{Finding, Origin, Place, Region, Secret, Standing};
use crate::source::{self, Range, Silent, SourceError, Target};

/// A content, judged by a path.
type Content = (BString, String);

/// What was found in a content: the secret, whether somebody must act on it, where, and inside which archive members.
type Held = (Secret, bool, Region, Vec<BString>);

/// Those that are new, each told where it stands at the end of the range.
///
/// The other versions are scanned as the new ones were, so encodings and archives are seen through there too. What was silenced before
/// and is not now counts as new.
pub(crate) fn only_new(plan: &Plan, range: &Range, mut findings: Vec<Finding>) -> Result<Vec<Finding>, SourceError> {
    let mut relatives = HashMap::new();
    for finding in &findings {
        relatives.entry(finding.origin.clone()).or_insert_with_key(|origin| {
            // All members of an archive have the relatives of the archive.
            range.relatives(&Origin { members: Vec::new(), ..origin.clone() })
        });
    }
    let mut wanted: HashSet<(BString, ObjectId)> = HashSet::new();
    for (origin, relatives) in &relatives {
        let own = origin.place.object();
        let others = relatives.before.iter().chain(&relatives.at_tip);
        wanted.extend(others.filter(|id| own != Some(id.to_string().as_str())).map(|id| (origin.path.clone(), *id)));
    }
    let jobs = wanted.into_iter().map(|(path, id)| {
        let place = Place::Object { id: id.to_string(), commit: None };
        (Origin { path, members: Vec::new(), place }, id)
    });
    let stage = Stage::unreserved(plan);
    let target = Target::Blobs(range.others(jobs));
    // A version that cannot be read hides nothing, and was not asked for: it is no gap.
    source::visit(&target, &stage, &Silent)?;
    let mut held: HashMap<Content, Vec<Held>> = HashMap::new();
    for other in stage.take().findings {
        let Some(id) = other.origin.place.object() else { continue };
        let content = (other.origin.path.clone(), id.to_owned());
        let is_open = other.is_open();
        held.entry(content).or_default().push((other.secret, is_open, other.region, other.origin.members));
    }
    findings.retain_mut(|finding| {
        let relatives = &relatives[&finding.origin];
        let of = |id: &ObjectId| held.get(&(finding.origin.path.clone(), id.to_string())).map_or(&[][..], Vec::as_slice);
        let is_old =
            relatives.before.iter().flat_map(of).any(|(secret, is_open, _, _)| *secret == finding.secret && *is_open == finding.is_open());
        let same =
            |(secret, _, region, members): &Held| (*secret == finding.secret && *members == finding.origin.members).then_some(*region);
        let own = finding.origin.place.object();
        let region = relatives
            .at_tip
            .as_ref()
            .and_then(|id| if own == Some(id.to_string().as_str()) { Some(finding.region) } else { of(id).iter().find_map(same) });
        let nearest = || relatives.nearest.clone().map(|path| Standing { path, region: None });
        finding.standing = region.map(|region| Standing { path: finding.origin.path.clone(), region: Some(region) }).or_else(nearest);
        !is_old
    });
    Ok(findings)
}

//! Makes one finding of each credential of a repository, with all its places and what is known of it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use bstr::{BStr, BString};

use super::attribution::{Attribution, Credential, spots_of};
use super::jobs;
use super::reading::{Reading, Shelf};
use super::subject::Subject;
use crate::git::{ObjectId, Objects, Repository};
use crate::model::{Finding, OnlyIn, Outcome, Place, Provenance, Secret, Spot, Standing};

/// Puts the findings of `outcome` together by credential, and finds out where each comes from; what was found in submodules is looked
/// up in theirs. What the sweeps left on the shelf is not read again; the rest is, on so many threads, 0 for one per core. What cannot be
/// read is in the coverage of the sweep already.
pub fn attribute(repository: &Repository, outcome: &mut Outcome, shelf: &Shelf, threads: usize) {
    let mut groups = by_secret(std::mem::take(&mut outcome.findings));
    if groups.is_empty() {
        return;
    }
    let mut parts = vec![(repository.clone(), BString::default())];
    for (directory, place) in repository.submodules() {
        if let Ok(inner) = Repository::discover(&directory, &crate::git::Environment::default()) {
            parts.push((inner, place));
        }
    }
    for (repository, prefix) in &parts {
        let Ok(objects) = Objects::open(repository) else { continue };
        let objects = objects.for_sweep();
        within(repository, (shelf.take(repository), &objects), prefix.as_ref(), &mut groups, jobs::threads(threads));
    }
    let mut findings: Vec<Finding> = groups.into_iter().map(Group::close).collect();
    findings.sort_by_cached_key(order);
    let mut repeats: HashMap<String, usize> = HashMap::new();
    for (finding, credential) in findings.iter_mut().zip(0..) {
        finding.credential = credential;
        let name = finding.identity();
        let repeat = repeats.entry(name.clone()).or_default();
        finding.fingerprint = if *repeat == 0 { name } else { format!("{name}:{repeat}") };
        *repeat += 1;
    }
    outcome.findings = findings;
}

/// All findings of one secret.
struct Group {
    findings: Vec<Finding>,
    credential: Credential,
    nearest: Option<BString>,
}

fn by_secret(findings: Vec<Finding>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut places: BTreeMap<Secret, usize> = BTreeMap::new();
    for mut finding in findings {
        let place = *places.entry(finding.secret.clone()).or_insert(groups.len());
        if place == groups.len() {
            let (spots, provenance, standing) = (Vec::new(), Provenance::default(), Vec::new());
            let credential = Credential { secret: finding.secret.clone(), spots, provenance, standing };
            groups.push(Group { findings: Vec::new(), credential, nearest: None });
        }
        let group = &mut groups[place];
        group.credential.spots.append(&mut spots_of(&mut finding));
        group.findings.push(finding);
    }
    groups
}

/// Looks up in one repository what it holds of the groups.
fn within(repository: &Repository, (mut read, objects): (Reading, &Objects), prefix: &BStr, groups: &mut [Group], threads: usize) {
    // Those that another repository has answered for are left alone: an object is told by the outermost that holds it.
    let is_here = |spot: &Spot| {
        spot.origin.place.object().is_none_or(|id| ObjectId::from_hex(id.as_bytes()).is_ok_and(|id| read.store.contains(&id)))
            && spot.origin.path.starts_with(prefix)
    };
    let mut open: Vec<&mut Group> =
        groups.iter_mut().filter(|group| group.credential.provenance.commits == 0 && group.credential.spots.iter().any(is_here)).collect();
    if open.is_empty() {
        return;
    }
    let none = |spots: Vec<Spot>, secret: &Secret| Credential {
        secret: secret.clone(),
        spots,
        provenance: Provenance::default(),
        standing: Vec::new(),
    };
    let mut credentials: Vec<Credential> = open
        .iter_mut()
        .map(|group| {
            let secret = group.credential.secret.clone();
            std::mem::replace(&mut group.credential, none(Vec::new(), &secret))
        })
        .collect();
    let spots = credentials.iter().flat_map(|credential| credential.spots.iter().map(move |spot| (spot, &credential.secret)));
    let subjects = spots.filter_map(|(spot, secret)| Subject::of(spot, secret)).filter(|subject| subject.is_in(&read.store));
    let subjects: HashSet<Subject> = subjects.collect();
    let graph = read.graph(&subjects, threads);
    let mut attribution = Attribution::new(repository, (&read.store, objects, &graph), prefix, subjects);
    for (group, mut credential) in open.iter_mut().zip(credentials.drain(..)) {
        attribution.tell(&mut credential);
        let path = group.findings[0].origin.path.as_ref();
        if group.nearest.is_none() {
            group.nearest = attribution.nearest(path);
        }
        group.credential = credential;
    }
}

impl Group {
    /// The one finding that stands for all.
    fn close(mut self) -> Finding {
        // An open place before a silenced one, the worst rule, a file that can be opened before what only git still has.
        let weight = |finding: &Finding| {
            let is_file = finding.origin.place == Place::File && !is_of_git(finding.origin.path.as_ref());
            (!finding.is_open(), Reverse((finding.severity, finding.confidence)), !is_file)
        };
        let best = (0..self.findings.len())
            .min_by_key(|&place| (weight(&self.findings[place]), order(&self.findings[place])))
            .expect("a group has a finding");
        let mut finding = self.findings.swap_remove(best);
        let Credential { mut spots, mut provenance, standing, .. } = self.credential;
        spots.sort();
        spots.dedup();
        let is_in_files = spots.iter().any(|spot| spot.origin.place == Place::File && !is_of_git(spot.origin.path.as_ref()));
        let has_no_object = spots.iter().all(|spot| spot.origin.place.object().is_none() && spot.origin.place.commit().is_none());
        if has_no_object || is_in_files && provenance.only_in.is_some() {
            provenance.only_in = Some(OnlyIn::Files);
        }
        // The same content may be told by another path now: the one that it had first, a reachable one before others.
        let own = finding.origin.place.object().map(str::to_owned);
        let rank = |spot: &&Spot| {
            let date = spot.origin.place.commit().map(|commit| commit.date.clone());
            (spot.is_unreachable, spot.origin.path != finding.origin.path, date.is_none(), date, spot.origin.clone())
        };
        let is_own = |spot: &&Spot| own.is_some() && spot.origin.place.object() == own.as_deref() && spot.span == finding.span;
        if let Some(spot) = spots.iter().filter(is_own).min_by_key(rank) {
            finding.origin = spot.origin.clone();
        }
        let on_disk = spots.iter().find(|spot| spot.origin.place == Place::File && !is_of_git(spot.origin.path.as_ref()));
        let stands =
            |spot: &Spot| Standing { path: spot.origin.path.clone(), region: spot.origin.members.is_empty().then_some(spot.region) };
        finding.standing = if finding.origin.place == Place::File {
            None
        } else {
            let nearest = self.nearest.map(|path| Standing { path, region: None });
            on_disk.or(standing.iter().min()).map(stands).or(nearest)
        };
        provenance.places = spots;
        finding.provenance = Some(Box::new(provenance));
        finding
    }
}

/// Whether a file belongs to git's own directory.
fn is_of_git(path: &BStr) -> bool {
    path.starts_with(b".git/")
}

fn order(finding: &Finding) -> impl Ord + use<> {
    (finding.origin.path.clone(), finding.origin.members.clone(), finding.origin.place.clone(), finding.span, finding.rule)
}

//! Asks the issuers of what a scan has found: each credential once, one thread for a service.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use crate::model::{Finding, Outcome, Probed};
use crate::probe::Prober;
use crate::rules::{Rule, RuleSet};

/// The most services that are asked at a time.
const MOST_THREADS: usize = 8;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Issuers are asked.
    Ask,
    /// It is told what they would be asked; nothing is sent.
    Plan,
}

/// Puts what the issuers say into the open findings of an outcome.
pub fn ask(outcome: &mut Outcome, rules: &RuleSet, prober: &Prober<'_>, mode: Mode) {
    let chosen = one_of_each(&outcome.findings, rules);
    let mut services: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in chosen.values() {
        let service = rules.get(finding.rule).confirm.as_ref().map_or("", |confirm| &confirm.service);
        services.entry(service).or_default().push(finding);
    }
    let mut queues: Vec<Vec<&Finding>> = services.into_values().collect();
    for queue in &mut queues {
        queue.sort_by_key(|finding| finding.credential);
    }
    let answers: Mutex<HashMap<u32, Probed>> = Mutex::default();
    let next = Mutex::new(queues.iter());
    std::thread::scope(|scope| {
        for _ in 0..queues.len().min(MOST_THREADS) {
            scope.spawn(|| {
                while let Some(queue) = { next.lock().unwrap_or_else(PoisonError::into_inner).next() } {
                    for finding in queue {
                        let probed = one(prober, rules.get(finding.rule), finding, mode);
                        answers.lock().unwrap_or_else(PoisonError::into_inner).insert(finding.credential, probed);
                    }
                }
            });
        }
    });
    let answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
    for finding in outcome.findings.iter_mut().filter(|finding| finding.is_open()) {
        finding.probed = answers.get(&finding.credential).cloned();
    }
}

fn one(prober: &Prober<'_>, rule: &Rule, finding: &Finding, mode: Mode) -> Probed {
    match mode {
        Mode::Ask => prober.ask(rule, &finding.secret, &finding.parts),
        Mode::Plan => match prober.plan(rule, &finding.secret, &finding.parts) {
            Ok(asked) => Probed { asked, ..Probed::not_asked("nothing is sent, but it would be asked") },
            Err(why) => Probed::not_asked(why),
        },
    }
}

/// For each open credential the finding that can best be asked about: of a rule with a question, with the most parts beside it.
fn one_of_each<'a>(findings: &'a [Finding], rules: &RuleSet) -> HashMap<u32, &'a Finding> {
    let weight = |finding: &Finding| (rules.get(finding.rule).confirm.is_some(), finding.parts.len());
    let mut chosen: HashMap<u32, &Finding> = HashMap::new();
    for finding in findings.iter().filter(|finding| finding.is_open()) {
        let best = chosen.entry(finding.credential).or_insert(finding);
        if weight(finding) > weight(best) {
            *best = finding;
        }
    }
    chosen
}

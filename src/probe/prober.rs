//! Asks about one credential after the other: control first, at each service's pace, and no further where nothing can be learnt.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::canary::{by_host_name, canary_of};
use super::clock::Clock;
use super::endpoint::Endpoint;
use super::question::{self, Question};
use super::reading::{self, Reading};
use super::target::{Target, targets};
use super::turns::Turns;
use super::{aws, login, shape};
use crate::model::{Liveness, Part, Probed, Secret};
use crate::net::{Hosts, Transport};
use crate::rules::{Confirm, Kind, Rule};

/// How long the answer to a control stands for the endpoint.
const CONTROL_HOLDS: Duration = Duration::from_secs(60);
/// The least time between two answers that prove a death together: issuers spread a revocation over their servers.
const APART: Duration = Duration::from_secs(10);

/// What a prober goes by besides the rules.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Services of the user's own.
    pub endpoints: Vec<Endpoint>,
    /// Time for one question in place of the rule's.
    pub timeout: Option<Duration>,
}

/// Asks issuers; one for a run, shared by its threads.
pub struct Prober<'a> {
    transport: &'a dyn Transport,
    hosts: &'a Hosts,
    options: &'a Options,
    clock: &'a dyn Clock,
    turns: Turns<'a>,
    controls: Mutex<HashMap<ControlKey, (Duration, Heard)>>,
}

/// An answer and its status.
#[derive(Clone, Debug)]
struct Heard {
    reading: Reading,
    status: Option<u16>,
    /// Whether it says nothing but that it should be asked later.
    is_later: bool,
}

/// A control answers for a rule, a place and the parts that went with it.
type ControlKey = (String, String, Vec<Part>);

/// What is asked about.
struct Subject<'s> {
    rule: &'s Rule,
    confirm: &'s Confirm,
    secret: &'s Secret,
    parts: &'s [Part],
}

impl<'a> Prober<'a> {
    /// A prober that sends through `transport`, and logs in to databases among `hosts`.
    pub fn new(transport: &'a dyn Transport, hosts: &'a Hosts, options: &'a Options, clock: &'a dyn Clock) -> Self {
        Self { transport, hosts, options, clock, turns: Turns::new(clock), controls: Mutex::default() }
    }

    /// What would be asked, with every secret masked; nothing is sent.
    ///
    /// # Errors
    /// Why nothing could be asked.
    pub fn plan(&self, rule: &Rule, secret: &Secret, parts: &[Part]) -> Result<String, String> {
        let subject = self.subject(rule, secret, parts)?;
        let mut told = Vec::new();
        for target in targets(subject.confirm, &self.options.endpoints, parts)? {
            let asked = match target {
                Target::Login { endpoint } => login::shown(endpoint, parts),
                Target::Http { .. } => {
                    let shown = self.question(&subject, target, secret)?.shown;
                    let places = match subject.confirm.kind {
                        Kind::Http => question::shown_places(subject.confirm, secret, parts),
                        Kind::AwsSts | Kind::Login => vec![format!("signed with {}", secret.preview())],
                    };
                    if places.is_empty() { shown } else { format!("{shown} ({})", places.join(", ")) }
                }
            };
            told.push(asked);
        }
        Ok(told.join("; "))
    }

    /// Asks whether the credential lives. The secret itself is sent only where a random value of its shape has just been refused.
    pub fn ask(&self, rule: &Rule, secret: &Secret, parts: &[Part]) -> Probed {
        let subject = match self.subject(rule, secret, parts) {
            Ok(subject) => subject,
            Err(why) => return Probed::not_asked(why),
        };
        let places = match targets(subject.confirm, &self.options.endpoints, parts) {
            Ok(places) => places,
            Err(why) => return Probed::not_asked(why),
        };
        let mut answers: Vec<Probed> = Vec::new();
        for place in places {
            let probed = self.ask_at(&subject, place);
            if probed.liveness == Liveness::Alive {
                return probed;
            }
            answers.push(probed);
        }
        // A service with several sites knows the credential at one of them: dead is what all of them refuse.
        let unknown = answers.iter().position(|probed| probed.liveness != Liveness::Dead);
        let is_refused = answers.iter().all(|probed| probed.declined || probed.liveness == Liveness::Dead);
        let asked = answers.iter().map(|probed| probed.asked.as_str()).collect::<Vec<_>>().join(" and ");
        let mut probed = answers.swap_remove(unknown.unwrap_or(0));
        // One site that says nothing clear is enough to keep it from being refused.
        probed.declined = unknown.is_some() && is_refused;
        if probed.declined {
            probed.asked = asked;
        }
        if unknown.is_none() {
            self.doubt(&subject, &mut probed);
        }
        probed
    }

    /// Whether the credential is dead beyond doubt: refused twice, ten seconds apart, each time beside a control of the same minute.
    pub fn prove_death(&self, rule: &Rule, secret: &Secret, parts: &[Part]) -> Probed {
        let first = self.ask(rule, secret, parts);
        if first.liveness != Liveness::Dead {
            return first;
        }
        self.clock.sleep(APART);
        self.ask(rule, secret, parts)
    }

    /// What is refused is not dead where it may belong elsewhere: to another instance of the service, or to another part than the
    /// nearest one.
    fn doubt(&self, subject: &Subject<'_>, probed: &mut Probed) {
        let service = &subject.confirm.service;
        if subject.confirm.self_hosted && !self.options.endpoints.iter().any(|endpoint| endpoint.service == *service) {
            let why =
                format!("the public {service} refuses it, but it may be of another instance (name yours by an endpoint, docs/probes.md)");
            probed.liveness = Liveness::Unknown { why };
            probed.declined = true;
            return;
        }
        let optional = |part: &&Part| subject.confirm.near.iter().any(|(name, _)| *name == part.name);
        if let Some(part) = subject.parts.iter().filter(optional).find(|part| !part.alone) {
            let why =
                format!("it is refused together with the `{}` nearest to it, but several stand near: it may belong to another", part.name);
            probed.liveness = Liveness::Unknown { why };
            probed.declined = true;
        }
    }

    fn subject<'s>(&self, rule: &'s Rule, secret: &'s Secret, parts: &'s [Part]) -> Result<Subject<'s>, String> {
        if let Some(canary) = canary_of(secret, parts) {
            return Err(canary.sentence());
        }
        match &rule.confirm {
            Some(confirm) if !confirm.takes(secret.expose()) => {
                Err(format!("{} cannot be asked about this kind of credential", confirm.service))
            }
            Some(confirm) => Ok(Subject { rule, confirm, secret, parts }),
            None => Err("there is no question for this kind of credential".to_owned()),
        }
    }

    fn ask_at(&self, subject: &Subject<'_>, target: Target<'_>) -> Probed {
        let asked = match target {
            Target::Login { endpoint } => Ok(login::shown(endpoint, subject.parts)),
            Target::Http { .. } => self.question(subject, target, subject.secret).map(|question| question.shown),
        };
        let asked = match asked {
            Ok(asked) => asked,
            Err(why) => return Probed::not_asked(why),
        };
        let control = self.control(subject, target, &asked);
        let mut probed = Probed { asked, sent: true, control: control.status, ..Probed::not_asked("") };
        let unknown = |why: String| Liveness::Unknown { why };
        probed.liveness = match control.reading {
            Reading::Accepted { .. } => unknown("a random value is accepted too, so an answer proves nothing".to_owned()),
            // The secret stays here: nothing could be learnt from sending it.
            Reading::Unclear(why) => unknown(format!("asked with a random value, {why}")),
            Reading::Refused | Reading::Declined => {
                let heard = self.hear(subject, target, subject.secret);
                probed.status = heard.status;
                match heard.reading {
                    Reading::Accepted { who } => {
                        probed.who = who;
                        Liveness::Alive
                    }
                    Reading::Refused => Liveness::Dead,
                    Reading::Declined => {
                        probed.declined = true;
                        unknown(format!("{} refuses it, but in words that a living one can hear too", subject.confirm.service))
                    }
                    Reading::Unclear(why) => unknown(why),
                }
            }
        };
        probed
    }

    /// The answer to a random value of the same shape, not older than a minute.
    fn control(&self, subject: &Subject<'_>, target: Target<'_>, asked: &str) -> Heard {
        // What is asked stands for the place: it holds no secret, and a masked part stands beside it in full.
        let place = match target {
            Target::Http { url, endpoint } => format!("{url} {}", endpoint.map_or("", Endpoint::base)),
            Target::Login { .. } => asked.to_owned(),
        };
        // An AWS key is a pair, and its control another pair: a wrong secret for a real id would be somebody's failed login.
        let random = (subject.confirm.kind == Kind::AwsSts).then(|| vec![aws::random_id()]);
        let parts = random.as_deref().unwrap_or(subject.parts);
        let key = (subject.rule.id.clone(), place, if random.is_some() { Vec::new() } else { parts.to_vec() });
        let now = self.clock.elapsed();
        let known = self.controls.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some((_, heard)) = known.filter(|(asked, _)| now.saturating_sub(*asked) < CONTROL_HOLDS) {
            return heard;
        }
        let value = match target {
            Target::Login { .. } => shape::password(),
            Target::Http { .. } => shape::like(subject.rule, subject.secret),
        };
        let heard = self.hear(&Subject { parts, ..*subject }, target, &value);
        if heard.is_later {
            return heard;
        }
        self.controls.lock().unwrap_or_else(PoisonError::into_inner).insert(key, (self.clock.elapsed(), heard.clone()));
        heard
    }

    fn timeout(&self, confirm: &Confirm) -> Duration {
        self.options.timeout.unwrap_or(Duration::from_millis(u64::from(confirm.timeout)))
    }

    fn question(&self, subject: &Subject<'_>, target: Target<'_>, value: &Secret) -> Result<Question, String> {
        let Target::Http { url, endpoint } = target else {
            return Err("a login is no request".to_owned());
        };
        let (confirm, timeout) = (subject.confirm, self.timeout(subject.confirm));
        let question = match confirm.kind {
            Kind::AwsSts => aws::question(endpoint.map_or(url, Endpoint::base), value, subject.parts, self.clock.now(), timeout)?,
            Kind::Http | Kind::Login => question::http(confirm, url, endpoint, value, subject.parts, timeout)?,
        };
        let host = question.request.url.split("://").nth(1).unwrap_or_default().split(['/', ':', '?']).next().unwrap_or_default();
        match by_host_name(&host.to_ascii_lowercase()) {
            Some(canary) => Err(canary.sentence()),
            None => Ok(question),
        }
    }

    /// Sends one question and reads the answer, at the service's pace.
    fn hear(&self, subject: &Subject<'_>, target: Target<'_>, value: &Secret) -> Heard {
        let silent = |why: String| Heard { reading: Reading::Unclear(why), status: None, is_later: false };
        let service = match target {
            Target::Http { url, endpoint } => format!("{} {}", subject.confirm.service, endpoint.map_or(url, Endpoint::base)),
            Target::Login { endpoint } => format!("{} {}", endpoint.service, endpoint.base()),
        };
        if let Err(why) = self.turns.wait(&service, Duration::from_millis(u64::from(subject.confirm.pace))) {
            return silent(why);
        }
        if let Target::Login { endpoint } = target {
            let reading = login::attempt(self.hosts, endpoint, subject.parts, value, self.timeout(subject.confirm));
            return Heard { reading, status: None, is_later: false };
        }
        let question = match self.question(subject, target, value) {
            Ok(question) => question,
            Err(why) => return silent(why),
        };
        match self.transport.send(&question.request) {
            Ok(answer) => {
                let reading = match subject.confirm.kind {
                    Kind::AwsSts => aws::read(&answer),
                    Kind::Http | Kind::Login => reading::read(subject.confirm, &answer),
                };
                let is_later = self.turns.answered(&service, &answer);
                Heard { reading, status: Some(answer.status), is_later }
            }
            Err(error) => {
                self.turns.failed(&service, &error.to_string());
                silent(error.to_string())
            }
        }
    }
}

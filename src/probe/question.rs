//! Fills a declared question with a credential: the request itself, and what may be shown of it.

use std::fmt::Write as _;
use std::time::Duration;

use data_encoding::BASE64;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use super::endpoint::Endpoint;
use crate::model::{Part, Secret};
use crate::net::{Method, Request};
use crate::rules::{Confirm, Piece, pieces};

/// What need not be escaped in a path or a query (RFC 3986, 2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A question, ready to be sent.
pub(crate) struct Question {
    /// The request.
    pub(crate) request: Request,
    /// Method and address without the secret.
    pub(crate) shown: String,
}

/// How a value is written where it is put.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writing {
    /// In an address, behind the host.
    Url,
    /// In a header.
    Header,
    /// In a JSON string.
    Json,
    /// As it stands, for what is encoded afterwards.
    Raw,
}

/// The values of a question.
struct Values<'v> {
    secret: &'v Secret,
    parts: &'v [Part],
    /// Values are shown, not used: secrets as previews.
    shown: bool,
}

impl Values<'_> {
    fn value(&self, name: &str) -> Result<Zeroizing<String>, String> {
        let value = if name == "secret" {
            self.secret
        } else {
            let part = self.parts.iter().find(|part| part.name == name);
            &part.ok_or_else(|| format!("it needs the `{name}` that belongs to it, and none stands near"))?.value
        };
        if self.shown {
            return Ok(Zeroizing::new(value.preview()));
        }
        let text = std::str::from_utf8(value.expose()).map_err(|_| "its value is not UTF-8".to_owned())?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    fn fill(&self, template: &str, writing: Writing) -> Result<Zeroizing<String>, String> {
        let mut filled = Zeroizing::new(String::new());
        for piece in pieces(template)? {
            let name = match piece {
                Piece::Text(text) => {
                    filled.push_str(text);
                    continue;
                }
                Piece::Slot(name) => name,
            };
            let value = self.value(name)?;
            match writing {
                Writing::Url if self.shown => filled.push_str(&value),
                Writing::Url => filled.extend(utf8_percent_encode(&value, UNRESERVED)),
                Writing::Json => filled.push_str(serde_json::Value::from(value.as_str()).to_string().trim_matches('"')),
                Writing::Header if !self.shown && !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) => {
                    return Err("its value does not fit into a header".to_owned());
                }
                Writing::Header | Writing::Raw => filled.push_str(&value),
            }
        }
        Ok(filled)
    }

    /// The address: a part in the host's place must be one label of a host's name.
    fn url(&self, template: &str, endpoint: Option<&Endpoint>) -> Result<Zeroizing<String>, String> {
        let (origin, path) = match template.strip_prefix("{endpoint}") {
            Some(path) => ("{endpoint}", path),
            None => {
                let start = template.find("://").map_or(0, |place| place + 3);
                let slash = template[start..].find('/').map_or(template.len(), |place| start + place);
                template.split_at(slash)
            }
        };
        let mut url = match endpoint {
            Some(endpoint) => Zeroizing::new(endpoint.base().to_owned()),
            None => {
                let real = Values { shown: false, ..*self };
                let filled = real.fill(origin, Writing::Raw)?;
                let name = filled.strip_prefix("https://").unwrap_or_default();
                let is_host = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
                if !is_host {
                    return Err("what stands near it is no host's name".to_owned());
                }
                filled
            }
        };
        url.push_str(&self.fill(path, Writing::Url)?);
        Ok(url)
    }
}

/// Fills the question for one address.
///
/// # Errors
/// What is missing or does not fit, without the secret.
pub(crate) fn http(
    confirm: &Confirm,
    template: &str,
    endpoint: Option<&Endpoint>,
    secret: &Secret,
    parts: &[Part],
    timeout: Duration,
) -> Result<Question, String> {
    let values = Values { secret, parts, shown: false };
    let method = if confirm.posts { Method::Post } else { Method::Get };
    let url = values.url(template, endpoint)?;
    let mut headers: Vec<(String, Zeroizing<String>)> = vec![("accept".to_owned(), Zeroizing::new("*/*".to_owned()))];
    for (name, template) in &confirm.headers {
        headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        headers.push((name.clone(), values.fill(template, Writing::Header)?));
    }
    if let Some((user, password)) = &confirm.basic {
        let pair = Zeroizing::new([values.fill(user, Writing::Raw)?.as_str(), ":", &values.fill(password, Writing::Raw)?].concat());
        headers.push(("authorization".to_owned(), Zeroizing::new(format!("Basic {}", BASE64.encode(pair.as_bytes())))));
    }
    let mut body = confirm.posts.then(|| Zeroizing::new(Vec::new()));
    if let Some(template) = &confirm.json {
        headers.push(("content-type".to_owned(), Zeroizing::new("application/json".to_owned())));
        body = Some(Zeroizing::new(values.fill(template, Writing::Json)?.as_bytes().to_vec()));
    }
    if !confirm.form.is_empty() {
        headers.push(("content-type".to_owned(), Zeroizing::new("application/x-www-form-urlencoded".to_owned())));
        let mut form = Zeroizing::new(String::new());
        for (name, template) in &confirm.form {
            let and = if form.is_empty() { "" } else { "&" };
            let value = values.fill(template, Writing::Url)?;
            write!(form, "{and}{}={}", utf8_percent_encode(name, UNRESERVED), value.as_str()).expect("a string takes everything");
        }
        body = Some(Zeroizing::new(form.as_bytes().to_vec()));
    }
    let shown = format!("{} {}", method.name(), shown_url(template, endpoint, secret, parts)?);
    Ok(Question { request: Request { method, url, headers, body, timeout }, shown })
}

fn shown_url(template: &str, endpoint: Option<&Endpoint>, secret: &Secret, parts: &[Part]) -> Result<String, String> {
    Ok(Values { secret, parts, shown: true }.url(template, endpoint)?.to_string())
}

/// Where the secret would stand in the question, for a plan: `Authorization: Bearer ghp_…[40 bytes]`.
pub(crate) fn shown_places(confirm: &Confirm, secret: &Secret, parts: &[Part]) -> Vec<String> {
    let values = Values { secret, parts, shown: true };
    let holds = |template: &str| template.contains("{secret}");
    let fill = |template: &str, writing| values.fill(template, writing).map_or_else(|_| "…".to_owned(), |filled| filled.to_string());
    let headers = confirm.headers.iter().filter(|(_, template)| holds(template));
    let mut places: Vec<String> = headers.map(|(name, template)| format!("{name}: {}", fill(template, Writing::Header))).collect();
    if let Some((user, password)) = confirm.basic.as_ref().filter(|(user, password)| holds(user) || holds(password)) {
        places.push(format!("Authorization: Basic {}:{}", fill(user, Writing::Raw), fill(password, Writing::Raw)));
    }
    let form = confirm.form.iter().filter(|(_, template)| holds(template));
    places.extend(form.map(|(name, template)| format!("{name}={}", fill(template, Writing::Raw))));
    if confirm.json.as_deref().is_some_and(holds) {
        places.push(format!("in the body: {}", secret.preview()));
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{RuleFile, RuleSet};

    fn confirm(lines: &str) -> Confirm {
        let text = format!(
            "provider = 'P'\ndocs = 'd'\n[[rule]]\nid = 'a'\ntitle = 'A'\nevidence = 'documented'\nprefix = ['aaa_']\npattern = 'aaa_[a-z]{{9}}'\nseverity = 'low'\n\
             [[confirm]]\nrules = ['a']\nservice = 's'\ndocs = 'https://d.test'\nevidence = 'documented'\n\
             alive = {{ status = [200], json = {{ '/a' = '*' }} }}\nrefused = {{ status = [401] }}\n{lines}"
        );
        let file = RuleFile::parse("p.toml", &text).expect("sound TOML");
        let set = RuleSet::from_file("p.toml", &file).expect("a sound rule");
        set.iter().next().and_then(|(_, rule)| rule.confirm.clone()).expect("a question")
    }

    fn asked(confirm: &Confirm, secret: &str, parts: &[Part]) -> Result<Question, String> {
        http(confirm, &confirm.urls[0], None, &Secret::new(secret), parts, Duration::from_secs(1))
    }

    #[test]
    fn a_secret_in_the_path_is_escaped_and_not_shown() {
        let confirm = confirm("get = 'https://api.test/bot{secret}/me'");
        let question = asked(&confirm, "123:AAabcdefghijkl/../x?y", &[]).expect("sound");
        assert_eq!(question.request.url.as_str(), "https://api.test/bot123%3AAAabcdefghijkl%2F..%2Fx%3Fy/me");
        assert_eq!(question.shown, "GET https://api.test/bot123:…[25 bytes]/me");
    }

    #[test]
    fn bodies_and_headers_hold_the_values_in_their_own_writing() {
        let part = [Part { name: "sid".to_owned(), value: Secret::new("AC1"), alone: true }];
        let basic = confirm("get = 'https://api.test/x'\nbasic = ['{sid}', '{secret}']\nnear = { sid = 'AC[0-9]{1,9}' }");
        let question = asked(&basic, "pw", &part).expect("sound");
        assert!(question.request.headers.iter().any(|(name, value)| name == "authorization" && value.as_str() == "Basic QUMxOnB3"));
        assert_eq!(asked(&basic, "pw", &[]).err().as_deref(), Some("it needs the `sid` that belongs to it, and none stands near"));
        let json = confirm("post = 'https://api.test/x'\njson = '{{\"t\": \"{secret}\"}}'");
        let question = asked(&json, "a\"b\\", &[]).expect("sound");
        assert_eq!(question.request.body.as_deref().map(|body| body.as_slice()), Some(br#"{"t": "a\"b\\"}"#.as_slice()));
        let form = confirm("post = 'https://api.test/x'\nform = { token = '{secret}', a = 'b' }");
        let question = asked(&form, "x&y=z", &[]).expect("sound");
        assert_eq!(question.request.body.as_deref().map(|body| body.as_slice()), Some(b"a=b&token=x%26y%3Dz".as_slice()));
        let header = confirm("get = 'https://api.test/x'\nheaders = { X-Key = '{secret}' }");
        assert!(asked(&header, "a\r\nHost: evil", &[]).is_err(), "no header can be smuggled in");
    }

    #[test]
    fn a_host_of_a_part_is_one_label() {
        let confirm = confirm("get = 'https://{shop}.api.test/x'\nheaders = { X = '{secret}' }\nnear = { shop = '[a-z./@:]{3,30}' }");
        let part = |shop: &str| [Part { name: "shop".to_owned(), value: Secret::new(shop), alone: true }];
        assert_eq!(asked(&confirm, "s", &part("abc")).expect("sound").request.url.as_str(), "https://abc.api.test/x");
        for evil in ["evil.test/", "u@evil.test", "evil:80"] {
            assert!(asked(&confirm, "s", &part(evil)).is_err(), "{evil}");
        }
    }

    #[test]
    fn an_endpoint_takes_the_place_of_the_host() {
        let confirm = confirm("get = 'https://api.test/x/{secret}'");
        let endpoint = Endpoint { service: "s".to_owned(), url: "https://own.test:8443/api/".to_owned(), ..Endpoint::default() };
        let question = http(&confirm, &confirm.urls[0], Some(&endpoint), &Secret::new("k"), &[], Duration::from_secs(1)).expect("sound");
        assert_eq!(question.request.url.as_str(), "https://own.test:8443/api/x/k");
    }
}

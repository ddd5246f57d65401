//! Where a credential can be asked about: the issuer's own hosts, or the endpoints the user has configured in their place.

use super::endpoint::Endpoint;
use crate::model::Part;
use crate::rules::{Confirm, Kind};

/// One place to ask.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target<'a> {
    /// An address template of the rule, and the endpoint that takes the place of its host, if one is configured.
    Http { url: &'a str, endpoint: Option<&'a Endpoint> },
    /// A database that the user has configured, and that the finding's URL leads to.
    Login { endpoint: &'a Endpoint },
}

/// The value of a part, as text.
pub(crate) fn part<'p>(parts: &'p [Part], name: &str) -> Option<&'p str> {
    let found = parts.iter().find(|part| part.name == name)?;
    std::str::from_utf8(found.value.expose()).ok().filter(|text| !text.is_empty())
}

/// The places, all of which are asked.
///
/// # Errors
/// Why there is none, with the way out.
pub(crate) fn targets<'a>(confirm: &'a Confirm, endpoints: &'a [Endpoint], parts: &[Part]) -> Result<Vec<Target<'a>>, String> {
    if confirm.kind == Kind::Login {
        return login(endpoints, parts).map(|endpoint| vec![Target::Login { endpoint }]);
    }
    let own: Vec<&Endpoint> = endpoints.iter().filter(|endpoint| endpoint.service == confirm.service).collect();
    if !own.is_empty() {
        // The sites of a service differ by host alone; of one's own there is one.
        let url = confirm.urls.first().ok_or("its rule names no address")?;
        return Ok(own.into_iter().map(|endpoint| Target::Http { url, endpoint: Some(endpoint) }).collect());
    }
    if confirm.needs_endpoint() {
        return Err(format!("no endpoint is configured for `{}` (docs/probes.md)", confirm.service));
    }
    Ok(confirm.urls.iter().map(|url| Target::Http { url, endpoint: None }).collect())
}

/// The configured database that the URL leads to: a repository must not choose where a password is sent.
///
/// # Errors
/// Why there is none, with the way out.
pub(crate) fn login<'a>(endpoints: &'a [Endpoint], parts: &[Part]) -> Result<&'a Endpoint, String> {
    let scheme = part(parts, "scheme").ok_or("the whole URL is not known")?;
    let (service, usual) = match scheme {
        "postgres" | "postgresql" => ("postgres", 5432),
        "redis" | "rediss" => ("redis", 6379),
        other => return Err(format!("there is no question for {} addresses", plain(other))),
    };
    let host = part(parts, "host").ok_or("the URL names no host")?.trim_start_matches('[').trim_end_matches(']');
    let port: u16 = part(parts, "port").map_or(Ok(usual), str::parse).map_err(|_| "the URL's port is no number")?;
    let leads_there = |endpoint: &&Endpoint| {
        endpoint.service == service && endpoint.address().is_ok_and(|(_, name, number)| name == host && number == port)
    };
    endpoints
        .iter()
        .find(leads_there)
        .ok_or_else(|| format!("{}:{port} is not among the configured databases (docs/probes.md)", plain(host)))
}

/// A text of a scanned file, fit for a sentence.
fn plain(text: &str) -> String {
    text.chars().filter(|sign| sign.is_ascii_graphic()).take(80).collect()
}

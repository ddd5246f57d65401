//! The question to AWS: `GetCallerIdentity` of STS, which needs no permission and changes nothing, signed with Signature Version 4.

use std::time::Duration;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::question::Question;
use super::reading::{Reading, printable};
use crate::model::{Part, Secret};
use crate::net::{Answer, Method, Request};
use crate::probe::target::part;

/// The request's body; the version is the only one there is (STS API reference, GetCallerIdentity).
const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";
/// The type of the body.
const FORM: &str = "application/x-www-form-urlencoded";

/// The signed request to `base`, an origin without a path.
///
/// # Errors
/// Which part is missing.
pub(crate) fn question(base: &str, secret: &Secret, parts: &[Part], now: Timestamp, timeout: Duration) -> Result<Question, String> {
    let id = part(parts, "id").ok_or("it needs the key id that belongs to it, and none stands near")?;
    let session = part(parts, "session");
    if id.starts_with("ASIA") && session.is_none() {
        return Err("its key id is a temporary one, and no session token stands near".to_owned());
    }
    let host = base.split("://").nth(1).unwrap_or_default().trim_end_matches('/');
    let time = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let region = region(host);
    let authorization = authorization(&Signed { id, secret, session, host, region, service: "sts", time: &time });
    let mut headers = vec![
        ("content-type".to_owned(), Zeroizing::new(FORM.to_owned())),
        ("x-amz-date".to_owned(), Zeroizing::new(time)),
        ("authorization".to_owned(), Zeroizing::new(authorization)),
    ];
    headers.extend(session.map(|token| ("x-amz-security-token".to_owned(), Zeroizing::new(token.to_owned()))));
    let url = format!("{}/", base.trim_end_matches('/'));
    let shown = format!("POST {url} GetCallerIdentity");
    let body = Some(Zeroizing::new(BODY.as_bytes().to_vec()));
    Ok(Question { request: Request { method: Method::Post, url: Zeroizing::new(url), headers, body, timeout }, shown })
}

/// A key id that nobody has.
pub(crate) fn random_id() -> Part {
    const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let id: Vec<u8> = b"AKIA".iter().copied().chain((0..16).map(|_| BASE32[rand::random_range(0..BASE32.len())])).collect();
    Part { name: "id".to_owned(), value: Secret::new(id), alone: true }
}

/// The region that a host of STS signs for: `sts.REGION.amazonaws.com`, else the first of all.
fn region(host: &str) -> &str {
    host.strip_prefix("sts.").and_then(|rest| rest.split_once(".amazonaws.")).map_or("us-east-1", |(region, _)| region)
}

/// What is signed.
struct Signed<'s> {
    id: &'s str,
    secret: &'s Secret,
    session: Option<&'s str>,
    host: &'s str,
    region: &'s str,
    service: &'s str,
    time: &'s str,
}

/// The `Authorization` header (AWS IAM user guide, "Create a signed AWS API request").
fn authorization(signed: &Signed<'_>) -> String {
    let mut headers = format!("content-type:{FORM}\nhost:{}\nx-amz-date:{}\n", signed.host, signed.time);
    let mut names = "content-type;host;x-amz-date".to_owned();
    if let Some(session) = signed.session {
        headers.push_str(&format!("x-amz-security-token:{session}\n"));
        names.push_str(";x-amz-security-token");
    }
    let canonical = Zeroizing::new(format!("POST\n/\n\n{headers}\n{names}\n{}", HEXLOWER.encode(&Sha256::digest(BODY))));
    let day = &signed.time[..8];
    let scope = format!("{day}/{}/{}/aws4_request", signed.region, signed.service);
    let text = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{}", signed.time, HEXLOWER.encode(&Sha256::digest(canonical.as_bytes())));
    let mut key = Zeroizing::new([b"AWS4", signed.secret.expose()].concat());
    for part in [day, signed.region, signed.service, "aws4_request"] {
        key = Zeroizing::new(mac(&key, part.as_bytes()));
    }
    let signature = HEXLOWER.encode(&mac(&key, text.as_bytes()));
    format!("AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}", signed.id)
}

fn mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

/// Reads an answer of STS (STS API reference, Common Errors).
pub(crate) fn read(answer: &Answer) -> Reading {
    let text = String::from_utf8_lossy(&answer.body);
    let code = between(&text, "<Code>", "</Code>");
    let unclear = |why: &str| Reading::Unclear(format!("{} {why} ({})", answer.host, answer.status));
    match (answer.status, code) {
        (200, _) if text.contains("<GetCallerIdentityResult>") && between(&text, "<Account>", "</Account>").is_some() => {
            Reading::Accepted { who: between(&text, "<Arn>", "</Arn>").map(|arn| printable(arn, 120)) }
        }
        // The id is unknown: deleted, inactive, or of another partition, whose STS is asked too.
        (403, Some("InvalidClientTokenId" | "UnrecognizedClientException")) => Reading::Refused,
        (403, Some("SignatureDoesNotMatch")) => unclear("knows the key id, but this is not its secret"),
        (400 | 403, Some("ExpiredToken" | "ExpiredTokenException")) => Reading::Refused,
        (300..400, _) => unclear("redirects elsewhere"),
        (429, _) | (_, Some("Throttling" | "ThrottlingException")) => unclear("limits requests"),
        (500.., _) => unclear("is out of order"),
        _ => unclear("answers, but not in the words by which STS accepts or refuses"),
    }
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    text.split_once(start)?.1.split_once(end).map(|(inner, _)| inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_is_that_of_the_host() {
        assert_eq!(region("sts.us-gov-west-1.amazonaws.com"), "us-gov-west-1");
        assert_eq!(region("sts.cn-north-1.amazonaws.com.cn"), "cn-north-1");
        assert_eq!(region("sts.eusc-de-east-1.amazonaws.eu"), "eusc-de-east-1");
        assert_eq!(region("127.0.0.1:5000"), "us-east-1");
    }

    /// The signature that botocore's `SigV4Auth` makes for the same request, with the secret of the AWS documentation's examples.
    #[test]
    fn the_signature_is_that_of_the_sdk() {
        let secret = Secret::new(["wJalrXUtnFEMI/K7MDENG+", "bPxRfiCYEXAMPLEKEY"].concat());
        let id = ["AKIA", "IOSFODNN7EXAMPLE"].concat();
        let signed = Signed {
            id: &id,
            secret: &secret,
            session: None,
            host: "sts.us-east-1.amazonaws.com",
            region: "us-east-1",
            service: "sts",
            time: "20150830T123600Z",
        };
        assert!(
            authorization(&signed).ends_with("Signature=94405bc26f219569999dadb25c560bc61134371b330f394151ebb698c4d5fb3a"),
            "{}",
            authorization(&signed)
        );
    }

    #[test]
    fn answers_of_sts_are_read() {
        let answer =
            |status, body: &str| Answer { status, headers: vec![], body: body.as_bytes().to_vec(), cut: false, host: "sts".to_owned() };
        let alive = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/a</Arn><Account>123456789012</Account></GetCallerIdentityResult>";
        assert_eq!(read(&answer(200, alive)), Reading::Accepted { who: Some("arn:aws:iam::123456789012:user/a".to_owned()) });
        assert_eq!(read(&answer(403, "<Error><Code>InvalidClientTokenId</Code></Error>")), Reading::Refused);
        assert!(matches!(read(&answer(403, "<Error><Code>SignatureDoesNotMatch</Code></Error>")), Reading::Unclear(_)));
        assert!(matches!(read(&answer(403, "<html>forbidden</html>")), Reading::Unclear(_)));
        assert!(matches!(read(&answer(200, "<html>sign in</html>")), Reading::Unclear(_)));
    }
}

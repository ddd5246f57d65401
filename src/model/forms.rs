//! The forms in which a credential can stand in a store, each of which has an HMAC of its own.

use data_encoding::{BASE64, BASE64URL_NOPAD};
use percent_encoding::percent_decode;
use zeroize::Zeroizing;

use super::Secret;

/// The forms with their names, the value itself first; a form that would be equal to one before it is left out.
///
/// An audit device hashes each JSON string as a whole, so a password inside an address has another HMAC than the password alone.
pub fn forms(secret: &Secret) -> Vec<(&'static str, Secret)> {
    let value = secret.expose();
    let mut found: Vec<(&'static str, Secret)> = vec![("value", secret.clone())];
    let mut add = |name, bytes: &[u8]| {
        if !bytes.is_empty() && !found.iter().any(|(_, known)| known.expose() == bytes) {
            found.push((name, Secret::new(bytes)));
        }
    };
    if let Some(password) = password(value) {
        add("password", &password);
        add("password in the address", raw_password(value).unwrap_or_default());
    }
    add("base64", Zeroizing::new(BASE64.encode(value)).as_bytes());
    add("base64url", Zeroizing::new(BASE64URL_NOPAD.encode(value)).as_bytes());
    if let Ok(decoded) = BASE64.decode(value).map(Zeroizing::new)
        && decoded.len() >= 8
        && std::str::from_utf8(&decoded).is_ok_and(|text| !text.chars().any(char::is_control))
    {
        add("decoded", &decoded);
    }
    found
}

/// The password of `scheme://user:password@host`, as it stands there.
fn raw_password(value: &[u8]) -> Option<&[u8]> {
    let start = memchr::memmem::find(value, b"://")? + 3;
    let end = value[start..].iter().position(|byte| b"/?#".contains(byte)).map_or(value.len(), |at| start + at);
    let authority = &value[start..end];
    // RFC 3986, 3.2.1: what stands before the last @ of the authority.
    let user = &authority[..authority.iter().rposition(|byte| *byte == b'@')?];
    let colon = user.iter().position(|byte| *byte == b':')?;
    Some(&user[colon + 1..]).filter(|password| !password.is_empty())
}

fn password(value: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    raw_password(value).map(|raw| Zeroizing::new(percent_decode(raw).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Vec<(&'static str, String)> {
        forms(&Secret::new(text)).into_iter().map(|(name, form)| (name, String::from_utf8_lossy(form.expose()).into_owned())).collect()
    }

    #[test]
    fn an_address_gives_its_password_too() {
        let (written, meant) = ("p%40ss", "p@ss");
        let found = named(&format!("postgres://app:{written}@db/x?sslmode=require"));
        assert!(found.contains(&("password", meant.to_owned())) && found.contains(&("password in the address", written.to_owned())));
        assert_eq!(found[0].0, "value");
        assert!(named("https://example.com/a:b@c").iter().all(|(name, _)| *name != "password"), "a path is no login");
    }

    #[test]
    fn base64_goes_both_ways() {
        assert!(named("correct horse").contains(&("base64", "Y29ycmVjdCBob3JzZQ==".to_owned())));
        assert!(named("Y29ycmVjdCBob3JzZQ==").contains(&("decoded", "correct horse".to_owned())));
    }
}

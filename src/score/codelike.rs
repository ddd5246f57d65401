//! Recognises values that are something else by their form: code, paths, addresses, dates, versions, digests, images, types.

use super::lists::{each, holds};
use super::structure;
use super::wordlike::{Words, pieces};

/// What the value is instead of a secret, if its form says so.
pub(super) fn reads_as(words: &Words, value: &[u8]) -> Option<&'static str> {
    let Ok(text) = std::str::from_utf8(value) else { return Some("is no text") };
    let text = text.trim();
    if text.starts_with('{') && structure::is_uuid(text.trim_matches(['{', '}']).as_bytes()) {
        return Some("is the identifier of a class or a device");
    }
    if text.chars().any(|character| character.is_control()) {
        return Some("holds control characters");
    }
    let letters = text.chars().filter(|character| character.is_alphabetic()).count();
    if text.chars().filter(|character| !character.is_ascii()).count() * 3 > letters.max(1) {
        return Some("is text in another language");
    }
    if is_literal(text) {
        return Some("is a constant or a type");
    }
    code(text).or_else(|| address(words, text)).or_else(|| number(text)).or_else(|| payload(text))
}

/// Whether it is a constant of a language, or the name of a type.
fn is_literal(text: &str) -> bool {
    let plain = text.trim_end_matches('?').trim_start_matches(['&', '*', '?']);
    const LITERALS: &str = "\
        true false null nil none undefined nan yes no on off string str bool boolean int integer number float bytes byte[] []byte \
        object any void char text password secretstr varchar array list dict optional required self this default auto mixed uuid date \
        datetime vec<u8>";
    each(LITERALS).any(|literal| literal.eq_ignore_ascii_case(plain))
        || ["Option<", "Optional[", "List[", "Vec<", "Secret<", "Promise<", "Map<", "Array<", "Box<", "Field(", "[&", "&[", "&'", "[u8"]
            .iter()
            .any(|start| text.starts_with(start))
}

/// Calls, member access, operators, markup.
fn code(text: &str) -> Option<&'static str> {
    let bytes = text.as_bytes();
    let is_identifier = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$')
            && !part.as_bytes()[0].is_ascii_digit()
    };
    if let Some(at) = text.find('(')
        && (text.ends_with(')') || text.ends_with(");") || text.ends_with("()") || text[at..].contains(")."))
        && text[..at].rsplit(['.', ':', ' ', '>', '!']).next().is_some_and(is_identifier)
    {
        return Some("is a call");
    }
    if text.ends_with('(') && is_identifier(text.trim_end_matches('(').rsplit(['.', ':']).next().unwrap_or("")) {
        return Some("is a call");
    }
    if let Some((container, rest)) = text.split_once('[')
        && rest.contains(']')
        && container.split('.').all(is_identifier)
    {
        return Some("is an element of a variable");
    }
    if ["=>", "->", "::", "==", "!=", "&&", "||", "/>", "</", "();", "){", "\\n", "<br", "${", "+=", ":="]
        .iter()
        .filter(|mark| text.contains(*mark))
        .count()
        > usize::from(!text.contains(' ') && bytes.iter().filter(|byte| byte.is_ascii_alphabetic()).count() * 2 < bytes.len())
        && (text.contains("->")
            || text.contains("::")
            || text.contains("=>")
            || text.contains('<')
            || text.contains("&&")
            || text.contains("||")
            || text.contains("()"))
    {
        let sides_are_names = text
            .split(['-', '>', ':', '=', '&', '|', '(', ')', '<', '/', ' '])
            .filter(|part| !part.is_empty())
            .all(|part| part.split('.').all(|part| is_identifier(part.trim_matches(['$', '!', ';', ',', '"', '\'']))));
        if sides_are_names || text.contains("=>") || text.contains("&&") || text.contains("</") {
            return Some("is code");
        }
    }
    // `settings.db.password`, `this.token`: names joined by dots, of which none is random.
    let parts: Vec<&str> = text.trim_start_matches(['&', '*', '@', '!', ':']).split('.').collect();
    if parts.len() >= 2 && parts.iter().all(|part| is_identifier(part) && part.len() <= 40 && digits_of(part) <= 2) && text.len() < 100 {
        return Some("is a member of a variable");
    }
    if text.starts_with(['@', ':', '&', '*']) && is_identifier(&text[1..]) && digits_of(text) == 0 {
        return Some("is a variable or a symbol");
    }
    if text.starts_with(['"', '\'', '`']) && text.len() <= 2 || text.starts_with("f\"") || text.starts_with("b\"") || text.starts_with("r'")
    {
        return Some("is an empty or opened string");
    }
    if (text.contains("\" + ")
        || text.contains("' + ")
        || text.contains("\"+")
        || text.contains("\", ")
        || text.contains("\":")
        || text.contains("', '"))
        && text.len() > 4
    {
        return Some("is code");
    }
    None
}

fn digits_of(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// URLs, paths, e-mail and network addresses, MIME types.
fn address(words: &Words, text: &str) -> Option<&'static str> {
    if let Some(at) = text.find("://")
        && text[..at].bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
    {
        return Some("is a URL");
    }
    if text.starts_with("www.") || text.starts_with("mailto:") || text.starts_with("urn:") || text.starts_with("//") {
        return Some("is a URL");
    }
    if ["/", "./", "../", "~/", "\\\\"].iter().any(|start| text.starts_with(start)) || text.as_bytes().get(1..3) == Some(b":\\") {
        let segments: Vec<&str> = text.split(['/', '\\']).filter(|segment| !segment.is_empty()).collect();
        let readable = segments
            .iter()
            .filter(|segment| segment.len() <= 3 || words.share(segment.as_bytes()) > 0.4 || digits_of(segment) == 0)
            .count();
        if !segments.is_empty() && readable * 2 >= segments.len() && (text.len() < 40 || readable == segments.len()) {
            return Some("is a path");
        }
    }
    const EXTENSIONS: &str = "\
        .pem .key .crt .cer .json .txt .yml .yaml .xml .js .ts .py .go .rb .php .html .css .png .jpg .svg .gif .conf .cfg .ini .env \
        .sh .java .cs .rs .jks .p12 .pfx .keystore .properties .toml .md .pub .gpg .asc .com .org .net .local .csv";
    let lower = text.to_ascii_lowercase();
    if each(EXTENSIONS).any(|extension| lower.ends_with(extension))
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/\\@:~".contains(&byte))
    {
        return Some("is a file or a host");
    }
    if text.matches('/').count() >= 1 && !text.contains(['=', '+', '!', '#', '$', '%', '^', '&', '*']) {
        let segments: Vec<&str> = text.split('/').filter(|segment| !segment.is_empty()).collect();
        let worded = segments.iter().filter(|segment| words.share(segment.as_bytes()) > 0.6 && digits_of(segment) <= 2).count();
        if segments.len() >= 2 && worded * 3 >= segments.len() * 2 {
            return Some("is a path");
        }
    }
    if let Some((user, host)) = text.split_once('@')
        && !user.is_empty()
        && host.contains('.')
        && host.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte))
        && host.rsplit('.').next().is_some_and(|top| top.len() >= 2 && top.bytes().all(|byte| byte.is_ascii_lowercase()))
    {
        return Some("is an e-mail address");
    }
    let is_ip = |text: &str| text.parse::<std::net::IpAddr>().is_ok() || text.parse::<std::net::SocketAddr>().is_ok();
    if is_ip(text) || text.split_once('/').is_some_and(|(ip, _)| is_ip(ip)) {
        return Some("is a network address");
    }
    if text.split_once('/').is_some_and(|(kind, _)| ["application", "text", "image", "audio", "video", "multipart", "font"].contains(&kind))
    {
        return Some("is a media type");
    }
    None
}

/// Numbers, dates, versions, colours, sizes.
fn number(text: &str) -> Option<&'static str> {
    if text.starts_with('#') && matches!(text.len(), 4 | 7 | 9) && text[1..].bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some("is a colour");
    }
    let digits = digits_of(text);
    if digits == 0 {
        return None;
    }
    if text.strip_prefix("0x").is_some_and(|hex| hex.len() <= 8 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        return Some("is a number");
    }
    if digits >= 1 && text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some("is a number");
    }
    let numbers = text
        .splitn(4, ['.', '-', '+'])
        .take(3)
        .filter(|part| !part.is_empty() && part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit()))
        .count();
    if numbers == 3 && text.split(['.', '-', '+', '_']).all(|part| digits_of(part) == part.len() || digits_of(part) <= 1) {
        return Some("is a version or a number");
    }
    let version = text.trim_start_matches(['v', 'V', '^', '~', '>', '<', '=', ' ']);
    let mut parts = version.split('.');
    if version.contains('.')
        && parts.next().is_some_and(|first| !first.is_empty() && first.len() <= 4 && first.bytes().all(|byte| byte.is_ascii_digit()))
        && parts
            .all(|part| !part.is_empty() && part.len() <= 12 && part.as_bytes()[0].is_ascii_digit() && digits_of(part) * 2 >= part.len())
    {
        return Some("is a version or a number");
    }
    let separators = text.bytes().filter(|byte| b"-/:T .+Z".contains(byte)).count();
    if text.len() >= 8 && separators >= 2 && digits + separators == text.len() && digits >= 6 {
        return Some("is a date or a number");
    }
    const UNITS: &str = "\
        px em rem ms s m h d kb mb gb mi gi % vh vw min days";
    let unit = text.trim_start_matches(|character: char| character.is_ascii_digit() || character == '.');
    (unit.len() < text.len() && each(UNITS).any(|known| known.eq_ignore_ascii_case(unit))).then_some("is a size or a time")
}

/// Digests with their name, images, fonts, public keys.
fn payload(text: &str) -> Option<&'static str> {
    const DIGESTS: &str = "\
        sha1- sha256- sha384- sha512- sha1: sha256: sha512: md5: h1: sha256~ SHA256: MD5:";
    if each(DIGESTS).any(|start| text.starts_with(start)) {
        return Some("is a digest");
    }
    if text.starts_with("data:") {
        return Some("is a data URL");
    }
    const IMAGES: &[&str] = &["iVBORw0KGgo", "R0lGOD", "/9j/4", "PHN2Zy", "AAABAAEA", "d09GR", "d09GM", "UklGR", "JVBERi", "AAEAAAA"];
    if IMAGES.iter().any(|start| text.starts_with(start)) {
        return Some("is an image, a font or a document");
    }
    const PUBLIC: &[&str] = &[
        "ssh-rsa",
        "ssh-ed25519",
        "ecdsa-sha2",
        "AAAAB3NzaC1yc2",
        "AAAAC3NzaC1lZDI1NTE5",
        "AAAAE2VjZHNh",
        "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A",
        "LS0tLS1CRUdJTiBDRVJU",
        "LS0tLS1CRUdJTiBQVUJM",
    ];
    PUBLIC.iter().any(|start| text.starts_with(start)).then_some("is a public key")
}

/// Whether the value is an identifier: one or more words in camel, snake or kebab dress, without a symbol of its own.
pub(super) fn is_identifier(words: &Words, value: &[u8]) -> bool {
    let plain = value
        .iter()
        .skip(1)
        .chain(value.first().filter(|&&first| first != b'+'))
        .all(|&byte| byte.is_ascii_alphanumeric() || b"_-.:,/ ".contains(&byte));
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let parts = pieces(value);
    let separated = value.iter().any(|byte| b"_-.:/".contains(byte)) || parts.len() >= 2;
    plain && digits <= 2 && separated && words.share(value) > 0.55
}

/// Whether the text is a sentence or a label for people, and not a pass-phrase.
pub(super) fn is_sentence(words: &Words, value: &[u8]) -> bool {
    const GLUE: &str = "\
        the a an of to for in is are be must your you and or not with please enter this that has have been was will can cannot should \
        invalid from at on by if no it as use used when de la le el der die das und new current";
    let spaces = value.iter().filter(|&&byte| byte == b' ' || byte == b'\t').count();
    if spaces == 0 {
        return false;
    }
    let parts = pieces(value);
    let has_glue = parts.iter().any(|part| holds(GLUE, part));
    let marked = value.iter().any(|byte| byte.is_ascii_digit() || b"!@#$%^&*+=~".contains(byte));
    has_glue || !marked || (words.share(value) > 0.85 && !value.iter().any(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::expand;

    #[test]
    fn other_things_are_known_by_their_form() {
        let words = Words::new();
        for value in [
            "getPassword()",
            "foo.bar",
            "this.config.token",
            "settings.DB_PASSWORD",
            "user->password",
            "Config::get",
            "params[:token]",
            "self",
            "https://example.com/x",
            "/etc/ssl/private/key.pem",
            "../keys/a.key",
            "server.key",
            "me@example.com",
            "10.0.0.1",
            "text/html",
            "1.2.3",
            "v10.4.1",
            "2023-01-02",
            "#ff00aa",
            "12px",
            "true",
            "Optional[str]",
            "sha256-abcdef",
            "data:image/png;base64,xx",
            "os.getenv('X')",
            "ssh-rsa AAAA",
            "iVBORw0KGgoAAAANSUhEUg",
            "users/password/reset",
            "パスワード",
            "8080",
            "String",
            ":password",
            "new Buffer(x)",
            "a => b",
        ] {
            assert!(reads_as(&words, value.as_bytes()).is_some(), "{value}");
        }
    }

    #[test]
    fn passwords_and_keys_have_no_such_form() {
        let words = Words::new();
        for value in ["P@ssw0rd!", "hunter2", "a(b)c!9Kd", "x->y9!Q", "#Tr0ub4dor", "p/q9+Zt!", "12.Kq!m", "correct horse 7!", "@dm1n99!"] {
            assert_eq!(reads_as(&words, value.as_bytes()), None, "{value}");
        }
        for template in ["{base62:40}", "{base64:44}", "{hex:40}", "{password}", "{base64url:43}", "{jwt}"] {
            for seed in 0..100 {
                let value = expand(template, &format!("code {seed}")).expect("a sound template").text;
                assert_eq!(reads_as(&words, &value), None, "{template} {seed}");
                assert!(!is_identifier(&words, &value), "{template} {seed}");
            }
        }
    }

    #[test]
    fn sentences_are_told_from_pass_phrases() {
        let words = Words::new();
        for text in ["Enter your password", "Passwords must have 8 characters!", "Password reset", "Your token: ", "Mot de passe"] {
            assert!(is_sentence(&words, text.as_bytes()), "{text}");
        }
        for text in ["correct horse 7 battery!", "blue Kite 42 river", "hunter2"] {
            assert!(!is_sentence(&words, text.as_bytes()), "{text}");
        }
    }
}

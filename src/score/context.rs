//! What stands around a value: minified code, a word before it that says digest, the user and the host of its URL.

use bstr::ByteSlice;

use super::name;
use crate::model::{Context, Syntax};

/// The part of the text before the value that stands on its line.
pub(super) fn line_before(context: &Context) -> &[u8] {
    let start = context.before.rfind_byte(b'\n').map_or(0, |at| at + 1);
    &context.before[start..]
}

/// Whether the value stands in text that no person wrote: long, without spaces, full of punctuation.
pub(super) fn is_minified(context: &Context) -> bool {
    let around = [context.before.as_slice(), context.after.as_slice()];
    let length: usize = around.iter().map(|part| part.len()).sum();
    if length < 140 {
        return false;
    }
    let count = |wanted: &[u8]| around.iter().flat_map(|part| part.iter()).filter(|byte| wanted.contains(byte)).count();
    count(b" \n\t") * 12 < length && count(b"{}();,=") * 8 > length
}

/// Whether the words directly before a value without a name say that it is a digest, a commit or an identifier.
pub(super) fn is_called_digest(context: &Context) -> bool {
    let line = line_before(context);
    let near = &line[line.len().saturating_sub(28)..];
    let near = near.to_ascii_lowercase();
    [
        &b"sha1"[..],
        b"sha-1",
        b"sha256",
        b"sha512",
        b"md5",
        b"commit",
        b"checksum",
        b"integrity",
        b"digest",
        b"revision",
        b"fingerprint",
        b"etag",
        b"@sha",
    ]
    .iter()
    .any(|word| near.contains_str(word))
        || context.after.trim_start_with(|character| character == '"' || character == '\'').starts_with(b" *")
        || (context.syntax == Syntax::Bare && name::is_digest(&near))
}

/// Whether an unquoted value goes on as an expression does: `value(`, `value.x`, `value[`, `value + `.
pub(super) fn goes_on_as_code(context: &Context) -> bool {
    let after = context.after.as_slice();
    after.first().is_some_and(|&byte| b"([".contains(&byte))
        || (context.quote.is_none() && (after.starts_with(b".") && after.get(1).is_some_and(u8::is_ascii_alphabetic)))
        || (context.quote.is_none() && (after.starts_with(b"::") || after.starts_with(b"->")))
        || after.starts_with(b"() ")
}

/// Whether the value stands in a text in quotes that begins before it on its line.
pub(super) fn is_in_text(context: &Context) -> bool {
    let line = line_before(context);
    // Where the surroundings are cut, the beginning of the line is not known.
    line.len() >= 90 || [b'"', b'\'', b'`'].iter().any(|&quote| line.iter().filter(|&&byte| byte == quote).count() % 2 == 1)
}

/// Whether other pairs of a connection string stand on the value's line.
pub(super) fn has_connection_pairs(context: &Context) -> bool {
    let after = &context.after[..context.after.find_byte(b'\n').unwrap_or(context.after.len())];
    let around = [line_before(context), after].concat().to_ascii_lowercase();
    const PAIRS: &[&str] = &[
        "server=",
        "source=",
        "host=",
        "hostname=",
        "uid=",
        "user id=",
        "userid=",
        "user=",
        "username=",
        "database=",
        "catalog=",
        "dbname=",
        "accountname=",
        "endpoint=",
        "provider=",
        "driver=",
        "address=",
        "port=",
        "pooling=",
        "trusted_connection=",
        "encrypt=",
        "dsn=",
    ];
    let flat: Vec<u8> = around.iter().copied().filter(|byte| *byte != b' ').collect();
    PAIRS.iter().any(|pair| around.contains_str(pair) || flat.contains_str(pair))
}

/// Whether the value stands in a comment of a program.
pub(super) fn is_comment(context: &Context) -> bool {
    let line = line_before(context).trim_start();
    [&b"#"[..], b"//", b"*", b"/*", b"--", b">>>", b";;", b"rem "].iter().any(|mark| line.starts_with(mark))
}

/// Whether the value is what a line `NAME=value` sets, as in a text of settings within a program.
pub(super) fn is_setting(context: &Context) -> bool {
    let line = line_before(context).trim_start();
    let line = line.strip_prefix(b"export ").unwrap_or(line);
    let Some(name) = line.strip_suffix(b"=") else { return false };
    let after = context.after.first().copied();
    name.len() >= 4
        && name.iter().all(|&byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        && after.is_none_or(|byte| b"\r\n".contains(&byte))
}

/// Whether the value stands in a comment that shows what an example prints (`# => …`, `>>> …`).
pub(super) fn is_session(context: &Context) -> bool {
    let line = line_before(context).trim_start();
    line.starts_with(b">>>") || line.contains_str("# => ") || line.contains_str("// => ")
}

/// Whether the value is that of a hidden field of a form, made anew for each.
pub(super) fn is_form_field(context: &Context) -> bool {
    let line = line_before(context).to_ascii_lowercase();
    [&b"type=\"hidden\""[..], b"type='hidden'", b"hidden_field", b"hiddenfield"].iter().any(|mark| line.contains_str(mark))
}

/// Whether a user or a host is named beside the value.
pub(super) fn is_beside_login(context: &Context) -> bool {
    let around = [context.before.as_slice(), b" ", context.after.as_slice()].concat().to_ascii_lowercase();
    [&b"user"[..], b"host", b"login", b"database", b"_db"].iter().any(|word| around.contains_str(word))
}

/// Whether the host is a name in the public tree of names, and none of documentation.
pub(super) fn is_public_host(host: &[u8]) -> bool {
    let labels: Vec<&[u8]> = host.split(|&byte| byte == b'.').collect();
    let [.., owner, top] = labels.as_slice() else { return false };
    !is_sample_host(host)
        && owner.len() >= 4
        && top.len() >= 2
        && top.iter().all(u8::is_ascii_lowercase)
        && !matches!(*top, b"local" | b"localhost" | b"internal" | b"svc" | b"lan" | b"home" | b"tld" | b"test")
}

/// Whether the value is a cut-out of a longer base64 text: images and fonts hold every short prefix by chance.
pub(super) fn is_inside_base64(context: &Context) -> bool {
    let is_base64 = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'+' | b'/' | b'=');
    let before = context.before.iter().rev().take_while(is_base64).count();
    let after = context.after.iter().take_while(is_base64).count();
    // In a path every tenth character or so is a slash, in base64 every sixty-fourth.
    let is_text = |bytes: &[u8]| bytes.len() >= 48 && bytes.iter().filter(|&&byte| byte == b'/').count() * 16 <= bytes.len();
    is_text(&context.before[context.before.len() - before..]) || is_text(&context.after[..after])
}

/// Whether the quoted value is one part of a longer expression: followed by `+`, `%`, `.format`.
pub(super) fn is_built(context: &Context) -> bool {
    if context.quote.is_none() {
        return false;
    }
    let after = context.after.trim_start_with(|character| matches!(character, '"' | '\'' | '`' | ' '));
    after.starts_with(b"+ ") || after.starts_with(b"% ") || after.starts_with(b".format(") || after.starts_with(b"=>")
}

/// The user and the host of the URL whose password the value is.
pub(super) fn url_parts(context: &Context) -> (&[u8], &[u8]) {
    let before = line_before(context);
    let user = before.rfind("://").map_or(before, |at| &before[at + 3..]);
    let user = user.strip_suffix(b":").unwrap_or(user);
    let after = context.after.strip_prefix(b"@").unwrap_or(&context.after);
    let end = after.find_byteset(b"/:?#\"'` \n\r\t,;)>]}\\").unwrap_or(after.len());
    (user, &after[..end])
}

/// Whether the host is one that documentation uses (RFC 2606), or a word in place of one.
pub(super) fn is_sample_host(host: &[u8]) -> bool {
    let host = host.to_ascii_lowercase();
    let labels: Vec<&[u8]> = host.split(|&byte| byte == b'.').collect();
    let top = labels.last().copied().unwrap_or(b"");
    matches!(top, b"example" | b"invalid" | b"test")
        || labels
            .iter()
            .any(|label| matches!(*label, b"example" | b"domain" | b"mydomain" | b"yourdomain" | b"somewhere" | b"foo" | b"hostname"))
        || host.contains_str("example")
        || host.starts_with(b"your")
        || matches!(
            host.as_slice(),
            b"" | b"host" | b"hostname" | b"server" | b"domain" | b"proxy" | b"url" | b"address" | b"ip" | b"a" | b"b" | b"x" | b"h"
        )
        || host.iter().any(|byte| b"<{$[%".contains(byte))
}

/// Whether the host is the own machine.
pub(super) fn is_own_host(host: &[u8]) -> bool {
    let host = host.to_ascii_lowercase();
    matches!(host.as_slice(), b"localhost" | b"127.0.0.1" | b"0.0.0.0" | b"[::1]" | b"::1" | b"host.docker.internal")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(before: &str, after: &str) -> Context {
        Context { before: before.into(), after: after.into(), ..Context::default() }
    }

    #[test]
    fn the_url_around_a_password_is_read() {
        let context = around("x\nDB=postgres://svc:", "@db.internal:5432/app\n");
        assert_eq!(url_parts(&context), (&b"svc"[..], &b"db.internal"[..]));
        assert!(is_sample_host(b"db.example.com") && is_sample_host(b"hostname") && !is_sample_host(b"db.internal"));
        assert!(is_own_host(b"localhost") && !is_own_host(b"db"));
    }

    #[test]
    fn digests_expressions_and_minified_text_are_seen() {
        assert!(is_called_digest(&around("image: app@sha256:", "")) && !is_called_digest(&around("token: ", "\n")));
        assert!(
            goes_on_as_code(&around("password = get", "(x)"))
                && goes_on_as_code(&around("a = ", ".b"))
                && !goes_on_as_code(&around("a = ", "\n"))
        );
        let mut built = around("\"", "\" + name");
        built.quote = Some(b'"');
        assert!(is_built(&built));
        let minified = "a(b,c){var d=e;f(g)};".repeat(5);
        assert!(is_minified(&around(&minified, &minified)) && !is_minified(&around("password: ", "\n")));
    }
}

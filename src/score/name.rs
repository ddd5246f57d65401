//! What an identifier says about the value that it is given: a secret, a key of some kind, or something that is none.

use super::lists::{each, holds};

/// What the name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// There is no name, or it says nothing.
    Nothing,
    /// Some key, authentication or code: may be one.
    Maybe,
    /// A password, secret, token or key of a service.
    Secret,
    /// Something else: an identifier, a hash, a label, a place.
    Other,
}

/// Parts of a name that make it a secret wherever they stand.
const SECRET_PARTS: &str = "\
    password passwd passwort passphrase passwrd secret apikey api_key accesskey access_key privatekey private_key authtoken \
    accesstoken credential encryptionkey encryption_key signingkey signing_key masterkey master_key sharedkey shared_key \
    accountkey account_key authkey auth_key app_key appkey cookie_key senha contrasena";
/// Whole words that make it a secret.
const SECRET_WORDS: &str = "\
    token pwd pass pw pat psk salt pepper bearer jwt creds passcode mnemonic contraseña keypass";
/// What `pass`, `pwd` and `token` are glued to when they mean a secret (`smtppass`, `dbpwd`, and not `bypass`, `lpass`).
const GLUED_HEADS: &str = "\
    smtp db database my user usr admin root mail email ftp sftp ssh sql mysql pg postgres redis mongo ldap key store keystore truststore login \
    bind proxy svn git http https web wifi vpn account acct server client test new old dev prod irc api app auth enc host site system sys svc \
    service master access require refresh bot id session bearer sudo become rpc mq rabbit amqp vault deploy repo registry docker hub oauth jwt push";
const MAYBE_WORDS: &str = "\
    key auth authorization cred access signature license session sas hmac cipher tokens dsn webhook";
/// Heads of a name by which the thing is another: `public key`, `csrf token`, `max tokens`.
const PLAIN_HEADS: &str =
    "public pub publishable csrf xsrf antiforgery authenticity viewstate cache partition sort foreign max min num total prompt completion";
/// The same, where a secret word follows them: these and [`PLAIN_HEADS`].
const OTHER_HEADS: &str = "\
    public pub publishable csrf xsrf antiforgery requestverification cache partition sort foreign max min num total prompt \
    completion count no without forgot forgotten invalid wrong missing incorrect bad expired required require requires enter \
    confirm retype repeat show hide is has use enable allow validate check lexer syntax parser next page continuation cursor \
    cancellation hot shortcut sequence i18n translation translations idempotency dedupe routing label labels message messages \
    hint placeholder error errors tooltip verify";
/// What may follow the secret word without changing the thing: `password_value`, `SECRET_KEY_BASE`, `token_prod`.
const NEUTRAL_TAILS: &str = "\
    value string str text base prod production dev develop development test testing staging stage live local sandbox default old \
    new current key env raw plain primary secondary master main admin root b64 base64 hex encoded data const us eu salt token \
    secret password one two v phrase";
/// What the thing really is when it follows the secret word: `token_type`, `secret_name`, `key_id`.
const OTHER_TAILS: &str = "\
    id ids name names type types url uri urls endpoint path paths file filename dir field fields label title hint placeholder \
    message msg error errors description desc help prompt class style css regex regexp pattern format prefix suffix length len \
    size min max count limit policy rule rules strength score expiry expires expiration ttl timeout age lifetime duration date \
    time at timestamp created updated validator validation validate verified provider manager service store handler helper \
    factory builder generator encoder hasher parser reader writer resolver controller view form input button dialog page screen \
    link template email reset change confirmation required enabled disabled visible hidden toggle header param parameter attr \
    attribute changed modified column table index version algorithm alg method mode scope scopes issuer audience kind category list selector xpath \
    locator ref reference arn alias source location user username host port usage status count_total";
/// Words by which the value is a digest, an identifier or a revision, wherever they stand.
const DIGEST_WORDS: &str = "\
    sha sha1 sha224 sha256 sha384 sha512 md5 hash hashes hashed digest checksum checksums cksum fingerprint thumbprint integrity \
    etag revision rev commit uuid guid uid crc crc32 blake3 srihash build nonce ssh_host_key tokenizer tokenize keyboard keyword \
    keywords keymap keycode";

/// `token2`, `encryptionKey1`: a number behind a word that says something is a word of its own; `sha256` and `oauth2` are listed whole.
fn numbered(words: Vec<String>) -> Vec<String> {
    let is_listed = |word: &str| {
        [SECRET_WORDS, MAYBE_WORDS, OTHER_TAILS, OTHER_HEADS, PLAIN_HEADS, NEUTRAL_TAILS, DIGEST_WORDS].iter().any(|list| holds(list, word))
    };
    let split = |word: String| {
        let stem = word.trim_end_matches(|letter: char| letter.is_ascii_digit());
        if stem.len() == word.len() || is_listed(&word) || !(stem == "key" || is_listed(stem)) {
            return vec![word];
        }
        vec![stem.to_owned(), word[stem.len()..].to_owned()]
    };
    words.into_iter().flat_map(split).collect()
}

/// Reads the name as written.
pub(super) fn says(name: &[u8]) -> Says {
    let words = numbered(words(name));
    if words.is_empty() {
        return Says::Nothing;
    }
    if words.iter().any(|word| word.starts_with("csrf") || word.starts_with("xsrf")) {
        return Says::Other;
    }
    let joined = words.join("_");
    if let Some(end) = secret_end(&words) {
        let (head, tail) = (&words[..end], &words[end..]);
        let glued = head.last().map_or("", |last| glued_tail(last));
        let is_other = head[..end - 1].iter().any(|word| holds(OTHER_HEADS, word) || holds(PLAIN_HEADS, word))
            || (!glued.is_empty() && (holds(OTHER_TAILS, glued) || holds(DIGEST_WORDS, glued)))
            || tail.iter().any(|word| holds(OTHER_TAILS, word) || holds(DIGEST_WORDS, word))
            || head.iter().any(|word| holds(DIGEST_WORDS, word));
        if is_other {
            return Says::Other;
        }
        // `pass_str`, `pass2`, `passCount`: a pass over data as likely as a password.
        if end == 1 && words[0] == "pass" && !tail.is_empty() {
            return Says::Maybe;
        }
        let is_known = |word: &String| holds(NEUTRAL_TAILS, word) || word.bytes().all(|byte| byte.is_ascii_digit());
        // `wrongsecrets`, `pass-the-secrets`: more often what a project is called than what it holds.
        let is_project = words[end - 1].ends_with("secrets") && (words[end - 1].len() > 7 || end > 1);
        return if !is_project && (tail.iter().all(is_known) || (tail.len() == 1 && !holds(SECRET_WORDS, &words[end - 1]))) {
            Says::Secret
        } else {
            Says::Maybe
        };
    }
    if is_digest(name) || words.iter().any(|word| holds(PLAIN_HEADS, word)) {
        return Says::Other;
    }
    if let Some(at) = words.iter().position(|word| holds(MAYBE_WORDS, word)) {
        let is_other =
            words[at + 1..].iter().any(|word| holds(OTHER_TAILS, word)) || words[..at].iter().any(|word| holds(OTHER_HEADS, word));
        return if is_other { Says::Other } else { Says::Maybe };
    }
    if words.iter().any(|word| word.ends_with("key")) || joined.replace("author", "").contains("auth") {
        return Says::Maybe;
    }
    if words.last().is_some_and(|word| holds(OTHER_TAILS, word)) {
        return Says::Other;
    }
    Says::Nothing
}

/// Whether the name speaks of a digest, an identifier or a revision.
pub(super) fn is_digest(name: &[u8]) -> bool {
    words(name).iter().any(|word| holds(DIGEST_WORDS, word))
}

/// Whether the name's last word says that the value is an identifier, a place or a label.
pub(super) fn ends_as_other(name: &[u8]) -> bool {
    words(name).last().is_some_and(|word| holds(OTHER_TAILS, word))
}

/// Whether it names a password rather than a key that a machine made.
pub(super) fn is_password(name: &[u8]) -> bool {
    let flat: String = words(name).concat();
    ["pass", "pwd", "senha", "contrase"].iter().any(|part| flat.contains(part)) || flat.ends_with("pw")
}

/// The place after the last word that makes it a secret.
fn secret_end(words: &[String]) -> Option<usize> {
    (1..=words.len()).rev().find(|&end| {
        let last = words[end - 1].as_str();
        let pair = if end >= 2 { format!("{}_{last}", words[end - 2]) } else { String::new() };
        holds(SECRET_WORDS, last)
            || each(SECRET_PARTS).any(|part| last.contains(part) && !is_false_friend(last))
            || holds(SECRET_PARTS, &pair)
            || ["token", "pwd", "pass"].iter().any(|part| last.strip_suffix(part).is_some_and(|head| holds(GLUED_HEADS, head)))
    })
}

fn is_false_friend(word: &str) -> bool {
    ["secretary", "libsecret", "secretion", "designing", "assigning", "passwordless", "resigning", "consigning"]
        .iter()
        .any(|friend| word.contains(friend))
}

/// What follows the secret part inside one glued word: `type` in `tokentype`.
fn glued_tail(word: &str) -> &str {
    ["password", "passwd", "secret", "apikey", "token", "credential"]
        .iter()
        .find_map(|part| word.rfind(part).map(|at| word[at + part.len()..].trim_start_matches('s')))
        .unwrap_or("")
}

/// The name's words in lower case; a capital begins a word, digits stay with the word before them.
pub(super) fn words(name: &[u8]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    let mut before = b' ';
    let bytes: Vec<u8> = name.to_vec();
    for (at, &byte) in bytes.iter().enumerate() {
        if !(byte.is_ascii_alphanumeric() || byte >= 0x80) {
            open = false;
            before = byte;
            continue;
        }
        let after = bytes.get(at + 1);
        let is_hump = byte.is_ascii_uppercase()
            && (before.is_ascii_lowercase() || (before.is_ascii_uppercase() && after.is_some_and(u8::is_ascii_lowercase)));
        if !open || is_hump {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(char::from(byte.to_ascii_lowercase()));
        }
        open = true;
        before = byte;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_named_in_every_dress() {
        for name in [
            "password",
            "DB_PASSWORD",
            "dbPassword",
            "spring.datasource.password",
            "smtppass",
            "API_KEY",
            "apiKey",
            "x-api-key",
            "clientSecret",
            "SECRET_KEY_BASE",
            "JWT_SECRET",
            "API_KEY_SALT",
            "ENCRYPTION_KEY",
            "auth_token",
            "accessToken",
            "PASSWORD_PROD",
            "secret2",
            "API_KEY2",
            "authToken2",
            "storageAccountKey1",
            "AWS_SECRET_ACCESS_KEY",
            "privateKey",
            "MYSQL_ROOT_PASSWORD",
            "wpa_passphrase",
            "storageAccountKey",
            "GRAFANA_PASSWORD",
            "userpwd",
        ] {
            assert_eq!(says(name.as_bytes()), Says::Secret, "{name}");
        }
    }

    #[test]
    fn other_things_are_not() {
        for name in [
            "token_type2",
            "key_id2",
            "token_type",
            "tokenType",
            "secretName",
            "key_id",
            "password_hash",
            "passwordField",
            "csrf_token",
            "csrfmiddlewaretoken",
            "public_key",
            "max_tokens",
            "token_url",
            "PASSWORD_MIN_LENGTH",
            "forgot_password",
            "invalid_token",
            "secret_arn",
            "checksum",
            "sha256",
            "integrity",
            "commit",
            "passwordResetEmail",
            "next_token",
            "keyboard",
            "apiKeyId",
            "i18n.password",
            "secret_id",
            "tokenizer",
            "labels.password",
            "passwordlabel",
        ] {
            assert_eq!(says(name.as_bytes()), Says::Other, "{name}");
        }
    }

    #[test]
    fn the_rest_is_open() {
        for name in ["key", "auth", "session", "licenseKey", "hmac"] {
            assert_eq!(says(name.as_bytes()), Says::Maybe, "{name}");
        }
        for name in ["", "compass", "secretary", "colour", "bypass"] {
            assert_eq!(says(name.as_bytes()), Says::Nothing, "{name}");
        }
        assert!(is_password(b"DB_PWD") && !is_password(b"api_key"));
    }
}

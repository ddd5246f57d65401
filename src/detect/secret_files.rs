//! Files that exist to hold secrets, each read by its own grammar.

use std::ops::Range;

/// A file whose grammar is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum SecretFile {
    /// `.netrc` (curl, ftp): words in pairs.
    Netrc,
    /// `.pgpass`: `host:port:database:user:password` (PostgreSQL, 34.16).
    Pgpass,
    /// `.docker/config.json`, `.dockercfg`: `"auth": "<base64 of user:password>"`.
    Docker,
    /// FileZilla's site lists: `<Pass encoding="base64">`.
    Filezilla,
    /// A file that is nothing but the secret: Rails' `master.key`, `.vault-token`.
    Whole,
    /// `.htpasswd`, `shadow`: `user:hash`.
    Hashes,
    /// A YAML file: one that declares a Kubernetes `Secret` holds its values in base64 under `data`.
    Manifest,
}

impl SecretFile {
    /// What the file of that path is, if it is known.
    pub(crate) fn of(path: &[u8]) -> Option<Self> {
        let name = path.rsplit(|&byte| byte == b'/').next()?;
        match name {
            b".netrc" | b"_netrc" | b"netrc" => Some(Self::Netrc),
            b".pgpass" | b"pgpass.conf" => Some(Self::Pgpass),
            b".dockercfg" | b".dockerconfigjson" => Some(Self::Docker),
            b"config.json" if path.ends_with(b".docker/config.json") => Some(Self::Docker),
            b"recentservers.xml" | b"sitemanager.xml" | b"filezilla.xml" => Some(Self::Filezilla),
            b"master.key" | b".vault-token" => Some(Self::Whole),
            b".htpasswd" | b"htpasswd" | b"shadow" | b"shadow-" => Some(Self::Hashes),
            _ if [&b".yaml"[..], b".yml", b".yaml.tpl", b".yml.tpl"].iter().any(|end| name.ends_with(end)) => Some(Self::Manifest),
            _ => None,
        }
    }

    /// Whether the text can hold a secret by the file's own grammar.
    pub(crate) fn may_have_secrets(self, text: &[u8]) -> bool {
        self != Self::Manifest || memchr::memmem::find(text, b"kind: Secret").is_some()
    }

    /// The secrets in the file, each with the bytes that stand for its name.
    pub(crate) fn secrets(self, text: &[u8]) -> Vec<(Range<usize>, Range<usize>)> {
        match self {
            Self::Netrc => netrc(text),
            Self::Pgpass => lines(text).filter_map(|line| pgpass(text, line)).collect(),
            Self::Docker => quoted_members(text, b"\"auth\""),
            Self::Filezilla => tags(text),
            Self::Whole => {
                let value = trim(text, 0..text.len());
                let is_token = text[value.clone()].iter().all(|&byte| byte > b' ' && byte < 0x7f);
                if is_token && (16..=256).contains(&value.len()) { vec![(value, 0..0)] } else { Vec::new() }
            }
            Self::Manifest => manifest(text),
            Self::Hashes => lines(text).filter_map(|line| hash(text, line)).collect(),
        }
    }
}

fn lines(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        if start >= text.len() {
            return None;
        }
        let end = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |length| start + length);
        let line = start..end;
        start = end + 1;
        Some(line)
    })
}

fn trim(text: &[u8], span: Range<usize>) -> Range<usize> {
    let slice = &text[span.clone()];
    let start = span.start + (slice.len() - slice.trim_ascii_start().len());
    start..start + slice.trim_ascii().len()
}

fn netrc(text: &[u8]) -> Vec<(Range<usize>, Range<usize>)> {
    let mut found = Vec::new();
    let mut word_before = 0..0;
    let mut place = 0;
    while place < text.len() {
        let gap = text[place..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        place += gap;
        let length = text[place..].iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
        let word = place..place + length;
        if matches!(&text[word_before.clone()], b"password" | b"passwd" | b"account") && length > 0 {
            found.push((word.clone(), word_before.clone()));
        }
        word_before = word;
        place += length;
    }
    found
}

fn pgpass(text: &[u8], line: Range<usize>) -> Option<(Range<usize>, Range<usize>)> {
    let line = trim(text, line);
    if text.get(line.start) == Some(&b'#') {
        return None;
    }
    // A colon in a field is written \: — so the password is what follows the fourth bare one.
    let mut colons = 0;
    let mut place = line.start;
    while place < line.end {
        match text[place] {
            b'\\' => place += 1,
            b':' => {
                colons += 1;
                if colons == 4 {
                    return (place + 1 < line.end).then_some((place + 1..line.end, 0..0));
                }
            }
            _ => {}
        }
        place += 1;
    }
    None
}

fn quoted_members(text: &[u8], key: &[u8]) -> Vec<(Range<usize>, Range<usize>)> {
    memchr::memmem::find_iter(text, key)
        .filter_map(|place| {
            let after = place + key.len();
            let gap = text[after..].iter().take_while(|&&byte| matches!(byte, b' ' | b':' | b'\t' | b'\n')).count();
            let open = after + gap;
            (text.get(open) == Some(&b'"')).then_some(())?;
            let length = memchr::memchr(b'"', &text[open + 1..])?;
            (length >= 8).then_some((open + 1..open + 1 + length, place + 1..after - 1))
        })
        .collect()
}

/// The entries under `data` of each document that says `kind: Secret` (Kubernetes API, `v1/Secret`).
fn manifest(text: &[u8]) -> Vec<(Range<usize>, Range<usize>)> {
    let mut found = Vec::new();
    if memchr::memmem::find(text, b"kind: Secret").is_none() {
        return found;
    }
    let mut is_secret = false;
    // How far `data` is indented, while its entries follow.
    let mut inside = None;
    let mut entries = Vec::new();
    for line in lines(text) {
        let slice = text[line.clone()].trim_ascii_end();
        let indent = slice.iter().take_while(|&&byte| byte == b' ').count();
        let content = &slice[indent..];
        if content.starts_with(b"---") {
            if is_secret {
                found.append(&mut entries);
            }
            entries.clear();
            (is_secret, inside) = (false, None);
        } else if content.is_empty() || content.starts_with(b"#") {
            continue;
        } else if let Some(outer) = inside
            && indent > outer
        {
            entries.extend(entry(text, line.start + indent..line.start + slice.len()));
        } else {
            inside = (content == b"data:").then_some(indent);
            is_secret |= content == b"kind: Secret";
        }
    }
    if is_secret {
        found.append(&mut entries);
    }
    found
}

/// `key: value` in base64.
fn entry(text: &[u8], span: Range<usize>) -> Option<(Range<usize>, Range<usize>)> {
    let slice = &text[span.clone()];
    let colon = memchr::memmem::find(slice, b": ")?;
    let name = slice[..colon].trim_ascii();
    let mut value = trim(text, span.start + colon + 1..span.end);
    if value.len() >= 2 && matches!(text[value.start], b'"' | b'\'') && text[value.end - 1] == text[value.start] {
        value = value.start + 1..value.end - 1;
    }
    let is_base64 = text[value.clone()].iter().all(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='));
    (is_base64 && value.len() >= 8 && value.len().is_multiple_of(4)).then_some((value, span.start..span.start + name.len()))
}

fn tags(text: &[u8]) -> Vec<(Range<usize>, Range<usize>)> {
    memchr::memmem::find_iter(text, b"<Pass")
        .filter_map(|place| {
            let open = place + memchr::memchr(b'>', &text[place..])? + 1;
            let length = memchr::memchr(b'<', &text[open..])?;
            (length > 0).then_some((open..open + length, place + 1..place + 5))
        })
        .collect()
}

/// The hash of `user:hash`: one that can be attacked offline, not a lock mark.
fn hash(text: &[u8], line: Range<usize>) -> Option<(Range<usize>, Range<usize>)> {
    let slice = &text[line.clone()];
    let colon = memchr::memchr(b':', slice)?;
    let rest = &slice[colon + 1..];
    let length = rest.iter().position(|&byte| byte == b':' || byte.is_ascii_whitespace()).unwrap_or(rest.len());
    (length >= 13).then_some((line.start + colon + 1..line.start + colon + 1 + length, line.start..line.start + colon))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let file = SecretFile::of(path.as_bytes()).expect("a known file");
        file.secrets(text.as_bytes()).into_iter().map(|(value, _)| text[value].to_owned()).collect()
    }

    #[test]
    fn each_grammar_gives_its_secret() {
        assert_eq!(found("home/.netrc", "machine h\n  login bob password x7kQ\nmachine i login a password \"b c\"\n")[0], "x7kQ");
        assert_eq!(found(".pgpass", "# note\nh:5432:d\\:b:u:x:7\\:kQ\n"), ["x:7\\:kQ"]);
        assert_eq!(found("a/.docker/config.json", "{\"auths\":{\"h\":{\"auth\": \"Ym9iOng3a1Ey\"}}}"), ["Ym9iOng3a1Ey"]);
        assert_eq!(found("sitemanager.xml", "<Pass encoding=\"base64\">eDdrUTI=</Pass>"), ["eDdrUTI="]);
        let manifest = "kind: ConfigMap\ndata:\n  a: eDdrUTI3a1E=\n---\napiVersion: v1\ndata:\n  key: eDdrUTI3a1E=\n  b: x\nkind: Secret\nmetadata:\n  name: abcdefgh\n";
        assert_eq!(found("k8s/a.yaml", manifest), ["eDdrUTI3a1E="]);
        assert_eq!(found("config/master.key", "0123456789abcdef0123456789abcdef\n").len(), 1);
        assert_eq!(found("etc/shadow", "root:$6$salt$hashhash:1:\nbin:*:1:\n"), ["$6$salt$hashhash"]);
    }
}

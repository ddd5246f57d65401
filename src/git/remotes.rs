//! The remotes that a repository names, each as host and path, without who signs in there.

use bstr::ByteSlice;

use super::Repository;

/// A longer address is none that we tell, in bytes.
const MAX_ADDRESS: usize = 400;

impl Repository {
    /// Each remote's name with its place, like `github.com/corp/web`; those that are files or make no sense are left out, and so is
    /// everything when the configuration cannot be read (git-config(1), `remote.<name>.url`).
    pub fn remotes(&self) -> Vec<(String, String)> {
        let Ok(text) = std::fs::read(self.common_dir.join("config")) else { return Vec::new() };
        let read = gix::config::File::from_bytes_no_includes(&text, gix::config::file::Metadata::default(), Default::default());
        let Ok(config) = read else { return Vec::new() };
        let mut found = Vec::new();
        for section in config.sections_by_name("remote").into_iter().flatten() {
            let (Some(name), Some(url)) = (section.header().subsection_name(), section.value("url")) else { continue };
            if let (Ok(name), Some(place)) = (name.to_str(), url.to_str().ok().and_then(place)) {
                found.push((name.to_owned(), place));
            }
        }
        found
    }
}

/// Host and path of an address (git-clone(1), GIT URLs): user, password, port and the ending `.git` are no part of a place.
fn place(url: &str) -> Option<String> {
    if url.len() > MAX_ADDRESS || url.chars().any(char::is_control) {
        return None;
    }
    let (authority, path) = match url.split_once("://") {
        Some((scheme, rest)) if ["https", "http", "ssh", "git", "git+ssh", "ssh+git"].contains(&scheme) => rest.split_once('/')?,
        Some(_) => return None,
        // As scp writes it; a path comes before any colon where it is one on this machine.
        None => url.split_once(':').filter(|(host, path)| !host.contains('/') && host.len() > 1 && !path.starts_with(':'))?,
    };
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit())).map_or(host, |(host, _)| host);
    let path = path.split(['?', '#']).next()?.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    (!host.is_empty() && !path.is_empty()).then(|| format!("{}/{path}", host.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_place_without_who_signs_in() {
        for (url, expected) in [
            ("https://github.com/corp/web.git", Some("github.com/corp/web")),
            ("https://ann:password@GitHub.com:443/corp/web/", Some("github.com/corp/web")),
            ("https://x-token@git.test/corp/web.git?a=b", Some("git.test/corp/web")),
            ("git@github.com:corp/web.git", Some("github.com/corp/web")),
            ("ssh://git@git.test:2222/team/app", Some("git.test/team/app")),
            ("ssh://git@[::1]:2222/team/app", Some("[::1]/team/app")),
            ("/srv/git/app.git", None),
            ("../app", None),
            ("file:///srv/git/app.git", None),
            ("C:\\app", None),
            ("ext::sh -c x", None),
            ("https://git.test/", None),
            ("https://git.test/a\nb", None),
        ] {
            assert_eq!(place(url).as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn the_remotes_of_a_configuration_are_read_without_its_includes() {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let git = folder.path().join(".git");
        for part in ["objects", "refs"] {
            std::fs::create_dir_all(git.join(part)).expect("made");
        }
        std::fs::write(git.join("HEAD"), "ref: refs/heads/main\n").expect("written");
        let text = "[include]\n\tpath = other\n[remote \"origin\"]\n\turl = git@git.test:corp/web.git\n[remote \"up/stream\"]\n\turl = /srv/x\n[remote \"mirror\"]\n\turl = https://a:b@git.test/m\n";
        std::fs::write(git.join("config"), text).expect("written");
        std::fs::write(git.join("other"), "[remote \"more\"]\n\turl = git@git.test:more/more\n").expect("written");
        let repository = Repository::discover(folder.path(), &crate::git::Environment::default()).expect("found");
        let named = |name: &str, place: &str| (name.to_owned(), place.to_owned());
        assert_eq!(repository.remotes(), [named("origin", "git.test/corp/web"), named("mirror", "git.test/m")]);
    }
}

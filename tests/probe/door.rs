//! The door itself: which hosts, which addresses, which certificates, which proxy.

use std::time::Duration;

use keyfuse::model::Liveness;
use keyfuse::net::{Answer, Host, Hosts, Https, Method, NetError, Proxies, Request, Transport, certificates, dial};
use keyfuse::rules::expand;
use zeroize::Zeroizing;

use super::answers::{Still, ask, endpoint, token};
use super::certificate::Issuer;
use super::script::{Reply, Script, json};

const FAR: &str = "491231235959Z";

fn request(url: &str) -> Request {
    Request {
        method: Method::Get,
        url: Zeroizing::new(url.to_owned()),
        headers: Vec::new(),
        body: None,
        timeout: Duration::from_millis(1500),
    }
}

fn send(host: Host, proxies: Proxies, url: &str) -> Result<Answer, NetError> {
    let mut hosts = Hosts::default();
    hosts.allow(host);
    Https::new(hosts, proxies).send(&request(url))
}

fn own(name: &str, port: u16) -> Host {
    Host { private: true, plain: true, ..Host::public(name, port) }
}

#[test]
fn only_listed_hosts_are_asked_and_private_ones_only_when_configured() {
    let script = Script::start(|_| json(200, "{}"));
    let (port, url) = (script.port, script.url());
    assert!(matches!(send(own("other.test", port), Proxies::default(), &url), Err(NetError::NotListed { .. })));
    assert!(matches!(send(Host { private: false, ..own("127.0.0.1", port) }, Proxies::default(), &url), Err(NetError::Private { .. })));
    // A name that resolves to a private address is refused by the address that would be connected to.
    let named = format!("http://localhost:{port}");
    assert!(matches!(send(Host { private: false, ..own("localhost", port) }, Proxies::default(), &named), Err(NetError::Private { .. })));
    assert!(matches!(send(Host { plain: false, ..own("127.0.0.1", port) }, Proxies::default(), &url), Err(NetError::Plain { .. })));
    assert!(script.asked().is_empty(), "it was asked all the same");
    assert_eq!(send(own("127.0.0.1", port), Proxies::default(), &url).map(|answer| answer.status), Ok(200));
    assert_eq!(send(own("localhost", port), Proxies::default(), &named).map(|answer| answer.status), Ok(200));
    for odd in ["ftp://127.0.0.1/", "127.0.0.1", "http://u:p@127.0.0.1/", "https://"] {
        assert!(matches!(send(own("127.0.0.1", port), Proxies::default(), odd), Err(NetError::Malformed(_))), "{odd}");
    }
    // Instance metadata, even where private addresses are open.
    let metadata = send(own("169.254.169.254", 80), Proxies::default(), "http://169.254.169.254/");
    assert!(matches!(metadata, Err(NetError::Private { .. })), "{metadata:?}");
}

#[test]
fn answers_are_cut_and_redirects_are_answers() {
    let script = Script::start(|asked| match asked.line.split(' ').nth(1) {
        Some("/huge") => Reply::Huge,
        Some("/away") => Reply::Redirect("http://127.0.0.1:1/".to_owned()),
        _ => Reply::Plain(200, "text/plain", "x".repeat(65_536)),
    });
    let of = |path: &str| send(own("127.0.0.1", script.port), Proxies::default(), &format!("{}{path}", script.url()));
    assert!(of("/fits").is_ok_and(|answer| answer.body.len() == 65_536 && !answer.cut));
    assert!(of("/huge").is_ok_and(|answer| answer.body.len() == 65_536 && answer.cut));
    assert!(of("/away").is_ok_and(|answer| answer.status == 302));
}

#[test]
fn certificates_are_checked() {
    let (issuer, stranger) = (Issuer::new(), Issuer::new());
    let tls = |issuer: &Issuer, host: &str, until: &str| Script::with(issuer.shake(host, until), |_| json(200, "{}"));
    let trusted =
        |port| Host { roots: certificates(issuer.pem().as_bytes()).expect("a certificate"), plain: false, ..own("127.0.0.1", port) };
    let of = |script: &Script, host: Host| send(host, Proxies::default(), &format!("https://127.0.0.1:{}/", script.port));
    let right = tls(&issuer, "127.0.0.1", FAR);
    assert_eq!(of(&right, trusted(right.port)).map(|answer| answer.status), Ok(200));
    let says = |answer: Result<Answer, NetError>, word: &str| {
        assert!(matches!(&answer, Err(NetError::Tls { why, .. }) if why.contains(word)), "{word}: {answer:?}");
    };
    // The system does not know our issuer.
    says(of(&right, own("127.0.0.1", right.port)), "certificate");
    let foreign = tls(&stranger, "127.0.0.1", FAR);
    says(of(&foreign, trusted(foreign.port)), "certificate");
    let other = tls(&issuer, "other.test", FAR);
    says(of(&other, trusted(other.port)), "another name");
    let old = tls(&issuer, "127.0.0.1", "210101000000Z");
    says(of(&old, trusted(old.port)), "expired");
    assert!([&foreign, &other, &old].iter().all(|script| script.asked().is_empty()), "nothing is sent before the certificate is right");
    let plain = Script::start(|_| json(200, "{}"));
    assert!(of(&plain, trusted(plain.port)).is_err(), "what speaks no TLS");
}

#[test]
fn a_proxy_is_used_and_has_no_part_in_what_is_said() {
    use std::io::{Read, Write};
    // The host exists only behind the proxy, which leads every CONNECT to our own server.
    let issuer = Issuer::new();
    let secret = token("proxied");
    let living = secret.clone();
    let server = Script::with(issuer.shake("gitlab.corp.example", FAR), move |asked| {
        if asked.holds(&living) { json(200, r#"{"id":7,"name":"deploy"}"#) } else { json(401, r#"{"message":"401 Unauthorized"}"#) }
    });
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback");
    let proxy = listener.local_addr().expect("bound").port();
    let (seen, target) = (std::sync::Arc::new(std::sync::Mutex::new(String::new())), server.port);
    let log = std::sync::Arc::clone(&seen);
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                if client.read_exact(&mut byte).is_err() {
                    break;
                }
                head.push(byte[0]);
            }
            log.lock().expect("no panic inside").push_str(&String::from_utf8_lossy(&head));
            let Ok(mut server) = std::net::TcpStream::connect(("127.0.0.1", target)) else { continue };
            let _ = client.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            let (mut from, mut to) = (client.try_clone().expect("a socket"), server.try_clone().expect("a socket"));
            std::thread::spawn(move || std::io::copy(&mut from, &mut to));
            std::thread::spawn(move || std::io::copy(&mut server, &mut client));
        }
    });
    let roots = certificates(issuer.pem().as_bytes()).expect("a certificate");
    let host = Host { roots, ..Host::public("gitlab.corp.example", 443) };
    let password = String::from_utf8(expand("{base62:16}", "proxy").expect("a sound template").text).expect("ASCII");
    let address = format!("http://me:{password}@127.0.0.1:{proxy}");
    let proxies = Proxies::from_vars(|name| (name == "HTTPS_PROXY").then(|| address.clone()));
    let mut hosts = Hosts::default();
    hosts.allow(host);
    let door = Https::new(hosts, proxies);
    let mut asked = request("https://gitlab.corp.example/api/v4/personal_access_tokens/self");
    asked.headers.push(("PRIVATE-TOKEN".to_owned(), Zeroizing::new(secret.clone())));
    assert_eq!(door.send(&asked).map(|answer| answer.status), Ok(200));
    let seen = seen.lock().expect("no panic inside").clone();
    assert!(seen.starts_with("CONNECT gitlab.corp.example:443 ") && seen.contains("Proxy-Authorization: Basic "), "{seen}");
    assert!(!seen.contains(&secret), "the proxy sees the secret");
    assert!(!format!("{door:?}").contains(&password));
}

#[test]
fn other_protocols_keep_to_the_same_list() {
    let script = Script::start(|_| Reply::Silence);
    let mut hosts = Hosts::default();
    let second = Duration::from_secs(1);
    assert!(matches!(dial(&hosts, "127.0.0.1", script.port, second), Err(NetError::NotListed { .. })));
    hosts.allow(Host::public("127.0.0.1", script.port));
    assert!(matches!(dial(&hosts, "127.0.0.1", script.port, second), Err(NetError::Private { .. })));
    hosts.allow(own("127.0.0.1", script.port));
    assert!(dial(&hosts, "127.0.0.1", script.port, second).is_ok());
}

#[test]
fn a_self_hosted_service_with_its_own_certificates_is_asked() {
    let issuer = Issuer::new();
    let secret = token("own");
    let living = secret.clone();
    let server = Script::with(issuer.shake("localhost", FAR), move |asked| {
        if asked.holds(&living) { json(200, r#"{"id":7,"name":"deploy"}"#) } else { json(401, r#"{"message":"401 Unauthorized"}"#) }
    });
    let mut place = endpoint("gitlab", &format!("https://localhost:{}", server.port));
    place.plain = false;
    place.roots = certificates(issuer.pem().as_bytes()).expect("a certificate");
    let probed = ask(vec![place.clone()], "gitlab-access-token", &[(&secret, &[])], &Still::default()).remove(0);
    assert_eq!(probed.liveness, Liveness::Alive, "{probed:?}");
    place.private = false;
    let probed = ask(vec![place], "gitlab-access-token", &[(&secret, &[])], &Still::default()).remove(0);
    assert!(matches!(&probed.liveness, Liveness::Unknown { why } if why.contains("no public address")), "{probed:?}");
}

//! Logins of real databases: another password, sessions ended, and the proof that the old login opens nothing.

use super::desk::{Desk, holds};
use crate::servers::{Postgres, Redis};

const AUTHORITY: &str = "
[roles.engine]
automated = true
[[allow]]
verb = 'rotate'
class = ['database']
by = ['engine']
[[allow]]
verb = 'kill'
class = ['database']
by = ['engine']
";

fn secret(seed: &str) -> String {
    String::from_utf8(keyfuse::rules::expand("{base62:22}", seed).expect("a sound template").text).expect("text")
}

/// A desk that knows the database at `address`, with the responder's own login there, and an incident for the login in `url`.
fn begun(service: &str, address: &str, responder: &str, url: &str) -> (Desk, String) {
    let desk = Desk::new();
    let text = format!(
        "[[probe.endpoint]]\nservice = '{service}'\nurl = '{address}'\nprivate = true\nplain = true\n\
         [[database]]\nendpoint = '{address}'\nuser = 'keyfuse'\npassword = 'file:responder'\n"
    );
    std::fs::write(desk.config("config.toml"), text).expect("written");
    std::fs::write(desk.config("authority.toml"), AUTHORITY).expect("written");
    let file = desk.config("responder");
    std::fs::write(&file, responder).expect("written");
    #[cfg(unix)]
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("private");
    std::fs::write(desk.work.join("app.env"), format!("DATABASE_URL={url}\n")).expect("written");
    let id = desk.open(&["app.env:1"]);
    (desk, id)
}

/// The one new password that was kept.
fn kept(desk: &Desk) -> String {
    let files: Vec<_> = std::fs::read_dir(desk.base.join("keyfuse/data/rotated")).expect("kept").flatten().collect();
    assert_eq!(files.len(), 1, "{files:?}");
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&files[0].metadata().expect("there").permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
    std::fs::read_to_string(files[0].path()).expect("readable").trim().to_owned()
}

/// The results of the steps that are done, by their step.
fn result(desk: &Desk, id: &str, step: &str) -> serde_json::Value {
    let told = desk.run(&["incident", "timeline", id, "--format", "json"]);
    let events = told.stdout.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
    let mut found = events.filter(|event| event["type"] == "step.done" && event["data"]["step"] == step);
    found.next_back().unwrap_or_else(|| panic!("{step} is not done"))["data"]["result"].clone()
}

/// The value stands nowhere in the state, where evidence comes from.
fn is_hidden(desk: &Desk, values: &[&str]) {
    for value in values {
        assert_eq!(holds(&desk.state(), value), None);
    }
}

#[test]
fn a_login_of_postgresql_gets_another_password_and_its_sessions_end() {
    let Some(server) = Postgres::start("a_login_of_postgresql_gets_another_password_and_its_sessions_end") else { return };
    let (old, responder) = (secret("postgres app"), secret("postgres responder"));
    server.run(&[
        "create database shop",
        &format!("create role app login password '{old}'"),
        &format!("create role keyfuse login createrole password '{responder}'"),
    ]);
    let connect = |password: &str| {
        let mut config = postgres::Config::new();
        config.host("127.0.0.1").port(server.port()).user("app").dbname("shop").password(password);
        config.connect(postgres::NoTls)
    };
    let mut open = connect(&old).expect("let in");
    let address = format!("postgres://127.0.0.1:{}", server.port());
    let (desk, id) = begun("postgres", &address, &responder, &format!("postgres://app:{old}@127.0.0.1:{}/shop", server.port()));
    let plan = desk.run(&["incident", "plan", &id]);
    assert!(plan.stdout.contains("alter role \"app\" password") && plan.stdout.contains("`rotate` on database: engine may"), "{plan:?}");
    assert!(open.simple_query("select 1").is_ok(), "a plan does nothing");

    // Sessions are not ended while they can be opened again.
    let early = desk.run(&["incident", "contain", &id, "--arm", "kill"]);
    assert!(early.code == Some(7) && open.simple_query("select 1").is_ok(), "{early:?}");
    // The responder may not end sessions yet: the login dies, the incident is not contained.
    let half = desk.run(&["incident", "contain", &id, "--armed"]);
    assert!(half.code == Some(5) && half.stdout.contains("42501"), "{half:?}");
    assert_eq!((&desk.show(&id)["credential_state"], &desk.show(&id)["stage"]), (&"dead".into(), &"containing".into()));
    assert!(connect(&old).is_err() && open.simple_query("select 1").is_ok(), "an open session outlives its password");
    server.run(&["grant pg_signal_backend to keyfuse"]);
    let contained = desk.run(&["incident", "contain", &id, "--armed"]);
    assert_eq!(contained.code, Some(0), "{contained:?}");
    assert_eq!(desk.show(&id)["stage"], "contained");
    assert_eq!(result(&desk, &id, "kill")["sessions"], serde_json::json!({ "before": 1, "ended": 1, "after": 0 }));
    assert!(open.simple_query("select 1").is_err(), "the session is over");
    assert!(connect(&kept(&desk)).is_ok(), "the new password is the one that was kept");
    is_hidden(&desk, &[&old, &responder, &kept(&desk)]);
}

#[test]
fn a_user_of_redis_gets_another_password_and_its_connections_end() {
    let (old, responder) = (secret("redis app"), secret("redis responder"));
    let configuration = format!("user app on >{old} ~* +@all\nuser keyfuse on >{responder} +@all\nuser default off");
    let Some(server) = Redis::start("a_user_of_redis_gets_another_password_and_its_connections_end", &configuration) else { return };
    let login = |password: &str| server.talk(&[&format!("AUTH app {password}"), "PING"]);
    assert_eq!(login(&old), ["+OK", "+PONG"]);
    let mut open = std::net::TcpStream::connect(("127.0.0.1", server.port())).expect("it listens");
    let mut ask = |line: &str| {
        use std::io::{BufRead, Write};
        open.write_all(format!("{line}\r\n").as_bytes()).ok()?;
        let mut answer = String::new();
        std::io::BufReader::new(&open).read_line(&mut answer).ok().filter(|&read| read > 0)?;
        Some(answer.trim_end().to_owned())
    };
    assert_eq!(ask(&format!("AUTH app {old}")).as_deref(), Some("+OK"));
    let address = format!("redis://127.0.0.1:{}", server.port());
    let (desk, id) = begun("redis", &address, &responder, &format!("redis://app:{old}@127.0.0.1:{}/0", server.port()));
    let contained = desk.run(&["incident", "contain", &id, "--armed"]);
    assert_eq!(contained.code, Some(0), "{contained:?}");
    assert_eq!((&desk.show(&id)["credential_state"], &desk.show(&id)["stage"]), (&"dead".into(), &"contained".into()));
    assert_eq!(result(&desk, &id, "kill")["sessions"], serde_json::json!({ "before": 1, "ended": 1, "after": 0 }));
    // Its configuration came on standard input: there is no file that it could be kept in, and that is said.
    assert!(result(&desk, &id, "rotate")["lasts"].as_str().is_some_and(|lasts| lasts.contains("memory alone")));
    assert_eq!(ask("PING"), None, "the connection is over");
    assert!(login(&old)[0].starts_with("-WRONGPASS"));
    assert_eq!(login(&kept(&desk)), ["+OK", "+PONG"]);
    is_hidden(&desk, &[&old, &responder, &kept(&desk)]);
}

//! Real leases: OpenBao issues logins of a real PostgreSQL, and the responder's token may end them and do nothing else.

use postgres::{Client, Config, NoTls};
use serde_json::{Value, json};

use super::desk::{Desk, holds};
use crate::servers::{OpenBao, Postgres, request};

/// A login that OpenBao has issued.
struct Login {
    user: String,
    password: String,
}

impl Login {
    fn connect(&self, postgres: &Postgres) -> Result<Client, postgres::Error> {
        let mut config = Config::new();
        config.host("127.0.0.1").port(postgres.port()).user(&self.user).password(&self.password).dbname("postgres");
        config.connect(NoTls)
    }
}

/// Lets OpenBao issue logins of PostgreSQL, as `database/creds/app`.
fn mount(bao: &OpenBao, postgres: &Postgres) {
    postgres.run(&["CREATE TABLE orders (id int)", "INSERT INTO orders VALUES (1)"]);
    let put = |path: &str, body: Value| {
        let answer = bao.post(path, &body.to_string());
        assert!(matches!(answer.status, 200 | 204), "{path}: {answer:?}");
    };
    put("sys/mounts/database", json!({ "type": "database" }));
    put(
        "database/config/app",
        json!({
            "plugin_name": "postgresql-database-plugin",
            "allowed_roles": "app",
            "connection_url": format!("postgresql://{{{{username}}}}:{{{{password}}}}@127.0.0.1:{}/postgres?sslmode=disable", postgres.port()),
            "username": "postgres",
            "password": postgres.password(),
        }),
    );
    put(
        "database/roles/app",
        json!({
            "db_name": "app",
            "creation_statements": "CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'; GRANT SELECT ON orders TO \"{{name}}\";",
            "default_ttl": "1h",
        }),
    );
}

fn issue(bao: &OpenBao) -> Login {
    let answer = request(bao.port(), "GET", "/v1/database/creds/app", &[("X-Vault-Token", bao.root())], "").json();
    let text = |name: &str| answer["data"][name].as_str().unwrap_or_else(|| panic!("no {name}")).to_owned();
    Login { user: text("username"), password: text("password") }
}

/// A token with the policy that keyfuse prints, and without the server's default one.
fn responder(desk: &Desk, bao: &OpenBao) -> String {
    let printed = desk.run(&["incident", "policy", "database"]);
    assert_eq!(printed.code, Some(0), "{printed:?}");
    let written = bao.post("sys/policies/acl/responder", &json!({ "policy": printed.stdout }).to_string());
    assert_eq!(written.status, 204, "{written:?}");
    bao.token(r#"{"policies":["responder"],"no_default_policy":true}"#)
}

#[test]
fn real_leases_end_with_the_printed_policy_alone_and_what_outlives_them_is_seen() {
    let name = "real_leases_end_with_the_printed_policy_alone_and_what_outlives_them_is_seen";
    let Some(postgres) = Postgres::start(name) else { return };
    let Some(bao) = OpenBao::start(name) else { return };
    let desk = Desk::new();
    mount(&bao, &postgres);
    let token = responder(&desk, &bao);
    desk.vault(&bao.url(), &token);

    let (first, second) = (issue(&bao), issue(&bao));
    let mut open = first.connect(&postgres).expect("the login works");
    let session: i32 = open.query_one("SELECT pg_backend_pid()", &[]).expect("it answers").get(0);
    assert!(second.connect(&postgres).is_ok());

    let id = desk.open(&["--resource", "vault-lease:database/creds/app"]);
    desk.approve_as_owner(&id);
    let plan = desk.run(&["incident", "plan", &id]);
    assert!(plan.stdout.contains("/v1/sys/leases/revoke-prefix/database/creds/app") && !plan.stdout.contains(&token), "{plan:?}");
    let contained = desk.run(&["incident", "contain", &id, "--armed"]);
    let shown = desk.show(&id);
    assert_eq!(shown["credential_state"], "dead", "{contained:?}");
    let journal = std::fs::read_to_string(desk.state().join("incidents").join(&id).join("journal.jsonl")).expect("a journal");
    assert!(journal.contains(r#""leases":{"after":0,"before":2}"#), "{journal}");

    // Both logins are refused; the session that was open still reads: a lease that ended is no session that ended.
    for login in [&first, &second] {
        let refused = login.connect(&postgres).err().expect("the login is gone");
        assert!(refused.as_db_error().is_some(), "{refused:?}");
    }
    let read = open.query_one("SELECT count(*) FROM orders", &[]);
    assert!(read.is_ok() || read.as_ref().is_err_and(|error| error.as_db_error().is_some()), "the session itself is open: {read:?}");
    assert_eq!(open.query_one("SELECT 1", &[]).expect("an orphan's session still answers").get::<_, i32>(0), 1);
    // So the incident is not contained before somebody has ended the sessions.
    assert_eq!((shown["stage"].as_str(), contained.code), (Some("containing"), Some(7)), "{contained:?}");
    // By its process: the role is dropped, so the server names no user for it any more.
    postgres.run(&[&format!("SELECT pg_terminate_backend({session})")]);
    assert!(open.query_one("SELECT 1", &[]).is_err(), "ended");
    let done = desk.run(&["incident", "done", &id, "kill", "--reason", "pg_terminate_backend by the database's owner"]);
    assert!(done.code == Some(0) && done.stdout.contains("contained"), "{done:?}");

    // The responder's token is good for this and nothing else.
    let status = |method: &str, path: &str, body: &str| request(bao.port(), method, path, &[("X-Vault-Token", &token)], body).status;
    for (method, path, body) in [
        ("GET", "/v1/database/creds/app", ""),
        ("GET", "/v1/secret/data/app", ""),
        ("PUT", "/v1/sys/leases/revoke-prefix/auth/token", "{}"),
        ("PUT", "/v1/sys/leases/revoke-force/database/creds/app", "{}"),
        ("POST", "/v1/auth/token/create", "{}"),
    ] {
        assert_eq!(status(method, path, body), 403, "{method} {path}");
    }
    for secret in [&token, &first.password, &second.password] {
        assert_eq!(holds(&desk.state(), secret), None);
    }
    // Again: there is no lease, and success over nothing is refused.
    let id = desk.open(&["--resource", "vault-lease:database/creds/other"]);
    desk.approve_as_owner(&id);
    let nothing = desk.run(&["incident", "contain", &id, "--armed"]);
    assert!(nothing.code == Some(5) && nothing.stdout.contains("there is no lease below"), "{nothing:?}");
}

//! PostgreSQL, with logins by password alone.

use super::process::{Process, folder, free_port, ordinary, program};
use crate::scratch::not_run;

/// Where Debian puts its programs.
const FOLDERS: [&str; 1] = ["/usr/lib/postgresql/*/bin"];

/// A running PostgreSQL.
pub(crate) struct Postgres {
    process: Process,
    password: String,
}

impl Postgres {
    /// Starts one, or says that `test` did not run.
    pub(crate) fn start(test: &str) -> Option<Self> {
        let (Some(initdb), Some(server)) = (program("initdb", &FOLDERS), program("postgres", &FOLDERS)) else {
            not_run(test, "PostgreSQL");
            return None;
        };
        let (folder, port) = (folder(), free_port());
        let password =
            String::from_utf8(keyfuse::rules::expand("{base62:24}", &format!("postgres {port}")).expect("a sound template").text)
                .expect("templates are text");
        std::fs::write(folder.path().join("password"), &password).expect("written");
        let data = folder.path().join("data");
        let made = ordinary(&initdb, folder.path())
            .args(["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync"])
            .arg(format!("--pwfile={}", folder.path().join("password").display()))
            .arg("-D")
            .arg(&data)
            .current_dir(folder.path())
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let rules = "host trusting all 127.0.0.1/32 trust\nhost old all 127.0.0.1/32 md5\nhost all all 127.0.0.1/32 scram-sha-256\n";
        std::fs::write(data.join("pg_hba.conf"), rules).expect("written");
        let mut command = ordinary(&server, folder.path());
        command.arg("-D").arg(&data).args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]);
        command.args(["-c", &format!("unix_socket_directories={}", folder.path().display())]).current_dir(folder.path());
        let postgres = Self { process: Process::start(command, folder, port), password };
        for _ in 0..200 {
            if postgres.try_connect().is_ok() {
                return Some(postgres);
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("PostgreSQL is not ready:\n{}", postgres.process.log());
    }

    /// Its port on loopback.
    pub(crate) fn port(&self) -> u16 {
        self.process.port
    }

    /// The superuser's password.
    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    fn try_connect(&self) -> Result<postgres::Client, postgres::Error> {
        let mut config = postgres::Config::new();
        config.host("127.0.0.1").port(self.process.port).user("postgres").dbname("postgres").password(&self.password);
        config.connect(postgres::NoTls)
    }

    /// Runs statements as the superuser, each by itself: a database cannot be made in a transaction.
    pub(crate) fn run(&self, statements: &[&str]) {
        let mut client = self.try_connect().expect("it listens");
        for statement in statements {
            client.batch_execute(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
    }
}

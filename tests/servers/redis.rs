//! Redis, in memory alone, its passwords given on standard input.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Command, Stdio};

use super::process::{Process, folder, free_port, program};
use crate::scratch::not_run;

/// A running Redis.
pub(crate) struct Redis {
    process: Process,
}

impl Redis {
    /// Starts one with these lines of configuration besides, or says that `test` did not run.
    pub(crate) fn start(test: &str, configuration: &str) -> Option<Self> {
        let Some(server) = program("redis-server", &[]) else {
            not_run(test, "Redis");
            return None;
        };
        let (folder, port) = (folder(), free_port());
        let file = folder.path().join("redis.conf");
        std::fs::write(&file, format!("port {port}\nbind 127.0.0.1\nsave \"\"\ndir {}\n{configuration}\n", folder.path().display()))
            .expect("written");
        let mut command = Command::new(server);
        // A dash: the configuration comes in, so that no password is an argument.
        command.arg("-").stdin(Stdio::from(std::fs::File::open(&file).expect("just written")));
        Some(Self { process: Process::start(command, folder, port) })
    }

    /// Its port on loopback.
    pub(crate) fn port(&self) -> u16 {
        self.process.port
    }

    /// Sends lines of its inline protocol and gives the first line of each answer.
    pub(crate) fn talk(&self, lines: &[&str]) -> Vec<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.process.port)).expect("it listens");
        let mut reader = BufReader::new(stream.try_clone().expect("a socket"));
        let ask = |line: &&str| {
            stream.write_all(format!("{line}\r\n").as_bytes()).expect("it reads");
            let mut answer = String::new();
            reader.read_line(&mut answer).expect("it answers");
            answer.trim_end().to_owned()
        };
        lines.iter().map(ask).collect()
    }
}

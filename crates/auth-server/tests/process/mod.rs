//! The program as a process of its own.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use tempfile::TempDir;

/// A folder of its own, and nothing of the environment.
pub(crate) struct Desk(pub(crate) TempDir);

impl Desk {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    pub(crate) fn command(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_auth-server"));
        command
            .args(arguments)
            .env_clear()
            .env("AUTH_SERVER_PORT", "0")
            .env("AUTH_OPS_BIND", "")
            // All clients of a test come from one address.
            .env("AUTH_LIMITS_EXEMPT", "127.0.0.0/8")
            .envs(environment.iter().copied())
            .current_dir(self.0.path());
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        self.command(arguments, environment).output().unwrap()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.0.path().join(name), text).unwrap();
    }
}

pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The exit code, and each of the words on standard error.
#[track_caller]
pub(crate) fn assert_refused(output: &Output, code: i32, words: &[&str]) {
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    for word in words {
        assert!(said.contains(word), "{word:?} is not in: {said}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

#[track_caller]
pub(crate) fn assert_done(output: &Output) -> &str {
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// A server that is told to end when it is dropped.
pub(crate) struct Serving {
    pub(crate) child: Child,
    _out: BufReader<ChildStdout>,
    pub(crate) address: String,
    /// Where the metrics are, if they are served.
    #[allow(dead_code, reason = "not all who share this ask")]
    pub(crate) metrics: Option<String>,
}

impl Serving {
    pub(crate) fn start(desk: &Desk, environment: &[(&str, &str)]) -> Self {
        Self::started(desk.command(&[], environment).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// Waits for the banner.
    pub(crate) fn started(mut child: Child) -> Self {
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let (mut address, mut metrics) = (None, None);
        let mut line = String::new();
        while out.read_line(&mut line).unwrap() > 0 {
            if let Some((_, found)) = line.split_once("address   http://") {
                address = Some(found.trim().to_owned());
            }
            if let Some((_, found)) = line.split_once("metrics   http://") {
                metrics = Some(found.trim().to_owned());
            }
            if line.contains("-d '{") {
                break;
            }
            line.clear();
        }
        let address = address.unwrap_or_else(|| panic!("no banner; it ended with {:?}", child.wait()));
        Self { child, _out: out, address, metrics }
    }

    pub(crate) fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    /// The whole answer to a request with a token.
    #[allow(dead_code, reason = "not all who share this ask")]
    pub(crate) fn bearing(&self, path: &str, token: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = "HTTP/1.1\r\nhost: x\r\nconnection: close";
        write!(stream, "GET {path} {head}\r\nauthorization: Bearer {token}\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = "HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json";
        write!(stream, "POST {path} {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// SIGTERM, and the exit code.
    pub(crate) fn stop(mut self) -> Option<i32> {
        signal(&self.child, "TERM");
        self.child.wait().unwrap().code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([format!("-{name}"), child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

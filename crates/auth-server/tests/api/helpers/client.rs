//! HTTP/1.1 by hand: a library would not let us send what attackers send.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// A connection that stays open.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        // Only so that a broken server fails the test instead of holding it.
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Self(BufReader::new(stream))
    }

    /// A connection from another address of this machine, such as `127.0.0.2`.
    pub(crate) fn open_from(source: &str, address: SocketAddr) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        let stream = runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind(SocketAddr::new(source.parse().unwrap(), 0)).unwrap();
            socket.connect(address).await.unwrap().into_std().unwrap()
        });
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Self(BufReader::new(stream))
    }

    /// Sends bytes as they are.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).unwrap();
    }

    /// Sends bytes to a server that may have had enough.
    pub(crate) fn try_write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.0.get_mut().write_all(bytes)
    }

    /// Reads one reply.
    pub(crate) fn read(&mut self) -> Reply {
        self.read_reply_to("GET")
    }

    /// Reads one reply to a request of this method: one to `HEAD` has no body, whatever its headers say.
    pub(crate) fn read_reply_to(&mut self, method: &str) -> Reply {
        let head = self.head();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers =
            lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        let mut reply = Reply { status, headers: headers.collect(), body: Vec::new() };
        let length = reply.header("content-length").map_or(0, |length| length.parse().unwrap());
        assert_eq!(reply.header("transfer-encoding"), None, "no reply of ours is chunked");
        if method != "HEAD" && status != 304 {
            reply.body = vec![0; length];
            self.0.read_exact(&mut reply.body).unwrap();
        }
        reply
    }

    /// Reads one reply, where the server sends one.
    pub(crate) fn try_read(&mut self) -> Option<Reply> {
        match self.0.fill_buf() {
            Ok(bytes) if !bytes.is_empty() => Some(self.read()),
            _ => None,
        }
    }

    fn head(&mut self) -> String {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(self.0.read_line(&mut head).unwrap(), 0, "the connection ended after {head:?}");
        }
        head
    }

    /// Whether the server has closed its side, waiting for it to do so.
    pub(crate) fn is_closed(&mut self) -> bool {
        matches!(self.0.read(&mut [0; 1]), Ok(0) | Err(_))
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// A header that is there at most once.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let value = values.next();
        assert_eq!(values.next(), None, "`{name}` is there twice");
        value
    }

    /// Holds the reply to the headers that nothing may be without, where `public_url` is https.
    #[track_caller]
    pub(crate) fn is_guarded(&self) {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("strict-transport-security", "max-age=31536000"),
        ] {
            assert_eq!(self.header(name), Some(value), "{self:?}");
        }
        assert!(self.header("content-security-policy").unwrap().starts_with("default-src 'none'"), "{self:?}");
        assert!(self.header("cache-control").is_some() && self.header("x-request-id").is_some(), "{self:?}");
        assert_eq!(self.header("server"), None);
    }

    /// A header that may be there more than once.
    pub(crate) fn headers(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The names of all headers, sorted: the framework's order is random.
    pub(crate) fn header_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// Holds the reply to the rules for problems, and returns it.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(problem["type"], format!("https://auth.test/problems/{code}"));
        assert_eq!(problem["request_id"].as_str(), self.header("x-request-id"), "{problem}");
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{problem}");
        problem
    }

    /// Holds the reply to be `validation_failed` or the like, with exactly these faults.
    #[track_caller]
    pub(crate) fn faults(&self, status: u16, code: &str, faults: &[(&str, &str)]) {
        let problem = self.problem(status, code);
        let found: Vec<(&str, &str)> = problem["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|fault| (fault["pointer"].as_str().unwrap(), fault["code"].as_str().unwrap()))
            .collect();
        assert_eq!(found, faults, "{problem}");
    }
}

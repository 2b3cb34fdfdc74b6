//! A client that lives through restarts: what fails on one server is tried on the other.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::{PASSWORD, Site};

/// Connections to both servers, kept while they last.
pub(crate) struct Client<'s> {
    site: &'s Site,
    connections: [Option<(String, BufReader<TcpStream>)>; 2],
    /// How often a request had to be sent again.
    pub(crate) retries: u64,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    /// Which of the servers it was in the end.
    pub(crate) server: usize,
}

impl<'s> Client<'s> {
    pub(crate) fn of(site: &'s Site) -> Self {
        Self { site, connections: [None, None], retries: 0 }
    }

    /// Asks this server; where it is away, the other one.
    pub(crate) fn send(
        &mut self,
        server: usize,
        method: &str,
        path: &str,
        bearer: Option<&str>,
        body: &Value,
    ) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let bearer = bearer.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
        let head = format!("{method} {path} HTTP/1.1\r\nhost: x\r\n{bearer}content-type: application/json\r\n");
        let request = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
        for attempt in 0..100_000 {
            let server = (server + attempt) % 2;
            if let Ok((status, body)) = self.exchange(server, request.as_bytes()) {
                return Answer { status, body: serde_json::from_slice(&body).unwrap_or_default(), server };
            }
            self.connections[server] = None;
            self.retries += 1;
        }
        panic!("neither server answers");
    }

    fn exchange(&mut self, number: usize, request: &[u8]) -> io::Result<(u16, Vec<u8>)> {
        let address = self.site.address(number).ok_or(io::ErrorKind::NotConnected)?;
        let connection = &mut self.connections[number];
        if connection.as_ref().is_none_or(|(old, _)| *old != address) {
            let stream = TcpStream::connect(&address)?;
            // Only so that a broken server fails the test instead of holding it.
            stream.set_read_timeout(Some(Duration::from_secs(60)))?;
            *connection = Some((address, BufReader::new(stream)));
        }
        let (_, stream) = connection.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        stream.get_mut().write_all(request)?;
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body)?;
        Ok((status, body))
    }

    pub(crate) fn register(&mut self, name: &str) {
        let body = json!({"username": name, "password": PASSWORD});
        assert_eq!(self.send(0, "POST", "/v1/users/register", None, &body).status, 201);
    }

    pub(crate) fn sign_in(&mut self, server: usize, name: &str) -> Answer {
        self.send(server, "POST", "/v1/users/token", None, &json!({"username": name, "password": PASSWORD}))
    }

    pub(crate) fn refresh(&mut self, server: usize, token: &str) -> Answer {
        let body = json!({"grant_type": "refresh_token", "refresh_token": token});
        self.send(server, "POST", "/v1/users/token", None, &body)
    }

    pub(crate) fn verify(&mut self, server: usize, token: &str) -> Answer {
        self.send(server, "GET", "/v1/forward-auth", Some(token), &Value::Null)
    }
}

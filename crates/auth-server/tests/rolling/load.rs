//! Clients that register, sign in, refresh and check, each on a connection of its own, and note every answer that is not as it
//! should be.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;

use serde_json::{Value, json};

use crate::client::{Connection, Reply};

const PASSWORD: &str = "correct horse battery";

pub(crate) struct Load {
    answered: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<Figures>>,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) answered: usize,
    pub(crate) sign_ins: usize,
    pub(crate) refreshes: usize,
    /// Every request that was lost or answered otherwise than it should be.
    pub(crate) wrong: Vec<String>,
}

impl Load {
    pub(crate) fn start(proxy: SocketAddr, clients: usize) -> Self {
        let (answered, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let client = |number| {
            let (answered, stop) = (Arc::clone(&answered), Arc::clone(&stop));
            std::thread::spawn(move || {
                let mut client =
                    Client { proxy, connection: Connection::open(proxy), figures: Figures::default(), answered };
                let worked = catch_unwind(AssertUnwindSafe(|| client.work(number, &stop)));
                if worked.is_err() {
                    client.figures.wrong.push("the proxy cut a connection".to_owned());
                }
                client.figures
            })
        };
        Self { clients: (0..clients).map(client).collect(), answered, stop }
    }

    /// Waits until so many more requests were answered.
    pub(crate) fn wait_for_more(&self, requests: usize) {
        let until = self.answered.load(Ordering::SeqCst) + requests;
        while self.answered.load(Ordering::SeqCst) < until && self.clients.iter().any(|client| !client.is_finished()) {
            std::thread::yield_now();
        }
    }

    pub(crate) fn stop(self) -> Figures {
        self.stop.store(true, Ordering::SeqCst);
        let mut all = Figures::default();
        for client in self.clients {
            let one = client.join().unwrap();
            all.answered += one.answered;
            all.sign_ins += one.sign_ins;
            all.refreshes += one.refreshes;
            all.wrong.extend(one.wrong);
        }
        all
    }
}

struct Client {
    proxy: SocketAddr,
    connection: Connection,
    figures: Figures,
    answered: Arc<AtomicUsize>,
}

impl Client {
    /// One account after the other: register, sign in, and refresh and check for a while. Nobody is signed out in between.
    fn work(&mut self, number: usize, stop: &AtomicBool) {
        for account in 0.. {
            let name = format!("client{number}account{account}");
            let credentials = json!({"username": name, "password": PASSWORD});
            self.send("POST", "/v1/users/register", None, &credentials, 201);
            let mut tokens = self.send("POST", "/v1/users/token", None, &credentials, 200);
            self.figures.sign_ins += 1;
            for _ in 0..20 {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let access = tokens["access_token"].as_str().unwrap_or_default().to_owned();
                self.send("GET", "/v1/forward-auth", Some(&access), &Value::Null, 204);
                self.send("GET", "/v1/users/me", Some(&access), &Value::Null, 200);
                let refresh = json!({"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]});
                tokens = self.send("POST", "/v1/users/token", None, &refresh, 200);
                self.figures.refreshes += 1;
            }
        }
    }

    fn send(&mut self, method: &str, path: &str, bearer: Option<&str>, body: &Value, expected: u16) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let bearer = bearer.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
        // A check without a body says no length: it takes the short way.
        let length = if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
        let head =
            format!("{method} {path} HTTP/1.1\r\nhost: x\r\n{bearer}content-type: application/json\r\n{length}\r\n");
        self.connection.write(format!("{head}{body}").as_bytes());
        let reply: Reply = self.connection.read();
        // A proxy may do so after some requests, and says it.
        if reply.header("connection") == Some("close") {
            self.connection = Connection::open(self.proxy);
        }
        self.figures.answered += 1;
        self.answered.fetch_add(1, Ordering::SeqCst);
        if reply.status != expected {
            self.figures.wrong.push(format!("{method} {path}: {} {}", reply.status, reply.text()));
        }
        if reply.body.is_empty() { Value::Null } else { reply.json() }
    }
}

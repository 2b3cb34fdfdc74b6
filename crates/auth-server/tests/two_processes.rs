//! Several servers on one database, and servers that are killed: what a session's owner sees of it.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout, reason = "tests")]

#[allow(dead_code, reason = "shared with the tests of the API, which use the rest")]
#[path = "api/helpers/client.rs"]
mod client;
#[allow(dead_code, reason = "shared with the tests of the command line, which use the rest")]
mod process;

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use auth_core::StoreExt as _;
use auth_core::session::Session;
use auth_storage::testing::{PostgresServer, TestDatabase};
use auth_storage::{DieselStore, StorageSettings};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use diesel::{Connection as _, PgConnection, RunQueryDsl as _, sql_query};
use serde_json::{Value, json};

use client::{Connection, Reply};
use process::{Desk, Serving};

const ROOT_KEYS: &str = "main:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const PASSWORD: &str = "correct horse battery";
/// What the defaults promise: `session.revocation_bound`.
const BOUND: Duration = Duration::from_secs(10);
/// Only so that a broken server fails the test instead of holding it.
const PATIENCE: Duration = Duration::from_secs(60);

/// One database, and what every server on it is told.
struct Site {
    desk: Desk,
    url: String,
    database: Option<TestDatabase>,
}

impl Site {
    fn postgres() -> Self {
        let database = PostgresServer::shared().unwrap().create_database().unwrap();
        Self { desk: Desk::new(), url: database.url().to_owned(), database: Some(database) }
    }

    fn sqlite() -> Self {
        let desk = Desk::new();
        let url = format!("sqlite://{}", desk.path("auth.db"));
        Self { desk, url, database: None }
    }

    fn start_with(&self, more: &[(&str, &str)]) -> Serving {
        let environment = [
            ("DATABASE_URL", self.url.as_str()),
            ("AUTH_SECRETS_KEYS", ROOT_KEYS),
            ("AUTH_PUBLIC_URL", "http://auth.example"),
        ];
        Serving::start(&self.desk, &[&environment, more].concat())
    }

    fn start(&self) -> Serving {
        self.start_with(&[])
    }

    fn session(&self, tokens: &Tokens) -> Session {
        let store: DieselStore = auth_storage::open(StorageSettings::new(self.url.clone())).unwrap();
        store.read(|tx| tx.sessions().by_id(tokens.session().parse().unwrap())).unwrap().unwrap()
    }
}

#[derive(Debug, Clone)]
struct Tokens {
    access: String,
    refresh: String,
}

impl Tokens {
    #[track_caller]
    fn of(reply: &Reply) -> Self {
        assert_eq!(reply.status, 200, "{reply:?}");
        let body = reply.json();
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token") }
    }

    fn session(&self) -> String {
        let claims = Base64UrlUnpadded::decode_vec(self.access.split('.').nth(1).unwrap()).unwrap();
        serde_json::from_slice::<Value>(&claims).unwrap()["sid"].as_str().unwrap().to_owned()
    }
}

/// A connection that stays open, and what one says on it.
struct Client(Connection);

impl Client {
    fn to(server: &Serving) -> Self {
        Self(Connection::open(server.address.parse().unwrap()))
    }

    fn send(&mut self, method: &str, path: &str, bearer: Option<&str>, body: &Value) -> Reply {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let bearer = bearer.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
        let head = format!("{method} {path} HTTP/1.1\r\nhost: x\r\n{bearer}content-type: application/json\r\n");
        self.0.write(format!("{head}content-length: {}\r\n\r\n{body}", body.len()).as_bytes());
        self.0.read()
    }

    fn sign_in(&mut self) -> Tokens {
        Tokens::of(&self.send("POST", "/v1/users/token", None, &json!({"username": "alice", "password": PASSWORD})))
    }

    fn refresh(&mut self, token: &str) -> Reply {
        let body = json!({"grant_type": "refresh_token", "refresh_token": token});
        self.send("POST", "/v1/users/token", None, &body)
    }

    fn forward_auth(&mut self, token: &str) -> u16 {
        self.send("GET", "/v1/forward-auth", Some(token), &Value::Null).status
    }

    fn revoke(&mut self, token: &str) {
        assert_eq!(self.send("POST", "/oauth/revoke", None, &json!({"token": token})).status, 200);
    }
}

fn register(server: &Serving) {
    let body = json!({"username": "alice", "password": PASSWORD});
    assert_eq!(Client::to(server).send("POST", "/v1/users/register", None, &body).status, 201);
}

/// R-03 over two servers.
fn of_64_parallel_refreshes_over_both_all_get_one_successor(site: &Site) {
    // A busy machine may be slow: the test is about the answers, not about how long a request may wait.
    let patient = [("AUTH_DATABASE_POOL_TIMEOUT", "60s"), ("AUTH_DATABASE_STATEMENT_TIMEOUT", "60s")];
    let servers = [site.start_with(&patient), site.start_with(&patient)];
    register(&servers[0]);
    let mut tokens = Client::to(&servers[0]).sign_in();
    for round in 1..=8 {
        let barrier = Barrier::new(64);
        let answers: Vec<Tokens> = std::thread::scope(|scope| {
            let one = |server| {
                let (barrier, token) = (&barrier, tokens.refresh.as_str());
                scope.spawn(move || {
                    let mut client = Client::to(server);
                    barrier.wait();
                    Tokens::of(&client.refresh(token))
                })
            };
            let threads: Vec<_> = (0..64).map(|n| one(&servers[n % 2])).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(answers.iter().all(|answer| answer.refresh == answers[0].refresh), "round {round}: one successor");
        assert_eq!(site.session(&tokens).generation, round + 1, "one new generation");
        tokens = answers[0].clone();
    }
    for server in &servers {
        assert_eq!(Client::to(server).forward_auth(&tokens.access), 204);
    }
}

#[test]
#[cfg_attr(not(postgres), ignore = "no PostgreSQL server binaries and no TEST_POSTGRES_URL")]
fn of_64_parallel_refreshes_over_two_servers_all_get_one_successor_postgres() {
    of_64_parallel_refreshes_over_both_all_get_one_successor(&Site::postgres());
}

#[test]
fn of_64_parallel_refreshes_over_two_servers_all_get_one_successor_sqlite() {
    of_64_parallel_refreshes_over_both_all_get_one_successor(&Site::sqlite());
}

/// For how long after the revocation was answered another server still accepts.
fn acceptance(revoking: &Serving, asked: &Serving) -> (Duration, u32) {
    let (mut here, mut there) = (Client::to(revoking), Client::to(asked));
    let tokens = here.sign_in();
    assert_eq!(there.forward_auth(&tokens.access), 204, "accepted before");
    here.revoke(&tokens.refresh);
    let since = Instant::now();
    assert_eq!(here.forward_auth(&tokens.access), 401, "refused at once where it was revoked");
    assert_eq!(there.refresh(&tokens.refresh).status, 401, "and refreshed nowhere");
    let (mut last, mut accepted) = (Duration::ZERO, 0);
    loop {
        match there.forward_auth(&tokens.access) {
            204 => (last, accepted) = (since.elapsed(), accepted + 1),
            status => {
                assert_eq!(status, 401);
                return (last, accepted);
            }
        }
        assert!(since.elapsed() < PATIENCE, "it is never heard");
    }
}

/// R-13, in quiet and under a flood on the server that is asked: the poll has a connection of its own.
fn what_one_server_revokes_the_other_refuses_within_the_bound(site: &Site) {
    let (a, b) = (site.start(), site.start_with(&[("AUTH_DATABASE_POOL_SIZE", "2")]));
    register(&a);
    for flood in [0, 16] {
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..flood {
                scope.spawn(|| {
                    let mut client = Client::to(&b);
                    while !stop.load(Ordering::SeqCst) {
                        client.send("POST", "/v1/users/token", None, &json!({"username": "nobody", "password": "x"}));
                        client.refresh("auth_rt_x");
                    }
                });
            }
            let rounds: Vec<_> = (0..4).map(|_| acceptance(&a, &b)).collect();
            stop.store(true, Ordering::SeqCst);
            let longest = rounds.iter().map(|round| round.0).max().unwrap();
            println!("flood of {flood}: accepted for at most {longest:?} after the revocation; rounds: {rounds:?}");
            assert!(longest <= BOUND, "{longest:?}");
        });
    }
}

#[test]
#[cfg_attr(not(postgres), ignore = "no PostgreSQL server binaries and no TEST_POSTGRES_URL")]
fn what_one_server_revokes_the_other_refuses_within_the_bound_postgres() {
    what_one_server_revokes_the_other_refuses_within_the_bound(&Site::postgres());
}

#[test]
fn what_one_server_revokes_the_other_refuses_within_the_bound_sqlite() {
    what_one_server_revokes_the_other_refuses_within_the_bound(&Site::sqlite());
}

fn execute(url: &str, statement: &str) {
    sql_query(statement).execute(&mut PgConnection::establish(url).unwrap()).unwrap();
}

/// Until a server answers so.
#[track_caller]
fn until(client: &mut Client, token: &str, status: u16) -> Duration {
    let since = Instant::now();
    while client.forward_auth(token) != status {
        assert!(since.elapsed() < PATIENCE, "{status} never comes");
    }
    since.elapsed()
}

/// The database is cut off: past the bound tokens are answered 503, and afterwards all is well by itself.
#[test]
#[cfg_attr(not(postgres), ignore = "no PostgreSQL server binaries and no TEST_POSTGRES_URL")]
fn a_server_that_hears_nothing_fails_closed_and_recovers_by_itself() {
    let site = Site::postgres();
    let server = site.start_with(&[("AUTH_SESSION_REVOCATION_POLL", "500ms"), ("AUTH_SESSION_REVOCATION_BOUND", "2s")]);
    register(&server);
    let mut client = Client::to(&server);
    let tokens = client.sign_in();
    let (address, name) = site.database.as_ref().unwrap().url().rsplit_once('/').unwrap();
    let postgres = format!("{address}/postgres");
    execute(&postgres, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"));
    execute(&postgres, &format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"));
    let closed = until(&mut client, &tokens.access, 503);
    assert_eq!(client.send("POST", "/v1/users/logout", Some(&tokens.access), &Value::Null).status, 503);
    assert_eq!(client.send("GET", "/v1/users/me", Some(&tokens.access), &Value::Null).status, 503);
    execute(&postgres, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"));
    let open = until(&mut client, &tokens.access, 204);
    println!("answered 503 after {closed:?}, and 204 again {open:?} after the database was back");
    // To the instant it is held by `past_the_bound_every_token_waits_and_it_recovers_by_itself`; this machine may be busy.
    assert!(closed <= Duration::from_secs(5), "{closed:?}");
    Tokens::of(&client.refresh(&tokens.refresh));
}

/// the server dies between its commit and the client's hearing of it.
fn a_retry_after_a_kill_gets_the_successor(site: &Site) {
    let mut server = site.start();
    register(&server);
    let mut tokens = Client::to(&server).sign_in();
    for round in 1..=3 {
        let lost = Tokens::of(&Client::to(&server).refresh(&tokens.refresh));
        server.child.kill().unwrap();
        server.child.wait().unwrap();
        server = site.start();
        let mut client = Client::to(&server);
        let again = Tokens::of(&client.refresh(&tokens.refresh));
        assert_eq!(again.refresh, lost.refresh, "the same successor");
        assert_eq!(site.session(&tokens).generation, round + 1, "and no second rotation");
        assert_eq!(client.forward_auth(&again.access), 204);
        tokens = again;
    }
    assert_eq!(server.stop(), Some(0));
}

#[test]
#[cfg_attr(not(postgres), ignore = "no PostgreSQL server binaries and no TEST_POSTGRES_URL")]
fn a_retry_after_a_kill_gets_the_successor_postgres() {
    a_retry_after_a_kill_gets_the_successor(&Site::postgres());
}

#[test]
fn a_retry_after_a_kill_gets_the_successor_sqlite() {
    a_retry_after_a_kill_gets_the_successor(&Site::sqlite());
}

/// What was answered as revoked stays so, whatever happens to the server next.
fn a_restart_keeps_sessions_and_revocations(site: &Site) {
    let mut server = site.start();
    register(&server);
    let mut client = Client::to(&server);
    let (ended, revoked, live) = (client.sign_in(), client.sign_in(), client.sign_in());
    assert_eq!(client.send("POST", "/v1/users/logout", Some(&ended.access), &Value::Null).status, 204);
    client.revoke(&revoked.access);
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    server = site.start();
    let mut client = Client::to(&server);
    // The very first requests of the new process.
    assert_eq!(client.forward_auth(&ended.access), 401);
    assert_eq!(client.forward_auth(&revoked.access), 401);
    assert_eq!(client.forward_auth(&live.access), 204);
    for tokens in [&ended, &revoked] {
        assert_eq!(client.refresh(&tokens.refresh).status, 401);
    }
    Tokens::of(&client.refresh(&live.refresh));
}

#[test]
#[cfg_attr(not(postgres), ignore = "no PostgreSQL server binaries and no TEST_POSTGRES_URL")]
fn a_restart_keeps_sessions_and_revocations_postgres() {
    a_restart_keeps_sessions_and_revocations(&Site::postgres());
}

#[test]
fn a_restart_keeps_sessions_and_revocations_sqlite() {
    a_restart_keeps_sessions_and_revocations(&Site::sqlite());
}

//! What sessions cost: refreshes a second on each database, and a token check with endings remembered.
//!
//! `cargo bench -p auth-storage --features testing --bench sessions`; PostgreSQL runs where its binaries are found, as in
//! the tests, without waiting for the disk.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::expect_used, reason = "a program for people")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_core::audit::Actor;
use auth_core::entropy::SystemEntropy;
use auth_core::id::SessionId;
use auth_core::password::Password;
use auth_core::root_keys::RootKeyRing;
use auth_core::secret::Secret;
use auth_core::service::{AuthService, Credentials, LoginOutcome, Registration, RequestContext, ServiceSettings};
use auth_core::session::{EndedSessions, Ending, Endings};
use auth_core::store::Store;
use auth_core::testing::CheapHasher;
use auth_core::time::{Clock, SystemClock};
use auth_core::token::{Algorithm, Jwt, KeyRing, SigningKey, TokenPolicy};
use auth_storage::StorageSettings;
use auth_storage::testing::{PostgresServer, SqliteFile};

const SESSIONS: usize = 8;
const REFRESHES: usize = 1_000;

fn context() -> RequestContext {
    RequestContext::of(Actor::Client)
}

fn service(store: Arc<dyn Store>) -> AuthService {
    let issuer = "https://auth.example".to_owned();
    let (key, _) = SigningKey::generate(Algorithm::Es256).unwrap();
    let policy = TokenPolicy::new(issuer.clone(), issuer.clone());
    AuthService::builder()
        .store(store)
        .hasher(Arc::new(CheapHasher::new()))
        .tokens(Arc::new(Jwt::new(KeyRing::new(key), policy)))
        .root_keys(Arc::new(RootKeyRing::generate(&SystemEntropy).unwrap()))
        .settings(ServiceSettings::new(issuer))
        .build()
        .unwrap()
}

fn refreshes(name: &str, url: &str) {
    let store = auth_storage::open(StorageSettings::new(url)).unwrap();
    store.migrate().unwrap();
    let service = service(Arc::new(store));
    let password = Password::new("vM3-kpq0z");
    let registration = Registration { username: "alice".to_owned(), password: password.clone() };
    service.register(registration, &context()).unwrap();
    let tokens: Vec<Secret> = (0..SESSIONS)
        .map(|_| {
            let credentials = Credentials::new("alice", password.clone());
            let LoginOutcome::SignedIn(signed_in) = service.login(credentials, &context()).unwrap();
            signed_in.refresh_token
        })
        .collect();
    let start = Instant::now();
    std::thread::scope(|scope| {
        for mut token in tokens {
            let service = &service;
            scope.spawn(move || {
                for _ in 0..REFRESHES {
                    token = service.refresh(token.expose(), &context()).unwrap().refresh_token;
                }
            });
        }
    });
    let total = f64::from(u32::try_from(SESSIONS * REFRESHES).unwrap());
    println!("| refreshes a second, {SESSIONS} clients, {name} | {:.0} |", total / start.elapsed().as_secs_f64());
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn checks(remembered: u32) {
    let before = resident_kib();
    let ended = EndedSessions::new(Duration::from_secs(10));
    let now = auth_core::session::Instant { wall: SystemClock.now(), monotonic: SystemClock.monotonic() };
    let id = |number: u32| {
        let mut bytes = [7; 16];
        let (head, _) = bytes.split_at_mut(4);
        head.copy_from_slice(&number.to_be_bytes());
        SessionId::from_bytes(bytes)
    };
    let endings =
        (0..remembered).map(|number| Ending { seq: i64::from(number) + 1, session: id(number), ended_at: now.wall });
    ended.hear(&Endings { counter: remembered.into(), endings: endings.collect() }, now);
    let memory = resident_kib().saturating_sub(before);
    let rounds = 2_000_000_u32;
    let start = Instant::now();
    let mut live = 0_u32;
    for number in 0..rounds {
        let hearing = ended.hearing(id(u32::MAX - number), now.wall, now);
        live += u32::from(hearing == auth_core::session::Hearing::Live);
    }
    let each = start.elapsed().as_secs_f64() / f64::from(rounds) * 1e9;
    assert_eq!(live, rounds);
    println!("| a check with {remembered} endings remembered | {each:.0} ns | {memory} KiB |");
}

fn main() {
    println!("| what | figure |\n| --- | --- |");
    let file = SqliteFile::new().unwrap();
    refreshes("SQLite", &file.url());
    match PostgresServer::shared() {
        Ok(server) => refreshes("PostgreSQL", server.create_database().unwrap().url()),
        Err(reason) => println!("| PostgreSQL | not run: {reason} |"),
    }
    println!("\n| what | time | memory |\n| --- | --- | --- |");
    for remembered in [0, 1_000, 1_000_000] {
        checks(remembered);
    }
}

//! The real server, on a port that the system chose.

use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::web;
use auth_core::entropy::SystemEntropy;
use auth_core::lane::{Lane, LaneSettings};
use auth_core::password::PasswordHasher;
use auth_core::root_keys::RootKeyRing;
use auth_core::service::{KeySettings, ServiceSettings, SigningKeys};
use auth_core::session::Session;
use auth_core::testing::{CheapHasher, ManualClock};
use auth_core::token::{Algorithm, Jwt, TokenPolicy};
use auth_core::{AuthService, Store, StoreExt as _};
use auth_server::app::{ServeSettings, serve};
use auth_server::drain::Drain;
use auth_server::metrics::Metrics;
use auth_server::state::{AppState, Crowd, HealthCheck, HttpSettings};
use auth_server::worker::{Worker, WorkerSettings};
use auth_storage::DieselStore;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::client::{Connection, Reply};
use super::database::{Database, Keep};
use super::{PASSWORD, token_part};

/// How a test wants its server.
pub(crate) struct Setup {
    pub(crate) database: Database,
    pub(crate) store: Option<Arc<dyn Store>>,
    pub(crate) http: HttpSettings,
    pub(crate) serve: ServeSettings,
    pub(crate) service: ServiceSettings,
    pub(crate) queue_limit: usize,
    /// How long a job of either lane may wait.
    pub(crate) max_wait: Duration,
    pub(crate) hashing_threads: usize,
    pub(crate) checks: Vec<HealthCheck>,
    pub(crate) drain: Drain,
    pub(crate) keys: KeySettings,
    /// The store whose connections the metrics tell of.
    pub(crate) pools: Option<DieselStore>,
    /// Of one ring and one clock are the instances of one server.
    pub(crate) root_keys: Arc<RootKeyRing>,
    pub(crate) clock: Arc<ManualClock>,
    /// How old the knowledge of endings may be. Long, unless a test is about it, for the clock moves by days at once.
    pub(crate) revocation_bound: Duration,
    /// The store and the pace of a worker; without one, endings are heard at the start and when told to.
    pub(crate) worker: Option<(Arc<dyn Store>, WorkerSettings)>,
    /// A hasher in the place of the cheap one, for tests of hashes.
    pub(crate) real_hasher: Option<Arc<dyn PasswordHasher>>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            database: Database::Memory,
            store: None,
            http: HttpSettings::new("https://auth.test"),
            serve: ServeSettings { workers: NonZeroUsize::new(2).unwrap(), ..ServeSettings::default() },
            service: service(),
            queue_limit: 200,
            max_wait: Duration::from_secs(30),
            hashing_threads: 2,
            checks: Vec::new(),
            drain: Drain::default(),
            keys: KeySettings::new(Algorithm::Es256),
            pools: None,
            root_keys: Arc::new(RootKeyRing::generate(&SystemEntropy).unwrap()),
            clock: Arc::new(ManualClock::default()),
            revocation_bound: Duration::from_secs(10 * 365 * 86_400),
            worker: None,
            real_hasher: None,
        }
    }
}

/// The defaults, but for the clients of these tests: they all come from one address.
fn service() -> ServiceSettings {
    let mut settings = ServiceSettings::new("https://auth.test");
    settings.limits.exempt = vec!["127.0.0.0/8".parse().unwrap()];
    settings
}

/// A server that runs until this is dropped.
pub(crate) struct TestApp {
    pub(crate) address: SocketAddr,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) hasher: Arc<CheapHasher>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) service: Arc<AuthService>,
    pub(crate) keys: Arc<SigningKeys>,
    pub(crate) root_keys: Arc<RootKeyRing>,
    /// What its requests share: the lanes above all.
    pub(crate) state: web::Data<AppState>,
    /// Where the metrics are.
    pub(crate) ops: SocketAddr,
    worker: Mutex<Option<Worker>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    keep: Keep,
}

/// What a sign-in or a refresh answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Tokens {
    #[track_caller]
    pub(crate) fn of(reply: &Reply) -> Self {
        assert_eq!(reply.status, 200, "{reply:?}");
        let body = reply.json();
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token") }
    }

    /// The `sid` claim.
    pub(crate) fn session(&self) -> String {
        token_part(&self.access, 1)["sid"].as_str().unwrap().to_owned()
    }
}

/// A server with defaults on this store.
pub(crate) fn spawn_app(database: Database) -> TestApp {
    Setup { database, ..Setup::default() }.spawn()
}

impl Setup {
    pub(crate) fn spawn(self) -> TestApp {
        let (store, keep) = match self.store {
            Some(store) => (store, Keep::Nothing),
            None => self.database.create(),
        };
        let (clock, root_keys, hasher) = (self.clock, self.root_keys, Arc::new(CheapHasher::new()));
        let metrics = Arc::new(Metrics::default());
        let keys = SigningKeys::new(Arc::clone(&store), Arc::clone(&root_keys), self.keys);
        let keys = Arc::new(keys.with_clock(Arc::clone(&clock) as _));
        keys.open().unwrap();
        let policy = TokenPolicy::new(self.service.issuer.clone(), self.service.audience.clone());
        let service = AuthService::builder()
            .revocation(self.revocation_bound)
            .store(Arc::clone(&store))
            .hasher(metrics.hasher(self.real_hasher.unwrap_or_else(|| Arc::clone(&hasher) as _)))
            .tokens(Arc::new(Jwt::new(keys.current(), policy)))
            .root_keys(Arc::clone(&root_keys))
            .clock(Arc::clone(&clock) as _)
            .settings(self.service)
            .build()
            .map(Arc::new)
            .unwrap();
        service.hear_endings().unwrap();
        let worker = self.worker.map(|(store, pace)| Worker::start(&service, &keys, store, &pace).unwrap());
        let state = web::Data::new(AppState {
            service: Arc::clone(&service),
            hashing: lane("hash", self.hashing_threads, self.queue_limit, self.max_wait),
            database: lane("database", 2, 200, self.max_wait),
            keys: keys.current(),
            signing_keys: Arc::clone(&keys),
            news: worker.as_ref().map(Worker::news),
            entropy: Arc::new(SystemEntropy),
            http: self.http,
            checks: self.checks,
            metrics,
            crowd: Crowd::default(),
            pools: self.pools,
            drain: self.drain,
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let settings = self.serve;
        let ops_listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (ops, shared) = (ops_listener.local_addr().unwrap(), web::Data::clone(&state));
        let thread = std::thread::spawn(move || {
            let until = async move { drop(stopped.await) };
            actix_web::rt::System::new()
                .block_on(async {
                    actix_web::rt::spawn(auth_server::ops::serve(ops_listener, web::Data::clone(&shared)).unwrap());
                    serve(listener, shared, &settings, until).unwrap().await
                })
                .unwrap();
        });
        let (stop, thread) = (Some(stop), Some(thread));
        let worker = Mutex::new(worker);
        TestApp { address, clock, hasher, store, service, keys, root_keys, state, ops, worker, stop, thread, keep }
    }
}

fn lane(name: &'static str, threads: usize, queue_limit: usize, max_wait: Duration) -> Lane {
    let threads = NonZeroUsize::new(threads).unwrap();
    Lane::start(LaneSettings { queue_limit, max_wait, ..LaneSettings::new(name, threads) }).unwrap()
}

impl TestApp {
    /// One request on a connection of its own.
    pub(crate) fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let mut connection = Connection::open(self.address);
        connection.write(&head(method, path, headers, Some(body.len())));
        connection.write(body);
        connection.read_reply_to(method)
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.request("GET", path, &[], b"")
    }

    pub(crate) fn get_as(&self, path: &str, token: &str) -> Reply {
        self.request("GET", path, &[("Authorization", &format!("Bearer {token}"))], b"")
    }

    /// A JSON body, or none, by whoever bears the token.
    pub(crate) fn send_as(&self, method: &str, path: &str, token: &str, body: Option<&Value>) -> Reply {
        let (bearer, body) = (format!("Bearer {token}"), body.map(Value::to_string).unwrap_or_default());
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        let headers = if body.is_empty() { &headers[..1] } else { &headers[..] };
        self.request(method, path, headers, body.as_bytes())
    }

    /// A body that says it is JSON.
    pub(crate) fn post(&self, path: &str, body: impl AsRef<[u8]>) -> Reply {
        self.request("POST", path, &[("Content-Type", "application/json")], body.as_ref())
    }

    pub(crate) fn post_json(&self, path: &str, body: &Value) -> Reply {
        self.post(path, body.to_string())
    }

    pub(crate) fn post_form(&self, path: &str, body: &str) -> Reply {
        self.request("POST", path, &[("Content-Type", "application/x-www-form-urlencoded")], body.as_bytes())
    }

    /// Makes an account.
    #[track_caller]
    pub(crate) fn register(&self, username: &str) -> Value {
        let reply = self.post_json("/v1/users/register", &json!({"username": username, "password": PASSWORD}));
        assert_eq!(reply.status, 201, "{reply:?}");
        reply.json()
    }

    pub(crate) fn sign_in(&self, username: &str, password: &str) -> Reply {
        self.post_json("/v1/users/token", &json!({"username": username, "password": password}))
    }

    /// Signs in and returns both tokens.
    #[track_caller]
    pub(crate) fn tokens(&self, username: &str) -> Tokens {
        Tokens::of(&self.sign_in(username, PASSWORD))
    }

    pub(crate) fn refresh(&self, token: &str) -> Reply {
        self.post_json("/v1/users/token", &json!({"grant_type": "refresh_token", "refresh_token": token}))
    }

    /// The row of a token's session.
    pub(crate) fn session(&self, tokens: &Tokens) -> Session {
        let id = tokens.session().parse().unwrap();
        self.store.read(|tx| tx.sessions().by_id(id)).unwrap().unwrap()
    }

    /// All metrics, as text.
    pub(crate) fn metrics(&self) -> String {
        let mut connection = Connection::open(self.ops);
        connection.write(&head("GET", "/metrics", &[], None));
        let reply = connection.read();
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.text().to_owned()
    }

    /// The value of one series; 0 where there is none yet.
    #[track_caller]
    pub(crate) fn metric(&self, series: &str) -> f64 {
        let text = self.metrics();
        let values: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix(series)?.strip_prefix(' ')).collect();
        assert!(values.len() < 2, "{series} is there twice");
        values.first().map_or(0.0, |value| value.parse().unwrap())
    }

    /// Stops the worker alone.
    pub(crate) fn stop_worker(&self) {
        drop(self.worker.lock().unwrap().take());
    }

    /// The file of a server on SQLite.
    pub(crate) fn sqlite_file(&self) -> &Path {
        self.keep.sqlite_file()
    }

    /// Signs in and returns the access token.
    #[track_caller]
    pub(crate) fn token(&self, username: &str) -> String {
        let reply = self.sign_in(username, PASSWORD);
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// Tells the server to stop, as a signal does.
    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
    }

    /// Waits for the server to have stopped.
    pub(crate) fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take() {
            // A test that failed says so itself.
            let _ = thread.join();
        }
    }
}

/// The head of a request; without a length there is no body, or one that is framed otherwise.
pub(crate) fn head(method: &str, path: &str, headers: &[(&str, &str)], length: Option<usize>) -> Vec<u8> {
    let mut lines = vec![format!("{method} {path} HTTP/1.1"), "Host: somewhere.else".to_owned()];
    lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
    let length = length.filter(|length| *length > 0 || method == "POST");
    lines.extend(length.map(|length| format!("Content-Length: {length}")));
    (lines.join("\r\n") + "\r\n\r\n").into_bytes()
}

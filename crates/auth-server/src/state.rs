//! What every request needs: the service, its two lanes and how HTTP is spoken.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use auth_core::AuthService;
use auth_core::entropy::Entropy;
use auth_core::lane::Lane;
use auth_core::secret::Secret;
use auth_core::service::SigningKeys;
use auth_core::token::CurrentKeys;
use auth_storage::DieselStore;

use crate::config::ClientIp;
use crate::drain::Drain;
use crate::metrics::Metrics;
pub use crate::middleware::Crowd;
use crate::worker::News;
use auth_core::attempts::Network;

/// Shared by all workers. Dropping the last handle stops the lanes.
pub struct AppState {
    /// The use cases.
    pub service: Arc<AuthService>,
    /// Runs the use cases that hash.
    pub hashing: Lane,
    /// Runs the use cases that only ask the database.
    pub database: Lane,
    /// The keys whose public half is published.
    pub keys: Arc<CurrentKeys>,
    /// The same with all that is behind them, for administrators.
    pub signing_keys: Arc<SigningKeys>,
    /// A way to hear of keys ahead of the next poll, where somebody polls.
    pub news: Option<News>,
    /// Gives request ids.
    pub entropy: Arc<dyn Entropy>,
    /// How HTTP is spoken.
    pub http: HttpSettings,
    /// What `/healthz` asks beside the database, the signing key and the hash queue.
    pub checks: Vec<HealthCheck>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Sign-ins that were refused in a crowd, for the log.
    pub crowd: Crowd,
    /// The store whose connections the metrics tell of.
    pub pools: Option<DieselStore>,
    /// Whether this instance is about to stop.
    pub drain: Drain,
}

/// How HTTP is spoken.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// The address by which clients reach the server, without a slash at its end.
    pub public_url: String,
    /// The realm of `WWW-Authenticate`.
    pub realm: String,
    /// The most bytes of a request body.
    pub body_limit: usize,
    /// How long a request body may take to arrive.
    pub body_timeout: Duration,
    /// The longest that a request is kept waiting, whatever happens behind the lanes.
    pub handler_timeout: Duration,
    /// The proxies that may say whom a request is from.
    pub trusted_proxies: Vec<Network>,
    /// Networks whose connections are not counted by address, beside those of the proxies.
    pub uncounted: Vec<Network>,
    /// How much of a client's address is kept and logged.
    pub client_ip: ClientIp,
    /// The origins whose pages may read what is answered, as browsers write them.
    pub allowed_origins: Vec<String>,
    /// Services that may introspect any token: id and secret.
    pub clients: Vec<(String, Secret)>,
}

impl HttpSettings {
    /// The defaults for an address: 16 KiB in 10 seconds, an answer in 15, no proxies, whole client addresses, no pages of
    /// other origins, no services that introspect.
    pub fn new(public_url: impl Into<String>) -> Self {
        Self {
            public_url: public_url.into(),
            realm: "auth".to_owned(),
            body_limit: 16 * 1_024,
            body_timeout: Duration::from_secs(10),
            handler_timeout: Duration::from_secs(15),
            trusted_proxies: Vec::new(),
            uncounted: Vec::new(),
            client_ip: ClientIp::Full,
            allowed_origins: Vec::new(),
            clients: Vec::new(),
        }
    }

    /// The path of [`HttpSettings::public_url`]: empty, or one that begins with a slash and does not end with one.
    pub fn public_path(&self) -> &str {
        let rest = self.public_url.split_once("://").map_or("", |(_, rest)| rest);
        rest.find('/').and_then(|slash| rest.get(slash..)).unwrap_or_default()
    }

    /// Whether clients come by TLS.
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

/// Asks whether something is well.
pub type Probe = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// One more thing that must be well for the server to be ready.
#[derive(Clone)]
pub struct HealthCheck {
    /// Its name in the report.
    pub name: &'static str,
    /// Asks, on the database lane. The reason of a failure goes to the log.
    pub probe: Probe,
}

impl fmt::Debug for HealthCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HealthCheck").field(&self.name).finish()
    }
}

impl fmt::Debug for AppState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppState").field("http", &self.http).finish_non_exhaustive()
    }
}

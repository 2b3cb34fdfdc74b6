//! The configuration as the program uses it: checked, in plain types.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use auth_core::attempts::LimitSettings;

use super::choices::{Algorithm, ClientIp, LogFormat, RegistrationMode, Synchronous, TokenType};
use super::keys::OPS_BIND;
use super::secret::Secret;
use auth_core::attempts::Network;

/// Every setting. What a field means and allows stands in `docs/CONFIGURATION.md` under the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Absolute HTTP URL without a slash at its end.
    pub public_url: String,
    /// `server.*`
    pub server: ServerSettings,
    /// `cors.*`
    pub cors: CorsSettings,
    /// `ops.*`
    pub ops: OpsSettings,
    /// `database.*`
    pub database: DatabaseSettings,
    /// `secrets.*`
    pub secrets: SecretsSettings,
    /// `token.*`
    pub token: TokenSettings,
    /// `introspection.*`
    pub introspection: IntrospectionSettings,
    /// `session.*`
    pub session: SessionSettings,
    /// `cleanup.*`
    pub cleanup: CleanupSettings,
    /// `audit.*`
    pub audit: AuditSettings,
    /// `password.*`
    pub password: PasswordSettings,
    /// `hashing.*`
    pub hashing: HashingSettings,
    /// `registration.*`
    pub registration: RegistrationSettings,
    /// `username.*`
    pub username: UsernameSettings,
    /// `limits.*`
    pub limits: LimitSettings,
    /// `log.*`
    pub log: LogSettings,
}

/// The HTTP listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSettings {
    /// IP address (IPv6 without brackets) or host name.
    pub host: String,
    /// TCP port; 0 takes any free one.
    pub port: u16,
    /// Threads; 0 means one for each core.
    pub workers: usize,
    /// Largest body, in bytes.
    pub body_limit: u64,
    /// For a body to arrive.
    pub body_timeout: Duration,
    /// For a request's head to arrive.
    pub header_timeout: Duration,
    /// For a request's answer.
    pub handler_timeout: Duration,
    /// For requests in flight to end; whole seconds.
    pub shutdown_timeout: Duration,
    /// How long the server goes on serving after it was told to stop, not ready any more.
    pub drain_delay: Duration,
    /// Open at once.
    pub max_connections: usize,
    /// Open at once from one IPv4 address or IPv6 /64.
    pub connections_per_address: usize,
    /// Whose word counts for where a request is from.
    pub trusted_proxies: Vec<Network>,
    /// Plain HTTP off loopback was asked for.
    pub allow_insecure: bool,
}

/// Pages of other origins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorsSettings {
    /// As browsers write them.
    pub allowed_origins: Vec<String>,
}

/// The listener for operators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpsSettings {
    /// Where it listens; `None` turns it off.
    pub bind: Option<SocketAddr>,
}

impl OpsSettings {
    /// Whether it is the built-in address, which another instance on this machine may have.
    pub fn is_default(&self) -> bool {
        self.bind.is_some_and(|bind| bind.to_string() == OPS_BIND)
    }
}

/// The store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseSettings {
    /// Begins with `sqlite:`, `postgres://` or `postgresql://`; may hold a password.
    pub url: Secret,
    /// Connections; 0 lets the backend decide.
    pub pool_size: u32,
    /// For a free connection.
    pub pool_timeout: Duration,
    /// For another process's lock on an SQLite file.
    pub busy_timeout: Duration,
    /// For one statement on PostgreSQL.
    pub statement_timeout: Duration,
    /// When SQLite waits for the disk.
    pub synchronous: Synchronous,
    /// Whether `serve` migrates first.
    pub migrate_on_start: bool,
}

/// What the whole installation rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretsSettings {
    /// The root key ring as written, `ID:BASE64,…`; the core parses it.
    pub keys: Option<Secret>,
}

/// Access tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSettings {
    /// The `iss` claim.
    pub issuer: String,
    /// The `aud` claim.
    pub audience: String,
    /// `Hs256` exactly when there is a shared secret.
    pub algorithm: Algorithm,
    /// At least 32 bytes, no known sample.
    pub hs256_secret: Option<Secret>,
    /// Life of a token: 1 s to 24 h, whole seconds.
    pub access_ttl: Duration,
    /// Allowed difference of clocks: at most 60 s, whole seconds.
    pub leeway: Duration,
    /// The `typ` header.
    pub typ: TokenType,
    /// Whether the tutorial's own tokens are taken; only with a shared secret.
    pub accept_tutorial_tokens: bool,
    /// How many verified tokens are remembered.
    pub cache_size: usize,
    /// How long a key signs; `None`: until somebody rotates it.
    pub key_rotation: Option<Duration>,
    /// How long a key is published before it signs; shorter than `key_rotation`.
    pub key_publish_ahead: Duration,
}

/// Who may ask what a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntrospectionSettings {
    /// Their ids and secrets.
    pub clients: Vec<(String, Secret)>,
}

/// Sign-ins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSettings {
    /// Unused for so long ends it; never above `absolute_timeout`.
    pub idle_timeout: Duration,
    /// After so long it ends.
    pub absolute_timeout: Duration,
    /// For how long a used refresh token gets the same answer again.
    pub retry_window: Duration,
    /// Between two questions for endings.
    pub revocation_poll: Duration,
    /// How old the answer may be: at least three times `revocation_poll`.
    pub revocation_bound: Duration,
    /// At least 1.
    pub max_per_user: u32,
}

/// The removal of what is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CleanupSettings {
    /// Between two removals.
    pub interval: Duration,
}

/// The audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditSettings {
    /// How long a line is kept.
    pub retention: Duration,
}

/// New passwords; lengths in code points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordSettings {
    /// At least 8 (NIST SP 800-63B-4).
    pub min_length: usize,
    /// From 64 to 1,024, never below `min_length`.
    pub max_length: usize,
    /// One password a line, beside the built-in list.
    pub blocklist: Option<PathBuf>,
}

/// Argon2id, and the lane that runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashingSettings {
    /// Bytes; a whole number of KiB. With `iterations` at least one of the OWASP sets.
    pub memory: u64,
    /// Passes.
    pub iterations: u32,
    /// Lanes of one hash.
    pub parallelism: u32,
    /// Hashes at once; 0 means one for each core.
    pub max_concurrent: usize,
    /// Hashes that may wait; 0 lets the machine's rate decide.
    pub queue_limit: usize,
    /// How long one may wait.
    pub max_wait: Duration,
}

impl HashingSettings {
    /// Memory in KiB, the unit of Argon2's parameter.
    pub fn memory_kib(&self) -> u32 {
        u32::try_from(self.memory / 1_024).unwrap_or(u32::MAX)
    }
}

/// Registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationSettings {
    /// Who may register.
    pub mode: RegistrationMode,
}

/// New user names; lengths in code points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsernameSettings {
    /// Never above `max_length`.
    pub min_length: usize,
    /// At most 255.
    pub max_length: usize,
    /// Names to refuse beside the built-in list.
    pub reserved: Vec<String>,
}

/// The log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// How a line looks.
    pub format: LogFormat,
    /// A filter that `tracing_subscriber::EnvFilter` parses.
    pub level: String,
    /// How much of an address is shown.
    pub client_ip: ClientIp,
}

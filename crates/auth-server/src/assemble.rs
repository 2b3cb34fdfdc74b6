//! From a configuration to the parts that serve: the store, the keys, the service and its lanes.

mod keys;
mod lanes;
mod restore;
mod root_key_file;
mod sizing;
mod worker;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use auth_core::AuthService;
use auth_core::entropy::{Entropy, SystemEntropy};
use auth_core::password::{Argon2Hasher, Argon2Params, PasswordHasher, PasswordPolicy};
use auth_core::root_keys::RootKeyRing;
use auth_core::service::{RegistrationMode, ServiceSettings, SigningKeys};
use auth_core::token::{Jwt, SharedSecretTokens, TokenPolicy, Types};
use auth_core::user::UsernamePolicy;
use auth_storage::{Backend, DieselStore, StorageSettings};

use crate::chain::chain;
use crate::config::{self, DatabaseSettings, Settings};
use crate::metrics::Metrics;
pub use keys::{command as key_command, looking as looking_keys};
pub use lanes::{capacity, state};
pub use restore::{RestoreError, Restored, Verified, database_file, restore, verify_backup};
pub use sizing::{Demand, Sizing};
pub use worker::worker;

/// Why the parts cannot be put together. Says what to do.
#[derive(Debug)]
pub enum AssembleError {
    /// Something in the configuration cannot be used.
    Config(String),
    /// Something outside failed.
    Failed(String),
}

/// The parts, before any lane has started.
#[derive(Debug)]
pub struct Assembled {
    /// The database.
    pub store: DieselStore,
    /// The use cases.
    pub service: Arc<AuthService>,
    /// The signing keys.
    pub keys: Arc<SigningKeys>,
    /// The file of a root key ring that was generated just now.
    pub new_root_keys: Option<PathBuf>,
    /// How many threads and connections there are.
    pub sizing: Sizing,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    hashing: Argon2Params,
}

impl Assembled {
    /// Whether the key set is empty, as it is where a shared secret alone signs.
    pub fn publishes_nothing(&self) -> bool {
        self.keys.jwk_set().get("keys").and_then(|keys| keys.as_array()).is_none_or(Vec::is_empty)
    }
}

/// Threads and connections for these settings on this machine.
pub fn sizing(settings: &Settings) -> Sizing {
    let embedded = settings.database.url.expose().starts_with("sqlite:");
    Sizing::of(&Demand {
        cores: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        backend: if embedded { Backend::Sqlite } else { Backend::Postgres },
        workers: settings.server.workers,
        pool_size: settings.database.pool_size,
        max_concurrent: settings.hashing.max_concurrent,
    })
}

/// Opens everything that `settings` name, migrates where they say so, and makes the keys that are missing.
///
/// # Errors
/// [`AssembleError`] with the remedy.
pub fn assemble(settings: &Settings) -> Result<Assembled, AssembleError> {
    let (hashing, policy) = check(settings)?;
    let (sizing, metrics) = (sizing(settings), Arc::new(Metrics::default()));
    let store = open_store(&DatabaseSettings { pool_size: sizing.connections, ..settings.database.clone() })?;
    let root_keys = root_key_file::ring(settings.secrets.keys.as_ref(), &store)?;
    if settings.database.migrate_on_start {
        for name in store.migrate().map_err(failed)? {
            tracing::info!(migration = name, "applied");
        }
    } else {
        store.check_schema().map_err(failed)?;
    }
    root_key_file::check_sessions(&store, &root_keys.ring, settings.session.idle_timeout)?;
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let hasher = Arc::new(Argon2Hasher::new(hashing, sizing.hashes.get(), Arc::clone(&entropy)).map_err(failed)?);
    let root_ring = Arc::new(root_keys.ring);
    let keys = Arc::new(keys::over(settings, &store, &root_ring));
    keys::open(&keys)?;
    let token = &settings.token;
    let jwt = Jwt::new(
        keys.current(),
        TokenPolicy {
            types: Types::OneOf(vec![token.typ.as_str().to_owned()]),
            leeway: token.leeway,
            ..TokenPolicy::new(token.issuer.clone(), token.audience.clone())
        },
    )
    .with_cache(token.cache_size);
    let mut builder = AuthService::builder()
        .store(Arc::new(store.clone()))
        .hasher(metrics.hasher(hasher as Arc<dyn PasswordHasher>))
        .tokens(Arc::new(jwt))
        .root_keys(root_ring)
        .entropy(entropy)
        .revocation(settings.session.revocation_bound)
        .settings(service_settings(settings, policy));
    if let Some(secret) = token.hs256_secret.as_ref().filter(|_| token.accept_tutorial_tokens) {
        let tokens = SharedSecretTokens::new(secret).map_err(failed)?;
        builder = builder.accept_tutorial_tokens(tokens.while_accepted(keys.current()));
    }
    let service = Arc::new(builder.build().map_err(failed)?);
    Ok(Assembled { store, service, keys, new_root_keys: root_keys.new_file, sizing, metrics, hashing })
}

/// Reads what the configuration names and checks what only the core can check.
///
/// # Errors
/// [`AssembleError::Config`].
pub fn check(settings: &Settings) -> Result<(Argon2Params, PasswordPolicy), AssembleError> {
    let hashing = &settings.hashing;
    let params = Argon2Params::new(hashing.memory_kib(), hashing.iterations, hashing.parallelism)
        .map_err(|error| AssembleError::Config(format!("hashing.memory, .iterations, .parallelism: {error}")))?;
    if let Some(keys) = &settings.secrets.keys {
        RootKeyRing::parse(keys).map_err(|error| AssembleError::Config(format!("secrets.keys: {error}")))?;
    }
    let blocked = match &settings.password.blocklist {
        Some(path) => config::read_plain(path).map_err(|error| {
            AssembleError::Config(format!("password.blocklist: cannot read {}: {error}", path.display()))
        })?,
        None => String::new(),
    };
    let (min, max) = (settings.password.min_length, settings.password.max_length);
    let policy = PasswordPolicy::new(min, max, blocked.lines().filter(|line| !line.is_empty()));
    Ok((params, policy.of_service([&settings.public_url, &settings.token.issuer])))
}

/// Opens the database. A file that is missing is made; the schema is left as it is.
///
/// # Errors
/// [`AssembleError::Failed`] with the remedy.
pub fn open_store(settings: &DatabaseSettings) -> Result<DieselStore, AssembleError> {
    let mut storage = StorageSettings::new(settings.url.clone());
    storage.pool_size = (settings.pool_size > 0).then_some(settings.pool_size);
    storage.pool_timeout = settings.pool_timeout;
    storage.busy_timeout = settings.busy_timeout;
    storage.statement_timeout = settings.statement_timeout;
    storage.synchronous = match settings.synchronous {
        config::Synchronous::Full => auth_storage::Synchronous::Full,
        config::Synchronous::Normal => auth_storage::Synchronous::Normal,
    };
    // A file's name is no secret; a URL with a server in it may hold a password.
    let place = settings.url.expose().strip_prefix("sqlite:").map(|path| format!(" {path}")).unwrap_or_default();
    auth_storage::open(storage)
        .map_err(|error| AssembleError::Failed(format!("database.url{place}: {}\n  {}", chain(&error), error.remedy())))
}

/// Puts the port that the system chose where `server.port = 0` stood for it.
pub fn set_port(settings: &mut Settings, port: u16) {
    let with_port = |url: &str| match url.strip_suffix(":0") {
        Some(rest) => format!("{rest}:{port}"),
        None => url.to_owned(),
    };
    for url in [&mut settings.public_url, &mut settings.token.issuer, &mut settings.token.audience] {
        *url = with_port(url);
    }
}

fn service_settings(settings: &Settings, password: PasswordPolicy) -> ServiceSettings {
    let username = &settings.username;
    ServiceSettings {
        issuer: settings.token.issuer.clone(),
        audience: settings.token.audience.clone(),
        access_ttl: settings.token.access_ttl,
        session_ttl: settings.session.absolute_timeout,
        session_idle: settings.session.idle_timeout,
        retry_window: settings.session.retry_window,
        max_sessions: usize::try_from(settings.session.max_per_user).unwrap_or(usize::MAX),
        registration: match settings.registration.mode {
            config::RegistrationMode::Open => RegistrationMode::Open,
            config::RegistrationMode::Closed => RegistrationMode::Closed,
        },
        username: UsernamePolicy::new(username.min_length, username.max_length, &username.reserved),
        password,
        limits: settings.limits.clone(),
        audit_retention: settings.audit.retention,
    }
}

fn failed(error: impl std::error::Error) -> AssembleError {
    AssembleError::Failed(chain(&error))
}

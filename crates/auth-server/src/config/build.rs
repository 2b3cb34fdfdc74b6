//! From values by key to typed settings. `None` when a key was refused.

use std::path::PathBuf;

use super::checks::without_brackets;
use auth_core::attempts::{LimitSettings, Throttle};

use super::choices::{Algorithm, ClientIp, LogFormat, RegistrationMode, Synchronous, TokenType};
use super::clients;
use super::limits;
use super::secret::Secret;
use super::settings::{
    AuditSettings, CleanupSettings, CorsSettings, DatabaseSettings, HashingSettings, IntrospectionSettings,
    LogSettings, OpsSettings, PasswordSettings, RegistrationSettings, SecretsSettings, ServerSettings, SessionSettings,
    Settings, TokenSettings, UsernameSettings,
};
use super::values::Values;
use auth_core::attempts::Network;

/// Reads every key; the tests prove that each of them arrives.
pub(super) fn settings(values: &Values) -> Option<Settings> {
    Some(Settings {
        public_url: values.text("public_url")?.to_owned(),
        server: server(values)?,
        cors: CorsSettings { allowed_origins: values.list("cors.allowed_origins")?.to_vec() },
        ops: OpsSettings { bind: values.text("ops.bind")?.parse().ok() },
        database: database(values)?,
        secrets: SecretsSettings { keys: set(values.secret("secrets.keys")?) },
        token: token(values)?,
        introspection: IntrospectionSettings {
            clients: clients::read(values.secret("introspection.clients")?.expose()),
        },
        session: SessionSettings {
            idle_timeout: values.duration("session.idle_timeout")?,
            absolute_timeout: values.duration("session.absolute_timeout")?,
            retry_window: values.duration("session.retry_window")?,
            revocation_poll: values.duration("session.revocation_poll")?,
            revocation_bound: values.duration("session.revocation_bound")?,
            max_per_user: values.number("session.max_per_user")?,
        },
        cleanup: CleanupSettings { interval: values.duration("cleanup.interval")? },
        audit: AuditSettings { retention: values.duration("audit.retention")? },
        password: PasswordSettings {
            min_length: values.number("password.min_length")?,
            max_length: values.number("password.max_length")?,
            blocklist: Some(values.text("password.blocklist")?).filter(|path| !path.is_empty()).map(PathBuf::from),
        },
        hashing: hashing(values)?,
        registration: RegistrationSettings { mode: RegistrationMode::from_name(values.text("registration.mode")?)? },
        username: UsernameSettings {
            min_length: values.number("username.min_length")?,
            max_length: values.number("username.max_length")?,
            reserved: values.list("username.reserved")?.to_vec(),
        },
        limits: limits(values)?,
        log: LogSettings {
            format: LogFormat::from_name(values.text("log.format")?)?,
            level: values.text("log.level")?.to_owned(),
            client_ip: ClientIp::from_name(values.text("log.client_ip")?)?,
        },
    })
}

fn server(values: &Values) -> Option<ServerSettings> {
    Some(ServerSettings {
        host: without_brackets(values.text("server.host")?).to_owned(),
        port: values.number("server.port")?,
        workers: values.number("server.workers")?,
        body_limit: values.size("server.body_limit")?,
        body_timeout: values.duration("server.body_timeout")?,
        header_timeout: values.duration("server.header_timeout")?,
        handler_timeout: values.duration("server.handler_timeout")?,
        shutdown_timeout: values.duration("server.shutdown_timeout")?,
        drain_delay: values.duration("server.drain_delay")?,
        max_connections: values.number("server.max_connections")?,
        connections_per_address: values.number("server.connections_per_address")?,
        trusted_proxies: networks(values.list("server.trusted_proxies")?),
        allow_insecure: values.switch("server.allow_insecure")?,
    })
}

fn database(values: &Values) -> Option<DatabaseSettings> {
    Some(DatabaseSettings {
        url: values.secret("database.url")?.clone(),
        pool_size: values.number("database.pool_size")?,
        pool_timeout: values.duration("database.pool_timeout")?,
        busy_timeout: values.duration("database.busy_timeout")?,
        statement_timeout: values.duration("database.statement_timeout")?,
        synchronous: Synchronous::from_name(values.text("database.synchronous")?)?,
        migrate_on_start: values.switch("database.migrate_on_start")?,
    })
}

fn token(values: &Values) -> Option<TokenSettings> {
    Some(TokenSettings {
        issuer: values.text("token.issuer")?.to_owned(),
        audience: values.text("token.audience")?.to_owned(),
        algorithm: Algorithm::from_name(values.text("token.algorithm")?)?,
        hs256_secret: set(values.secret("token.hs256_secret")?),
        access_ttl: values.duration("token.access_ttl")?,
        leeway: values.duration("token.leeway")?,
        typ: TokenType::from_name(values.text("token.typ")?)?,
        accept_tutorial_tokens: values.switch("token.accept_tutorial_tokens")?,
        cache_size: values.number("token.cache_size")?,
        key_rotation: Some(values.duration("token.key_rotation")?).filter(|rotation| !rotation.is_zero()),
        key_publish_ahead: values.duration("token.key_publish_ahead")?,
    })
}

fn hashing(values: &Values) -> Option<HashingSettings> {
    Some(HashingSettings {
        memory: values.size("hashing.memory")?,
        iterations: values.number("hashing.iterations")?,
        parallelism: values.number("hashing.parallelism")?,
        max_concurrent: values.number("hashing.max_concurrent")?,
        queue_limit: values.number("hashing.queue_limit")?,
        max_wait: values.duration("hashing.max_wait")?,
    })
}

/// The networks of a list that was checked.
fn networks(items: &[String]) -> Vec<Network> {
    items.iter().filter_map(|item| item.parse().ok()).collect()
}

fn limits(values: &Values) -> Option<LimitSettings> {
    Some(LimitSettings {
        enabled: values.switch("limits.enabled")?,
        exempt: networks(values.list("limits.exempt")?),
        login_per_address: limits::rates(values.text("limits.login_per_address")?),
        register_per_address: limits::rates(values.text("limits.register_per_address")?),
        account: Throttle {
            free: values.number("limits.account_free_attempts")?,
            per_day: values.number("limits.account_per_day")?,
            disable_at: values.number("limits.account_disable_at")?,
        },
        device_attempts: values.number("limits.device_attempts")?,
    })
}

/// An empty secret is none.
fn set(secret: &Secret) -> Option<Secret> {
    (!secret.expose().is_empty()).then(|| secret.clone())
}

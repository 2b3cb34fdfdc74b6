//! The table of known keys: what is not here does not exist.
//!
//! Each key is read by `build.rs`, documented in `docs/CONFIGURATION.md` and listed in `config/default.toml`; tests hold
//! the four together. A key is added when something obeys it, not before.

use std::time::Duration;

use super::checks;
use super::choices::{Algorithm, ClientIp, LogFormat, RegistrationMode, Synchronous, TokenType};
use super::clients;
use super::kind::Kind;
use super::limits;
use super::origins;

/// One key of the configuration.
#[derive(Debug)]
pub(super) struct Key {
    /// Dotted name; what stands before the dot is the section.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// The built-in value as text.
    pub(super) default: &'static str,
    /// Masked in output, with a `_FILE` twin, and never a flag.
    pub(super) secret: bool,
    /// One sentence.
    pub(super) doc: &'static str,
    /// What stands in for an empty default, for people.
    pub(super) empty: &'static str,
    /// Where the bounds come from.
    pub(super) source: &'static str,
    /// A second environment variable, which the `AUTH_` name wins over.
    pub(super) alias: Option<&'static str>,
}

impl Key {
    /// The environment variable: `token.access_ttl` is `AUTH_TOKEN_ACCESS_TTL`.
    pub(super) fn variable(&self) -> String {
        format!("AUTH_{}", self.name.replace('.', "_").to_ascii_uppercase())
    }

    /// What is allowed, and who says so.
    pub(super) fn allowed(&self) -> String {
        match self.source {
            "" => self.kind.allowed(),
            source => format!("{} ({source})", self.kind.allowed()),
        }
    }

    const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    const fn empty(self, empty: &'static str) -> Self {
        Self { empty, ..self }
    }

    const fn source(self, source: &'static str) -> Self {
        Self { source, ..self }
    }

    const fn alias(self, alias: &'static str) -> Self {
        Self { alias: Some(alias), ..self }
    }
}

/// The key of that name.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

const fn key(name: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> Key {
    Key { name, kind, default, secret: false, doc, empty: "", source: "", alias: None }
}

const fn number(min: u64, max: u64) -> Kind {
    Kind::Number { min, max }
}

/// A duration between `min` and `max` milliseconds.
const fn time(min: u64, max: u64) -> Kind {
    Kind::Duration { min: Duration::from_millis(min), max: Duration::from_millis(max), whole: false }
}

/// Whole seconds between `min` and `max` seconds.
const fn seconds(min: u64, max: u64) -> Kind {
    Kind::Duration { min: Duration::from_secs(min), max: Duration::from_secs(max), whole: true }
}

const LINE: Kind = Kind::Text { allowed: "one line of at most 2048 bytes", check: checks::line };
const HOST: Kind = Kind::Text { allowed: "an IP address or a host name", check: checks::host };
const PUBLIC_URL: Kind = Kind::Text {
    allowed: "`http://` or `https://`, a host, perhaps a port and a path; no slash at the end, no query, no fragment",
    check: checks::public_url,
};
const DATABASE_URL: Kind =
    Kind::Text { allowed: "`sqlite://PATH`, `postgres://…` or `postgresql://…`", check: checks::database_url };
const BIND: Kind = Kind::Text {
    allowed: "an IP address and a port, such as `127.0.0.1:9464` or `[::1]:9464`, or nothing",
    check: checks::bind,
};
const KEY_RING: Kind = Kind::Text { allowed: "`ID:BASE64,ID:BASE64,…` on one line", check: checks::key_ring };
const SHARED_SECRET: Kind = Kind::Text {
    allowed: "at least 32 random bytes on one line, such as `openssl rand -base64 48` prints",
    check: checks::shared_secret,
};
const CLIENTS: Kind = Kind::Text {
    allowed: "`ID:SECRET,ID:SECRET,…` on one line; an id has 1 to 64 of `a-z`, `0-9`, `-`, a secret 32 to 256 of `A-Z`, `a-z`, `0-9`, `-`, `_`",
    check: clients::check,
};
const PROXIES: Kind = Kind::Items {
    allowed: "IP addresses and networks such as `10.0.0.0/8` or `2001:db8::/32` between commas, or a TOML array of them; not all addresses at once",
    check: checks::proxy,
};
const NETWORKS: Kind = Kind::Items {
    allowed: "IP addresses and networks such as `10.0.0.0/8` or `2001:db8::/32` between commas, or a TOML array of them",
    check: checks::network,
};
const ORIGINS: Kind = Kind::Items {
    allowed: "origins as browsers write them, such as `https://app.example.com` or `http://localhost:5173`, between commas, or a TOML array of them; no `*`",
    check: origins::check,
};
const RATES: Kind = Kind::Text {
    allowed: "one to four rates `NUMBER/DURATION` between commas, such as `30/1m, 300/1h`; numbers from 1 to 1000000, durations from `1s` to `24h`",
    check: limits::check_rates,
};
const LOG_FILTER: Kind = Kind::Text {
    allowed: "`off`, `error`, `warn`, `info`, `debug` or `trace`, or directives `TARGET=LEVEL` between commas",
    check: checks::log_filter,
};

/// Where metrics are served unless told otherwise: the port that Prometheus' list of exporters has for OpenTelemetry.
pub(super) const OPS_BIND: &str = "127.0.0.1:9464";

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const DAY_IN_SECONDS: u64 = 86_400;

/// Every key, in the order of the documentation: by section, then as people look for them.
pub(super) static KEYS: &[Key] = &[
    key("public_url", PUBLIC_URL, "", "The address by which clients reach the server; it alone makes links and the issuer.")
        .empty("`http://localhost:<server.port>`"),
    key("server.host", HOST, "127.0.0.1", "The address to listen on."),
    key("server.port", number(0, 65_535), "8080", "The TCP port to listen on; 0 takes any free one.").alias("PORT"),
    key("server.workers", number(0, 1_024), "0", "Threads that serve HTTP; 0 means one for each core."),
    key("server.body_limit", Kind::Size { min: KIB, max: 16 * MIB, step: 1 }, "16KiB", "Largest request body; more is answered 413."),
    key("server.body_timeout", time(SECOND, 5 * MINUTE), "10s", "How long a request body may take to arrive."),
    key("server.header_timeout", time(SECOND, 5 * MINUTE), "5s", "How long the head of a request may take to arrive, from its first byte."),
    key("server.handler_timeout", time(SECOND, 5 * MINUTE), "15s", "The longest that a request waits for its answer, whatever happens behind it; then it is answered 503."),
    key("server.shutdown_timeout", seconds(0, 600), "30s", "How long requests in flight may take to end after SIGTERM."),
    key("server.drain_delay", seconds(0, 600), "0s", "How long the server goes on serving after SIGTERM while `/readyz` answers 503; behind a proxy, longer than that keeps an idle connection."),
    key("server.max_connections", number(1, 1_000_000), "10000", "Connections open at once; more wait in the system's queue."),
    key("server.connections_per_address", number(1, 1_000_000), "1000", "Connections open at once from one IPv4 address or IPv6 /64; one more is closed at once."),
    key("server.trusted_proxies", PROXIES, "", "Proxies that may say by `Forwarded` or `X-Forwarded-For` whom a request is from; their own connections are not counted by address.")
        .empty("none"),
    key("server.allow_insecure", Kind::Switch, "false", "Allows plain HTTP off loopback, for use behind a proxy that ends TLS."),
    key("cors.allowed_origins", ORIGINS, "", "Origins whose pages may call the server and read what it answers, compared byte for byte.")
        .empty("none"),
    key("ops.bind", BIND, OPS_BIND, "Where `/metrics` and `/version` are served, in plain HTTP and to whoever asks; empty turns it off, and port 0 takes any free one."),
    key("database.url", DATABASE_URL, "sqlite://auth.db", "The database: an SQLite file, or a PostgreSQL server.")
        .secret()
        .alias("DATABASE_URL"),
    key("database.pool_size", number(0, 1_000), "0", "Connections to the database, shared by both lanes, of which one goes to the clean-up; 0 means one for each thread that wants one, and fewer than 3 count as 3."),
    key("database.pool_timeout", time(1, 5 * MINUTE), "2s", "How long a request waits for a connection before it is answered 503."),
    key("database.busy_timeout", time(0, 5 * MINUTE), "5s", "How long SQLite waits for another process's lock."),
    key("database.statement_timeout", time(1, 60 * MINUTE), "5s", "How long PostgreSQL may work on one statement."),
    key("database.synchronous", Kind::Choice(Synchronous::NAMES), "full", "When SQLite waits for the disk; with `normal` a power cut may lose the last commits."),
    key("database.migrate_on_start", Kind::Switch, "true", "Brings the schema up to date when the server starts."),
    key("secrets.keys", KEY_RING, "", "The root key ring, 32 bytes each in base64, of which the first is active.")
        .secret()
        .empty("made beside a new embedded database, required otherwise"),
    key("token.issuer", LINE, "", "The `iss` claim, compared byte for byte.").empty("`public_url`"),
    key("token.audience", LINE, "", "The `aud` claim, compared byte for byte.").empty("`public_url`"),
    key("token.algorithm", Kind::Choice(Algorithm::NAMES), "ES256", "How access tokens are signed; a set `token.hs256_secret` makes it HS256."),
    key("token.hs256_secret", SHARED_SECRET, "", "The secret that HS256 shares with every verifier; setting it selects HS256.")
        .secret()
        .empty("none")
        .source("RFC 7518, section 3.2; known samples and patterns are refused")
        .alias("JWT_SECRET"),
    key("token.access_ttl", seconds(1, DAY_IN_SECONDS), "2h", "How long an access token is valid.")
        .source("verifiers that only know the public keys believe a token for so long"),
    key("token.leeway", seconds(0, 60), "5s", "How far the clocks of signer and verifier may differ, both ways."),
    key("token.typ", Kind::Choice(TokenType::NAMES), "JWT", "The `typ` header of access tokens."),
    key("token.accept_tutorial_tokens", Kind::Switch, "false", "Takes tokens that the tutorial's own app made with the shared secret."),
    key("token.cache_size", number(0, 10_000_000), "10000", "Tokens remembered as rightly signed, about 1 KiB each; 0 means that every signature is computed anew."),
    key("token.key_rotation", seconds(0, 3_650 * DAY_IN_SECONDS), "90d", "How long a signing key signs before the next one takes over; 0 means until `auth-server keys rotate`.")
        .source("0, or at least an hour more than `token.key_publish_ahead`"),
    key("token.key_publish_ahead", seconds(0, 30 * DAY_IN_SECONDS), "24h", "How long a signing key is published before it signs, so that whoever keeps the key set knows it by then."),
    key("introspection.clients", CLIENTS, "", "Services that may introspect any token, by HTTP Basic authentication.")
        .secret()
        .empty("none; whoever bears a token may introspect those of the same account"),
    key("session.idle_timeout", seconds(1, 3_650 * DAY_IN_SECONDS), "14d", "A session ends when it was not used for so long."),
    key("session.absolute_timeout", seconds(1, 3_650 * DAY_IN_SECONDS), "30d", "A session ends so long after sign-in, used or not."),
    key("session.retry_window", time(0, 60 * MINUTE), "5m", "For how long after a refresh the token that was used gets the same answer again; with 0 a lost answer signs its client out.")
        .source("the longer, the longer somebody with a copy of a token may stay unseen"),
    key("session.revocation_poll", time(100, MINUTE), "1s", "How often the server asks which sessions were ended elsewhere."),
    key("session.revocation_bound", time(300, 10 * MINUTE), "10s", "An ended session opens nothing anywhere after so long; when the database is lost for longer, every token is answered 503.")
        .source("at least three times `session.revocation_poll`"),
    key("session.max_per_user", number(1, 10_000), "50", "Sessions of one user; one more ends the least recently used."),
    key("cleanup.interval", time(MINUTE, 1_440 * MINUTE), "1h", "How often sessions that are over are removed from the database."),
    key("audit.retention", seconds(DAY_IN_SECONDS, 3_650 * DAY_IN_SECONDS), "365d", "How long a line of the audit log is kept; the clean-up removes older ones."),
    key("password.min_length", number(8, 1_024), "8", "Fewest characters of a new password, counted in code points.")
        .source("NIST SP 800-63B-4, section 3.1.1.2, knows no minimum below 8 and wants 15 where a password is the only factor"),
    key("password.max_length", number(64, 1_024), "1024", "Most characters of a new password, counted in code points.")
        .source("NIST SP 800-63B-4, section 3.1.1.2, asks for at least 64"),
    key("password.blocklist", LINE, "", "A file of passwords to refuse, one a line, beside the built-in list.").empty("the built-in list only"),
    key("hashing.memory", Kind::Size { min: 7 * MIB, max: 256 * MIB, step: KIB }, "19MiB", "Memory of one Argon2id hash.")
        .source("OWASP Password Storage Cheat Sheet; less memory asks for more iterations"),
    key("hashing.iterations", number(1, 100), "2", "Passes of one Argon2id hash over its memory.")
        .source("OWASP Password Storage Cheat Sheet; fewer iterations ask for more memory"),
    key("hashing.parallelism", number(1, 16), "1", "Lanes of one Argon2id hash."),
    key("hashing.max_concurrent", number(0, 1_024), "0", "Hashes made at once; 0 means one for each core, and a small `database.pool_size` allows fewer."),
    key("hashing.queue_limit", number(0, 1_000_000), "0", "Hashes that may wait; more are answered 503, and 0 means what this machine does in 1.5 seconds at its present pace."),
    key("hashing.max_wait", time(1, MINUTE), "2s", "How long a hash may wait before it is answered 503."),
    key("registration.mode", Kind::Choice(RegistrationMode::NAMES), "open", "Whether anybody may register, or users are made by command only."),
    key("username.min_length", number(1, 255), "3", "Fewest characters of a new user name, counted in code points."),
    key("username.max_length", number(1, 255), "64", "Most characters of a new user name, counted in code points."),
    key("username.reserved", Kind::List, "", "Names that nobody can register, beside the built-in list.").empty("the built-in list only"),
    key("limits.enabled", Kind::Switch, "true", "Slows guessing down; without it every password may be tried as often as the machine can hash."),
    key("limits.exempt", NETWORKS, "", "Networks that are not counted by address; accounts are counted wherever the attempts come from.").empty("none"),
    key("limits.login_per_address", RATES, "30/1m, 300/1h", "Sign-ins from one IPv4 address or one IPv6 network of 64 bits, and ten times as many from 48 bits."),
    key("limits.register_per_address", RATES, "10/1h", "Registrations, counted alike, whatever becomes of them."),
    key("limits.account_free_attempts", number(0, 100), "5", "Failures in a row to one account from unknown devices without a wait; from then on the wait doubles from a second to a quarter of an hour."),
    key("limits.account_per_day", number(1, 1_000), "50", "Attempts in a day to one account from unknown devices, those that succeed left out."),
    key("limits.account_disable_at", number(1, 100), "100", "Failures in a row to one account after which unknown devices are refused until its password is changed or an administrator lifts it.")
        .source("NIST SP 800-63B-4, section 3.2.2, allows no more than 100"),
    key("limits.device_attempts", number(1, 100), "10", "Failures in a row of a known device before it counts as unknown, and of a session that is asked for its password again.")
        .source("NIST SP 800-63B-4, section 3.2.2, allows no more than 100"),
    key("log.format", Kind::Choice(LogFormat::NAMES), "auto", "How log lines look; `auto` is text on a terminal and JSON elsewhere."),
    key("log.level", LOG_FILTER, "info", "What is logged: a level, or levels by target.").alias("RUST_LOG"),
    key("log.client_ip", Kind::Choice(ClientIp::NAMES), "full", "How much of a client's address the log shows."),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::layers::Raw;

    #[test]
    fn names_and_variables_are_unique() {
        let names: BTreeSet<&str> = KEYS.iter().map(|key| key.name).collect();
        let twins = KEYS.iter().filter(|key| key.secret).map(|key| key.variable() + "_FILE");
        let variables: BTreeSet<String> = KEYS.iter().map(Key::variable).chain(twins).collect();
        let secrets = KEYS.iter().filter(|key| key.secret).count();
        assert_eq!((names.len(), variables.len()), (KEYS.len(), KEYS.len() + secrets));
    }

    #[test]
    fn every_default_is_allowed() {
        for key in KEYS {
            assert!(key.kind.read(&Raw::text(key.default), key.secret).is_ok(), "{}", key.name);
            assert_eq!(key.default.is_empty(), !key.empty.is_empty(), "{}", key.name);
        }
    }

    #[test]
    fn every_key_is_documented_in_one_sentence() {
        for key in KEYS {
            assert!(key.doc.ends_with('.') && key.doc.matches(". ").count() == 0, "{}", key.name);
        }
    }
}

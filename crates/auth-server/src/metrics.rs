//! Metrics: what happened and how full everything is, for Prometheus.
//!
//! Every label is from a closed list: methods, the patterns of the route table, statuses, outcomes. Nothing of a client's
//! own becomes a series.

mod collect;
mod hasher;
mod labels;
mod sessions;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use auth_core::attempts::Throttled;
use auth_core::password::PasswordHasher;
use auth_core::service::{LoginError, LoginOutcome, RefreshError, Refreshed, RegisterError};
use auth_core::user::User;
use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::forwarding::{Heard, Told};
use crate::state::AppState;
use collect::State;
use hasher::MeteredHasher;
pub(crate) use labels::Cut;
use labels::{Cause, Grant, Hash, Http, Limiter, Outcome, SignIn};
use sessions::Sessions;

/// Seconds: from an answer out of memory to the longest that a request is kept (`server.handler_timeout`, as built in).
const HTTP_BUCKETS: [f64; 15] =
    [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0];
/// Seconds: from a cheap hash to one that waits for its turn.
const HASH_BUCKETS: [f64; 10] = [0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0];

type Durations<L> = Family<L, Histogram, fn() -> Histogram>;

/// The numbers of one process.
pub struct Metrics {
    registry: Registry,
    http: Durations<Http>,
    sign_ins: Family<SignIn, Counter>,
    registrations: Family<Outcome, Counter>,
    tokens: Family<Grant, Counter>,
    reuse: Family<Cause, Counter>,
    limited: Family<Limiter, Counter>,
    hashes: Durations<Hash>,
    capacity: Gauge<f64, std::sync::atomic::AtomicU64>,
    cuts: Family<Cause, Counter>,
    forwarded: Family<Cause, Counter>,
    pub(crate) sessions: Sessions,
    told: Told,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("auth");
        let build = Info::new([("version", env!("CARGO_PKG_VERSION")), ("profile", profile())]);
        registry.register("build", "The build that runs", build);
        let http: Durations<Http> = Family::new_with_constructor(|| Histogram::new(HTTP_BUCKETS));
        let help = "From the head of a request to the head of its reply";
        registry.register_with_unit("http_request_duration", help, Unit::Seconds, http.clone());
        let sign_ins = Family::default();
        registry.register("sign_in", "Sign-ins that were tried", Family::clone(&sign_ins));
        let registrations = Family::default();
        registry.register("registrations", "Registrations that were tried", Family::clone(&registrations));
        let tokens = Family::default();
        registry.register("tokens_issued", "Pairs of tokens that were given out", Family::clone(&tokens));
        let reuse = Family::default();
        registry.register("refresh_reuse", "Sessions ended by a refresh token of the past", Family::clone(&reuse));
        let limited = Family::default();
        registry.register("rate_limited", "Attempts that were refused unseen", Family::clone(&limited));
        let hashes: Durations<Hash> = Family::new_with_constructor(|| Histogram::new(HASH_BUCKETS));
        let help = "One hash or check of a password, with the wait for its turn";
        registry.register_with_unit("password_hash", help, Unit::Seconds, hashes.clone());
        let cuts = Family::default();
        registry.register(
            "connections_cut",
            "Connections that the server ended for what their clients did",
            Family::clone(&cuts),
        );
        let forwarded = Family::default();
        let help = "Requests whose Forwarded or X-Forwarded-For was not believed";
        registry.register("forwarded_ignored", help, Family::clone(&forwarded));
        let capacity = Gauge::default();
        let help = "Hashes a second on all threads that hash, measured at the start";
        registry.register("hash_capacity", help, Gauge::clone(&capacity));
        Self {
            registry,
            http,
            sign_ins,
            registrations,
            tokens,
            reuse,
            limited,
            hashes,
            capacity,
            cuts,
            forwarded,
            sessions: Sessions::default(),
            told: Told::default(),
        }
    }
}

/// What was built, for whoever wonders why everything is slow.
pub(crate) const fn profile() -> &'static str {
    if cfg!(debug_assertions) { "debug" } else { "release" }
}

impl Metrics {
    /// A hasher whose hashes are counted.
    pub fn hasher(&self, inner: Arc<dyn PasswordHasher>) -> Arc<dyn PasswordHasher> {
        Arc::new(MeteredHasher::new(inner, self.hashes.clone()))
    }

    /// Tells how many hashes a second this machine makes.
    pub fn set_capacity(&self, hashes_a_second: f64) {
        self.capacity.set(hashes_a_second);
    }

    pub(crate) fn request(&self, method: &'static str, route: &'static str, status: StatusCode, took: Duration) {
        let labels = Http { method, route, status: status.as_u16() };
        self.http.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// Counts a connection that was ended for what its client did.
    pub(crate) fn cut(&self, cause: Cut) {
        self.cuts.get_or_create(&Cause { cause: cause.as_str() }).inc();
    }

    /// Counts what a request said about its way and nobody believed. Answers whether the log is to be told of its peer.
    pub(crate) fn forwarded(&self, heard: Heard, peer: IpAddr) -> bool {
        let Some(cause) = labels::ignored(heard) else { return false };
        self.forwarded.get_or_create(&Cause { cause }).inc();
        self.told.is_news(peer, Instant::now())
    }

    /// Counts a sign-in by its outcome, and hands that on.
    pub(crate) fn sign_in(&self, done: Result<LoginOutcome, LoginError>) -> Result<LoginOutcome, LoginError> {
        if let Err(LoginError::Throttled(throttled)) = &done {
            self.limited(throttled);
        }
        let outcome = labels::sign_in(&done);
        self.sign_ins.get_or_create(&SignIn { method: "password", outcome }).inc();
        if let Ok(LoginOutcome::SignedIn(_)) = &done {
            self.tokens.get_or_create(&Grant { grant: "password" }).inc();
        }
        done
    }

    /// Counts a refresh by its outcome, and hands that on.
    pub(crate) fn refresh(&self, done: Result<Refreshed, RefreshError>) -> Result<Refreshed, RefreshError> {
        match &done {
            Ok(_) => drop(self.tokens.get_or_create(&Grant { grant: "refresh_token" }).inc()),
            Err(error) => {
                if let Some(cause) = labels::reuse(error) {
                    self.reuse.get_or_create(&Cause { cause }).inc();
                }
            }
        }
        done
    }

    /// Counts a registration by its outcome, and hands that on.
    pub(crate) fn registration(&self, done: Result<User, RegisterError>) -> Result<User, RegisterError> {
        if let Err(RegisterError::Throttled(throttled)) = &done {
            self.limited(throttled);
        }
        self.registrations.get_or_create(&Outcome { outcome: labels::registration(&done) }).inc();
        done
    }

    /// Counts an attempt that nobody looked at.
    pub(crate) fn limited(&self, throttled: &Throttled) {
        self.limited.get_or_create(&Limiter { limiter: throttled.limiter.as_str() }).inc();
    }

    /// Everything, in the text format of `OpenMetrics` 1.0, which Prometheus reads.
    pub(crate) fn render(&self, state: &AppState) -> Result<String, fmt::Error> {
        let mut now = Registry::with_prefix("auth");
        now.register_collector(Box::new(State::of(state)));
        let mut text = String::new();
        text::encode_registry(&mut text, &self.registry)?;
        text::encode_registry(&mut text, &now)?;
        text::encode_eof(&mut text)?;
        Ok(text)
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

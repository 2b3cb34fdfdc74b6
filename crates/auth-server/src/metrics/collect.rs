//! What is read when somebody asks: the lanes, the connections, the key that signs.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use auth_core::histogram::Counts;
use auth_core::lane::LaneStats;
use auth_core::service::HashCount;
use auth_storage::PoolState;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

use crate::state::AppState;

/// The numbers at one moment.
#[derive(Debug)]
pub(super) struct State {
    hashing: LaneStats,
    old_hashes: BTreeMap<&'static str, u64>,
    pools: Vec<PoolState>,
    waits: Option<Counts>,
    key_age: Option<Duration>,
    endings_age: Option<Duration>,
    sessions: Option<u64>,
}

impl State {
    pub(super) fn of(state: &AppState) -> Self {
        let store = state.pools.as_ref();
        Self {
            hashing: state.hashing.stats(),
            old_hashes: old_hashes(&state.service.hash_counts()),
            pools: store.map(auth_storage::DieselStore::pool_state).unwrap_or_default(),
            waits: store.map(auth_storage::DieselStore::pool_waits),
            key_age: state.keys.load().signing_age(state.service.now()),
            endings_age: state.service.endings_age().map(|(age, _)| age).filter(|age| *age < Duration::MAX),
            sessions: state.metrics.sessions.known(),
        }
    }
}

impl Collector for State {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let hashing = &self.hashing;
        let help = "Sign-ins, registrations and the like that wait for their hash";
        let depth = ConstGauge::new(u64::try_from(hashing.depth).unwrap_or(u64::MAX));
        depth.encode(encoder.encode_descriptor("hash_queue_depth", help, None, MetricType::Gauge)?)?;
        let help = "How many may wait, at the present pace";
        let limit = ConstGauge::new(u64::try_from(hashing.limit).unwrap_or(u64::MAX));
        limit.encode(encoder.encode_descriptor("hash_queue_limit", help, None, MetricType::Gauge)?)?;
        let help = "Sign-ins, registrations and the like that were not begun, by cause";
        let mut rejected = encoder.encode_descriptor("hash_rejected", help, None, MetricType::Counter)?;
        let causes = [("full", hashing.full), ("timed_out", hashing.timed_out), ("abandoned", hashing.abandoned)];
        for (cause, count) in causes {
            ConstCounter::new(count).encode(rejected.encode_family(&[("cause", cause)])?)?;
        }
        durations(&mut encoder, "hash_wait", "How long those that were begun had waited", &hashing.wait)?;
        if let Some(age) = self.key_age {
            let help = "For how long the key that signs access tokens has signed";
            let descriptor =
                encoder.encode_descriptor("signing_key_age", help, Some(&Unit::Seconds), MetricType::Gauge)?;
            ConstGauge::new(age.as_secs_f64()).encode(descriptor)?;
        }
        let help = "Accounts whose hash is not of the configured scheme and cost, as they were last counted";
        let mut users = encoder.encode_descriptor("legacy_hash_users", help, None, MetricType::Gauge)?;
        for (scheme, count) in &self.old_hashes {
            ConstGauge::new(*count).encode(users.encode_family(&[("scheme", *scheme)])?)?;
        }
        if let Some(age) = self.endings_age {
            let help = "How old is what is known of ended sessions; past session.revocation_bound no token is believed";
            let descriptor = encoder.encode_descriptor("endings_age", help, Some(&Unit::Seconds), MetricType::Gauge)?;
            ConstGauge::new(age.as_secs_f64()).encode(descriptor)?;
        }
        if let Some(sessions) = self.sessions {
            let help = "Sessions that live, as they were counted up to a minute ago";
            ConstGauge::new(sessions).encode(encoder.encode_descriptor(
                "sessions_active",
                help,
                None,
                MetricType::Gauge,
            )?)?;
        }
        self.pools(&mut encoder)
    }
}

/// By scheme, whatever the cost.
fn old_hashes(counts: &[HashCount]) -> BTreeMap<&'static str, u64> {
    let mut users = BTreeMap::new();
    for count in counts.iter().filter(|count| !count.is_present) {
        *users.entry(count.class.scheme()).or_default() += count.users;
    }
    users
}

impl State {
    fn pools(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let Some(waits) = &self.waits else { return Ok(()) };
        let help = "Connections to the database: in use, idle, and how many more there may be";
        let mut connections = encoder.encode_descriptor("db_pool_connections", help, None, MetricType::Gauge)?;
        for PoolState { pool, limit, open, idle, .. } in &self.pools {
            let states =
                [("used", open.saturating_sub(*idle)), ("idle", *idle), ("unopened", limit.saturating_sub(*open))];
            for (state, count) in states {
                let labels = [("pool", *pool), ("state", state)];
                ConstGauge::new(count).encode(connections.encode_family(&labels)?)?;
            }
        }
        durations(encoder, "db_pool_wait", "How long a transaction waited for its connection", waits)
    }
}

fn durations(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, counts: &Counts) -> fmt::Result {
    let mut metric = encoder.encode_descriptor(name, help, Some(&Unit::Seconds), MetricType::Histogram)?;
    let buckets: Vec<(f64, u64)> = counts
        .buckets
        .iter()
        // The encoder's own way to say that there is no bound.
        .map(|(bound, count)| (bound.map_or(f64::MAX, |bound| bound.as_secs_f64()), *count))
        .collect();
    metric.encode_histogram::<NoLabelSet>(counts.sum.as_secs_f64(), counts.count(), &buckets, None)
}

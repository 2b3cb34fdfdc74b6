//! What a flood's runs come to.

use std::time::Duration;

use super::{Flood, ROUTES};
use crate::figures::{Series, float, millis, percentile, share};
use crate::table::{Row, Target};

/// performance.md of the design, goal 2.
const GOODPUT: f64 = 0.9;
const CHEAP_MILLIS: f64 = 20.0;
/// Above this a refusal was not immediate: it had waited in the queue.
const IMMEDIATE: Duration = Duration::from_millis(100);

#[derive(Debug, Default)]
pub(super) struct Figures {
    goodput: Series,
    raw: Series,
    offered: Series,
    late: Series,
    slowest: Series,
    refused: Series,
    slow_refusals: Series,
    untold: Series,
    failed: Series,
    /// The p50 and p99 of each route.
    probes: [(Series, Series); ROUTES.len()],
    /// What each did not answer by 2xx.
    probes_failed: [Series; ROUTES.len()],
    bare: Series,
}

impl Figures {
    pub(super) fn note_control(&mut self, raw: f64, bare: f64) {
        self.raw.push(raw);
        self.bare.push(bare);
    }

    /// `bound` is how long an accepted sign-in may take.
    pub(super) fn note(&mut self, flood: &Flood, capacity: f64, bound: Duration) {
        let Flood { tally, probed } = flood;
        let longer = |samples: &[Duration], than| samples.iter().filter(|sample| **sample > than).count();
        self.goodput.push(tally.rate());
        self.offered.push(tally.offered() / capacity.max(f64::MIN_POSITIVE));
        self.late.push(share(longer(&tally.accepted, bound), tally.accepted.len()));
        self.slowest.push(tally.accepted.iter().max().map_or(0.0, |slowest| millis(*slowest)));
        self.refused.extend_by(percentile(&tally.refused, 0.99));
        self.slow_refusals.push(share(longer(&tally.refused, IMMEDIATE), tally.refused.len()));
        self.untold.push(float(tally.untold));
        self.failed.push(float(tally.failed));
        for ((p50, p99), route) in self.probes.iter_mut().zip(probed) {
            p50.extend_by(percentile(&route.latencies, 0.5));
            p99.extend_by(percentile(&route.latencies, 0.99));
        }
        for (failed, route) in self.probes_failed.iter_mut().zip(probed) {
            failed.push(share(route.failed, route.latencies.len()));
        }
    }

    pub(super) fn rows(self) -> Vec<Row> {
        let row = |what: &str, unit, measured, target| Row::alone(2, what, unit, measured, target);
        let mut rows = vec![
            row("flood: sign-ins offered, in capacities", "", self.offered, Target::Told),
            row(
                "flood: accepted sign-ins, against raw Argon2id beside the generator",
                "/s",
                self.goodput,
                Target::AtLeast(GOODPUT),
            )
            .beside(self.raw),
            row(
                "flood: share of accepted ones beyond `hashing.max_wait` and one hash",
                "",
                self.late,
                Target::AtMost(0.0),
            ),
            row("flood: slowest accepted one", "ms", self.slowest, Target::Told),
            row("flood: refusals, p99", "ms", self.refused, Target::Told),
            row("flood: share of refusals later than 100 ms", "", self.slow_refusals, Target::AtMost(0.0)),
            row("flood: refusals without `Retry-After`", "", self.untold, Target::AtMost(0.0)),
            row("flood: broken connections and other answers", "", self.failed, Target::AtMost(0.0)),
        ];
        for ((name, (p50, p99)), failed) in ROUTES.iter().zip(self.probes).zip(self.probes_failed) {
            rows.push(row(&format!("flood: {name}, p50"), "ms", p50, Target::Told));
            rows.push(row(&format!("flood: {name}, p99"), "ms", p99, Target::AtMost(CHEAP_MILLIS)));
            rows.push(row(&format!("flood: {name}, share not answered by 2xx"), "", failed, Target::AtMost(0.0)));
        }
        rows.push(row(
            "control: bare handler beside raw Argon2id and the generator, p99",
            "ms",
            self.bare,
            Target::Told,
        ));
        rows
    }
}

impl Series {
    fn extend_by(&mut self, latency: Option<Duration>) {
        if let Some(latency) = latency {
            self.push(millis(latency));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Tally;
    use crate::probe::Probed;
    use crate::table::render;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_flood_that_spreads_is_seen_in_every_row_that_it_touches() {
        let mut figures = Figures::default();
        figures.note_control(20.0, 1.0);
        let tally = Tally {
            accepted: vec![SECOND, SECOND * 3],
            refused: vec![Duration::from_millis(1), SECOND],
            untold: 1,
            failed: 1,
            counted: SECOND,
            ..Tally::default()
        };
        let probed = (0..4).map(|_| Probed { latencies: vec![Duration::from_millis(30)], failed: 1 }).collect();
        figures.note(&Flood { tally, probed }, 1.0, SECOND * 2);
        let rows = figures.rows();
        let told: Vec<_> = rows.iter().map(Row::is_met).collect();
        let missed = Some(false);
        let expected = [None, missed, missed, None, None, missed, missed, missed];
        let expected = expected.into_iter().chain([None, missed, missed].repeat(4)).chain([None]);
        assert_eq!(told, expected.collect::<Vec<_>>(), "{}", render(&rows));
    }

    #[test]
    fn a_flood_that_does_not_spread_meets_every_goal() {
        let mut figures = Figures::default();
        figures.note_control(2.0, 1.0);
        let tally = Tally {
            accepted: vec![SECOND, SECOND],
            refused: vec![Duration::from_millis(1)],
            counted: SECOND,
            ..Tally::default()
        };
        let probed = (0..4).map(|_| Probed { latencies: vec![Duration::from_millis(3)], failed: 0 }).collect();
        figures.note(&Flood { tally, probed }, 1.0, SECOND * 2);
        assert!(figures.rows().iter().all(|row| row.is_met() != Some(false)));
    }
}

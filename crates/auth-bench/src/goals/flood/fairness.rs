//! One address that floods, and one that is polite.

use std::net::IpAddr;
use std::time::Duration;

use crate::figures::{Series, millis, percentile, share};
use crate::goals::Setting;
use crate::load::{self, Plan};
use crate::process::Process;
use crate::table::{Row, Target};
use crate::{Fallible, argon};

const FLOODING: [u8; 4] = [127, 0, 0, 2];
const POLITE: [u8; 4] = [127, 0, 0, 3];
/// A flooder comes back after this, whatever it is told.
const RUDE: Duration = Duration::from_millis(200);
/// In capacities a second: what the flooder offers.
const TIMES: f64 = 10.0;
/// Far less than its share of the machine.
const POLITE_CLIENTS: usize = 2;
/// Not starved: the design asks that one address does not starve another, and leaves the figure to us.
const SHARE: f64 = 0.95;

impl Setting {
    /// The share of the polite address's sign-ins that were let in at the first attempt.
    pub(super) fn fairness(&self, server: &Process, capacity: f64) -> Fallible<Vec<Row>> {
        let flooders = flooders(capacity);
        let (mut let_in, mut slowest, mut flooded) = (Series::default(), Series::default(), Series::default());
        for _ in 0..self.runs {
            let rude = self.from(server, FLOODING, flooders, RUDE);
            let polite = self.from(server, POLITE, POLITE_CLIENTS, Duration::from_millis(500));
            let (rude, polite) = std::thread::scope(|scope| {
                let rude = scope.spawn(|| load::run(rude));
                let polite = load::run(polite);
                (rude.join(), polite)
            });
            let (rude, polite) = (rude.map_err(|_| "a generator died")??, polite?);
            server.settle()?;
            let attempts = polite.accepted.len() + polite.refused.len() + polite.failed;
            let_in.push(share(polite.accepted.len(), attempts));
            slowest.push(percentile(&polite.accepted, 0.99).map_or(f64::INFINITY, millis));
            flooded.push(rude.offered() / capacity.max(f64::MIN_POSITIVE));
        }
        let row = |what: &str, unit, measured, target| Row::alone(2, what, unit, measured, target);
        Ok(vec![
            row("one address floods: sign-ins that it offers, in capacities", "", flooded, Target::Told),
            row("one address floods: share of another's sign-ins let in", "", let_in, Target::AtLeast(SHARE)),
            row("one address floods: another's sign-ins, p99", "ms", slowest, Target::Told),
        ])
    }

    fn from(&self, server: &Process, from: [u8; 4], clients: usize, pause: Duration) -> Plan {
        Plan { from: vec![IpAddr::from(from)], pause: Some(pause), ..self.flooding(server, clients) }
    }
}

fn flooders(capacity: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let clients = (TIMES * capacity * RUDE.as_secs_f64()).clamp(8.0, 4_000.0) as usize;
    // Besides those that fill the queue, which make no attempts meanwhile.
    clients + argon::cores() + queue(capacity)
}

/// What the queue holds by default: 1.5 s of work.
fn queue(capacity: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let queue = (capacity * 1.5).clamp(0.0, 10_000.0) as usize;
    queue
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_flooders_to_fill_the_queue_and_to_be_refused_besides() {
        assert_eq!(flooders(100.0), 200 + 150 + argon::cores());
        assert_eq!(queue(2.0), 3);
    }
}

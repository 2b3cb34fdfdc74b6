//! Goal 2: with 50 times more sign-ins offered than the machine can hash, sign-ins go on and nothing else notices.

mod fairness;
mod figures;
mod retry;

use std::thread::sleep;
use std::time::Duration;

use auth_core::token::Algorithm;

use super::{Setting, USERS, addresses, ask};
use crate::control::Control;
use crate::figures::{float, millis, percentile};
use crate::load::{Plan, Tally};
use crate::probe::{self, Probed, Route};
use crate::process::Process;
use crate::request::{get, member, sign_in};
use crate::site::Site;
use crate::table::Row;
use crate::{Fallible, argon, load};
use figures::Figures;

/// performance.md of the design, goal 2.
const TIMES: f64 = 50.0;
/// The default of `hashing.max_wait`.
const MAX_WAIT: Duration = Duration::from_secs(2);
/// Until all clients have come and the queue is as full as it gets.
const WARM_UP: Duration = Duration::from_secs(3);
/// Each route so often: 160 requests a second in all, too few to weigh.
const EVERY: Duration = Duration::from_millis(25);
/// Sessions that the probes refresh, in turn: more than a second's, so that a slow answer leaves some.
const SESSIONS: usize = 48;
const ROUTES: [&str; 4] = ["forward-auth", "users/me", "refresh", "readyz"];

/// One flood, seen by those who flood and those who do not.
struct Flood {
    tally: Tally,
    probed: Vec<Probed>,
}

impl Setting {
    pub(super) fn flood(&self) -> Fallible<Vec<Row>> {
        let capacity = argon::rate(self.length)?;
        let one_hash = Duration::from_secs_f64(float(argon::cores()) / capacity.max(1.0));
        let site = Site::with_users(self.backend, USERS)?;
        let server = site.serve(&self.server, Algorithm::Es256, &[])?;
        let (mut rows, told) = retry::truthful(&server, capacity)?;
        let refuser = Control::Refuse { seconds: told }.start()?;
        let clients = population(capacity, told);
        let mut figures = Figures::default();
        for _ in 0..self.runs {
            let (raw, bare) = self.raw_beside(&refuser, clients)?;
            figures.note_control(raw, bare);
            // Of new sessions: those of the run before went on to other tokens.
            let flood = self.flood_once(&server, clients, &routes(&server)?)?;
            figures.note(&flood, capacity, MAX_WAIT + one_hash);
            server.settle()?;
        }
        rows.extend(figures.rows());
        rows.extend(self.fairness(&server, capacity)?);
        Ok(rows)
    }

    /// Raw Argon2id beside the same generator and the same probes, against a server that refuses everybody: what is left
    /// of the machine. Answers the p99 of the probes as well.
    fn raw_beside(&self, refuser: &Process, clients: usize) -> Fallible<(f64, f64)> {
        let routes = ROUTES.map(|_| Route::Get(get("/", None))).to_vec();
        std::thread::scope(|scope| {
            let flood = scope.spawn(|| self.flood_once(refuser, clients, &routes));
            sleep(WARM_UP);
            let raw = argon::rate(self.length)?;
            let flood = flood.join().map_err(|_| "a generator died")??;
            let all: Vec<_> = flood.probed.into_iter().flat_map(|route| route.latencies).collect();
            Ok((raw, percentile(&all, 0.99).map_or(0.0, millis)))
        })
    }

    fn flood_once(&self, server: &Process, clients: usize, routes: &[Route]) -> Fallible<Flood> {
        let plan = self.flooding(server, clients);
        std::thread::scope(|scope| {
            let tally = scope.spawn(|| load::run(plan));
            sleep(WARM_UP);
            let probed = probe::run(server.address, routes.to_vec(), EVERY, self.length)?;
            let tally = tally.join().map_err(|_| "a generator died")??;
            Ok(Flood { tally, probed })
        })
    }

    /// Clients of 200 addresses, each of whom waits as told.
    pub(super) fn flooding(&self, server: &Process, clients: usize) -> Plan {
        Plan { from: addresses(200), warm_up: WARM_UP, ..self.signing_in(server.address, clients) }
    }
}

/// Clients who, each waiting as told between two attempts, make 50 times more attempts than can be served.
fn population(capacity: f64, told: u64) -> usize {
    let told = u32::try_from(told).map_or(1.0, f64::from).max(1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    // The most that fits the limits of open files and connections on both sides.
    let clients = (TIMES * capacity * told).clamp(1.0, 9_000.0) as usize;
    clients
}

/// The cheap routes, with sessions of their own.
fn routes(server: &Process) -> Fallible<Vec<Route>> {
    let mut refresh = Vec::new();
    let mut access = String::new();
    for number in 1..=SESSIONS {
        let tokens = ask(server.address, &sign_in(number))?;
        access = member(&tokens, "access_token").ok_or("a sign-in without an access token")?;
        refresh.push(member(&tokens, "refresh_token").ok_or("a sign-in without a refresh token")?);
    }
    Ok(vec![
        Route::Get(get("/v1/forward-auth", Some(&access))),
        Route::Get(get("/v1/users/me", Some(&access))),
        Route::Refresh(refresh),
        Route::Get(get("/readyz", None)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_clients_for_fifty_times_the_capacity_each_waiting_as_told() {
        assert_eq!(population(20.0, 1), 1_000);
        assert_eq!(population(20.0, 3), 3_000);
        assert_eq!(population(20.0, 0), 1_000);
        assert_eq!(population(1_000.0, 60), 9_000);
        assert_eq!(population(0.0, 1), 1);
    }
}

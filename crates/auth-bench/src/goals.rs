//! The goals, one file each. Every measurement comes after its control, in turn: control, measured, control, measured.

mod checks;
mod flood;
mod growth;
mod memory;
mod sign_ins;
mod start;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use auth_storage::Backend;

use crate::Fallible;
use crate::figures::Series;
use crate::http::Client;
use crate::load::{Plan, Work};
use crate::request;
use crate::table::Row;

/// Accounts that sign in, in turn: so many that no account reaches its limit of sessions in a run.
const USERS: usize = 2_000;
/// Before anything is counted.
const WARM_UP: Duration = Duration::from_secs(1);

/// What is measured, and how.
#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) backend: Backend,
    pub(crate) server: PathBuf,
    pub(crate) runs: u16,
    pub(crate) length: Duration,
    pub(crate) full: bool,
}

impl Setting {
    /// Measures a goal by its number.
    ///
    /// # Errors
    /// Where something could not be measured at all; a goal that is missed is a row.
    pub(crate) fn goal(&self, number: u8) -> Fallible<Vec<Row>> {
        let rows = match number {
            1 => self.sign_ins(),
            2 => self.flood(),
            3 => self.memory(),
            4 => self.checks(),
            5 => self.growth(),
            6 => self.start(),
            _ => Err("there are six goals".into()),
        };
        rows.map_err(|error| format!("goal {number} on {}: {error}", self.backend).into())
    }

    /// Runs both as often as asked, the control first each time.
    fn interleave(
        &self,
        mut control: impl FnMut() -> Fallible<f64>,
        mut measured: impl FnMut() -> Fallible<f64>,
    ) -> Fallible<(Series, Series)> {
        let (mut controls, mut all) = (Series::default(), Series::default());
        for _ in 0..self.runs {
            controls.push(control()?);
            all.push(measured()?);
        }
        Ok((controls, all))
    }

    /// Clients that sign in.
    fn signing_in(&self, address: SocketAddr, clients: usize) -> Plan {
        Plan {
            address,
            clients,
            from: Vec::new(),
            work: Work { requests: Arc::new((1..=USERS).map(request::sign_in).collect()), repeats: true },
            warm_up: WARM_UP,
            length: self.length,
            pause: None,
        }
    }
}

/// As many of this machine's addresses: on Linux all of 127.0.0.0/8 is.
fn addresses(count: u8) -> Vec<IpAddr> {
    (1..=count).map(|last| IpAddr::from([127, 0, 1, last])).collect()
}

/// Asks once and wants a 2xx: its body.
fn ask(address: SocketAddr, request: &[u8]) -> Fallible<Vec<u8>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer = runtime.block_on(Client::new(address, None).ask(request))?;
    match answer.status {
        200..300 => Ok(answer.body),
        status => Err(format!("the server answered {status}: {}", String::from_utf8_lossy(&answer.body)).into()),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn the_control_comes_before_each_measurement() {
        let setting =
            Setting { backend: Backend::Sqlite, server: PathBuf::new(), runs: 2, length: Duration::ZERO, full: false };
        let order = RefCell::new(String::new());
        let note = |what: char, value: f64| {
            order.borrow_mut().push(what);
            Ok(value)
        };
        let (controls, measured) = setting.interleave(|| note('c', 4.0), || note('m', 3.0)).unwrap();
        assert_eq!(*order.borrow(), "cmcm");
        assert_eq!((controls, measured), ([4.0, 4.0].into_iter().collect(), [3.0, 3.0].into_iter().collect()));
        assert!(setting.goal(7).is_err());
    }
}

//! Goal 1: sign-ins a second against raw Argon2id, and against the usual way.

use auth_core::token::Algorithm;

use super::{Setting, USERS};
use crate::control::Control;
use crate::figures::{Series, mebibytes, share};
use crate::load::{self, Tally};
use crate::machine::available_memory;
use crate::process::Process;
use crate::site::Site;
use crate::table::{Row, Target};
use crate::{Fallible, argon};

/// performance.md of the design, goal 1.
const OF_RAW: f64 = 0.95;
const OF_USUAL: f64 = 1.4;
/// What the usual way may take with 512 clients: 512 threads (actix's limit) of 19 MiB, and room for the rest.
const USUAL_MEMORY: u64 = 12 << 30;

impl Setting {
    pub(super) fn sign_ins(&self) -> Fallible<Vec<Row>> {
        let site = Site::with_users(self.backend, USERS)?;
        let server = site.serve(&self.server, Algorithm::Es256, &[])?;
        let mut rows = Vec::new();
        for clients in [32, 512] {
            let what = format!("sign-ins, {clients} clients, against raw Argon2id");
            let (raw, ours) = self.interleave(|| argon::rate(self.length), || self.rate(&server, clients))?;
            rows.push(Row::alone(1, what, "/s", ours, Target::AtLeast(OF_RAW)).beside(raw));
            rows.extend(self.against_the_usual_way(&server, clients)?);
        }
        Ok(rows)
    }

    fn against_the_usual_way(&self, server: &Process, clients: usize) -> Fallible<Vec<Row>> {
        let what = format!("sign-ins, {clients} clients, against the usual way");
        let row = |measured| Row::alone(1, what, "/s", measured, Target::AtLeast(OF_USUAL));
        if available_memory().is_some_and(|free| free < USUAL_MEMORY) {
            // Without a control, and so not met.
            return Ok(vec![row(Series::default()).beside(Series::default())]);
        }
        let usual = Control::Usual { users: USERS }.start()?;
        let (control, ours) = self.interleave(|| self.goodput(&usual, clients), || self.rate(server, clients))?;
        let (theirs, own) = (mebibytes(usual.peak()?), mebibytes(server.peak()?));
        let what = format!("peak memory so far, {clients} clients, beside the usual way's");
        let memory = Row::alone(1, what, "MiB", [own].into_iter().collect(), Target::Told);
        Ok(vec![row(ours).beside(control), memory.beside([theirs].into_iter().collect())])
    }

    /// Accepted sign-ins a second. Anything but those and refusals would make the figure worthless.
    fn rate(&self, server: &Process, clients: usize) -> Fallible<f64> {
        let tally = self.sign_in(server, clients)?;
        if share(tally.failed, tally.answers) > 0.01 {
            let (failed, answers, by) = (tally.failed, tally.answers, tally.failures);
            return Err(format!("{failed} of {answers} sign-ins failed; by status, 0 for no answer: {by:?}").into());
        }
        Ok(tally.rate())
    }

    /// The same of a control, whose failures are its own: the usual way lets clients wait until the framework answers 408.
    fn goodput(&self, server: &Process, clients: usize) -> Fallible<f64> {
        Ok(self.sign_in(server, clients)?.rate())
    }

    fn sign_in(&self, server: &Process, clients: usize) -> Fallible<Tally> {
        let tally = load::run(self.signing_in(server.address, clients))?;
        server.settle()?;
        Ok(tally)
    }
}

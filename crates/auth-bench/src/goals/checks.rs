//! Goal 4: checking a token against a bare handler.

use std::sync::Arc;

use auth_core::token::Algorithm;

use super::{Setting, WARM_UP};
use crate::Fallible;
use crate::control::Control;
use crate::figures::{Series, float, micros, share};
use crate::load::{self, Plan, Work};
use crate::process::Process;
use crate::site::Site;
use crate::table::{Row, Target};
use crate::tokens::Minter;

/// performance.md of the design, goal 4.
const REPEATING: f64 = 0.85;
/// The same: no more than 15 % on top of the signature's cost.
const NEW: f64 = 1.15;
const PATH: &str = "/v1/forward-auth";
/// Tokens in use at once, as in life.
const TOKENS: usize = 500;
/// Enough to keep both cores busy, and the answers of one round in the caches.
const CLIENTS: usize = 32;
/// More checks a second than two cores make with a generator beside them: new tokens are minted for so many.
const MOST_CHECKS: usize = 40_000;

/// Of one load.
#[derive(Debug, Default)]
struct Cost {
    rates: Series,
    /// Processor time of the server for each request, in microseconds: the generator's share of the machine is not in
    /// it, nor is what others take.
    micros: Series,
}

impl Setting {
    pub(super) fn checks(&self) -> Fallible<Vec<Row>> {
        let mut rows = Vec::new();
        for algorithm in [Algorithm::Es256, Algorithm::Hs256] {
            let site = Site::new(self.backend)?;
            let minter = Minter::of(&site, algorithm)?;
            let server = site.serve(&self.server, algorithm, &[])?;
            rows.extend(self.repeating(&server, &minter, algorithm)?);
            rows.extend(self.new_each_time(&server, &minter, algorithm)?);
        }
        Ok(rows)
    }

    fn repeating(&self, server: &Process, minter: &Minter, algorithm: Algorithm) -> Fallible<Vec<Row>> {
        let bare = Control::Bare.start()?;
        let work = Work { requests: Arc::new(minter.requests(PATH, TOKENS)?), repeats: true };
        let (mut control, mut own) = (Cost::default(), Cost::default());
        for _ in 0..self.runs {
            self.check(&bare, &work, &mut control)?;
            self.check(server, &work, &mut own)?;
        }
        let what = format!("{algorithm}, {TOKENS} tokens that repeat, against a bare handler");
        Ok(vec![
            Row::alone(4, format!("checks: {what}"), "/s", own.rates, Target::AtLeast(REPEATING)).beside(control.rates),
            Row::alone(4, format!("processor time: {what}"), "us", own.micros, Target::Told).beside(control.micros),
        ])
    }

    fn new_each_time(&self, server: &Process, minter: &Minter, algorithm: Algorithm) -> Fallible<Vec<Row>> {
        let verify = Control::Verify { algorithm: algorithm.as_str().to_owned(), key: minter.verifying.clone() };
        let verify = verify.start()?;
        let seconds = (self.length + WARM_UP).as_secs().max(1);
        let count = usize::try_from(seconds)?.saturating_mul(MOST_CHECKS);
        let (mut control, mut own) = (Cost::default(), Cost::default());
        for _ in 0..self.runs {
            // The control remembers no token, and so the same ones are new to the server afterwards.
            let work = Work { requests: Arc::new(minter.requests(PATH, count)?), repeats: false };
            self.check(&verify, &work, &mut control)?;
            self.check(server, &work, &mut own)?;
        }
        let what = format!("{algorithm}, every token new, against a bare handler and the raw signature");
        Ok(vec![
            Row::alone(4, format!("checks: {what}"), "/s", own.rates, Target::Told).beside(control.rates),
            Row::alone(4, format!("processor time: {what}"), "us", own.micros, Target::AtMost(NEW))
                .beside(control.micros),
        ])
    }

    fn check(&self, server: &Process, work: &Work, cost: &mut Cost) -> Fallible<()> {
        let plan = Plan { clients: CLIENTS, work: work.clone(), ..self.signing_in(server.address, CLIENTS) };
        let before = server.processor_time()?;
        let tally = load::run(plan)?;
        server.settle()?;
        let used = server.processor_time()?.saturating_sub(before);
        if share(tally.failed, tally.answers) > 0.0 || !tally.refused.is_empty() {
            return Err(format!("{} checks failed, {} were refused", tally.failed, tally.refused.len()).into());
        }
        cost.rates.push(tally.rate());
        cost.micros.push(micros(used) / float(tally.answers.max(1)));
        Ok(())
    }
}

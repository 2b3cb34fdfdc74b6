//! Goal 3: memory is bounded and small.

use std::net::SocketAddr;
use std::thread::sleep;
use std::time::Duration;

use auth_core::token::Algorithm;
use tokio::task::LocalSet;

use super::{Setting, USERS, addresses, ask};
use crate::figures::{Series, float, mebibytes};
use crate::http::Client;
use crate::machine::{FILES, open_files};
use crate::process::Process;
use crate::request::get;
use crate::site::Site;
use crate::table::{Row, Target};
use crate::{Fallible, argon, load};

/// performance.md of the design, goal 3.
const IDLE: f64 = 25.0;
const FLOOD: f64 = 40.0;
/// The default of `hashing.memory`.
const ONE_HASH: f64 = 19.0;
/// issue 5, "What must be shown".
const CONNECTIONS: usize = 10_000;
const AT_ONCE: usize = 500;
/// A flood's clients: what goal 2 has on two cores.
const FLOODING: usize = 5_000;

impl Setting {
    pub(super) fn memory(&self) -> Fallible<Vec<Row>> {
        let bound = ONE_HASH * float(argon::cores()) + FLOOD;
        let (mut idle, mut parallel, mut flood, mut open) =
            (Series::default(), Series::default(), Series::default(), Series::default());
        for _ in 0..self.runs {
            let site = Site::with_users(self.backend, USERS)?;
            // A server for each, for the peak is that of a process's whole life.
            let server = self.server(&site)?;
            ask(server.address, &get("/readyz", None))?;
            idle.push(mebibytes(server.resident()?));
            load::run(self.signing_in(server.address, AT_ONCE))?;
            parallel.push(mebibytes(server.peak()?));
            drop(server);
            let server = self.server(&site)?;
            load::run(self.flooding(&server, FLOODING))?;
            flood.push(mebibytes(server.peak()?));
            drop(server);
            if open_files().is_some_and(|limit| limit >= FILES) {
                let server = self.server(&site)?;
                open.push(mebibytes(connected(&server)?));
            }
        }
        let row = |what: &str, measured, target| Row::alone(3, what, "MiB", measured, target);
        Ok(vec![
            row("memory, idle", idle, Target::AtMost(IDLE)),
            row("memory, peak, 500 sign-ins at once", parallel, Target::AtMost(bound)),
            row("memory, peak, flood of 5,000 clients", flood, Target::AtMost(bound)),
            // No goal names a figure. Not measured where the limit of open files is too low.
            row("memory, 10,000 idle connections", open, Target::Told),
        ])
    }

    fn server(&self, site: &Site) -> Fallible<Process> {
        site.serve(&self.server, Algorithm::Es256, &[("AUTH_SERVER_MAX_CONNECTIONS", "12000")])
    }
}

/// The memory of a server with 10,000 connections, each of which has been used once.
fn connected(server: &Process) -> Fallible<u64> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let held = LocalSet::new().block_on(&runtime, hold(server.address))?;
    // What is freed after the last request is freed by then.
    sleep(Duration::from_millis(200));
    let resident = server.resident()?;
    drop(held);
    Ok(resident)
}

async fn hold(address: SocketAddr) -> Fallible<Vec<Client>> {
    let request = get("/livez", None);
    let from = addresses(200);
    let mut held = Vec::with_capacity(CONNECTIONS);
    for from in from.iter().cycle().take(CONNECTIONS) {
        let mut client = Client::new(address, Some(*from));
        let answer = client.ask(&request).await?;
        if answer.status != 200 || !answer.keeps_alive {
            return Err(format!("connection {} was answered {}", held.len() + 1, answer.status).into());
        }
        held.push(client);
    }
    Ok(held)
}

//! Goal 6: from exec to the first 200 of `/readyz`, and a stop that answers everybody it owes an answer.

use std::net::{SocketAddr, TcpListener};
use std::thread::sleep;
use std::time::{Duration, Instant};

use auth_core::token::Algorithm;
use auth_storage::Backend;
use tokio::task::LocalSet;

use super::{Setting, USERS};
use crate::Fallible;
use crate::figures::{Series, float, millis};
use crate::http::Client;
use crate::process::Process;
use crate::request::{get, sign_in};
use crate::site::Site;
use crate::table::{Row, Target};

/// performance.md of the design, goal 6: on SQLite.
const READY_MILLIS: f64 = 100.0;
/// The median of so many.
const STARTS: usize = 20;
/// Between two questions.
const PAUSE: Duration = Duration::from_millis(1);
/// A server that is not ready by then never is.
const LONGEST: Duration = Duration::from_secs(30);
/// Sign-ins in flight when the server is told to stop: they wait in its queue.
const IN_FLIGHT: usize = 64;
/// Connections over all workers, by which we know that they have read on.
const OTHERS: usize = 16;

impl Setting {
    pub(super) fn start(&self) -> Fallible<Vec<Row>> {
        let site = Site::with_users(self.backend, USERS)?;
        // The first start makes what an existing database has.
        drop(site.serve(&self.server, Algorithm::Es256, &[])?);
        let mut ready = Series::default();
        for _ in 0..STARTS {
            ready.push(self.until_ready(&site)?);
        }
        let target = if self.backend == Backend::Sqlite { Target::AtMost(READY_MILLIS) } else { Target::Told };
        let mut rows = vec![Row::alone(6, format!("from exec to ready, {STARTS} starts"), "ms", ready, target)];
        let (mut cut, mut took, mut code) = (Series::default(), Series::default(), Series::default());
        for _ in 0..self.runs {
            let mut server = site.serve(&self.server, Algorithm::Es256, &[])?;
            let (unanswered, until_end) = stop(&mut server, &mut code)?;
            cut.push(float(unanswered));
            took.push(millis(until_end));
        }
        rows.push(Row::alone(
            6,
            format!("stop: of {IN_FLIGHT} sign-ins in flight, cut off"),
            "",
            cut,
            Target::AtMost(0.0),
        ));
        rows.push(Row::alone(6, "stop: exit code", "", code, Target::AtMost(0.0)));
        rows.push(Row::alone(6, "stop: until the process has ended", "ms", took, Target::Told));
        Ok(rows)
    }

    /// In milliseconds.
    fn until_ready(&self, site: &Site) -> Fallible<f64> {
        // The banner would tell the port too late; it is free, for we just had it.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let port = address.port().to_string();
        let mut command = site.command(&self.server, Algorithm::Es256, &[("AUTH_SERVER_PORT", &port)]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::scope(|scope| {
            let start = Instant::now();
            let server = scope.spawn(move || {
                Process::start({
                    command.stdin(std::process::Stdio::null());
                    command
                })
            });
            while !runtime.block_on(is_ready(address)) {
                if start.elapsed() > LONGEST {
                    return Err("the server was not ready in 30 s".into());
                }
                sleep(PAUSE);
            }
            let took = start.elapsed();
            drop(server.join().map_err(|_| "a thread died")??);
            Ok(millis(took))
        })
    }
}

async fn is_ready(address: SocketAddr) -> bool {
    let answer = Client::new(address, None).ask(&get("/readyz", None)).await;
    answer.is_ok_and(|answer| answer.status == 200)
}

/// Tells a server to stop while sign-ins are in flight. Answers how many of them got no whole answer, and how long it
/// took to end.
fn stop(server: &mut Process, code: &mut Series) -> Fallible<(usize, Duration)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let address = server.address;
    let (unanswered, told) = LocalSet::new().block_on(&runtime, async {
        // Connections that the server has accepted: what waits in the system's queue is nobody's request yet.
        let (signing_in, others) = (accepted(address, IN_FLIGHT).await?, accepted(address, OTHERS).await?);
        let asking = signing_in.into_iter().zip(1..).map(|(mut client, number)| {
            tokio::task::spawn_local(async move { client.ask_once(&sign_in(number)).await })
        });
        let asking: Vec<_> = asking.collect();
        tokio::task::yield_now().await;
        // Asked after them and answered: so each worker has read what came before.
        for mut client in others {
            client.ask_once(&get("/livez", None)).await?;
        }
        server.terminate()?;
        let (told, mut unanswered) = (Instant::now(), 0);
        for client in asking {
            unanswered += usize::from(client.await?.is_err());
        }
        Fallible::Ok((unanswered, told))
    })?;
    let status = server.wait()?;
    code.push(status.code().map_or(f64::INFINITY, f64::from));
    Ok((unanswered, told.elapsed()))
}

/// Clients whose connection has been used once.
async fn accepted(address: SocketAddr, count: usize) -> Fallible<Vec<Client>> {
    let mut clients = Vec::with_capacity(count);
    for _ in 0..count {
        let mut client = Client::new(address, None);
        client.ask_once(&get("/livez", None)).await?;
        clients.push(client);
    }
    Ok(clients)
}

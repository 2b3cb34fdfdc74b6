//! `auth-server serve`.

use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::web;

use super::output::{print, say_error};
use super::{Context, Failure};
use crate::app::{self, ServeSettings};
use crate::assemble::{self, Assembled};
use crate::config::{Algorithm, OpsSettings, Settings};
use crate::descriptors::{self, Room};
use crate::state::AppState;
use crate::telemetry;

pub(super) fn run(context: &Context) -> Result<(), Failure> {
    // Its warnings belong in the log, which starts after it.
    let loaded = crate::config::load(&context.inputs)?;
    let mut settings = loaded.settings;
    telemetry::init(&settings.log).map_err(|error| Failure::of(&error))?;
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    if cfg!(debug_assertions) {
        tracing::warn!("this is a debug build: hashing and everything else is several times slower than in release");
    }
    if !settings.limits.enabled {
        tracing::warn!("limits.enabled is false: every password may be tried as often as this machine can hash");
    }
    assemble::check(&settings)?;
    let listener = bind(&settings)?;
    let address = listener.local_addr().map_err(|error| Failure::of(&error))?;
    if settings.server.port == 0 {
        assemble::set_port(&mut settings, address.port());
    }
    let ops = ops_listener(&settings.ops, settings.ops.is_default())?;
    let ops_address = ops.as_ref().and_then(|listener| listener.local_addr().ok());
    let assembled = assemble::assemble(&settings)?;
    if assembled.publishes_nothing() {
        tracing::warn!(
            "the key set at {}/.well-known/jwks.json is empty: tokens are signed by a shared secret (HS256), and whoever \
             verifies them needs it",
            settings.public_url
        );
    }
    let banner = banner(&settings, address, ops_address, &assembled);
    let room = room(&settings, &assembled);
    let serve = ServeSettings {
        workers: assembled.sizing.http_workers,
        max_connections: room.connections,
        connections_per_address: room.per_address,
        header_timeout: settings.server.header_timeout,
        shutdown_timeout: settings.server.shutdown_timeout,
        ..ServeSettings::default()
    };
    // Before the first request is answered: what has ended is known then.
    let worker = assemble::worker(&settings, &assembled)?;
    let state = web::Data::new(assemble::state(&settings, assembled, Some(worker.news()))?);
    // Held to the end: were the last handle dropped by a worker, that worker would wait for the lanes without bound.
    let held = web::Data::clone(&state);
    let (drain, drain_delay) = (state.drain.clone(), settings.server.drain_delay);
    let shutdown_timeout = settings.server.shutdown_timeout;
    actix_web::rt::System::new()
        .block_on(async move {
            let stop = drain.then_stop(app::terminated()?, drain_delay);
            // Told of the last requests to the end; it goes with the runtime.
            if let Some(listener) = ops {
                actix_web::rt::spawn(crate::ops::serve(listener, web::Data::clone(&state))?);
            }
            let server = app::serve(listener, state, &serve, stop)?;
            if print(&banner).is_err() {
                say_error("standard output is closed");
            }
            server.await
        })
        .map_err(|error| Failure::Failed(format!("the server stopped: {error}")))?;
    stop(held, worker, shutdown_timeout);
    Ok(())
}

/// As many connections as were asked for, or as the process has room for.
fn room(settings: &Settings, assembled: &Assembled) -> Room {
    let (wanted, per_address) = (settings.server.max_connections, settings.server.connections_per_address);
    let room = Room::of(descriptors::raise(), wanted, per_address, &assembled.sizing);
    if let Some(shortage) = room.shortage(wanted) {
        tracing::warn!("{shortage}; {}", Room::REMEDY);
    }
    room
}

/// Lets jobs that run end, for as long as a shutdown may take. A database that hangs holds its threads longer than that;
/// they end with the process.
fn stop(state: web::Data<AppState>, worker: impl Send + 'static, timeout: Duration) {
    let (done, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        state.hashing.stop();
        state.database.stop();
        // Requests in flight were held against fresh endings to the last.
        drop(worker);
        let _ = done.send(());
    });
    if ended.recv_timeout(timeout).is_err() {
        tracing::warn!("jobs that the database does not answer are left behind");
    }
}

fn bind(settings: &Settings) -> Result<TcpListener, Failure> {
    let (host, port) = (settings.server.host.as_str(), settings.server.port);
    TcpListener::bind((host, port)).map_err(|error| {
        Failure::Failed(format!(
            "cannot listen on {host} port {port}: {error}\n  \
             set server.port (AUTH_SERVER_PORT) to a free port, and server.host to an address of this machine"
        ))
    })
}

/// The listener for operators. An address that somebody chose must be free; the default may be another instance's.
fn ops_listener(settings: &OpsSettings, is_spare: bool) -> Result<Option<TcpListener>, Failure> {
    let Some(address) = settings.bind else { return Ok(None) };
    match TcpListener::bind(address) {
        Ok(listener) => Ok(Some(listener)),
        Err(error) if is_spare => {
            tracing::warn!(
                "no metrics are served: cannot listen on {address}: {error}; set ops.bind (AUTH_OPS_BIND) to a free address, or to \"\""
            );
            Ok(None)
        }
        Err(error) => Err(Failure::Failed(format!(
            "cannot listen on {address}: {error}\n  \
             set ops.bind (AUTH_OPS_BIND) to a free address of this machine, or to nothing where no metrics are wanted"
        ))),
    }
}

/// What somebody who starts it for the first time needs to know.
fn banner(settings: &Settings, address: SocketAddr, ops: Option<SocketAddr>, assembled: &Assembled) -> String {
    let url = &settings.public_url;
    let mut text = format!(
        "auth-server {version}\n  \
         address   http://{address}\n  \
         issuer    {issuer}\n  \
         keys      {url}/.well-known/jwks.json ({algorithm})\n  \
         database  {backend}{place}\n",
        version = env!("CARGO_PKG_VERSION"),
        issuer = settings.token.issuer,
        algorithm = settings.token.algorithm.as_str(),
        backend = assembled.store.backend(),
        place = assembled.store.sqlite_path().map(|path| format!(" {}", path.display())).unwrap_or_default(),
    );
    if let Some(ops) = ops {
        let _ = writeln!(text, "  metrics   http://{ops}/metrics");
    }
    if let Some(path) = &assembled.new_root_keys {
        let _ = writeln!(text, "  root key  {} (new: back it up, apart from the database)", path.display());
    }
    if settings.token.algorithm == Algorithm::Hs256 {
        text.push_str("  note      tokens are signed by a shared secret (HS256), which is not published\n");
    }
    let _ = writeln!(
        text,
        "\nregister a user:\n  curl -X POST http://{address}/v1/users/register -H 'content-type: application/json' \\\n       \
         -d '{{\"username\":\"alice\",\"password\":\"correct horse battery\"}}'"
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_address_is_known_as_such() {
        let ops = |text: &str| OpsSettings { bind: text.parse().ok() };
        assert!(ops("127.0.0.1:9464").is_default());
        assert!(!ops("127.0.0.1:9465").is_default() && !ops("").is_default());
    }

    #[test]
    fn a_default_address_that_is_taken_is_no_reason_to_stop_and_one_that_was_chosen_is() {
        let other = TcpListener::bind("127.0.0.1:0").unwrap();
        let bind = Some(other.local_addr().unwrap());
        assert!(ops_listener(&OpsSettings { bind }, true).unwrap().is_none());
        let Err(Failure::Failed(text)) = ops_listener(&OpsSettings { bind }, false) else { panic!("taken") };
        assert!(text.contains("ops.bind") && text.contains("AUTH_OPS_BIND"), "{text}");
        drop(other);
        assert!(ops_listener(&OpsSettings { bind }, false).unwrap().is_some());
        assert!(ops_listener(&OpsSettings { bind: None }, false).unwrap().is_none());
    }
}

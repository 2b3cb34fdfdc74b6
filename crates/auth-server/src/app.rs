//! The application and the server around it.

use std::future::Future;
use std::io;
use std::net::TcpListener;
use std::num::NonZeroUsize;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::{App, Error, web};

use crate::connection::{Patience, Places, Shares, listen};
use crate::middleware::{
    cors, crowd, end_unread_bodies, limits, observe, preflight, problems, quick, security_headers,
};
use crate::routes;
use crate::state::AppState;

/// How connections are served.
#[derive(Debug, Clone, Copy)]
pub struct ServeSettings {
    /// Threads that serve HTTP.
    pub workers: NonZeroUsize,
    /// Connections open at once, over all workers.
    pub max_connections: usize,
    /// Connections open at once from one IPv4 address or IPv6 /64; one more is closed. An IPv6 /48 has a quarter of all.
    pub connections_per_address: usize,
    /// How long the head of a request may take, from its first byte; the first one from the connection's beginning.
    pub header_timeout: Duration,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// How long a client may take for a reply, from when the system takes no more of it until all of it is on its way.
    pub reply_timeout: Duration,
    /// How long requests in flight may take to end once the server is told to stop; whole seconds.
    pub shutdown_timeout: Duration,
}

impl Default for ServeSettings {
    fn default() -> Self {
        Self {
            workers: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            max_connections: 10_000,
            connections_per_address: 1_000,
            header_timeout: Duration::from_secs(5),
            keep_alive: Duration::from_secs(15),
            // The documents' viewer, 1.4 MB, at 200 kbit/s; every other reply fits into the system's buffers.
            reply_timeout: Duration::from_secs(60),
            shutdown_timeout: Duration::from_secs(30),
        }
    }
}

impl ServeSettings {
    pub(crate) fn patience(&self) -> Patience {
        Patience { head: self.header_timeout, idle: self.keep_alive, reply: self.reply_timeout }
    }
}

/// The application: every route behind every middleware.
pub fn app(
    state: web::Data<AppState>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    // The last one is the outermost.
    App::new()
        .app_data(state)
        .configure(routes::configure)
        .wrap(from_fn(preflight))
        .wrap(from_fn(limits))
        .wrap(from_fn(problems))
        .wrap(from_fn(observe))
        .wrap(from_fn(security_headers))
        .wrap(from_fn(crowd))
        .wrap(from_fn(end_unread_bodies))
        .wrap(from_fn(quick))
        .wrap(from_fn(cors))
}

/// Serves on a socket that listens, until `stop` is ready; then no connection is accepted, and requests in flight get
/// [`ServeSettings::shutdown_timeout`] to end. No signal is handled here: pass [`terminated`].
///
/// The server runs while the future that is returned is polled, inside an actix or Tokio runtime.
///
/// # Errors
/// [`io::Error`] where the socket cannot be used.
pub fn serve(
    listener: TcpListener,
    state: web::Data<AppState>,
    settings: &ServeSettings,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<Server> {
    let per_worker = settings.max_connections.div_ceil(settings.workers.get()).max(1);
    let server = Server::build()
        .workers(settings.workers.get())
        .max_concurrent_connections(per_worker)
        .shutdown_timeout(settings.shutdown_timeout.as_secs())
        .shutdown_signal(stop);
    let places = Places::new(
        Shares::of(settings.max_connections, settings.connections_per_address),
        [state.http.trusted_proxies.as_slice(), &state.http.uncounted].concat(),
    );
    Ok(listen(server, listener, state, *settings, places)?.run())
}

/// Ready when the process is told to end: SIGTERM, or SIGINT as Ctrl-C sends it.
///
/// # Errors
/// [`io::Error`] where the system takes no handler.
#[cfg(unix)]
pub fn terminated() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        let (terminate, interrupt) = (std::pin::pin!(terminate.recv()), std::pin::pin!(interrupt.recv()));
        futures_util::future::select(terminate, interrupt).await;
        tracing::info!("told to stop: requests in flight are finished first");
    })
}

//! The listener for operators: metrics and the version, apart from what clients reach.

use std::io;
use std::net::TcpListener;
use std::time::Instant;

use actix_web::dev::Server;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpResponse, HttpServer, web};
use auth_core::lane::Origin;
use serde_json::json;

use crate::blocking::hop;
use crate::metrics::profile;
use crate::middleware::security_headers;
use crate::state::AppState;

/// What Prometheus is told the text is.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Serves `/metrics` and `/version` on a socket that listens. One thread: nobody asks often, and nobody else waits.
///
/// # Errors
/// [`io::Error`] where the socket cannot be used.
pub fn serve(listener: TcpListener, state: web::Data<AppState>) -> io::Result<Server> {
    let app = move || {
        App::new()
            .app_data(state.clone())
            .wrap(from_fn(security_headers))
            .route("/metrics", web::get().to(metrics))
            .route("/version", web::get().to(version))
    };
    let server = HttpServer::new(app).workers(1).max_connections(64).shutdown_timeout(1).disable_signals();
    Ok(server.listen(listener)?.run())
}

async fn metrics(state: web::Data<AppState>) -> HttpResponse {
    count_sessions(&state).await;
    match state.metrics.render(&state) {
        Ok(text) => HttpResponse::Ok().insert_header((CONTENT_TYPE, OPEN_METRICS)).body(text),
        Err(error) => {
            tracing::error!(cause = %error, "the metrics cannot be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}

/// Now and then, on the lane of the database: nothing else waits for it, and a database that is gone is waited for no longer
/// than any request waits.
async fn count_sessions(state: &web::Data<AppState>) {
    if state.pools.is_none() || !state.metrics.sessions.is_due(Instant::now()) {
        return;
    }
    let asked = web::Data::clone(state);
    let counted = hop(&state.database, Origin::default(), state.http.handler_timeout, move || {
        let now = asked.service.now();
        let idle_since = now.saturating_sub(asked.service.settings().session_idle);
        asked.pools.as_ref().and_then(|store| store.live_sessions(now, idle_since).ok())
    });
    state.metrics.sessions.note(counted.await.ok().flatten());
}

async fn version() -> HttpResponse {
    HttpResponse::Ok().json(json!({"version": env!("CARGO_PKG_VERSION"), "profile": profile()}))
}

//! The listener for operators: metrics and the version, apart from what clients reach.

use std::io;
use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpResponse, HttpServer, web};
use serde_json::json;

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
    match state.metrics.render(&state) {
        Ok(text) => HttpResponse::Ok().insert_header((CONTENT_TYPE, OPEN_METRICS)).body(text),
        Err(error) => {
            tracing::error!(cause = %error, "the metrics cannot be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}

async fn version() -> HttpResponse {
    HttpResponse::Ok().json(json!({"version": env!("CARGO_PKG_VERSION"), "profile": profile()}))
}

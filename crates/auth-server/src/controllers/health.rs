//! Probes: `/livez` asks nothing, `/readyz` and `/healthz` ask everything that a request needs.

use std::time::Duration;

use actix_web::web;
use serde::Serialize;
use utoipa::ToSchema;

use crate::blocking::hop;
use crate::problem::{Checks, Code, Problem};
use crate::state::{AppState, HealthCheck};

/// Probes are some seconds apart.
const RETRY: Duration = Duration::from_secs(5);

/// All is well.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    #[schema(value_type = String, example = "ok")]
    status: &'static str,
    /// Each check by name, `ok`.
    #[serde(skip_serializing_if = "Checks::is_empty")]
    #[schema(value_type = std::collections::BTreeMap<String, String>, required = false)]
    checks: Checks,
}

/// The process answers.
#[utoipa::path(get, path = "/livez", tag = "operations", operation_id = "get_livez", responses(
    (status = 200, description = "It lives", body = Health),
))]
pub(crate) async fn live() -> web::Json<Health> {
    web::Json(Health { status: "ok", checks: Checks::new() })
}

/// All that a request needs is there.
#[utoipa::path(get, path = "/healthz", tag = "operations", operation_id = "get_healthz", responses(
    (status = 200, description = "All checks passed", body = Health),
))]
pub(crate) async fn health(state: web::Data<AppState>) -> Result<web::Json<Health>, Problem> {
    report(&state).await
}

/// All that a request needs is there; the same as `/healthz`, by the name that orchestrators look for.
#[utoipa::path(get, path = "/readyz", tag = "operations", operation_id = "get_readyz", responses(
    (status = 200, description = "All checks passed", body = Health),
))]
pub(crate) async fn ready(state: web::Data<AppState>) -> Result<web::Json<Health>, Problem> {
    report(&state).await
}

async fn report(state: &web::Data<AppState>) -> Result<web::Json<Health>, Problem> {
    let asked = web::Data::clone(state);
    let mut checks =
        hop(&state.database, move || ask(&asked)).await.unwrap_or_else(|_| Checks::from([("database", "failed")]));
    let hashing = &state.hashing;
    checks.insert("hash_queue", verdict(hashing.depth() < hashing.settings().queue_limit.max(1)));
    checks.insert("signing_key", "ok");
    if checks.values().all(|verdict| *verdict == "ok") {
        return Ok(web::Json(Health { status: "ok", checks }));
    }
    let failed: Vec<&str> = checks.iter().filter(|(_, verdict)| **verdict != "ok").map(|(name, _)| *name).collect();
    Err(Problem::later(Code::NotReady, RETRY, failed.join(", ")).with_checks(checks))
}

/// What must be asked where blocking is allowed.
fn ask(state: &AppState) -> Checks {
    let database = state.service.ready().map_err(|error| format!("{error:?}"));
    let own = state.checks.iter().map(|HealthCheck { name, probe }| (*name, probe()));
    let results = std::iter::once(("database", database)).chain(own);
    results
        .map(|(name, result)| {
            if let Err(cause) = &result {
                tracing::warn!(check = name, cause, "check failed");
            }
            (name, verdict(result.is_ok()))
        })
        .collect()
}

const fn verdict(well: bool) -> &'static str {
    if well { "ok" } else { "failed" }
}

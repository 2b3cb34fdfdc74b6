//! Probes: `/livez` asks nothing, `/readyz` and `/healthz` ask everything that a request needs.

use std::time::Duration;

use actix_web::web;
use auth_core::lane::{LaneSettings, LaneStats, Origin};
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
    let (asked, timeout) = (web::Data::clone(state), state.http.handler_timeout);
    // Probes have a turn of their own, whoever floods.
    let answer = hop(&state.database, Origin::default(), timeout, move || ask(&asked)).await;
    let mut checks = answer.unwrap_or_else(|_| Checks::from([("database", "failed")]));
    checks.insert("hash_queue", verdict(!is_stuck(&state.hashing.stats(), state.hashing.settings())));
    checks.insert("signing_key", verdict(state.keys.load().signing(state.service.now()).is_some()));
    if let Some((age, bound)) = state.service.endings_age() {
        checks.insert("endings", verdict(age <= bound));
    }
    if state.drain.has_begun() {
        checks.insert("stopping", "failed");
    }
    if checks.values().all(|verdict| *verdict == "ok") {
        return Ok(web::Json(Health { status: "ok", checks }));
    }
    let failed: Vec<&str> = checks.iter().filter(|(_, verdict)| **verdict != "ok").map(|(name, _)| *name).collect();
    Err(Problem::later(Code::NotReady, RETRY, failed.join(", ")).with_checks(checks))
}

/// A full queue is a flood, which costs sign-ins and nothing else: an instance that were taken out for it would leave the
/// flood, and all the rest, to the others. One that does not move is broken.
fn is_stuck(stats: &LaneStats, settings: &LaneSettings) -> bool {
    stats.depth >= stats.limit && stats.longest >= settings.max_wait
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

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use auth_core::lane::Lane;

    use super::*;

    #[test]
    fn a_full_queue_is_a_flood_and_one_that_does_not_move_is_stuck() {
        let limits = LaneSettings::new("test", NonZeroUsize::MIN);
        let mut stats = Lane::start(limits).unwrap().stats();
        for (depth, longest, stuck) in [(4, 0, false), (4, 1_999, false), (4, 2_000, true), (3, 9_000, false)] {
            (stats.depth, stats.limit, stats.longest) = (depth, 4, Duration::from_millis(longest));
            assert_eq!(is_stuck(&stats, &limits), stuck, "{depth} {longest}");
        }
    }
}

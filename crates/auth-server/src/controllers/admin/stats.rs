//! `/v1/admin/stats`: how much there is.

use actix_web::web;
use auth_core::service::{Authority, Stats};
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::{Administrator, Peer};
use crate::problem::Problem;
use crate::state::AppState;

/// Counts, exact and along an index: a million take some tens of milliseconds.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Stats)]
pub(crate) struct StatsBody {
    users: UserCounts,
    sessions: SessionCounts,
}

/// Accounts, by state.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserCounts {
    /// May sign in.
    active: u64,
    /// May not.
    disabled: u64,
}

/// Sessions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionCounts {
    /// Not ended. Those that idled out or reached `session.absolute_timeout` count until the clean-up removes them, a day later.
    open: u64,
}

impl From<Stats> for StatsBody {
    fn from(stats: Stats) -> Self {
        Self {
            users: UserCounts { active: stats.active_users, disabled: stats.disabled_users },
            sessions: SessionCounts { open: stats.open_sessions },
        }
    }
}

/// How many accounts and sessions there are.
#[utoipa::path(get, path = "/v1/admin/stats", tag = "administration", operation_id = "get_stats", security(("bearer" = [])),
    responses((status = 200, description = "The counts", body = StatsBody)),
)]
pub(crate) async fn show(
    state: web::Data<AppState>,
    Administrator(caller): Administrator,
    Peer(origin): Peer,
) -> Result<web::Json<StatsBody>, Problem> {
    let counts = state.query(origin, move |service| service.stats(Authority::Caller(&caller))).await?;
    Ok(web::Json(counts.into()))
}

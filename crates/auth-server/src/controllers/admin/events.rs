//! `/v1/admin/events`: the audit log.

use actix_web::{HttpResponse, web};
use auth_core::audit::{AuditRecord, EventKind};
use auth_core::id::UserId;
use auth_core::service::{AdminError, Authority, EventFilter};
use auth_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};

use super::pages::{Paging, answer};
use crate::extract::{AdminRequest, Fields, FromFields, Peer, Query, Unknown};
use crate::problem::{FieldCode, Problem};
use crate::state::AppState;

const PATH: &str = "/v1/admin/events";

/// Which events, and which page of them.
#[derive(Debug)]
pub(crate) struct EventListQuery {
    filter: EventFilter,
    paging: Paging,
}

impl FromFields for EventListQuery {
    const UNKNOWN: Unknown = Unknown::Refuse;

    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let filter = EventFilter {
            user: fields.optional("user_id", FieldCode::NotAnId, |id| id.parse().ok()),
            kind: fields.optional("kind", FieldCode::UnknownValue, EventKind::parse),
            from: fields.optional("from", FieldCode::NotAnInstant, Timestamp::parse_rfc3339),
            until: fields.optional("until", FieldCode::NotAnInstant, Timestamp::parse_rfc3339),
            ..EventFilter::default()
        };
        Some(Self { filter, paging: Paging::take(fields) })
    }
}

/// A line of the audit log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventBody {
    /// Its id; ids sort by time.
    #[schema(format = Uuid)]
    id: String,
    /// When.
    #[schema(format = DateTime, example = "2026-11-23T10:00:00Z")]
    at: String,
    /// What happened.
    #[schema(schema_with = kinds)]
    kind: String,
    /// The account that it is about. It may be gone.
    #[schema(required = true, format = Uuid)]
    user_id: Option<String>,
    /// The session that it is about.
    #[schema(required = true, format = Uuid)]
    session_id: Option<String>,
    /// A reason, a role or a key's id.
    #[schema(required = true)]
    detail: Option<String>,
    /// Who did it: `client`, `system`, `cli:NAME` of an operating system's user, or `user:ID` of an administrator.
    #[schema(example = "client")]
    actor: String,
    /// From where, as far as the server keeps it.
    #[schema(required = true, example = "192.0.2.7")]
    ip: Option<String>,
    /// The request that it belongs to.
    #[schema(required = true)]
    request_id: Option<String>,
}

impl From<AuditRecord> for EventBody {
    fn from(record: AuditRecord) -> Self {
        let parts = record.event.to_parts();
        Self {
            id: record.id.to_string(),
            at: record.at.to_string(),
            kind: parts.kind,
            user_id: parts.user.map(|id| id.to_string()),
            session_id: parts.session.map(|id| id.to_string()),
            detail: parts.detail,
            actor: record.actor.to_text(),
            ip: record.ip.map(|ip| ip.to_string()),
            request_id: record.request_id,
        }
    }
}

/// The closed list.
fn kinds() -> RefOr<Schema> {
    let names = EventKind::ALL.map(EventKind::as_str);
    ObjectBuilder::new().schema_type(SchemaType::new(Type::String)).enum_values(Some(names)).into()
}

/// A page of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventList {
    data: Vec<EventBody>,
    /// What asks for the next page, as `cursor`; `null` on the last one.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// The audit log, the latest first.
#[utoipa::path(get, path = "/v1/admin/events", tag = "administration", operation_id = "list_events", security(("bearer" = [])),
    params(
        ("user_id" = Option<String>, Query, description = "About this account", format = Uuid),
        ("kind" = Option<String>, Query, description = "Of this kind"),
        ("from" = Option<String>, Query, description = "At this instant or later", format = DateTime),
        ("until" = Option<String>, Query, description = "Before this instant", format = DateTime),
        ("limit" = Option<u32>, Query, description = "At most so many; 50 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before, with the same filters"),
    ),
    responses((status = 200, description = "A page", body = EventList,
        headers(("Link" = String, description = "Where the next page is, `rel=\"next\"`; missing on the last one")))),
)]
pub(crate) async fn list(
    state: web::Data<AppState>,
    AdminRequest(caller, Query(query)): AdminRequest<Query<EventListQuery>>,
    Peer(origin): Peer,
) -> Result<HttpResponse, Problem> {
    let work = move |service: &auth_core::AuthService| {
        let page = service.list_events(Authority::Caller(&caller), &query.filter, query.paging.request())?;
        Ok::<_, AdminError>((page, query))
    };
    let (page, EventListQuery { filter, paging }) = state.query(origin, work).await?;
    let user = filter.user.map(|id: UserId| id.to_string());
    let [from, until] = [filter.from, filter.until].map(|at| at.map(|at| at.to_string()));
    let asked = [
        ("user_id", user.as_deref()),
        ("kind", filter.kind.map(EventKind::as_str)),
        ("from", from.as_deref()),
        ("until", until.as_deref()),
    ];
    let data: Vec<EventBody> = page.items.into_iter().map(EventBody::from).collect();
    Ok(answer(&state.http, PATH, &asked, &paging, data, page.next))
}

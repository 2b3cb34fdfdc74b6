//! The audit log.
#![expect(clippy::ref_option_ref, reason = "what `Insertable` makes of an optional field")]

use std::net::IpAddr;

use auth_core::StoreError;
use auth_core::audit::{
    Actor, AuditEvent, AuditRecord, AuditRepository, EventKind, EventOrder, EventParts, EventQuery,
};
use auth_core::id::EventId;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::connection::{MultiBackend, MultiConnection};
use crate::schema::audit_events::{self, dsl};
use crate::stored::{Row, Stored};
use crate::transaction::DieselTransaction;
use crate::types::{IdBytes, Micros};

/// Rows in one `DELETE`: the databases take only so many values.
const ROWS: usize = 1_000;

#[derive(Queryable)]
struct EventRow {
    id: Stored<IdBytes>,
    at: Stored<Micros>,
    kind: Stored<String>,
    user_id: Stored<Option<IdBytes>>,
    session_id: Stored<Option<IdBytes>>,
    detail: Stored<Option<String>>,
    actor: Stored<String>,
    ip: Stored<Option<String>>,
    request_id: Stored<Option<String>>,
}

#[derive(Insertable)]
#[diesel(table_name = audit_events, treat_none_as_default_value = false)]
struct NewEvent<'a> {
    id: IdBytes,
    at: Micros,
    kind: String,
    user_id: Option<IdBytes>,
    session_id: Option<IdBytes>,
    detail: Option<String>,
    actor: String,
    ip: Option<String>,
    request_id: Option<&'a str>,
}

impl TryFrom<EventRow> for AuditRecord {
    type Error = StoreError;

    fn try_from(row: EventRow) -> Result<Self, StoreError> {
        let here = Row { table: "audit_events", id: &row.id };
        let parts = EventParts {
            kind: here.value("kind", row.kind)?,
            user: here.value("user_id", row.user_id)?.map(Into::into),
            session: here.value("session_id", row.session_id)?.map(Into::into),
            detail: here.value("detail", row.detail)?,
        };
        Ok(Self {
            id: here.value("id", row.id)?.into(),
            at: here.value("at", row.at)?.into(),
            event: match AuditEvent::from_parts(&parts) {
                Some(event) => event,
                // While instances are replaced one by one, a newer one writes as well; its lines must not hide the others.
                None if EventKind::parse(&parts.kind).is_none() => AuditEvent::Unknown(parts),
                None => return Err(here.odd("kind")),
            },
            actor: here.parse("actor", row.actor, |actor| Actor::parse(&actor))?,
            ip: here.parse_optional("ip", row.ip, |ip| ip.parse().ok())?,
            request_id: here.value("request_id", row.request_id)?,
        })
    }
}

impl<'a> From<&'a AuditRecord> for NewEvent<'a> {
    fn from(record: &'a AuditRecord) -> Self {
        let parts = record.event.to_parts();
        Self {
            id: record.id.into(),
            at: record.at.into(),
            kind: parts.kind,
            user_id: parts.user.map(Into::into),
            session_id: parts.session.map(Into::into),
            detail: parts.detail,
            actor: record.actor.to_text(),
            ip: record.ip.as_ref().map(IpAddr::to_string),
            request_id: record.request_id.as_deref(),
        }
    }
}

impl AuditRepository for DieselTransaction<'_> {
    fn append(&mut self, record: &AuditRecord) -> Result<(), StoreError> {
        let row = NewEvent::from(record);
        self.query(|connection| diesel::insert_into(dsl::audit_events).values(&row).execute(connection)).map(drop)
    }

    fn list(&mut self, before: Option<EventId>, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        self.find(&EventQuery { before, ..EventQuery::default() }, limit)
    }

    fn find(&mut self, query: &EventQuery, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let mut page = dsl::audit_events.limit(limit.into()).into_boxed::<MultiBackend>();
        if let Some(user) = query.user {
            page = page.filter(dsl::user_id.eq(IdBytes::from(user)));
        }
        page = match (query.kind, query.user) {
            (Some(kind), None) => page.filter(dsl::kind.eq(kind.as_str())),
            // An account has few events and a kind has many: not by the index of kinds, which SQLite might take.
            (Some(kind), Some(_)) => page.filter(sql::<Text>("coalesce(audit_events.kind, '')").eq(kind.as_str())),
            (None, _) => page,
        };
        if let Some(id) = query.after {
            page = page.filter(dsl::id.gt(IdBytes::from(id)));
        }
        if let Some(id) = query.before {
            page = page.filter(dsl::id.lt(IdBytes::from(id)));
        }
        let page = match query.order {
            EventOrder::LatestFirst => page.order(dsl::id.desc()),
            EventOrder::EarliestFirst => page.order(dsl::id.asc()),
        };
        let rows: Vec<EventRow> = self.query(|connection| page.load(connection))?;
        rows.into_iter().map(AuditRecord::try_from).collect()
    }

    fn forget(&mut self, before: EventId, limit: u32) -> Result<u64, StoreError> {
        let old = dsl::audit_events.filter(dsl::id.lt(IdBytes::from(before))).order(dsl::id).limit(limit.into());
        let old = old.select(dsl::id);
        let ids: Vec<IdBytes> = self.query(|connection| match connection {
            // What another instance forgets at the same time is left to it.
            MultiConnection::Postgres(postgres) => old.for_update().skip_locked().load(postgres),
            MultiConnection::Sqlite(sqlite) => old.load(sqlite),
        })?;
        let mut forgotten = 0;
        for ids in ids.chunks(ROWS) {
            let rows = dsl::audit_events.filter(dsl::id.eq_any(ids));
            forgotten += self.query(|connection| diesel::delete(rows).execute(connection))?;
        }
        Ok(u64::try_from(forgotten).unwrap_or(u64::MAX))
    }
}

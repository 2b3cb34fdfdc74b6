//! A session as its row.
#![expect(clippy::ref_option_ref, reason = "what `Insertable` makes of an optional field")]

use std::net::IpAddr;

use auth_core::StoreError;
use auth_core::root_keys::RootKeyId;
use auth_core::session::{EndReason, Session};
use diesel::prelude::*;

use crate::schema::sessions;
use crate::stored::{Row, Stored};
use crate::types::{IdBytes, Micros};

#[derive(Queryable)]
pub(super) struct SessionRow {
    id: Stored<IdBytes>,
    user_id: Stored<IdBytes>,
    root_key: Stored<String>,
    salt: Stored<Vec<u8>>,
    generation: Stored<i64>,
    created_at: Stored<Micros>,
    rotated_at: Stored<Micros>,
    expires_at: Stored<Micros>,
    ended_at: Stored<Option<Micros>>,
    end_reason: Stored<Option<String>>,
    client: Stored<Option<String>>,
    ip: Stored<Option<String>>,
}

#[derive(Insertable)]
#[diesel(table_name = sessions, treat_none_as_default_value = false)]
pub(super) struct NewSession<'a> {
    id: IdBytes,
    user_id: IdBytes,
    root_key: &'a str,
    salt: &'a [u8],
    generation: i64,
    created_at: Micros,
    rotated_at: Micros,
    expires_at: Micros,
    ended_at: Option<Micros>,
    end_reason: Option<&'a str>,
    client: Option<&'a str>,
    ip: Option<String>,
}

impl TryFrom<SessionRow> for Session {
    type Error = StoreError;

    fn try_from(row: SessionRow) -> Result<Self, StoreError> {
        let here = Row { table: "sessions", id: &row.id };
        let ended_at = here.value("ended_at", row.ended_at)?;
        let reason = here.parse_optional("end_reason", row.end_reason, |reason| EndReason::parse(&reason))?;
        Ok(Self {
            id: here.value("id", row.id)?.into(),
            user: here.value("user_id", row.user_id)?.into(),
            root_key: here.parse("root_key", row.root_key, |id| RootKeyId::parse(&id))?,
            salt: here.parse("salt", row.salt, |salt| salt.try_into().ok())?,
            generation: here.value("generation", row.generation)?,
            created_at: here.value("created_at", row.created_at)?.into(),
            rotated_at: here.value("rotated_at", row.rotated_at)?.into(),
            expires_at: here.value("expires_at", row.expires_at)?.into(),
            ended: match (ended_at, reason) {
                (Some(at), Some(reason)) => Some((at.into(), reason)),
                (None, None) => None,
                _ => return Err(here.odd("end_reason")),
            },
            client: here.value("client", row.client)?,
            ip: here.parse_optional("ip", row.ip, |ip| ip.parse().ok())?,
        })
    }
}

impl<'a> From<&'a Session> for NewSession<'a> {
    fn from(session: &'a Session) -> Self {
        Self {
            id: session.id.into(),
            user_id: session.user.into(),
            root_key: session.root_key.as_str(),
            salt: &session.salt,
            generation: session.generation,
            created_at: session.created_at.into(),
            rotated_at: session.rotated_at.into(),
            expires_at: session.expires_at.into(),
            ended_at: session.ended.map(|(at, _)| at.into()),
            end_reason: session.ended.map(|(_, reason)| reason.as_str()),
            client: session.client.as_deref(),
            ip: session.ip.as_ref().map(IpAddr::to_string),
        }
    }
}

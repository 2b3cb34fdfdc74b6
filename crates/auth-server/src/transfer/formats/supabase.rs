//! Supabase: the table `auth.users`, as CSV (`\copy`) or JSON (`row_to_json`, `json_agg`). Its ids are UUIDs and stay.

use auth_core::service::ImportRecord;

use super::{password, state};
use crate::transfer::fields::Fields;
use crate::transfer::{Incoming, Known, LineFault};

pub(super) fn account(fields: Fields<'_>, known: &Known) -> Result<Incoming, LineFault> {
    let id = fields.uuid("id")?.ok_or(LineFault::Wrong("id", "a UUID"))?;
    if fields.instant("deleted_at")?.is_some() {
        return Err(LineFault::Other("it was deleted there"));
    }
    let name = match fields.text("email")? {
        Some(email) => email,
        None => fields.text("phone")?.ok_or(LineFault::Other("it has neither an email address nor a phone number"))?,
    };
    let is_banned = match fields.text("banned_until")? {
        // For good, as PostgreSQL writes it.
        Some("infinity") => true,
        Some(_) => fields.instant("banned_until")?.is_some_and(|until| until > known.now),
        None => false,
    };
    Ok(Incoming::of(ImportRecord {
        id: Some(id),
        state: Some(state(is_banned)),
        password: fields.text("encrypted_password")?.map(|hash| password(hash, None)),
        created_at: fields.instant("created_at")?,
        ..ImportRecord::named(name)
    }))
}

//! The Node tutorial's `users` table. Its other columns are as they come.

use auth_core::service::ImportRecord;

use super::password;
use crate::transfer::fields::Fields;
use crate::transfer::{Incoming, LineFault};

pub(super) fn account(fields: Fields<'_>) -> Result<Incoming, LineFault> {
    let number = fields.number("id")?.ok_or(LineFault::Missing("id"))?;
    // What Sequelize calls it, with and without `underscored`. The app works without, so no account is lost over it.
    let made = ["createdAt", "created_at"].into_iter().find_map(|name| fields.instant(name).ok().flatten());
    Ok(Incoming::of(ImportRecord {
        legacy_id: Some(number),
        password: Some(password(fields.needed("password")?, None)),
        created_at: made,
        ..ImportRecord::named(fields.needed("username")?)
    }))
}

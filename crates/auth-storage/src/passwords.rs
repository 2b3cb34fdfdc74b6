//! Password hashes.

use auth_core::StoreError;
use auth_core::id::UserId;
use auth_core::password::{PasswordHash, PasswordRepository, StoredPassword};
use auth_core::time::Timestamp;
use diesel::prelude::*;

use crate::schema::passwords::{self, dsl};
use crate::stored::{Row, Stored};
use crate::transaction::DieselTransaction;
use crate::types::{IdBytes, Micros};

#[derive(Queryable)]
struct PasswordRow {
    hash: Stored<String>,
    changed_at: Stored<Micros>,
}

#[derive(Insertable)]
#[diesel(table_name = passwords)]
struct NewPassword<'a> {
    user_id: IdBytes,
    hash: &'a str,
    changed_at: Micros,
    updated_at: Micros,
}

impl PasswordRepository for DieselTransaction<'_> {
    fn insert(&mut self, user: UserId, hash: &PasswordHash, now: Timestamp) -> Result<(), StoreError> {
        let row =
            NewPassword { user_id: user.into(), hash: hash.expose(), changed_at: now.into(), updated_at: now.into() };
        self.query(|connection| diesel::insert_into(dsl::passwords).values(&row).execute(connection)).map(drop)
    }

    fn get(&mut self, user: UserId) -> Result<Option<StoredPassword>, StoreError> {
        let id = IdBytes::from(user);
        let row: Option<PasswordRow> = self.query(|connection| {
            dsl::passwords.find(id).select((dsl::hash, dsl::changed_at)).first(connection).optional()
        })?;
        let here = Row { table: "passwords", id: &id };
        row.map(|row| {
            Ok(StoredPassword {
                hash: PasswordHash::new(here.value("hash", row.hash)?),
                changed_at: here.value("changed_at", row.changed_at)?.into(),
            })
        })
        .transpose()
    }

    fn change(&mut self, user: UserId, hash: &PasswordHash, now: Timestamp) -> Result<bool, StoreError> {
        let row = dsl::passwords.find(IdBytes::from(user));
        let now = Micros::from(now);
        let change = (dsl::hash.eq(hash.expose()), dsl::changed_at.eq(now), dsl::updated_at.eq(now));
        self.query(|connection| diesel::update(row).set(change).execute(connection)).map(|rows| rows > 0)
    }

    fn rehash(
        &mut self,
        user: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let row = dsl::passwords.find(IdBytes::from(user)).filter(dsl::hash.eq(old.expose()));
        let change = (dsl::hash.eq(new.expose()), dsl::updated_at.eq(Micros::from(now)));
        self.query(|connection| diesel::update(row).set(change).execute(connection)).map(|rows| rows > 0)
    }
}

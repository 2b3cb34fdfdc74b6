//! Password hashes.

use auth_core::StoreError;
use auth_core::id::UserId;
use auth_core::password::{HashClass, PasswordHash, PasswordRepository, StoredPassword};
use auth_core::time::Timestamp;
use diesel::dsl::count_star;
use diesel::prelude::*;

use crate::schema::decoy_plan;
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
    class: Option<String>,
}

/// What is counted by; none where the hash cannot be read.
fn class(hash: &PasswordHash) -> Option<String> {
    hash.class().map(|class| class.to_string())
}

impl PasswordRepository for DieselTransaction<'_> {
    fn insert(&mut self, user: UserId, hash: &PasswordHash, now: Timestamp) -> Result<(), StoreError> {
        let (changed_at, updated_at) = (now.into(), now.into());
        let row = NewPassword { user_id: user.into(), hash: hash.expose(), changed_at, updated_at, class: class(hash) };
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
        let (changed, updated) = (dsl::changed_at.eq(now), dsl::updated_at.eq(now));
        let change = (dsl::hash.eq(hash.expose()), dsl::class.eq(class(hash)), changed, updated);
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
        let change = (dsl::hash.eq(new.expose()), dsl::class.eq(class(new)), dsl::updated_at.eq(Micros::from(now)));
        self.query(|connection| diesel::update(row).set(change).execute(connection)).map(|rows| rows > 0)
    }

    fn classes(&mut self, limit: u32) -> Result<Vec<(HashClass, u64)>, StoreError> {
        let counted: Vec<(Option<String>, i64)> = self.query(|connection| {
            dsl::passwords
                .filter(dsl::class.is_not_null())
                .group_by(dsl::class)
                .select((dsl::class, count_star()))
                .order((count_star().desc(), dsl::class))
                .limit(limit.into())
                .load(connection)
        })?;
        // A class of another release is none to this one.
        let known = |(class, count): (Option<String>, i64)| Some((HashClass::parse(&class?)?, count.try_into().ok()?));
        Ok(counted.into_iter().filter_map(known).collect())
    }

    fn decoy_plan(&mut self) -> Result<String, StoreError> {
        self.query(|connection| decoy_plan::table.find(1).select(decoy_plan::plan).first(connection))
    }

    fn replace_decoy_plan(&mut self, old: &str, new: &str) -> Result<bool, StoreError> {
        let row = decoy_plan::table.find(1).filter(decoy_plan::plan.eq(old));
        let change = decoy_plan::plan.eq(new);
        self.query(|connection| diesel::update(row).set(change).execute(connection)).map(|rows| rows > 0)
    }
}

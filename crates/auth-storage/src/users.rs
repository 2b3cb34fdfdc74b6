//! Accounts.
#![expect(clippy::ref_option_ref, reason = "what `Insertable` makes of an optional field")]

mod list;
mod taken;

use auth_core::StoreError;
use auth_core::id::UserId;
use auth_core::store::{Access, Unique};
use auth_core::time::Timestamp;
use auth_core::user::{AccountState, Added, CanonicalName, Skeleton, User, UserQuery, UserRepository, Username};
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::connection::MultiConnection;
use crate::schema::users::{self, dsl};
use crate::stored::{Row, Stored};
use crate::transaction::DieselTransaction;
use crate::types::{IdBytes, Instant, Micros};

/// In the order of the table's columns, so that it can be read through either connection.
#[derive(Queryable)]
struct UserRow {
    id: Stored<IdBytes>,
    username: Stored<String>,
    username_canonical: Stored<String>,
    username_skeleton: Stored<Option<String>>,
    state: Stored<String>,
    legacy_id: Stored<Option<i64>>,
    credential_version: Stored<i64>,
    created_at: Stored<Micros>,
    updated_at: Stored<Micros>,
}

#[derive(Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
struct NewUser<'a> {
    id: IdBytes,
    username: &'a str,
    username_canonical: &'a str,
    username_skeleton: Option<&'a str>,
    state: &'a str,
    legacy_id: Option<i64>,
    credential_version: i64,
    created_at: Micros,
    updated_at: Micros,
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        let here = Row { table: "users", id: &row.id };
        Ok(Self {
            id: here.value("id", row.id)?.into(),
            name: Username::from_stored(
                here.value("username", row.username)?,
                here.value("username_canonical", row.username_canonical)?,
                here.value("username_skeleton", row.username_skeleton)?,
            ),
            state: here.parse("state", row.state, |state| AccountState::parse(&state))?,
            legacy_id: here.value("legacy_id", row.legacy_id)?,
            credential_version: here.value("credential_version", row.credential_version)?,
            created_at: here.value("created_at", row.created_at)?.into(),
            updated_at: here.value("updated_at", row.updated_at)?.into(),
        })
    }
}

impl<'a> From<&'a User> for NewUser<'a> {
    fn from(user: &'a User) -> Self {
        Self {
            id: user.id.into(),
            username: user.name.as_entered(),
            username_canonical: user.name.canonical().as_str(),
            username_skeleton: user.name.skeleton().map(Skeleton::as_str),
            state: user.state.as_str(),
            legacy_id: user.legacy_id,
            credential_version: user.credential_version,
            created_at: user.created_at.into(),
            updated_at: user.updated_at.into(),
        }
    }
}

impl UserRepository for DieselTransaction<'_> {
    fn insert(&mut self, user: &User) -> Result<Added, StoreError> {
        storable(&user.name)?;
        let row = NewUser::from(user);
        match self.try_write(|connection| diesel::insert_into(dsl::users).values(&row).execute(connection))? {
            Ok(_) => Ok(Added::Added),
            Err(reported) => match self.first_taken(user)?.unwrap_or(reported) {
                Unique::Id => Err(StoreError::Conflict(Unique::Id)),
                fact => Ok(Added::Taken(fact)),
            },
        }
    }

    fn by_id(&mut self, id: UserId) -> Result<Option<User>, StoreError> {
        self.one_user(|connection| dsl::users.find(IdBytes::from(id)).first(connection).optional())
    }

    fn by_name(&mut self, name: &CanonicalName) -> Result<Option<User>, StoreError> {
        // Anybody may type a NUL at sign-in; PostgreSQL would fail on it.
        if name.as_str().contains('\0') {
            return Ok(None);
        }
        self.one_user(|connection| {
            dsl::users.filter(dsl::username_canonical.eq(name.as_str())).first(connection).optional()
        })
    }

    fn by_legacy_id(&mut self, id: i64) -> Result<Option<User>, StoreError> {
        self.one_user(|connection| dsl::users.filter(dsl::legacy_id.eq(id)).first(connection).optional())
    }

    fn lock(&mut self, id: UserId) -> Result<Option<User>, StoreError> {
        if self.access() == Access::Read {
            return Err(StoreError::unavailable("a row cannot be locked in a read-only transaction"));
        }
        let row = dsl::users.find(IdBytes::from(id));
        self.one_user(|connection| match connection {
            MultiConnection::Postgres(postgres) => row.for_update().first(postgres).optional(),
            // The whole database is locked since BEGIN IMMEDIATE.
            MultiConnection::Sqlite(sqlite) => row.first(sqlite).optional(),
        })
    }

    fn set_state(&mut self, id: UserId, state: AccountState, now: Timestamp) -> Result<bool, StoreError> {
        let change = (dsl::state.eq(state.as_str()), dsl::updated_at.eq(Micros::from(now)));
        let row = dsl::users.find(IdBytes::from(id));
        self.query(|connection| diesel::update(row).set(change).execute(connection)).map(|rows| rows > 0)
    }

    fn rename(&mut self, id: UserId, name: &Username, now: Timestamp) -> Result<Option<Added>, StoreError> {
        storable(name)?;
        let change = (
            dsl::username.eq(name.as_entered()),
            dsl::username_canonical.eq(name.canonical().as_str()),
            dsl::username_skeleton.eq(name.skeleton().map(Skeleton::as_str)),
            dsl::updated_at.eq(Micros::from(now)),
        );
        let row = dsl::users.find(IdBytes::from(id));
        match self.try_write(|connection| diesel::update(row).set(change).execute(connection))? {
            Ok(rows) => Ok((rows > 0).then_some(Added::Added)),
            Err(reported) => Ok(Some(Added::Taken(self.first_taken_by_others(id, name)?.unwrap_or(reported)))),
        }
    }

    fn raise_credential_version(&mut self, id: UserId, now: Timestamp) -> Result<bool, StoreError> {
        let change = (dsl::credential_version.eq(dsl::credential_version + 1), dsl::updated_at.eq(Micros::from(now)));
        let row = dsl::users.find(IdBytes::from(id));
        self.query(|connection| diesel::update(row).set(change).execute(connection)).map(|rows| rows > 0)
    }

    fn delete(&mut self, id: UserId) -> Result<bool, StoreError> {
        let row = dsl::users.find(IdBytes::from(id));
        self.query(|connection| diesel::delete(row).execute(connection)).map(|rows| rows > 0)
    }

    fn list(&mut self, query: &UserQuery, limit: u32) -> Result<Vec<User>, StoreError> {
        self.list_users(query, limit)
    }

    fn count(&mut self, state: AccountState) -> Result<u64, StoreError> {
        let of_state = dsl::users.filter(dsl::state.eq(state.as_str()));
        let count: i64 = self.query(|connection| of_state.count().get_result(connection))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
}

/// PostgreSQL has no text with NUL. Neither has the other one, then.
fn storable(name: &Username) -> Result<(), StoreError> {
    if name.as_entered().contains('\0') {
        return Err(StoreError::unavailable("a user's name contains NUL, which cannot be stored"));
    }
    Ok(())
}

impl DieselTransaction<'_> {
    fn one_user(
        &mut self,
        query: impl FnOnce(&mut MultiConnection) -> QueryResult<Option<UserRow>>,
    ) -> Result<Option<User>, StoreError> {
        self.query(query)?.map(User::try_from).transpose()
    }
}

/// The state where it only sifts what another index finds. Of several indexes SQLite may take the worst, for it does not know how many
/// accounts are active: nearly all.
pub(crate) fn state() -> SqlLiteral<Text> {
    sql("coalesce(users.state, '')")
}

/// The instant, for the same reason.
fn created_at() -> SqlLiteral<Instant> {
    sql("coalesce(users.created_at, users.updated_at)")
}

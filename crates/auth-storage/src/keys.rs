//! Signing keys. Each change is one statement under its condition: of several at once, the database lets one win.

mod row;

use auth_core::StoreError;
use auth_core::root_keys::Sealed;
use auth_core::store::{Access, Unique};
use auth_core::time::Timestamp;
use auth_core::token::{KeyId, KeyRepository, StoredKey};
use auth_core::user::Added;
use diesel::prelude::*;
use diesel::sql_query;

use row::{KeyRow, NewKey};

use crate::connection::MultiConnection;
use crate::schema::signing_keys::dsl;
use crate::transaction::DieselTransaction;
use crate::types::Micros;

impl KeyRepository for DieselTransaction<'_> {
    fn insert(&mut self, key: &StoredKey) -> Result<Added, StoreError> {
        let row = NewKey::from(key);
        let inserted =
            self.try_write(|connection| diesel::insert_into(dsl::signing_keys).values(&row).execute(connection))?;
        match inserted {
            Ok(_) => Ok(Added::Added),
            // The databases report whichever index they looked at first; a used id is the graver of the two.
            Err(_) if self.has_key(&key.id)? => Err(StoreError::Conflict(Unique::Id)),
            Err(unique) => Ok(Added::Taken(unique)),
        }
    }

    fn all(&mut self) -> Result<Vec<StoredKey>, StoreError> {
        let rows: Vec<KeyRow> = self.query(|connection| dsl::signing_keys.order(dsl::ordinal).load(connection))?;
        rows.into_iter().map(StoredKey::try_from).collect()
    }

    fn lock(&mut self) -> Result<Vec<StoredKey>, StoreError> {
        if self.access() == Access::Read {
            return Err(StoreError::unavailable("keys cannot be locked in a read-only transaction"));
        }
        self.query(|connection| match connection {
            // The weakest that a writer and another lock of its kind wait for; rows alone would let inserts through.
            MultiConnection::Postgres(postgres) => {
                sql_query("LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE").execute(postgres)
            }
            // The whole database is locked since BEGIN IMMEDIATE.
            MultiConnection::Sqlite(_) => Ok(0),
        })?;
        self.all()
    }

    fn reseal(&mut self, id: &KeyId, from: &Sealed, to: &Sealed) -> Result<bool, StoreError> {
        let is_from = dsl::root_key.eq(from.root_key.as_str()).and(dsl::private_sealed.eq(from.bytes.as_slice()));
        let row = dsl::signing_keys.find(id.as_str()).filter(is_from);
        let change = (dsl::root_key.eq(to.root_key.as_str()), dsl::private_sealed.eq(to.bytes.as_slice()));
        self.query(|connection| diesel::update(row).set(change).execute(connection)).map(|rows| rows > 0)
    }

    fn bring_forward(&mut self, id: &KeyId, at: Timestamp) -> Result<bool, StoreError> {
        let can_sign = dsl::revoked_at.is_null().and(dsl::private_sealed.is_not_null());
        let row = dsl::signing_keys.find(id.as_str()).filter(dsl::signs_from.gt(Micros::from(at)).and(can_sign));
        let change = dsl::signs_from.eq(Micros::from(at));
        self.query(|connection| diesel::update(row).set(change).execute(connection)).map(|rows| rows > 0)
    }

    fn revoke(&mut self, id: &KeyId, now: Timestamp) -> Result<bool, StoreError> {
        let row = dsl::signing_keys.find(id.as_str()).filter(dsl::revoked_at.is_null());
        let change = (
            dsl::revoked_at.eq(Micros::from(now)),
            dsl::root_key.eq(None::<&str>),
            dsl::private_sealed.eq(None::<&[u8]>),
        );
        self.query(|connection| diesel::update(row).set(change).execute(connection)).map(|rows| rows > 0)
    }

    fn erase(&mut self, id: &KeyId) -> Result<bool, StoreError> {
        let row = dsl::signing_keys.find(id.as_str()).filter(dsl::private_sealed.is_not_null());
        let change = (dsl::root_key.eq(None::<&str>), dsl::private_sealed.eq(None::<&[u8]>));
        self.query(|connection| diesel::update(row).set(change).execute(connection)).map(|rows| rows > 0)
    }

    fn remove(&mut self, id: &KeyId) -> Result<bool, StoreError> {
        let row = dsl::signing_keys.find(id.as_str()).filter(dsl::revoked_at.is_null());
        self.query(|connection| diesel::delete(row).execute(connection)).map(|rows| rows > 0)
    }
}

impl DieselTransaction<'_> {
    fn has_key(&mut self, id: &KeyId) -> Result<bool, StoreError> {
        let key = dsl::signing_keys.find(id.as_str()).select(dsl::id);
        self.query(|connection| key.first::<String>(connection).optional()).map(|found| found.is_some())
    }
}

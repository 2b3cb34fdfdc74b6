//! Signing keys.

use auth_core::StoreError;
use auth_core::root_keys::{RootKeyId, Sealed};
use auth_core::store::Unique;
use auth_core::token::{Algorithm, KeyId, KeyRepository, KeyState, StoredKey};
use auth_core::user::Added;
use diesel::prelude::*;

use crate::schema::signing_keys::{self, dsl};
use crate::stored::{Row, Stored};
use crate::transaction::DieselTransaction;
use crate::types::Micros;

#[derive(Queryable)]
struct KeyRow {
    id: Stored<String>,
    algorithm: Stored<String>,
    state: Stored<String>,
    root_key: Stored<String>,
    private_sealed: Stored<Vec<u8>>,
    created_at: Stored<Micros>,
}

#[derive(Insertable)]
#[diesel(table_name = signing_keys)]
struct NewKey<'a> {
    id: &'a str,
    algorithm: &'a str,
    state: &'a str,
    root_key: &'a str,
    private_sealed: &'a [u8],
    created_at: Micros,
}

impl TryFrom<KeyRow> for StoredKey {
    type Error = StoreError;

    fn try_from(row: KeyRow) -> Result<Self, StoreError> {
        let here = Row { table: "signing_keys", id: &row.id };
        Ok(Self {
            id: KeyId::new(here.value("id", row.id.clone())?),
            algorithm: here.parse("algorithm", row.algorithm, |name| Algorithm::parse(&name))?,
            state: here.parse("state", row.state, |state| KeyState::parse(&state))?,
            private: Sealed {
                root_key: here.parse("root_key", row.root_key, |id| RootKeyId::parse(&id))?,
                bytes: here.value("private_sealed", row.private_sealed)?,
            },
            created_at: here.value("created_at", row.created_at)?.into(),
        })
    }
}

impl KeyRepository for DieselTransaction<'_> {
    fn insert(&mut self, key: &StoredKey) -> Result<Added, StoreError> {
        let row = NewKey {
            id: key.id.as_str(),
            algorithm: key.algorithm.as_str(),
            state: key.state.as_str(),
            root_key: key.private.root_key.as_str(),
            private_sealed: &key.private.bytes,
            created_at: key.created_at.into(),
        };
        let inserted =
            self.try_write(|connection| diesel::insert_into(dsl::signing_keys).values(&row).execute(connection))?;
        match inserted {
            Ok(_) => Ok(Added::Added),
            // The databases report whichever index they looked at first; a used id is the graver of the two.
            Err(_) if self.has_key(row.id)? => Err(StoreError::Conflict(Unique::Id)),
            Err(unique) => Ok(Added::Taken(unique)),
        }
    }

    fn all(&mut self) -> Result<Vec<StoredKey>, StoreError> {
        let rows: Vec<KeyRow> =
            self.query(|connection| dsl::signing_keys.order((dsl::created_at, dsl::id)).load(connection))?;
        rows.into_iter().map(StoredKey::try_from).collect()
    }
}

impl DieselTransaction<'_> {
    fn has_key(&mut self, id: &str) -> Result<bool, StoreError> {
        let key = dsl::signing_keys.find(id).select(dsl::id);
        self.query(|connection| key.first::<String>(connection).optional()).map(|found| found.is_some())
    }
}

//! A signing key as its row.
#![expect(clippy::ref_option_ref, reason = "what `Insertable` makes of an optional field")]

use auth_core::StoreError;
use auth_core::root_keys::{RootKeyId, Sealed};
use auth_core::token::{Algorithm, KeyId, StoredKey};
use diesel::prelude::*;

use crate::schema::signing_keys;
use crate::stored::{Row, Stored};
use crate::types::Micros;

#[derive(Queryable)]
pub(super) struct KeyRow {
    id: Stored<String>,
    algorithm: Stored<String>,
    ordinal: Stored<i64>,
    root_key: Stored<Option<String>>,
    private_sealed: Stored<Option<Vec<u8>>>,
    created_at: Stored<Micros>,
    signs_from: Stored<Micros>,
    revoked_at: Stored<Option<Micros>>,
}

#[derive(Insertable)]
#[diesel(table_name = signing_keys, treat_none_as_default_value = false)]
pub(super) struct NewKey<'a> {
    id: &'a str,
    algorithm: &'a str,
    ordinal: i64,
    root_key: Option<&'a str>,
    private_sealed: Option<&'a [u8]>,
    created_at: Micros,
    signs_from: Micros,
    revoked_at: Option<Micros>,
}

impl TryFrom<KeyRow> for StoredKey {
    type Error = StoreError;

    fn try_from(row: KeyRow) -> Result<Self, StoreError> {
        let here = Row { table: "signing_keys", id: &row.id };
        let root_key = here.parse_optional("root_key", row.root_key, |id| RootKeyId::parse(&id))?;
        let bytes = here.value("private_sealed", row.private_sealed)?;
        Ok(Self {
            id: KeyId::new(here.value("id", row.id.clone())?),
            algorithm: here.parse("algorithm", row.algorithm, |name| Algorithm::parse(&name))?,
            ordinal: here.parse("ordinal", row.ordinal, |ordinal| (ordinal > 0).then_some(ordinal))?,
            private: match (root_key, bytes) {
                (Some(root_key), Some(bytes)) => Some(Sealed { root_key, bytes }),
                (None, None) => None,
                (None, Some(_)) => return Err(here.odd("root_key")),
                (Some(_), None) => return Err(here.odd("private_sealed")),
            },
            created_at: here.value("created_at", row.created_at)?.into(),
            signs_from: here.value("signs_from", row.signs_from)?.into(),
            revoked_at: here.value("revoked_at", row.revoked_at)?.map(Into::into),
        })
    }
}

impl<'a> From<&'a StoredKey> for NewKey<'a> {
    fn from(key: &'a StoredKey) -> Self {
        Self {
            id: key.id.as_str(),
            algorithm: key.algorithm.as_str(),
            ordinal: key.ordinal,
            root_key: key.private.as_ref().map(|private| private.root_key.as_str()),
            private_sealed: key.private.as_ref().map(|private| private.bytes.as_slice()),
            created_at: key.created_at.into(),
            signs_from: key.signs_from.into(),
            revoked_at: key.revoked_at.map(Into::into),
        }
    }
}

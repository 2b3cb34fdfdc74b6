//! The column types that the databases do not share, once each: a UUID and an instant.

use std::fmt;
use std::io::Write;

use auth_core::id::{EventId, SessionId, UserId};
use auth_core::time::Timestamp;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, Binary, HasSqlType, SqlType};
use diesel::sqlite::Sqlite;

use crate::connection::{MultiBackend, MultiRawValue};

/// PostgreSQL `uuid`; SQLite a blob of 16 bytes. Both compare by bytes.
#[derive(Debug, Default, Clone, Copy, SqlType, QueryId)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951), sqlite_type(name = "Binary"))]
pub struct Id;

/// PostgreSQL `timestamptz`; SQLite microseconds since 1970. What is read equals what was written, on both.
#[derive(Debug, Default, Clone, Copy, SqlType, QueryId)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185), sqlite_type(name = "Long"))]
pub struct Instant;

/// The bytes of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Id)]
pub(crate) struct IdBytes(pub(crate) [u8; 16]);

/// Microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Instant)]
pub(crate) struct Micros(pub(crate) i64);

/// From 1970 to 2000, PostgreSQL's own epoch.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

macro_rules! for_both {
    ($sql:ty, $rust:ty) => {
        impl HasSqlType<$sql> for MultiBackend {
            fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
                Self::lookup_sql_type::<$sql>(lookup)
            }
        }

        impl ToSql<$sql, MultiBackend> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
                out.set_value((<$sql>::default(), self));
                Ok(IsNull::No)
            }
        }

        impl FromSql<$sql, MultiBackend> for $rust {
            fn from_sql(value: MultiRawValue<'_>) -> deserialize::Result<Self> {
                value.from_sql::<Self, $sql>()
            }
        }
    };
}

for_both!(Id, IdBytes);
for_both!(Instant, Micros);

impl ToSql<Id, Pg> for IdBytes {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&self.0)?;
        Ok(IsNull::No)
    }
}

impl ToSql<Id, Sqlite> for IdBytes {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_slice());
        Ok(IsNull::No)
    }
}

impl FromSql<Id, Pg> for IdBytes {
    fn from_sql(value: diesel::pg::PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(value.as_bytes().try_into()?))
    }
}

impl FromSql<Id, Sqlite> for IdBytes {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let bytes = <Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value)?;
        Ok(Self(bytes.as_slice().try_into()?))
    }
}

impl ToSql<Instant, Pg> for Micros {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let micros = self.0.checked_sub(POSTGRES_EPOCH).ok_or("the instant is out of range")?;
        out.write_all(&micros.to_be_bytes())?;
        Ok(IsNull::No)
    }
}

impl ToSql<Instant, Sqlite> for Micros {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0);
        Ok(IsNull::No)
    }
}

impl FromSql<Instant, Pg> for Micros {
    fn from_sql(value: diesel::pg::PgValue<'_>) -> deserialize::Result<Self> {
        // `infinity` and `-infinity` are the ends of the range and no instants; the first overflows by itself.
        let micros = i64::from_be_bytes(value.as_bytes().try_into()?);
        let sound = (micros != i64::MIN).then(|| micros.checked_add(POSTGRES_EPOCH)).flatten();
        Ok(Self(sound.ok_or("the instant is out of range")?))
    }
}

impl FromSql<Instant, Sqlite> for Micros {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        <i64 as FromSql<BigInt, Sqlite>>::from_sql(value).map(Self)
    }
}

macro_rules! from_ids {
    ($($id:ty),*) => { $(
        impl From<$id> for IdBytes {
            fn from(id: $id) -> Self {
                Self(*id.as_bytes())
            }
        }

        impl From<IdBytes> for $id {
            fn from(id: IdBytes) -> Self {
                Self::from_bytes(id.0)
            }
        }
    )* };
}

from_ids!(UserId, SessionId, EventId);

impl From<Timestamp> for Micros {
    fn from(instant: Timestamp) -> Self {
        Self(instant.as_micros())
    }
}

impl From<Micros> for Timestamp {
    fn from(micros: Micros) -> Self {
        Self::from_micros(micros.0)
    }
}

impl fmt::Display for IdBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        uuid::Uuid::from_bytes(self.0).as_hyphenated().fmt(f)
    }
}

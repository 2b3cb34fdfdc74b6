//! What a row holds, before anybody trusts it.

use std::fmt::Display;

use auth_core::StoreError;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};

/// A column's value, or the fact that it cannot be read. Diesel would fail the whole query without naming a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSqlRow)]
pub(crate) enum Stored<T> {
    Sound(T),
    Odd,
}

impl<T, ST, DB> FromSql<ST, DB> for Stored<T>
where
    DB: Backend,
    T: FromSql<ST, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Self::from_nullable_sql(Some(value))
    }

    fn from_nullable_sql(value: Option<DB::RawValue<'_>>) -> deserialize::Result<Self> {
        Ok(T::from_nullable_sql(value).map_or(Self::Odd, Self::Sound))
    }
}

/// Names a row while its columns are read.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(crate) table: &'static str,
    pub(crate) id: &'a dyn Display,
}

impl Row<'_> {
    /// The value of a column.
    pub(crate) fn value<T>(self, column: &'static str, stored: Stored<T>) -> Result<T, StoreError> {
        self.parse(column, stored, Some)
    }

    /// The meaning of a column.
    pub(crate) fn parse<T, U>(
        self,
        column: &'static str,
        stored: Stored<T>,
        meaning: impl FnOnce(T) -> Option<U>,
    ) -> Result<U, StoreError> {
        match stored {
            Stored::Sound(value) => meaning(value).ok_or_else(|| self.odd(column)),
            Stored::Odd => Err(self.odd(column)),
        }
    }

    /// The meaning of a column that may be empty.
    pub(crate) fn parse_optional<T, U>(
        self,
        column: &'static str,
        stored: Stored<Option<T>>,
        meaning: impl FnOnce(T) -> Option<U>,
    ) -> Result<Option<U>, StoreError> {
        match self.value(column, stored)? {
            Some(value) => meaning(value).map(Some).ok_or_else(|| self.odd(column)),
            None => Ok(None),
        }
    }

    pub(crate) fn odd(self, column: &'static str) -> StoreError {
        StoreError::Inconsistent { table: self.table, column, row: self.id.to_string() }
    }
}

/// An id that cannot be read is shown as `?`.
impl<T: Display> Display for Stored<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sound(value) => value.fmt(f),
            Self::Odd => f.write_str("?"),
        }
    }
}

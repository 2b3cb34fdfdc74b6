//! The one place that reads a Diesel error.
//!
//! PostgreSQL names the constraint that was violated; SQLite only says `UNIQUE constraint failed: users.username`.
//! Both have their line in [`CONSTRAINTS`].

use auth_core::StoreError;
use auth_core::store::Unique;
use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};

/// What a failed statement means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Something that may exist once exists already.
    Taken(Unique),
    /// The transaction lost a race that it could win the next time: a deadlock, a serialization failure.
    Rerun(StoreError),
    /// Everything else.
    Trouble(StoreError),
}

impl Failure {
    pub(crate) fn into_error(self) -> StoreError {
        match self {
            Self::Taken(unique) => StoreError::Conflict(unique),
            Self::Rerun(error) | Self::Trouble(error) => error,
        }
    }
}

/// PostgreSQL's name, SQLite's columns, and the fact.
const CONSTRAINTS: [(&str, &str, Unique); 15] = [
    ("users_pkey", "users.id", Unique::Id),
    ("users_username_canonical_key", "users.username_canonical", Unique::Username),
    ("users_username_skeleton_key", "users.username_skeleton", Unique::UsernameSkeleton),
    ("users_legacy_id_key", "users.legacy_id", Unique::LegacyId),
    ("passwords_pkey", "passwords.user_id", Unique::Id),
    ("user_roles_pkey", "user_roles.user_id, user_roles.role", Unique::Id),
    ("sessions_pkey", "sessions.id", Unique::Id),
    ("session_endings_pkey", "session_endings.seq", Unique::Id),
    ("session_endings_counter_pkey", "session_endings_counter.id", Unique::Id),
    ("decoy_plan_pkey", "decoy_plan.id", Unique::Id),
    ("signing_keys_pkey", "signing_keys.id", Unique::Id),
    ("signing_keys_ordinal_key", "signing_keys.ordinal", Unique::KeyOrdinal),
    ("attempt_tallies_pkey", "attempt_tallies.key", Unique::Id),
    ("attempt_windows_pkey", "attempt_windows.key", Unique::Id),
    ("audit_events_pkey", "audit_events.id", Unique::Id),
];

/// What SQLite says before the columns.
const SQLITE_UNIQUE: &str = "UNIQUE constraint failed: ";

pub(crate) fn classify(error: &Error) -> Failure {
    let unavailable = || StoreError::unavailable(error);
    match error {
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, information) => {
            violated(information.as_ref()).map_or_else(|| Failure::Trouble(unavailable()), Failure::Taken)
        }
        Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => Failure::Rerun(unavailable()),
        // Diesel has no kind for it. A server that speaks another language than English is not understood, and answers
        // "unavailable" where it could have been tried again: right, if less kind.
        Error::DatabaseError(DatabaseErrorKind::Unknown, information)
            if information.message() == "deadlock detected" =>
        {
            Failure::Rerun(unavailable())
        }
        // Both of these hold two errors, of which the outer text shows one.
        Error::RollbackErrorOnCommit { commit_error, .. } => match classify(commit_error) {
            Failure::Rerun(error) => Failure::Trouble(error),
            other => other,
        },
        _ => Failure::Trouble(unavailable()),
    }
}

fn violated(information: &dyn DatabaseErrorInformation) -> Option<Unique> {
    let named = information.constraint_name();
    let columns = information.message().strip_prefix(SQLITE_UNIQUE);
    let found = CONSTRAINTS.iter().find(|(name, column, _)| named == Some(*name) || columns == Some(*column));
    found.map(|(.., unique)| *unique)
}

/// Whether SQLite says that somebody else holds the lock.
pub(crate) fn is_busy(error: &Error) -> bool {
    matches!(error, Error::DatabaseError(DatabaseErrorKind::Unknown, information)
        if information.message().starts_with("database is locked") || information.message().starts_with("database table is locked"))
}

#[cfg(all(test, feature = "testing"))]
mod tests;

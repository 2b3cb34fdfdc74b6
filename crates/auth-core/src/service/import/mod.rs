//! Bringing accounts over from another system, or from another server of this one.
//!
//! What is brought is told apart by its own key: its id, else its old number, else its name. So a batch that is brought twice
//! finds its accounts here, and nobody's account is taken for somebody else's because the names are alike.

mod change;
mod judge;
mod one;
mod prepare;

use std::collections::BTreeSet;

pub use one::{ImportError, Imported, ImportedUser};

use super::{AuthService, InternalError, RequestContext, common_errors};
use crate::id::UserId;
use crate::password::{HashFault, PasswordHash};
use crate::role::Role;
use crate::store::{StoreError, StoreExt};
use crate::time::Timestamp;
use crate::user::{AccountState, User, UsernameFault};

/// An account to be brought. What is not told is not known, and stays as it is where the account is here already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRecord {
    /// Its id, for ever; a new one is made where it has none that is a UUID.
    pub id: Option<UserId>,
    /// Its number in the other system; becomes the `userId` claim.
    pub legacy_id: Option<i64>,
    /// Its name.
    pub username: String,
    /// Whether it may sign in; a new account may where nothing is told.
    pub state: Option<AccountState>,
    /// Its roles, these and no others; a new account has none where nothing is told.
    pub roles: Option<BTreeSet<Role>>,
    /// Its password's hash. A new account without one cannot sign in until a password is set.
    pub password: Option<ImportedPassword>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When its name or state last changed.
    pub updated_at: Option<Timestamp>,
}

impl ImportRecord {
    /// An account of which only the name is known.
    pub fn named(username: impl Into<String>) -> Self {
        Self {
            id: None,
            legacy_id: None,
            username: username.into(),
            state: None,
            roles: None,
            password: None,
            created_at: None,
            updated_at: None,
        }
    }
}

/// A password that is brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedPassword {
    /// Its hash, as it is.
    pub hash: PasswordHash,
    /// When the password was last changed, where that is known.
    pub changed_at: Option<Timestamp>,
}

/// What is done where an account is here already, and differs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum OnConflict {
    /// It is left alone.
    #[default]
    Skip,
    /// Name, state, roles and password become what was brought. A password that changed here later than the one that was brought
    /// stays, where the time of that one is known.
    Update,
    /// It is left alone, and counts as refused.
    Fail,
}

/// How a batch is brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ImportSettings {
    /// What is done where an account is here already.
    pub on_conflict: OnConflict,
    /// Whether names are held to the rules of registration. Without, an old name of two letters, or a reserved one, stays.
    pub check_names: bool,
    /// Whether all is only tried, and undone.
    pub dry_run: bool,
}

/// What became of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportVerdict {
    /// The account was made.
    Created(User),
    /// The account was here, and is now as it was brought.
    Updated(User),
    /// The account was here as it was brought. Whatever is brought twice ends here.
    Same(User),
    /// The account was here, differs, and was left alone.
    Skipped(User),
    /// Nothing was done for it.
    Refused(ImportRefusal),
}

/// Why a record was refused. Never holds what was brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ImportRefusal {
    /// The name cannot be kept.
    #[error("the name is empty, longer than 1,024 bytes, or holds control characters")]
    Name,
    /// The name breaks a rule of registration, where names are held to them.
    #[error("{0}")]
    NamePolicy(UsernameFault),
    /// The hash cannot be checked here. A plain password ends here.
    #[error("{0}")]
    Hash(HashFault),
    /// More roles than [`Role::MOST`].
    #[error("an account has sixteen roles at most")]
    Roles,
    /// The name, in this or another spelling, is that of an account of another id or number.
    #[error("another account has this name, in this or another spelling")]
    NameTaken,
    /// The number is that of an account of another id, or the account of this id has another number.
    #[error("the number and the id are of different accounts")]
    NumberTaken,
    /// The account is here and differs ([`OnConflict::Fail`]).
    #[error("the account is here already, and differs")]
    Exists,
    /// It would take the last active administrator away.
    #[error("the last active administrator stays")]
    LastAdmin,
}

/// Trouble; nothing of the batch was done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportBatchError {
    /// The store cannot serve now. Bring the batch again.
    #[error("the store failed")]
    Unavailable(#[source] StoreError),
    /// Something failed that no caller can mend.
    #[error("the import failed")]
    Internal(#[source] InternalError),
}

common_errors!(ImportBatchError);

/// How a batch that was only tried ends: as a failure, which undoes it.
enum Undone {
    Tried(Vec<ImportVerdict>),
    Failed(ImportBatchError),
}

impl From<StoreError> for Undone {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl AuthService {
    /// Brings a batch of accounts in one transaction, and answers what became of each, in their order. What is wrong with a record
    /// concerns that record. Hundreds are a good batch: on SQLite everybody else waits for it.
    ///
    /// Where a password is replaced or an account disabled, its sessions end.
    ///
    /// # Errors
    /// [`ImportBatchError`].
    pub fn import_batch(
        &self,
        records: &[ImportRecord],
        settings: ImportSettings,
        context: &RequestContext,
    ) -> Result<Vec<ImportVerdict>, ImportBatchError> {
        let now = self.clock.now();
        let prepared =
            records.iter().map(|record| self.prepare(record, settings, now, context)).collect::<Result<Vec<_>, _>>()?;
        let done = self.store.write(|tx| {
            if settings.on_conflict == OnConflict::Update {
                // First of all locks: an update may take the role of an administrator.
                tx.roles().lock()?;
            }
            let (mut verdicts, mut ended) = (Vec::with_capacity(prepared.len()), Vec::new());
            for prepared in &prepared {
                verdicts.push(match prepared {
                    Err(refusal) => ImportVerdict::Refused(*refusal),
                    Ok(prepared) => {
                        self.judge(tx, prepared, settings, now, context, &mut ended).map_err(Undone::Failed)?
                    }
                });
            }
            if settings.dry_run { Err(Undone::Tried(verdicts)) } else { Ok((verdicts, ended)) }
        });
        match done {
            Ok((verdicts, ended)) => {
                self.note_endings(&ended, now);
                for verdict in &verdicts {
                    if let ImportVerdict::Created(user) | ImportVerdict::Updated(user) = verdict {
                        self.forget_refusals(user.name.canonical());
                    }
                }
                Ok(verdicts)
            }
            Err(Undone::Tried(verdicts)) => Ok(verdicts),
            Err(Undone::Failed(error)) => Err(error),
        }
    }
}

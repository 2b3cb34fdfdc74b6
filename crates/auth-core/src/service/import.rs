//! Bringing accounts over from another system.

use super::register::new_user;
use super::{AuthService, InternalError, RequestContext, append, common_errors};
use crate::audit::AuditEvent;
use crate::id::UserId;
use crate::password::{HashFault, PasswordHash};
use crate::store::{StoreError, StoreExt, Unique};
use crate::time::Timestamp;
use crate::user::{Added, User, Username, is_name_taken};

/// An account as the other system knew it.
#[derive(Debug, Clone)]
pub struct ImportedUser {
    /// Its number there; becomes the `userId` claim.
    pub legacy_id: Option<i64>,
    /// Its name there. Obeys the uniqueness of canonical names here, and no other rule.
    pub username: String,
    /// Its password hash, as it is.
    pub hash: PasswordHash,
    /// When it was made there, where that is known. Tokens that the other system issued after this instant stay good.
    pub created_at: Option<Timestamp>,
}

/// What became of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    /// The account is here.
    Created(User),
    /// An account of this name is here already; it was left alone.
    NameTaken,
    /// An account of this number is here already; it was left alone. Running an import twice ends here.
    NumberTaken,
}

/// An account that could not be imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// The name is empty, longer than 1,024 bytes, or holds control characters.
    #[error("the name is empty, longer than 1,024 bytes, or holds control characters")]
    Name,
    /// The hash is of no supported scheme, corrupt, or of a cost that is not granted. A plain password ends here.
    #[error(transparent)]
    Hash(HashFault),
    /// The store cannot serve now; nothing was made.
    #[error("the store failed")]
    Unavailable(#[source] StoreError),
    /// Something failed that no caller can mend; nothing was made.
    #[error("the import failed")]
    Internal(#[source] InternalError),
}

common_errors!(ImportError);

impl AuthService {
    /// Brings one account over. Its owner signs in with the old password; the hash is replaced at that moment.
    ///
    /// # Errors
    /// [`ImportError`]; the account is then not here.
    pub fn import_user(&self, imported: &ImportedUser, context: &RequestContext) -> Result<Imported, ImportError> {
        let now = self.clock.now();
        let user = self.prepare_import(imported, now)?;
        let record = [self.record(AuditEvent::UserImported(user.id), now, context)?];
        // Old tokens must stay good where nothing is known of the password's age.
        let changed_at = imported.created_at.unwrap_or(Timestamp::EPOCH);
        let (added, user) = self.store.write(|tx| {
            let mut user = user.clone();
            // Asked first, so that a second run knows its own accounts, whose names are of course taken as well.
            if let Some(number) = user.legacy_id
                && tx.users().by_legacy_id(number)?.is_some()
            {
                return Ok((Added::Taken(Unique::LegacyId), user));
            }
            let mut added = tx.users().insert(&user)?;
            if added == Added::Taken(Unique::UsernameSkeleton) {
                // It looks like one that is here, which keeps the look for as long as it is here.
                user.name = user.name.without_skeleton();
                added = tx.users().insert(&user)?;
            }
            if added == Added::Added {
                tx.passwords().insert(user.id, &imported.hash, changed_at)?;
                append(tx, &record)?;
            }
            Ok::<_, StoreError>((added, user))
        })?;
        match added {
            Added::Added => {
                self.forget_refusals(user.name.canonical());
                Ok(Imported::Created(user))
            }
            Added::Taken(Unique::LegacyId) => Ok(Imported::NumberTaken),
            Added::Taken(Unique::Username) => Ok(Imported::NameTaken),
            Added::Taken(other) => Err(StoreError::Conflict(other).into()),
        }
    }

    /// What would become of an import, as things are now: for a dry run. Writes nothing, and so does not see two lines of
    /// one source that take each other's name.
    ///
    /// # Errors
    /// [`ImportError`].
    pub fn check_import(&self, imported: &ImportedUser) -> Result<Imported, ImportError> {
        let user = self.prepare_import(imported, self.clock.now())?;
        Ok(self.store.read(|tx| {
            if let Some(number) = user.legacy_id
                && tx.users().by_legacy_id(number)?.is_some()
            {
                return Ok::<_, StoreError>(Imported::NumberTaken);
            }
            let is_taken = is_name_taken(tx.users(), &user.name)?;
            Ok(if is_taken { Imported::NameTaken } else { Imported::Created(user.clone()) })
        })?)
    }

    fn prepare_import(&self, imported: &ImportedUser, now: Timestamp) -> Result<User, ImportError> {
        let name = Username::imported(&imported.username).ok_or(ImportError::Name)?;
        self.hasher.inspect(&imported.hash).map_err(ImportError::Hash)?;
        let user = new_user(UserId::mint(now, self.entropy.as_ref())?, name, imported.created_at.unwrap_or(now));
        Ok(User { legacy_id: imported.legacy_id, ..user })
    }
}

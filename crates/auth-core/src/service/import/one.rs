//! One account from another system.

use super::{ImportBatchError, ImportRecord, ImportRefusal, ImportSettings, ImportVerdict, ImportedPassword};
use crate::password::{HashFault, PasswordHash};
use crate::service::{AuthService, InternalError, RequestContext};
use crate::store::StoreError;
use crate::time::Timestamp;
use crate::user::User;

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

impl AuthService {
    /// Brings one account over. Its owner signs in with the old password; the hash is replaced at that moment.
    ///
    /// # Errors
    /// [`ImportError`]; the account is then not here.
    pub fn import_user(&self, imported: &ImportedUser, context: &RequestContext) -> Result<Imported, ImportError> {
        self.import_one(imported, ImportSettings::default(), context)
    }

    /// What would become of an import, as things are now: for a dry run. All is tried, and undone.
    ///
    /// # Errors
    /// [`ImportError`].
    pub fn check_import(&self, imported: &ImportedUser) -> Result<Imported, ImportError> {
        let settings = ImportSettings { dry_run: true, ..ImportSettings::default() };
        self.import_one(imported, settings, &RequestContext::system())
    }

    fn import_one(
        &self,
        imported: &ImportedUser,
        settings: ImportSettings,
        context: &RequestContext,
    ) -> Result<Imported, ImportError> {
        let ImportedUser { legacy_id, username, hash, created_at } = imported.clone();
        let password = Some(ImportedPassword { hash, changed_at: None });
        let record = ImportRecord { legacy_id, password, created_at, ..ImportRecord::named(username) };
        let verdict = self.import_batch(std::slice::from_ref(&record), settings, context)?.pop();
        match verdict {
            Some(ImportVerdict::Created(user)) => Ok(Imported::Created(user)),
            Some(ImportVerdict::Refused(ImportRefusal::Name)) => Err(ImportError::Name),
            Some(ImportVerdict::Refused(ImportRefusal::Hash(fault))) => Err(ImportError::Hash(fault)),
            Some(ImportVerdict::Refused(ImportRefusal::NumberTaken)) => Ok(Imported::NumberTaken),
            // Known by its number, or, where it has none, by its name.
            Some(ImportVerdict::Same(_) | ImportVerdict::Skipped(_) | ImportVerdict::Updated(_))
                if record.legacy_id.is_some() =>
            {
                Ok(Imported::NumberTaken)
            }
            _ => Ok(Imported::NameTaken),
        }
    }
}

impl From<ImportBatchError> for ImportError {
    fn from(error: ImportBatchError) -> Self {
        match error {
            ImportBatchError::Unavailable(error) => Self::Unavailable(error),
            ImportBatchError::Internal(error) => Self::Internal(error),
        }
    }
}

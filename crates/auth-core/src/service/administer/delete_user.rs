//! The end of somebody else's account.

use super::{AdminError, Authority, keep_an_administrator};
use crate::attempts::TallyKey;
use crate::audit::AuditEvent;
use crate::id::UserId;
use crate::service::{AuthService, RequestContext, append};
use crate::session::EndReason;
use crate::store::StoreExt;

impl AuthService {
    /// Deletes an account with its password, sessions and roles. Its name is free afterwards; its id is never given out again.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn delete_user(&self, by: Authority<'_>, id: UserId, context: &RequestContext) -> Result<(), AdminError> {
        let now = self.clock.now();
        let context = by.context(context);
        let record = [self.record(AuditEvent::UserDeleted(id), now, &context)?];
        let (name, ended) = self.store.write(|tx| {
            tx.roles().lock()?;
            self.authorise(tx, by, now)?;
            let user = tx.users().lock(id)?.ok_or(AdminError::NotFound)?;
            keep_an_administrator(tx, &user)?;
            let ended = self.end_others(tx, &user, None, EndReason::AccountDeleted, now, &context)?;
            tx.users().delete(id)?;
            tx.attempts().clear(&TallyKey::account(id))?;
            append(tx, &record)?;
            Ok::<_, AdminError>((user.name, ended))
        })?;
        self.forget_refusals(name.canonical());
        self.note_endings(&ended, now);
        Ok(())
    }
}

//! The end of a block.

use super::{AdminError, Authority};
use crate::attempts::TallyKey;
use crate::audit::AuditEvent;
use crate::id::UserId;
use crate::service::{AuthService, RequestContext, append};
use crate::store::StoreExt;

impl AuthService {
    /// Forgets the failed attempts of an account, as [`AuthService::unlock`] does by name, and answers whether any was counted.
    /// This instance obeys at once, others within five seconds.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn unlock_user(&self, by: Authority<'_>, id: UserId, context: &RequestContext) -> Result<bool, AdminError> {
        let now = self.clock.now();
        let context = by.context(context);
        let record = [self.record(AuditEvent::UserUnlocked(id), now, &context)?];
        let (user, was_counted) = self.store.write(|tx| {
            self.authorise(tx, by, now)?;
            let user = tx.users().by_id(id)?.ok_or(AdminError::NotFound)?;
            let was_counted = tx.attempts().clear(&TallyKey::account(id))?;
            append(tx, &record)?;
            Ok::<_, AdminError>((user, was_counted))
        })?;
        self.forget_refusals(user.name.canonical());
        Ok(was_counted)
    }
}

//! Another password for somebody else's account.

use super::{AdminError, Authority};
use crate::attempts::TallyKey;
use crate::audit::AuditEvent;
use crate::id::UserId;
use crate::password::Password;
use crate::service::{AuthService, RequestContext, append};
use crate::session::EndReason;
use crate::store::StoreExt;

impl AuthService {
    /// Sets the password of an account, whether it had one or not. All its sessions end, and a sign-in with the old one that is
    /// under way is refused.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn set_password(
        &self,
        by: Authority<'_>,
        id: UserId,
        password: &Password,
        context: &RequestContext,
    ) -> Result<(), AdminError> {
        let now = self.clock.now();
        let context = by.context(context);
        let user = self.store.read(|tx| {
            self.authorise(tx, by, now)?;
            tx.users().by_id(id)?.ok_or(AdminError::NotFound)
        })?;
        let faults = self.settings.password.check(password, user.name.canonical());
        if !faults.is_empty() {
            return Err(AdminError::Invalid { username: None, password: faults });
        }
        let hash = self.hasher.hash(password)?;
        let record = [self.record(AuditEvent::PasswordSet(id), now, &context)?];
        let ended = self.store.write(|tx| {
            self.authorise(tx, by, now)?;
            let user = tx.users().lock(id)?.ok_or(AdminError::NotFound)?;
            if !tx.passwords().change(id, &hash, now)? {
                tx.passwords().insert(id, &hash, now)?;
            }
            tx.users().raise_credential_version(id, now)?;
            // Whatever was guessed, it was guessed for another password.
            tx.attempts().clear(&TallyKey::account(id))?;
            append(tx, &record)?;
            Ok::<_, AdminError>(self.end_others(tx, &user, None, EndReason::PasswordChanged, now, &context)?)
        })?;
        self.forget_refusals(user.name.canonical());
        self.note_endings(&ended, now);
        Ok(())
    }
}

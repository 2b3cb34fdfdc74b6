//! What can be said of a record by itself, before any transaction.

use super::{ImportBatchError, ImportRecord, ImportRefusal, ImportSettings};
use crate::audit::{AuditEvent, AuditRecord};
use crate::id::UserId;
use crate::role::Role;
use crate::service::register::new_user;
use crate::service::{AuthService, RequestContext};
use crate::time::Timestamp;
use crate::user::{AccountState, User, Username};

/// A record that is sound, and the account that it becomes where it is not here yet.
pub(super) struct Prepared<'r> {
    pub(super) record: &'r ImportRecord,
    pub(super) user: User,
    /// The lines of the log about its making.
    pub(super) lines: Vec<AuditRecord>,
}

impl AuthService {
    pub(super) fn prepare<'r>(
        &self,
        record: &'r ImportRecord,
        settings: ImportSettings,
        now: Timestamp,
        context: &RequestContext,
    ) -> Result<Result<Prepared<'r>, ImportRefusal>, ImportBatchError> {
        let name = match self.check_imported(record, settings) {
            Ok(name) => name,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let id = match record.id {
            Some(id) => id,
            None => UserId::mint(now, self.entropy.as_ref())?,
        };
        let created_at = record.created_at.unwrap_or(now);
        let user = User {
            state: record.state.unwrap_or(AccountState::Active),
            legacy_id: record.legacy_id,
            updated_at: record.updated_at.unwrap_or(created_at),
            ..new_user(id, name, created_at)
        };
        let mut lines = vec![self.record(AuditEvent::UserImported(id), now, context)?];
        for role in record.roles.iter().flatten() {
            lines.push(self.record(AuditEvent::RoleGranted(id, role.clone()), now, context)?);
        }
        Ok(Ok(Prepared { record, user, lines }))
    }

    fn check_imported(&self, record: &ImportRecord, settings: ImportSettings) -> Result<Username, ImportRefusal> {
        let name = Username::imported(&record.username).ok_or(ImportRefusal::Name)?;
        if settings.check_names {
            self.settings.username.check(&record.username).map_err(ImportRefusal::NamePolicy)?;
        }
        if let Some(password) = &record.password {
            self.hasher.inspect(&password.hash).map_err(ImportRefusal::Hash)?;
        }
        let is_crowded = record.roles.as_ref().is_some_and(|roles| roles.len() > Role::MOST);
        if is_crowded { Err(ImportRefusal::Roles) } else { Ok(name) }
    }
}

//! Signing in.

use super::attempts::{Reservation, attempt_errors, settle, settle_success};
use super::{AuthService, InternalError, RequestContext, SignedIn, append, common_errors};
use crate::attempts::{DeviceId, Tally, Throttled, device_token};
use crate::audit::{AuditEvent, Refusal};
use crate::id::{SessionId, UserId};
use crate::password::{Password, PasswordHash, Verdict};
use crate::role::Role;
use crate::secret::Secret;
use crate::session::{EndReason, Session};
use crate::store::{StoreError, StoreExt, Transaction};
use crate::time::Timestamp;
use crate::user::{AccountState, CanonicalName, User};

/// What somebody who signs in gives.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The name, in any spelling.
    pub username: String,
    /// The password.
    pub password: Password,
    /// What earlier sign-ins of this device were given ([`SignedIn::device_token`]): the first eight are looked at. Those of
    /// other accounts, or that are no good, count as none.
    pub device_tokens: Vec<Secret>,
}

impl Credentials {
    /// A name and a password, from a device that is not known.
    pub fn new(username: impl Into<String>, password: Password) -> Self {
        Self { username: username.into(), password, device_tokens: Vec::new() }
    }
}

/// How a sign-in with right credentials goes on. Exhaustive on purpose: a second factor will be a second variant.
#[derive(Debug)]
pub enum LoginOutcome {
    /// Signed in.
    SignedIn(SignedIn),
}

/// A sign-in that signed nobody in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// No such account, no password, or another password: one answer for all. The audit log knows which.
    #[error("the name or the password is wrong")]
    InvalidCredentials,
    /// The password is right, and the account is disabled.
    #[error("the account is disabled")]
    AccountDisabled,
    /// There were too many attempts of late: nobody looked at the password.
    #[error("the sign-in was not tried")]
    Throttled(#[source] Throttled),
    /// The store cannot serve now; nobody was signed in.
    #[error("the store failed")]
    Unavailable(#[source] StoreError),
    /// Something failed that no caller can mend; nobody was signed in.
    #[error("sign-in failed")]
    Internal(#[source] InternalError),
}

common_errors!(LoginError);
attempt_errors!(LoginError);

/// No account has this id: ids are of version 7.
const NOBODY: UserId = UserId::from_bytes([0; 16]);

/// What the last transaction of a sign-in found.
enum Last {
    /// With the sessions that made room, and the account's roles.
    SignedIn(Vec<SessionId>, Vec<Role>),
    Overtaken,
}

impl AuthService {
    /// Signs somebody in. Every answer costs one hash, whoever is asked for; the right password of an old hash costs
    /// another, once. What is refused as [`LoginError::Throttled`] costs none.
    ///
    /// # Errors
    /// [`LoginError`]. A token is only given out for a session that was committed.
    pub fn login(&self, credentials: Credentials, context: &RequestContext) -> Result<LoginOutcome, LoginError> {
        let now = self.clock.now();
        self.check_heard(now)?;
        let applicant = self.applicant(&credentials, now)?;
        self.knock(&applicant, now, context).map_err(LoginError::Throttled)?;
        let Credentials { username, password, .. } = credentials;
        let name = CanonicalName::of(&username);
        let found = self.store.read(|tx| {
            let user = tx.users().by_name(&name)?;
            // As many questions for nobody as for an account.
            let hash = tx.passwords().get(user.as_ref().map_or(NOBODY, |user| user.id))?.map(|stored| stored.hash);
            Ok::<_, StoreError>(user.map(|user| (user, hash)))
        })?;
        // Counted and committed before the password is looked at: of guesses at once, each sees the others.
        let reserved = self.reserve_sign_in(&applicant, found.as_ref().map(|(user, _)| user), now, context)?;
        let stored = found.as_ref().and_then(|(_, hash)| hash.as_ref());
        let verdict = self.check_password(&name, &password, stored);
        let (user, stored) = match (found, verdict) {
            (None, _) => return self.refuse(None, Refusal::UnknownUser, now, context),
            (Some((user, None)), _) => return self.refuse(Some(user.id), Refusal::NoPassword, now, context),
            (Some((user, Some(hash))), Verdict::NoMatch) => {
                let is_readable = self.hasher.inspect(&hash).is_ok();
                let cause = if is_readable { Refusal::WrongPassword } else { Refusal::UnreadableHash };
                return self.refuse(Some(user.id), cause, now, context);
            }
            (Some((user, Some(hash))), Verdict::Match | Verdict::Stale) => (user, hash),
        };
        let rehash = (verdict == Verdict::Stale).then_some(stored);
        let done = self.let_in(user, rehash, &password, &reserved, now, context);
        if let Err(LoginError::Unavailable(_) | LoginError::Internal(_)) = &done {
            // The password was right: what failed is ours.
            self.release(&reserved);
        }
        done
    }

    /// The password is right.
    fn let_in(
        &self,
        user: User,
        stale: Option<PasswordHash>,
        password: &Password,
        reserved: &Reservation,
        now: Timestamp,
        context: &RequestContext,
    ) -> Result<LoginOutcome, LoginError> {
        if user.state == AccountState::Disabled {
            return self.refuse_right(user.id, Refusal::Disabled, reserved, now, context);
        }
        let rehash = match stale {
            Some(stored) => Some((stored, self.hasher.hash(password)?)),
            None => None,
        };
        self.sign_in(user, rehash.as_ref(), reserved, now, context)
    }

    fn sign_in(
        &self,
        user: User,
        rehash: Option<&(PasswordHash, PasswordHash)>,
        reserved: &Reservation,
        now: Timestamp,
        context: &RequestContext,
    ) -> Result<LoginOutcome, LoginError> {
        let session = self.new_session(user.id, now, context)?;
        let token_id = self.mint_token_id()?;
        let device = DeviceId::mint(self.entropy.as_ref())?;
        let signed_in = [self.record(AuditEvent::SignedIn(user.id, session.id), now, context)?];
        let rehashed = [self.record(AuditEvent::PasswordRehashed(user.id), now, context)?];
        let last = self.store.write(|tx| {
            // The lock orders this sign-in with whatever disables, deletes or changes the password of the account.
            match tx.users().lock(user.id)? {
                Some(locked)
                    if locked.state == AccountState::Active && locked.credential_version == user.credential_version => {
                }
                _ => return Ok(Last::Overtaken),
            }
            settle_success(tx, reserved)?;
            if let Some((old, new)) = rehash
                && tx.passwords().rehash(user.id, old, new, now)?
            {
                append(tx, &rehashed)?;
            }
            let displaced = self.displace(tx, user.id, now, context)?;
            tx.sessions().insert(&session)?;
            append(tx, &signed_in)?;
            Ok::<_, LoginError>(Last::SignedIn(displaced, tx.roles().of(user.id)?))
        })?;
        match last {
            Last::Overtaken => self.refuse_right(user.id, Refusal::Overtaken, reserved, now, context),
            Last::SignedIn(displaced, roles) => {
                self.note_endings(&displaced, now);
                // A new device with each sign-in: whoever has a copy of the old token has what is left of its budget, and the
                // failures of that one do not count against the new one.
                let device = device_token(user.id, user.credential_version, device, now, &self.root_keys);
                let tokens = self.issue(user, roles, &session, session.generation, token_id, now)?;
                Ok(LoginOutcome::SignedIn(SignedIn { device_token: device, ..tokens }))
            }
        }
    }

    fn new_session(&self, user: UserId, now: Timestamp, context: &RequestContext) -> Result<Session, LoginError> {
        let mut salt = [0; 16];
        self.entropy.fill(&mut salt)?;
        Ok(Session {
            id: SessionId::mint(self.entropy.as_ref())?,
            user,
            root_key: self.root_keys.active().clone(),
            salt,
            generation: 1,
            created_at: now,
            rotated_at: now,
            expires_at: now.saturating_add(self.settings.session_ttl),
            ended: None,
            client: context.user_agent.as_deref().and_then(Session::client_name),
            ip: context.ip,
        })
    }

    /// Makes room for one more session, and answers which ended for it.
    fn displace(
        &self,
        tx: &mut dyn Transaction,
        user: UserId,
        now: Timestamp,
        context: &RequestContext,
    ) -> Result<Vec<SessionId>, LoginError> {
        let live = tx.sessions().live(user, now, now.saturating_sub(self.settings.session_idle))?;
        let surplus = (live.len() + 1).saturating_sub(self.settings.max_sessions);
        let mut displaced = Vec::new();
        for session in live.iter().take(surplus) {
            if tx.sessions().end(session.id, EndReason::Displaced, now)? {
                let event = AuditEvent::SessionEnded(user, session.id, EndReason::Displaced);
                append(tx, &[self.record(event, now, context)?])?;
                displaced.push(session.id);
            }
        }
        Ok(displaced)
    }

    /// Leaves a trace, then says no. Without the trace the answer is that the store failed. The attempt stays counted.
    fn refuse<T>(
        &self,
        user: Option<UserId>,
        cause: Refusal,
        now: Timestamp,
        context: &RequestContext,
    ) -> Result<T, LoginError> {
        let record = [self.record(AuditEvent::SignInRefused(user, cause), now, context)?];
        self.store.write(|tx| append(tx, &record))?;
        Err(LoginError::InvalidCredentials)
    }

    /// The same where the password was right: it was no guess.
    fn refuse_right<T>(
        &self,
        user: UserId,
        cause: Refusal,
        reserved: &Reservation,
        now: Timestamp,
        context: &RequestContext,
    ) -> Result<T, LoginError> {
        let record = [self.record(AuditEvent::SignInRefused(Some(user), cause), now, context)?];
        self.store.write(|tx| {
            settle(tx, reserved, Tally::released)?;
            append(tx, &record)
        })?;
        Err(match cause {
            Refusal::Disabled => LoginError::AccountDisabled,
            Refusal::UnknownUser
            | Refusal::NoPassword
            | Refusal::WrongPassword
            | Refusal::UnreadableHash
            | Refusal::Overtaken => LoginError::InvalidCredentials,
        })
    }
}

//! The two tokens of a session.

use std::time::Duration;

use super::{AuthService, InternalError};
use crate::id::{SessionId, random_uuid};
use crate::role::Role;
use crate::secret::Secret;
use crate::session::{Session, refresh};
use crate::time::Timestamp;
use crate::token::{AccessClaims, AuthMethod};
use crate::user::User;

/// A session and its tokens: after a sign-in, and after each refresh.
#[derive(Debug)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// The session.
    pub session: SessionId,
    /// The access token.
    pub access_token: Secret,
    /// How long it lives, in whole seconds.
    pub expires_in: Duration,
    /// The token that gets the next pair.
    pub refresh_token: Secret,
    /// After a sign-in: what tells this device from strangers at the next one ([`crate::service::Credentials`]).
    pub device_token: Option<Secret>,
}

impl AuthService {
    /// An access token's own id. Minted before a transaction, for a transaction may run twice.
    pub(super) fn mint_token_id(&self) -> Result<String, InternalError> {
        Ok(random_uuid(self.entropy.as_ref())?.to_string())
    }

    /// The tokens of a session as it is after its commit. `generation` is that of the refresh token.
    pub(super) fn issue(
        &self,
        user: User,
        roles: Vec<Role>,
        session: &Session,
        generation: i64,
        token_id: String,
        now: Timestamp,
    ) -> Result<SignedIn, InternalError> {
        let issued_at = now.floor_to_second();
        let limits = [
            issued_at.saturating_add(self.settings.access_ttl),
            session.rotated_at.saturating_add(self.settings.session_idle),
        ];
        let expires_at = limits.into_iter().fold(session.expires_at, Timestamp::min).floor_to_second();
        let access_token = self.signer.sign(&AccessClaims {
            issuer: self.settings.issuer.clone(),
            audience: self.settings.audience.clone(),
            subject: user.id,
            session: session.id,
            token_id,
            issued_at,
            expires_at,
            authenticated_at: session.created_at.floor_to_second(),
            methods: vec![AuthMethod::Password],
            user_id: user.public_number(),
            username: user.name.as_entered().to_owned(),
            roles,
        })?;
        let refresh_token = refresh::token(session, generation, &self.root_keys).ok_or(InternalError::RootKey)?;
        let expires_in = expires_at.since(issued_at);
        Ok(SignedIn { user, session: session.id, access_token, expires_in, refresh_token, device_token: None })
    }
}

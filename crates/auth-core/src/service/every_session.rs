//! The end of every session at once: after a restore, or when nobody knows who has what.

use std::time::Duration;

use super::{AuthService, InternalError, RequestContext, append, common_errors};
use crate::audit::AuditEvent;
use crate::session::EndReason;
use crate::store::{StoreError, StoreExt};

/// Sessions that are ended in one transaction: small enough to hold no lock for long.
const BATCH: u32 = 1_000;

/// Why not every session was ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndEveryError {
    /// The store cannot serve now. What was ended stays ended.
    #[error("the store failed")]
    Unavailable(#[source] StoreError),
    /// Something failed that no caller can mend.
    #[error("the sessions could not be ended")]
    Internal(#[source] InternalError),
}

common_errors!(EndEveryError);

impl AuthService {
    /// Ends every session, whatever clock it began by, and lets no token count that was issued before now and `margin`, on any
    /// instance. Answers how many sessions were ended.
    ///
    /// `margin` is how far the clock of another instance may be ahead: a token that it issued a moment ago may say that it is
    /// from a moment to come. Tokens that are issued within the margin are refused too, and their owners refresh; sessions that
    /// begin while this works may end as well. Tokens are refused first; a call that was interrupted is repeated.
    ///
    /// # Errors
    /// [`EndEveryError`].
    pub fn end_every_session(
        &self,
        reason: EndReason,
        margin: Duration,
        context: &RequestContext,
    ) -> Result<u64, EndEveryError> {
        let now = self.clock.now();
        let refused_before = now.saturating_add(margin);
        let record = self.record(AuditEvent::EverySessionEnded(reason), now, context)?;
        self.store.write(|tx| {
            tx.sessions().refuse_before(refused_before)?;
            append(tx, std::slice::from_ref(&record))
        })?;
        if let Some(ended) = &self.ended {
            ended.refuse_before(refused_before);
        }
        let mut ended = 0;
        loop {
            match self.store.write(|tx| tx.sessions().end_some(reason, now, BATCH))? {
                0 => return Ok(ended),
                batch => ended += batch,
            }
        }
    }
}

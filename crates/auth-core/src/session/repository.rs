//! What a store does for sessions.

use super::{EndReason, Session};
use crate::id::{SessionId, UserId};
use crate::root_keys::RootKeyId;
use crate::store::StoreError;
use crate::time::Timestamp;

/// Sessions.
pub trait SessionRepository {
    /// Inserts a session.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the id exists, or another [`StoreError`].
    fn insert(&mut self, session: &Session) -> Result<(), StoreError>;

    /// The session of this id, ended or not.
    ///
    /// # Errors
    /// [`StoreError`].
    fn by_id(&mut self, id: SessionId) -> Result<Option<Session>, StoreError>;

    /// The sessions of an account that live at `now`, those that were refreshed at `idle_since` or before left out: not
    /// ended, their absolute limit not reached. The least recently refreshed first (then by id).
    ///
    /// # Errors
    /// [`StoreError`].
    fn live(&mut self, user: UserId, now: Timestamp, idle_since: Timestamp) -> Result<Vec<Session>, StoreError>;

    /// Advances the generation by one and sets `rotated_at` to `at`, if the session has not ended and its generation is
    /// still `presented`. `false` otherwise: read it again and judge again.
    ///
    /// # Errors
    /// [`StoreError`].
    fn rotate(&mut self, id: SessionId, presented: i64, at: Timestamp) -> Result<bool, StoreError>;

    /// Ends a session, and lets every instance hear of it through [`SessionRepository::endings`]. `false` where it does
    /// not exist or had ended before: the first end stands.
    ///
    /// # Errors
    /// [`StoreError`].
    fn end(&mut self, id: SessionId, reason: EndReason, now: Timestamp) -> Result<bool, StoreError>;

    /// Ends every session of an account that has not ended, `except` one where given, and answers which.
    ///
    /// # Errors
    /// [`StoreError`].
    fn end_all(
        &mut self,
        user: UserId,
        except: Option<SessionId>,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StoreError>;

    /// Lets no token count that was issued before `at`, whatever its session, and lets every instance hear of it like of an
    /// ending. The sessions themselves are left as they are.
    ///
    /// # Errors
    /// [`StoreError`].
    fn refuse_before(&mut self, at: Timestamp) -> Result<(), StoreError>;

    /// Ends at most `limit` sessions of anybody's that have not ended, and answers how many; also those that began later than
    /// `now`, by the clock of another instance. None is told of by itself: [`SessionRepository::refuse_before`] comes first, and says it of all.
    ///
    /// # Errors
    /// [`StoreError`].
    fn end_some(&mut self, reason: EndReason, now: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// At most `limit` endings of a number above `after`, in order. Numbers follow the order of the commits: whoever has
    /// heard all endings up to a number misses none, however long some transaction took.
    ///
    /// # Errors
    /// [`StoreError`].
    fn endings(&mut self, after: i64, limit: u32) -> Result<Endings, StoreError>;

    /// Forgets at most `limit` sessions that are dead for good, and as many endings that no token can need any more, and
    /// answers how many of both. Safe with several instances at once.
    ///
    /// # Errors
    /// [`StoreError`].
    fn forget(&mut self, before: &Forget, limit: u32) -> Result<u64, StoreError>;

    /// How many sessions have not ended. Those that idled out or reached their absolute limit count until they are forgotten: an index
    /// that knew of them would cost every sign-in.
    ///
    /// # Errors
    /// [`StoreError`].
    fn count(&mut self) -> Result<u64, StoreError>;

    /// The root keys that sessions which live at `now` were born under, in order of their ids.
    ///
    /// # Errors
    /// [`StoreError`].
    fn root_keys(&mut self, now: Timestamp, idle_since: Timestamp) -> Result<Vec<RootKeyId>, StoreError>;

    /// At most `limit` sessions that live at `now` (as in [`SessionRepository::root_keys`]) and were born under `root_key`,
    /// in order of their ids.
    ///
    /// # Errors
    /// [`StoreError`].
    fn born_under(
        &mut self,
        root_key: &RootKeyId,
        now: Timestamp,
        idle_since: Timestamp,
        limit: u32,
    ) -> Result<Vec<SessionId>, StoreError>;
}

/// One session's end, as every instance hears of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// Its number, from 1.
    pub seq: i64,
    /// The session; [`EVERY_SESSION`] for all that were issued tokens before.
    pub session: SessionId,
    /// When it ended; for [`EVERY_SESSION`] the instant before which no token counts.
    pub ended_at: Timestamp,
}

/// Stands for every session in an [`Ending`]: no token that was issued before its instant counts. Ids are random, so no
/// session has this one.
pub const EVERY_SESSION: SessionId = SessionId::from_bytes([0; 16]);

/// A page of endings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Endings {
    /// The highest number given out so far. One below what was heard before means that the store was restored from a
    /// backup: hear everything anew.
    pub counter: i64,
    /// The endings, in order of their numbers.
    pub endings: Vec<Ending>,
}

/// What may be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forget {
    /// Sessions that ended, or reached their absolute limit, before this instant.
    pub dead_before: Timestamp,
    /// Sessions that were not refreshed since before this instant.
    pub idle_before: Timestamp,
    /// Endings from before this instant.
    pub endings_before: Timestamp,
}

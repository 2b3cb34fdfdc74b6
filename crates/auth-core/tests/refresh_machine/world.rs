//! What is explored: the row, three clients, a clock, and what each of them knows.

use std::time::Duration;

use auth_core::session::refresh::{RefreshLimits, Step};
use auth_core::session::{EndReason, Session};
use auth_core::testing::conformance::samples::{NOW, session};
use auth_core::time::Timestamp;

/// One step of the clock.
pub(crate) const TICK: u64 = 60;
/// The window is one step, the idle limit three, the absolute limit four.
pub(crate) const LIMITS: RefreshLimits =
    RefreshLimits { idle: Duration::from_secs(3 * TICK), retry_window: Duration::from_secs(TICK) };
pub(crate) const WINDOW: u8 = 1;
pub(crate) const IDLE: u8 = 3;
pub(crate) const ABSOLUTE: u8 = 4;
/// Generations that are explored; tokens of later ones are not asked for.
pub(crate) const LAST: u8 = 3;

pub(crate) type Machine = fn(&Session, i64, bool, Timestamp, &RefreshLimits) -> Step;

/// The row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Row {
    pub(crate) generation: u8,
    pub(crate) rotated_at: u8,
    pub(crate) ended: bool,
}

/// Where a client's request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Request {
    /// Nowhere: the client may send one.
    None,
    /// On its way, or waiting for the database.
    Sent(u8),
    /// The server has read the row and judged; the conditional update comes next.
    Judged(u8, Row),
    /// Done, and committed; the answer is on its way: the successor, or a refusal.
    Answered(u8, Option<u8>),
}

/// Everything at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) now: u8,
    pub(crate) row: Row,
    pub(crate) requests: [Request; 3],
    /// The token that the honest tabs share.
    pub(crate) shared: u8,
    /// The latest token that the thief holds; 0 for none yet.
    pub(crate) stolen: u8,
    /// Whether anybody was refused, or the session ended, for another reason than a limit.
    pub(crate) alarm: bool,
    /// Answers given out for the rotation of each generation: only one commit may advance each.
    pub(crate) commits: [u8; LAST as usize + 2],
}

pub(crate) fn at(time: u8) -> Timestamp {
    NOW.saturating_add(Duration::from_secs(u64::from(time) * TICK))
}

pub(crate) fn row_as_session(row: Row) -> Session {
    Session {
        generation: i64::from(row.generation),
        rotated_at: at(row.rotated_at),
        expires_at: at(ABSOLUTE),
        ended: row.ended.then_some((at(row.rotated_at), EndReason::Revoked)),
        ..session(1, 1)
    }
}

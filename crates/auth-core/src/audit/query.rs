//! Which events a list shows.

use super::EventKind;
use crate::id::{EventId, UserId};
use crate::time::Timestamp;

/// Which events, and in which order. What is not told is not asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventQuery {
    /// About this account.
    pub user: Option<UserId>,
    /// Of this kind.
    pub kind: Option<EventKind>,
    /// Later than this one. Ids sort by time, so that instants are asked for by them: [`EventId::last_before`].
    pub after: Option<EventId>,
    /// Earlier than this one.
    pub before: Option<EventId>,
    /// In which order.
    pub order: EventOrder,
}

/// In which order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum EventOrder {
    /// The latest first.
    #[default]
    LatestFirst,
    /// The earliest first.
    EarliestFirst,
}

impl EventQuery {
    /// The same from this instant on.
    #[must_use]
    pub fn since(self, from: Timestamp) -> Self {
        Self { after: self.after.max(Some(EventId::last_before(from))), ..self }
    }

    /// The same up to this instant, without it.
    #[must_use]
    pub fn until(self, until: Timestamp) -> Self {
        let end = EventId::first_at(until);
        Self { before: Some(self.before.map_or(end, |before| before.min(end))), ..self }
    }
}

//! Trouble that comes and goes, told once each way.

use auth_core::StoreError;

use crate::chain::chain;

/// What changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    Lost(String),
    /// It answers, and what it holds cannot be read.
    Unreadable(String),
    Recovered,
}

/// Whether something works, as far as it was tried.
#[derive(Debug, Default)]
pub(super) struct Watch {
    is_lost: bool,
}

impl Watch {
    /// Notes how it went. Only a change is worth a line in the log.
    pub(super) fn note(&mut self, result: Result<(), StoreError>) -> Option<Change> {
        let was_lost = std::mem::replace(&mut self.is_lost, result.is_err());
        match result {
            Err(error @ StoreError::Inconsistent { .. }) if !was_lost => Some(Change::Unreadable(chain(&error))),
            Err(error) if !was_lost => Some(Change::Lost(chain(&error))),
            Ok(()) if was_lost => Some(Change::Recovered),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changes_are_told() {
        let mut watch = Watch::default();
        let lost = || Err(StoreError::unavailable("cut"));
        let told: Vec<_> =
            [Ok(()), lost(), lost(), Ok(()), Ok(()), lost()].into_iter().map(|result| watch.note(result)).collect();
        let cut = || Some(Change::Lost("the store is unavailable: cut".to_owned()));
        assert_eq!(told, [None, cut(), None, Some(Change::Recovered), None, cut()]);
        let odd = StoreError::Inconsistent { table: "signing_keys", column: "algorithm", row: "7".to_owned() };
        let told = Watch::default().note(Err(odd));
        assert!(matches!(&told, Some(Change::Unreadable(text)) if text.contains("signing_keys")), "{told:?}");
    }
}

//! Trouble that comes and goes, told once each way.

use auth_core::StoreError;

/// What changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    Lost(String),
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
            Err(error) if !was_lost => Some(Change::Lost(cause(&error))),
            Ok(()) if was_lost => Some(Change::Recovered),
            _ => None,
        }
    }
}

/// The error with what the backend said.
fn cause(error: &StoreError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
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
    }
}

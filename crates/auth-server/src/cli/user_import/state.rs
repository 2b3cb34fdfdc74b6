//! How far an import was, kept beside its report.

use aws_lc_rs::digest;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::{Deserialize, Serialize};

use super::source::Item;
use super::tally::Tally;
use crate::cli::Failure;

/// What is kept after each batch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    /// How many accounts of the source were dealt with.
    pub(super) items: u64,
    /// What they were, and where they come from.
    pub(super) digest: String,
    /// How long the report was.
    pub(super) report: u64,
    /// What became of them.
    pub(super) tally: Tally,
}

/// What was read so far: another source, or one that was changed, does not go on where this one ended.
pub(super) struct Identity {
    so_far: digest::Context,
    items: u64,
}

impl Identity {
    pub(super) fn new(label: &str) -> Self {
        let mut so_far = digest::Context::new(&digest::SHA256);
        so_far.update(label.as_bytes());
        Self { so_far, items: 0 }
    }

    pub(super) fn add(&mut self, item: &Item) {
        self.items += 1;
        let account = match &item.account {
            // `Debug` of a hash shows its scheme alone.
            Ok(account) => {
                let hash = account.record.password.as_ref().map_or("", |password| password.hash.expose());
                format!("{account:?}\0{hash}")
            }
            Err(fault) => fault.to_string(),
        };
        for text in [item.place.to_string(), account] {
            self.so_far.update(text.as_bytes());
            self.so_far.update(b"\0");
        }
    }

    pub(super) fn items(&self) -> u64 {
        self.items
    }

    pub(super) fn digest(&self) -> String {
        Base64UrlUnpadded::encode_string(self.so_far.clone().finish().as_ref())
    }

    /// Whether all that was dealt with was read again.
    pub(super) fn check(&self, state: &State) -> Result<(), Failure> {
        if state.items == 0 || self.digest() == state.digest { Ok(()) } else { Err(other_source()) }
    }
}

pub(super) fn other_source() -> Failure {
    Failure::Failed(
        "the source is not the one that the report is about, or its beginning was changed\n  import it without --resume, with \
         another report: accounts that are here are found"
            .to_owned(),
    )
}

//! The counts of an import, and what is said at its end.

use auth_core::service::ImportVerdict;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::SAID;
use crate::cli::output::{print, print_json, say_error};
use crate::cli::{Failure, Output};

/// How many lines ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    pub(super) created: u64,
    pub(super) updated: u64,
    pub(super) same: u64,
    pub(super) skipped: u64,
    pub(super) refused: u64,
    /// Of those created.
    pub(super) without_password: u64,
    /// Of those created.
    pub(super) ascii_only: u64,
}

impl Tally {
    pub(super) fn count(&mut self, verdict: &ImportVerdict) {
        match verdict {
            ImportVerdict::Created(_) => self.created += 1,
            ImportVerdict::Updated(_) => self.updated += 1,
            ImportVerdict::Same(_) => self.same += 1,
            ImportVerdict::Skipped(_) => self.skipped += 1,
            ImportVerdict::Refused(_) => self.refused += 1,
        }
    }

    /// A failure in between, and how far it went.
    pub(super) fn interrupted(&self, failure: Failure) -> Failure {
        match failure {
            Failure::Failed(text) => Failure::Failed(format!(
                "{text}\n  {} went in before; run it again, those are found here (with --report and --resume they are passed over)",
                self.created + self.updated
            )),
            other => other,
        }
    }

    pub(super) fn say(&self, output: Output, dry_run: bool) -> Result<(), Failure> {
        let Self { created, updated, same, skipped, refused, without_password, ascii_only } = self;
        match output {
            Output::Json => print_json(&json!({
                "created": created, "updated": updated, "same": same, "skipped": skipped, "refused": refused,
                "without_password": without_password, "dry_run": dry_run,
            }))?,
            Output::Table => {
                let would = if dry_run { "would be " } else { "" };
                print(&format!(
                    "{created} {would}created, {updated} {would}updated, {same} here already, {skipped} skipped, {refused} refused\n"
                ))?;
            }
        }
        if *without_password > 0 {
            say_error(&format!(
                "{without_password} of the new accounts have no password: nobody signs in until one is set"
            ));
        }
        if *ascii_only > 0 {
            say_error(&format!(
                "{ascii_only} of the hashes are of bcrypt's `$2x$`: a password with characters beyond ASCII does not match them"
            ));
        }
        if *skipped > 0 {
            say_error(&format!("{skipped} are here and differ: --on-conflict update makes them what the source says"));
        }
        if *refused > SAID {
            say_error(&format!("{} more refusals are in the report (--report FILE)", refused - SAID));
        }
        if *refused == 0 {
            Ok(())
        } else {
            Err(Failure::Failed(format!("{refused} line(s) were refused; the others went in")))
        }
    }
}

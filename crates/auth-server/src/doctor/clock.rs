//! Whether this machine's clock agrees with others.

use std::time::Duration;

use auth_core::time::{Clock as _, SystemClock, Timestamp};
use auth_storage::DieselStore;

use super::Finding;
use crate::config::Settings;

/// Others say whole seconds.
const FRACTION: Duration = Duration::from_secs(1);

/// Against the clock of the database server.
pub(super) fn of_database(settings: &Settings, store: &DieselStore) -> Option<Finding> {
    let before = SystemClock.now();
    let theirs = store.server_time().ok()??;
    Some(judge("the database's", settings.token.leeway, (before, SystemClock.now()), theirs))
}

/// Against an instant of somebody else's, which was told between two of ours.
pub(super) fn judge(whose: &str, leeway: Duration, ours: (Timestamp, Timestamp), theirs: Timestamp) -> Finding {
    let (before, after) = ours;
    // Apart by so much at least: the answer was on its way, and its second may have been nearly over.
    let behind = before.since(theirs.saturating_add(FRACTION));
    let ahead = theirs.since(after);
    let apart = behind.max(ahead);
    if apart <= leeway {
        return Finding::ok("clock", format!("it agrees with {whose} within token.leeway"));
    }
    let direction = if ahead > behind { "behind" } else { "ahead of" };
    let text =
        format!("this machine's clock is {} s {direction} {whose}: tokens may be refused elsewhere", apart.as_secs());
    Finding::error("clock", text, "let a time service (chrony, systemd-timesyncd) set the clock on both")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Severity;

    #[test]
    fn a_clock_that_is_apart_by_more_than_the_leeway_is_an_error() {
        let at = Timestamp::from_unix_seconds;
        let told = |theirs| judge("x", Duration::from_secs(5), (at(1_000), at(1_002)), at(theirs));
        for (theirs, severity) in
            [(994, Severity::Ok), (993, Severity::Error), (1_007, Severity::Ok), (1_008, Severity::Error)]
        {
            assert_eq!(told(theirs).severity, severity, "{theirs}");
        }
        assert!(told(1_100).text.contains("behind") && told(900).text.contains("ahead of"));
    }
}

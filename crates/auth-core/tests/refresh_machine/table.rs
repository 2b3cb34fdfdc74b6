//! The order of the conditions and their boundaries, one by one.

use std::time::Duration;

use auth_core::session::refresh::{RefreshLimits, Step, decide};
use auth_core::session::{EndReason, Session};
use auth_core::testing::conformance::samples::session;
use auth_core::time::Timestamp;

use crate::world::{Machine, TICK, at};

/// The order and the boundaries, one by one.
pub(crate) fn table(machine: Machine) -> Result<(), String> {
    let limits = RefreshLimits { idle: Duration::from_secs(6 * TICK), retry_window: Duration::from_secs(2 * TICK) };
    let row = |generation| Session { generation, rotated_at: at(1), expires_at: at(8), ..session(1, 1) };
    let ended = Session { ended: Some((at(1), EndReason::SignedOut)), ..row(3) };
    let micro = |time: Timestamp, by: i64| Timestamp::from_micros(time.as_micros() + by);
    let old = Session { expires_at: at(40), ..row(3) };
    let cases = [
        ("forged", row(3), 3, false, at(1), Step::Invalid),
        ("forged and old", row(3), 1, false, at(1), Step::Invalid),
        ("forged and ahead", row(3), 9, false, at(1), Step::Invalid),
        ("forged and dead", ended.clone(), 3, false, at(1), Step::Invalid),
        ("present", row(3), 3, true, at(1), Step::Rotate),
        ("present and ended", ended.clone(), 3, true, at(1), Step::Expired),
        ("old and ended", ended.clone(), 1, true, at(1), Step::Expired),
        ("ahead and ended", ended, 4, true, at(1), Step::Expired),
        ("just before the absolute limit", row(3), 3, true, micro(at(7), -1), Step::Rotate),
        ("idle limit less one", old.clone(), 3, true, micro(at(7), -1), Step::Rotate),
        ("idle limit", old.clone(), 3, true, at(7), Step::Expired),
        ("old at the idle limit", old, 1, true, at(7), Step::Expired),
        ("absolute limit less one", Session { rotated_at: at(5), ..row(3) }, 3, true, micro(at(8), -1), Step::Rotate),
        ("absolute limit", Session { rotated_at: at(5), ..row(3) }, 3, true, at(8), Step::Expired),
        ("predecessor at once", row(3), 2, true, at(1), Step::Repeat),
        ("predecessor at the window", row(3), 2, true, at(3), Step::Repeat),
        ("predecessor after the window", row(3), 2, true, micro(at(3), 1), Step::Reused),
        ("predecessor, clock set back", row(3), 2, true, at(0), Step::Repeat),
        ("present, clock set back", row(3), 3, true, at(0), Step::Rotate),
        ("two back inside the window", row(3), 1, true, at(1), Step::Reused),
        (
            "refreshed past the limit, clock set back",
            Session { rotated_at: at(9), ..row(3) },
            3,
            true,
            at(7),
            Step::Expired,
        ),
        ("ahead by one", row(3), 4, true, at(1), Step::Ahead),
        ("ahead by many", row(3), i64::MAX, true, at(1), Step::Ahead),
        ("the last generation", row(i64::MAX), i64::MAX, true, at(1), Step::Rotate),
    ];
    for (name, session, presented, genuine, now, expected) in cases {
        let step = machine(&session, presented, genuine, now, &limits);
        if step != expected {
            return Err(format!("{name}: {step:?}, not {expected:?}"));
        }
    }
    let none = RefreshLimits { retry_window: Duration::ZERO, ..limits };
    let just_after = micro(at(1), 1);
    if machine(&row(3), 2, true, just_after, &none) != Step::Reused
        || machine(&row(3), 3, true, just_after, &none) != Step::Rotate
    {
        return Err("a window of zero".to_owned());
    }
    Ok(())
}

#[test]
fn each_row_of_the_table_holds() {
    table(decide).unwrap();
}

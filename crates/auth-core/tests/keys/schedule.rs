//! The states of keys, computed from their times: for any rows and any instant.

use auth_core::testing::conformance::samples::{NOW, key, later};
use auth_core::time::Timestamp;
use auth_core::token::{Algorithm, KEPT_AFTER, KeyState, Schedule, StoredKey};
use proptest::prelude::*;

use crate::{DAY, KEPT, before};

/// Instants a few hours apart, so that the boundaries of 24 and 25 hours are met.
fn hour(number: u64) -> Timestamp {
    later(number * 3_600)
}

fn row(ordinal: i64, from: u64, revoked: Option<u64>, erased: bool) -> StoredKey {
    let id = format!("k{ordinal}");
    let whole =
        StoredKey { signs_from: hour(from), revoked_at: revoked.map(hour), ..key(&id, Algorithm::Es256, ordinal) };
    // A revocation erases. Time erases what retired a week before, and nothing else.
    let erased = erased && from + 25 + 7 * 24 < 300;
    if revoked.is_some() || erased { StoredKey { private: None, ..whole } } else { whole }
}

fn any_rows() -> impl Strategy<Value = Vec<StoredKey>> {
    let one = (0..200_u64, proptest::option::weighted(0.3, 0..200_u64));
    proptest::collection::vec(one, 0..7)
        .prop_map(|keys| (1..).zip(keys).map(|(ordinal, (from, revoked))| row(ordinal, from, revoked, false)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn at_most_one_key_signs_and_one_does_where_any_can(rows in any_rows(), now in 0..400_u64) {
        let (schedule, now) = (Schedule(&rows), hour(now));
        let signing: Vec<_> = rows.iter().filter(|row| schedule.state(row, now) == KeyState::Signing).collect();
        prop_assert!(signing.len() <= 1);
        prop_assert_eq!(signing.first().copied(), schedule.signing(now));
        // The last key is followed by nobody: unless it was revoked, there is always one to sign.
        prop_assert!(signing.len() == 1 || rows.last().is_none_or(|row| row.revoked_at.is_some()));
    }

    #[test]
    fn what_a_key_signed_is_accepted_for_a_day_unless_it_is_revoked(
        rows in any_rows(), signed in 0..400_u64, age in 0..=24_u64,
    ) {
        let schedule = Schedule(&rows);
        if let Some(key) = schedule.signing(hour(signed)) {
            let at = hour(signed + age);
            prop_assert!(schedule.state(key, at) != KeyState::Retired);
            prop_assert!(schedule.accepted_until(key).is_none_or(|until| at < until));
        }
    }

    #[test]
    fn no_key_is_accepted_once_its_time_is_over(rows in any_rows(), now in 0..400_u64) {
        let schedule = Schedule(&rows);
        for row in &rows {
            let is_over = schedule.accepted_until(row).is_some_and(|until| until <= hour(now));
            prop_assert_eq!(schedule.state(row, hour(now)) == KeyState::Retired, is_over || row.private.is_none());
        }
    }

    #[test]
    fn a_state_never_goes_back(rows in any_rows()) {
        let order = |state| match state {
            KeyState::Published => 1,
            KeyState::Signing => 2,
            KeyState::Verifying => 3,
            KeyState::Retired => 4,
        };
        for row in &rows {
            let states: Vec<_> = (0..400).map(|now| order(Schedule(&rows).state(row, hour(now)))).collect();
            prop_assert!(states.is_sorted(), "{}: {:?}", row.id, states);
        }
    }

    #[test]
    fn whoever_is_published_signs_next(rows in any_rows(), now in 0..400_u64) {
        let (schedule, now) = (Schedule(&rows), hour(now));
        if let Some(next) = schedule.published(now) {
            let mut brought = rows.clone();
            brought.iter_mut().filter(|row| row.id == next.id).for_each(|row| row.signs_from = now);
            prop_assert_eq!(Schedule(&brought).signing(now).map(|key| &key.id), Some(&next.id));
        }
    }
}

#[test]
fn the_boundaries_of_two_keys_are_to_the_microsecond() {
    assert_eq!(KEPT_AFTER, KEPT);
    let rows = [row(1, 0, None, false), row(2, 100, None, false)];
    let (schedule, until) = (Schedule(&rows), hour(125));
    let states = |now| [0, 1].map(|index| schedule.state(&rows[index], now).as_str());
    assert_eq!(states(before(NOW)), ["signing", "published"], "by a clock that is behind the first one signs");
    assert_eq!(states(NOW), ["signing", "published"]);
    assert_eq!(states(before(hour(100))), ["signing", "published"]);
    assert_eq!(states(hour(100)), ["verifying", "signing"]);
    assert_eq!(states(before(until)), ["verifying", "signing"]);
    assert_eq!(states(until), ["retired", "signing"]);
    assert_eq!(schedule.accepted_until(&rows[0]), Some(until));
    assert_eq!(schedule.accepted_until(&rows[1]), None);
    assert_eq!(schedule.signs_until(&rows[0]), Some(hour(100)));
}

#[test]
fn a_key_that_was_followed_does_not_sign_again_when_its_follower_is_revoked() {
    // The second is revoked at 110, and the third made in its place; this clock is at 105.
    let rows = [row(1, 0, None, false), row(2, 100, Some(110), false), row(3, 110, None, false)];
    assert_eq!(Schedule(&rows).signing(hour(99)).unwrap().id, rows[0].id);
    assert_eq!(Schedule(&rows).signing(hour(105)).unwrap().id, rows[2].id);
    assert_eq!(Schedule(&rows).accepted_until(&rows[0]), Some(hour(100).saturating_add(DAY + crate::HOUR)));
}

#[test]
fn a_key_that_is_revoked_before_its_time_followed_nobody() {
    for revoked in [50, 100] {
        let rows = [row(1, 0, None, false), row(2, 100, Some(revoked), false)];
        assert_eq!(Schedule(&rows).signing(hour(200)).unwrap().id, rows[0].id);
        assert_eq!(Schedule(&rows).accepted_until(&rows[0]), None);
    }
}

#[test]
fn a_key_that_was_overtaken_while_it_waited_is_not_next() {
    let rows = [row(1, 0, None, false), row(2, 100, None, false), row(3, 50, None, false)];
    assert_eq!(Schedule(&rows).published(hour(10)).unwrap().id, rows[1].id);
    assert_eq!(Schedule(&rows).published(hour(60)), None);
    assert_eq!(Schedule(&rows).state(&rows[1], hour(60)), KeyState::Verifying);
    assert_eq!(
        Schedule(&rows).accepted_until(&rows[1]),
        Some(hour(125)),
        "it may have signed by a clock that is ahead"
    );
}

#[test]
fn an_erased_key_is_retired_and_the_rest_goes_on() {
    let rows = [row(1, 0, None, true), row(2, 10, None, false)];
    assert_eq!(Schedule(&rows).state(&rows[0], NOW), KeyState::Retired);
    assert_eq!(Schedule(&rows).signing(NOW).unwrap().id, rows[1].id);
    assert_eq!(Schedule(&[]).signing(NOW), None);
    assert_eq!((Schedule(&[]).next_ordinal(), Schedule(&rows).next_ordinal()), (1, 3));
}

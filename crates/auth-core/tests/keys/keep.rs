//! What time brings.

use std::time::Duration;

use auth_core::service::{Kept, KeySettings, When};
use auth_core::testing::conformance::samples::parallel;
use auth_core::token::Algorithm;

use crate::{DAY, KEPT, SECRET, Site, before, context, token};

const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

#[test]
fn the_next_key_is_published_a_day_before_its_time_and_not_earlier() {
    let (site, keys) = Site::opened();
    let due = site.now().saturating_add(89 * DAY);
    site.clock.set(before(due));
    assert_eq!(keys.keep().unwrap(), Kept::default());
    site.clock.set(due);
    let published = keys.keep().unwrap().published.unwrap();
    assert_eq!(published.signs_from, due.saturating_add(DAY), "after ninety days");
    assert_eq!(site.states(), ["signing", "published"]);
    assert_eq!(keys.jwk_set()["keys"].as_array().unwrap().len(), 2, "heard by itself at once");
    site.clock.set(before(published.signs_from));
    assert_eq!(keys.keep().unwrap(), Kept::default(), "one at a time");
    site.clock.set(published.signs_from);
    assert_eq!(keys.keep().unwrap(), Kept::default());
    assert_eq!(site.states(), ["verifying", "signing"]);
}

#[test]
fn instances_that_keep_at_once_publish_one_key() {
    for ahead in [Duration::ZERO, DAY] {
        let (site, _) = Site::opened();
        let settings = KeySettings { publish_ahead: ahead, ..KeySettings::new(Algorithm::Es256) };
        for round in 1..=3 {
            site.clock.advance(90 * DAY);
            let kept = parallel(8, |_| site.with(settings.clone()).keep().unwrap());
            assert_eq!(kept.iter().filter(|kept| kept.published.is_some()).count(), 1, "{ahead:?}");
            assert_eq!(site.rows().len(), 1 + round, "{ahead:?}");
            let again = parallel(8, |_| site.with(settings.clone()).keep().unwrap());
            assert!(again.iter().all(|kept| kept.published.is_none()));
            site.clock.advance(ahead);
        }
    }
}

/// Both read the same rows and judge the same; the slower one must see what the faster one did.
#[test]
fn a_key_that_was_made_while_another_was_generated_is_enough() {
    use std::sync::Arc;
    let (site, _) = Site::opened();
    let settings = KeySettings { publish_ahead: Duration::ZERO, ..KeySettings::new(Algorithm::Es256) };
    site.clock.advance(90 * DAY);
    let faster = Arc::new(site.with(settings.clone()));
    let hook = crate::races::Hooked::after_reads(&site.memory, 1, move || drop(faster.keep().unwrap()));
    let slower = site.over(hook, &site.root, settings);
    assert_eq!(slower.keep().unwrap().published, None);
    assert_eq!(site.rows().len(), 2);
    assert_eq!(crate::kid(&slower, site.now()), Some(site.signing()), "and it has heard of it");
}

#[test]
fn without_a_rotation_nothing_is_published() {
    let (site, _) = Site::opened();
    let keys = site.with(KeySettings { rotation: None, ..KeySettings::new(Algorithm::Es256) });
    site.clock.advance(4_000 * DAY);
    assert_eq!(keys.keep().unwrap(), Kept::default());
}

#[test]
fn an_instance_of_another_algorithm_leaves_the_decision_to_the_others() {
    let (site, keys) = Site::opened();
    site.clock.advance(90 * DAY);
    assert_eq!(site.keys(Algorithm::EdDsa).keep().unwrap(), Kept::default());
    assert!(keys.keep().unwrap().published.is_some());
}

#[test]
fn a_clock_a_day_ahead_publishes_a_day_early_and_nobody_makes_another() {
    let (site, keys) = Site::opened();
    site.clock.advance(88 * DAY);
    let (ahead, _) = site.at(site.now().saturating_add(DAY));
    let published = ahead.keep().unwrap().published.unwrap();
    assert_eq!(published.signs_from, site.now().saturating_add(2 * DAY));
    for _ in 0..3 {
        assert_eq!(keys.keep().unwrap(), Kept::default());
        site.clock.advance(DAY);
    }
    let (behind, _) = site.at(site.now().saturating_sub(DAY));
    assert_eq!(behind.keep().unwrap(), Kept::default());
    assert_eq!(site.rows().len(), 2);
}

#[test]
fn the_private_part_is_erased_a_week_after_the_last_token_died() {
    let (site, keys) = Site::opened();
    let old = token(&keys, site.now());
    keys.rotate(When::Now, &context()).unwrap();
    let erased = site.now().saturating_add(KEPT + WEEK);
    let (ahead, _) = site.at(before(erased));
    assert_eq!(ahead.keep().unwrap(), Kept::default());
    assert_eq!(crate::refusal(&keys, &old, site.now()), None, "a clock that is a week ahead costs no token");
    site.clock.set(before(erased));
    assert_eq!(keys.keep().unwrap(), Kept::default());
    site.clock.set(erased);
    let kept = parallel(8, |_| site.keys(Algorithm::Es256).keep().unwrap());
    assert_eq!(kept.iter().map(|kept| kept.erased.len()).sum::<usize>(), 1, "once");
    assert!(site.rows()[0].private.is_none() && site.rows()[1].private.is_some());
    assert_eq!(site.states(), ["retired", "signing"]);
    site.keys(Algorithm::Es256).open().unwrap();
}

/// The secret's old row is over; before it is erased, it comes back under the same id.
#[test]
fn a_secret_that_comes_back_while_its_old_row_is_erased_keeps_its_private_part() {
    use std::sync::Arc;
    let site = Site::new();
    site.shared(SECRET).open().unwrap();
    let keys = site.keys(Algorithm::Es256);
    keys.open().unwrap();
    site.clock.advance(KEPT + WEEK);
    let back = Arc::new(site.shared(SECRET));
    // The first look is for what is due, the second for what is over.
    let hook = crate::races::Hooked::after_reads(&site.memory, 2, move || back.open().unwrap());
    let slow = site.over(hook, &site.root, keys.settings().clone());
    assert_eq!(slow.keep().unwrap(), Kept::default());
    assert_eq!(site.rows()[1].algorithm, Algorithm::Hs256);
    assert!(site.rows()[1].private.is_some());
    assert_eq!(site.states()[1], "signing");
}

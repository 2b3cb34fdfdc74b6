//! An emergency: a key that somebody else has.

use auth_core::audit::AuditEvent;
use auth_core::service::{KeySetupError, RetireError, RetiredKey, When};
use auth_core::token::{Algorithm, KeyId, TokenRejection};

use crate::{DAY, HOUR, KEPT, SECRET, Site, context, kid, refusal, root_ring, token};

#[test]
fn the_key_that_signs_is_followed_by_a_new_one() {
    let (site, keys) = Site::opened();
    let (old, stolen) = (site.signing(), token(&keys, site.now()));
    let other = site.keys(Algorithm::Es256);
    other.open().unwrap();
    let retired = keys.retire(&old, &context()).unwrap();
    let new = site.signing();
    assert_eq!(retired, RetiredKey { id: old.clone(), successor: Some(new.clone()) });
    assert_eq!(site.states(), ["retired", "signing"]);
    assert_eq!(site.rows()[0].private, None, "its private part is gone");
    assert_eq!(refusal(&keys, &stolen, site.now()), Some(TokenRejection::UnknownKey), "at once, here");
    assert_eq!(refusal(&other, &stolen, site.now()), None);
    other.hear().unwrap();
    assert_eq!(refusal(&other, &stolen, site.now()), Some(TokenRejection::UnknownKey));
    assert_eq!(kid(&other, site.now()), Some(new.clone()));
    assert!(!keys.jwk_set().to_string().contains(old.as_str()));
    let events = [AuditEvent::SigningKeyCreated(new), AuditEvent::SigningKeyRetired(old)];
    assert_eq!(site.events()[1..], events);
}

#[test]
fn the_key_that_waits_takes_its_place() {
    let (site, keys) = Site::opened();
    let old = site.signing();
    let waiting = keys.rotate(When::Ahead, &context()).unwrap().id;
    site.clock.advance(HOUR);
    let retired = keys.retire(&old, &context()).unwrap();
    assert_eq!(retired.successor, Some(waiting.clone()));
    assert_eq!((site.states(), site.signing()), (vec!["retired", "signing"], waiting.clone()));
    assert_eq!(site.rows()[1].signs_from, site.now(), "by every clock");
    let events = [AuditEvent::SigningKeyRetired(old), AuditEvent::SigningKeyBroughtForward(waiting)];
    assert_eq!(site.events()[2..], events);
}

#[test]
fn a_key_of_another_algorithm_that_waits_does_not() {
    let (site, keys) = Site::opened();
    let waiting = site.keys(Algorithm::EdDsa).rotate(When::Ahead, &context()).unwrap().id;
    let new = keys.retire(&site.signing(), &context()).unwrap().successor;
    assert_ne!(new, Some(waiting));
    assert_eq!(site.rows()[2].algorithm, Algorithm::Es256);
    assert_eq!(Some(site.signing()), new);
}

#[test]
fn a_published_and_a_verifying_key_go_alone() {
    let (site, keys) = Site::opened();
    let first = site.signing();
    let old = token(&keys, site.now());
    let signing = keys.rotate(When::Now, &context()).unwrap().id;
    let waiting = keys.rotate(When::Ahead, &context()).unwrap().id;
    for id in [&waiting, &first] {
        assert_eq!(keys.retire(id, &context()).unwrap().successor, None);
        assert_eq!(site.signing(), signing);
    }
    assert_eq!(site.states(), ["retired", "signing", "retired"]);
    assert_eq!(refusal(&keys, &old, site.now()), Some(TokenRejection::UnknownKey));
    site.clock.advance(2 * DAY);
    assert_eq!(site.signing(), signing, "the one that waited does not come");
    keys.rotate(When::Ahead, &context()).unwrap();
}

#[test]
fn what_is_not_there_or_was_retired_before_is_told() {
    let (site, keys) = Site::opened();
    let nobody = KeyId::new("nobody");
    assert_eq!(keys.retire(&nobody, &context()), Err(RetireError::Unknown(nobody)));
    let old = site.signing();
    keys.retire(&old, &context()).unwrap();
    let rows = site.rows();
    assert_eq!(keys.retire(&old, &context()), Err(RetireError::Retired(old)));
    assert_eq!(site.rows(), rows);
}

#[test]
fn a_key_that_time_has_retired_can_still_be_erased_by_hand() {
    let (site, keys) = Site::opened();
    let old = site.signing();
    keys.rotate(When::Now, &context()).unwrap();
    site.clock.advance(KEPT);
    assert_eq!(keys.retire(&old, &context()).unwrap().successor, None);
    assert_eq!(site.rows()[0].private, None);
}

/// The remedy for a row that cannot be opened: nothing has to be opened for it.
#[test]
fn a_key_whose_root_key_is_lost_can_be_retired_and_the_server_starts_again() {
    let (site, keys) = Site::opened();
    let waiting = keys.rotate(When::Ahead, &context()).unwrap().id;
    let ring = root_ring();
    let lost = site.under(&ring, auth_core::service::KeySettings::new(Algorithm::Es256));
    for id in [waiting, site.signing()] {
        assert!(matches!(lost.open(), Err(KeySetupError::Closed(..))));
        lost.retire(&id, &context()).unwrap();
    }
    lost.open().unwrap();
    assert_eq!(site.states(), ["retired", "retired", "signing"]);
}

/// The key that is retired signed for an hour; the one before it still verifies. A clock that is behind must not go back
/// to that one, whose tokens would then outlive it.
#[test]
fn a_clock_that_is_behind_does_not_go_back_to_the_key_before() {
    let (site, keys) = Site::opened();
    site.clock.advance(DAY);
    let second = keys.rotate(When::Now, &context()).unwrap().id;
    site.clock.advance(HOUR);
    let third = keys.retire(&second, &context()).unwrap().successor;
    let (behind, clock) = site.at(site.now().saturating_sub(HOUR / 2));
    behind.open().unwrap();
    let now = auth_core::time::Clock::now(clock.as_ref());
    assert_eq!(kid(&behind, now), third);
    let early = token(&behind, now);
    assert_eq!(refusal(&keys, &early, site.now()), None);
}

#[test]
fn a_clock_that_is_behind_refuses_a_retired_key_at_once_too() {
    let (site, keys) = Site::opened();
    site.clock.advance(DAY);
    let (stolen, token) = (site.signing(), token(&keys, site.now()));
    let behind = site.now().saturating_sub(HOUR / 3600);
    let (other, _) = site.at(behind);
    other.open().unwrap();
    keys.retire(&stolen, &context()).unwrap();
    other.hear().unwrap();
    assert_eq!(refusal(&other, &token, behind), Some(TokenRejection::UnknownKey), "its clock has not come so far");
}

#[test]
fn all_keys_are_retired_the_one_that_signs_last_and_one_new_one_signs() {
    let (site, keys) = Site::opened();
    let first = site.signing();
    let second = keys.rotate(When::Now, &context()).unwrap().id;
    let third = keys.rotate(When::Ahead, &context()).unwrap().id;
    let retired = keys.retire_all(&context()).unwrap();
    assert_eq!(retired.len(), 3);
    assert!([first, second.clone(), third].iter().all(|key| retired.contains(key)));
    assert_eq!(retired.last(), Some(&second));
    assert_eq!(site.states(), ["retired", "retired", "retired", "signing"], "one successor, and not one for each");
}

/// Only the configuration can put another one in its place.
#[test]
fn a_shared_secret_that_signs_stays_where_all_keys_are_retired() {
    let site = Site::new();
    let keys = site.keys(Algorithm::Es256);
    keys.open().unwrap();
    let old = site.signing();
    let shared = site.shared(SECRET);
    shared.open().unwrap();
    assert_eq!(shared.retire_all(&context()).unwrap(), [old]);
    assert_eq!(site.states(), ["retired", "signing"]);
}

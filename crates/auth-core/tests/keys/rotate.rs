//! The next key, by command.

use auth_core::audit::AuditEvent;
use auth_core::service::{KeySettings, RotateError, When};
use auth_core::token::{Algorithm, TokenRejection};

use crate::{DAY, HOUR, KEPT, SECOND, Site, before, context, kid, refusal, token};

#[test]
fn a_new_key_is_published_first_and_signs_a_day_later() {
    let (site, keys) = Site::opened();
    let (start, old) = (site.now(), site.signing());
    let next = keys.rotate(When::Ahead, &context()).unwrap();
    assert_eq!((next.signs_from, next.ordinal), (start.saturating_add(DAY), 2));
    assert_eq!(site.rows()[1], next);
    assert_eq!(site.states(), ["signing", "published"]);
    assert_eq!(keys.jwk_set()["keys"].as_array().unwrap().len(), 2, "whoever keeps the set knows both");
    assert_eq!(kid(&keys, before(next.signs_from)), Some(old.clone()));
    assert_eq!(kid(&keys, next.signs_from), Some(next.id.clone()));
    assert_eq!(site.events()[1], AuditEvent::SigningKeyCreated(next.id));
    let again = keys.rotate(When::Ahead, &context()).unwrap_err();
    assert_eq!(again, RotateError::Waiting(site.rows()[1].id.clone(), start.saturating_add(DAY)));
    assert_eq!(site.rows().len(), 2);
}

/// The last token of the old key has the longest life there is.
#[test]
fn the_last_token_of_a_key_is_accepted_until_it_expires() {
    let (site, keys) = Site::opened();
    let other = site.keys(Algorithm::Es256);
    let next = keys.rotate(When::Ahead, &context()).unwrap();
    other.open().unwrap();
    let switch = next.signs_from;
    let last = token(&keys, before(switch));
    let first = token(&keys, switch);
    // Its times are whole seconds; five more are leeway.
    let expired = switch.saturating_add(DAY + 5 * SECOND);
    for instance in [&keys, &other] {
        for now in [before(switch), switch, switch.saturating_add(DAY)] {
            assert_eq!(refusal(instance, &last, now), None, "{now}");
        }
        assert!(matches!(refusal(instance, &last, expired), Some(TokenRejection::Expired)));
        assert_eq!(refusal(instance, &first, expired), None);
        let retired = switch.saturating_add(KEPT);
        let ring = instance.current().load();
        let old = site.rows()[0].id.clone();
        assert!(ring.verifying(old.as_str(), before(retired)).is_some());
        assert!(ring.verifying(old.as_str(), retired).is_none());
        assert!(matches!(refusal(instance, &last, retired), Some(TokenRejection::UnknownKey)));
    }
}

/// An instance whose clock is ahead signs with the published key already, and one that is behind with the old one still.
#[test]
fn clocks_a_day_apart_refuse_none_of_each_others_keys() {
    let (site, keys) = Site::opened();
    site.clock.advance(2 * DAY);
    let next = keys.rotate(When::Ahead, &context()).unwrap();
    let now = next.signs_from;
    for (ahead, signs) in [(now.saturating_add(DAY), 1), (now.saturating_sub(DAY), 0)] {
        let (other, _) = site.at(ahead);
        other.open().unwrap();
        assert_eq!(site.rows().len(), 2, "it makes none");
        let id = site.rows()[signs].id.clone();
        assert_eq!(kid(&other, ahead), Some(id.clone()));
        for accepted in [before(now), now, now.saturating_add(HOUR)] {
            assert!(keys.current().load().verifying(id.as_str(), accepted).is_some());
        }
        for row in site.rows() {
            assert!(other.current().load().verifying(row.id.as_str(), ahead).is_some(), "both, by its own clock");
        }
    }
}

#[test]
fn now_means_now() {
    let (site, keys) = Site::opened();
    let old = token(&keys, site.now());
    let next = keys.rotate(When::Now, &context()).unwrap();
    assert_eq!((next.signs_from, kid(&keys, site.now())), (site.now(), Some(next.id)));
    assert_eq!(refusal(&keys, &old, site.now()), None);
}

#[test]
fn now_brings_the_key_forward_that_waits() {
    let (site, keys) = Site::opened();
    let waiting = keys.rotate(When::Ahead, &context()).unwrap();
    site.clock.advance(HOUR);
    let now = keys.rotate(When::Now, &context()).unwrap();
    assert_eq!((now.id.clone(), now.signs_from), (waiting.id, site.now()));
    assert_eq!(site.rows()[1], now);
    assert_eq!(site.rows().len(), 2, "and makes no other");
    assert_eq!(site.events().last(), Some(&AuditEvent::SigningKeyBroughtForward(now.id)));
}

#[test]
fn without_a_time_ahead_a_new_key_signs_at_once() {
    let (site, _) = Site::opened();
    let keys =
        site.with(KeySettings { publish_ahead: std::time::Duration::ZERO, ..KeySettings::new(Algorithm::Es256) });
    let ids: Vec<_> = (0..3).map(|_| keys.rotate(When::Ahead, &context()).unwrap().id).collect();
    assert_eq!(site.signing(), ids[2]);
    assert_eq!(site.states(), ["verifying", "verifying", "verifying", "signing"]);
}

#[test]
fn every_algorithm_but_the_shared_secret_rotates() {
    for algorithm in [Algorithm::EdDsa, Algorithm::Ps256] {
        let site = Site::new();
        let keys = site.keys(algorithm);
        keys.open().unwrap();
        let old = token(&keys, site.now());
        keys.rotate(When::Now, &context()).unwrap();
        let new = token(&keys, site.now());
        assert_eq!([refusal(&keys, &old, site.now()), refusal(&keys, &new, site.now())], [None, None], "{algorithm}");
    }
}

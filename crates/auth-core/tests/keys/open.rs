//! Signing keys at start-up.

use std::sync::Arc;

use auth_core::audit::AuditEvent;
use auth_core::root_keys::{RootKeyError, RootKeyRing};
use auth_core::service::{KeySettings, KeySetupError, OpenError, When};
use auth_core::testing::conformance::samples::parallel;
use auth_core::token::{Algorithm, KeyError, KeyId, StoredKey};
use auth_core::{StoreExt, user::Added};

use crate::{DAY, HOUR, KEPT, Site, before, context, kid, refusal, root_ring, token};

#[test]
fn the_first_start_makes_a_key_and_the_next_ones_open_it() {
    let (site, first) = Site::opened();
    let second = site.keys(Algorithm::Es256);
    second.open().unwrap();
    assert_eq!(site.rows().len(), 1);
    assert_eq!(kid(&second, site.now()), kid(&first, site.now()));
    assert_eq!(site.events(), [AuditEvent::SigningKeyCreated(site.signing())]);
    let token = token(&first, site.now());
    assert_eq!(refusal(&second, &token, site.now()), None);
}

#[test]
fn instances_that_start_at_once_make_one_key() {
    for (instances, algorithm) in [(5, Algorithm::Es256), (8, Algorithm::EdDsa), (8, Algorithm::Hs256)] {
        let site = Site::new();
        let made = parallel(instances, |_| {
            let keys = if algorithm == Algorithm::Hs256 { site.shared(crate::SECRET) } else { site.keys(algorithm) };
            keys.open().unwrap();
            kid(&keys, site.now())
        });
        assert_eq!(site.rows().len(), 1, "{algorithm}");
        assert!(made.iter().all(|key| *key == Some(site.signing())), "{made:?}");
        assert_eq!(site.events(), [AuditEvent::SigningKeyCreated(site.signing())]);
    }
}

#[test]
fn instances_that_change_the_algorithm_at_once_make_one_key() {
    let (site, old) = Site::opened();
    let token = token(&old, site.now());
    parallel(8, |_| site.keys(Algorithm::EdDsa).open().unwrap());
    assert_eq!(site.states(), ["verifying", "signing"]);
    assert_eq!(site.rows()[1].algorithm, Algorithm::EdDsa);
    old.hear().unwrap();
    assert_eq!(kid(&old, site.now()), Some(site.signing()), "whoever is configured otherwise follows");
    let end = site.now().saturating_add(KEPT);
    site.clock.set(before(site.now().saturating_add(DAY)));
    assert_eq!(refusal(&old, &token, site.now()), None, "tokens of the old key live until they expire");
    assert_eq!(site.states(), ["verifying", "signing"]);
    site.clock.set(end);
    assert_eq!(site.states(), ["retired", "signing"]);
}

#[test]
fn an_algorithm_that_comes_back_signs_by_a_new_key() {
    let (site, _) = Site::opened();
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Es256] {
        let keys = site.keys(algorithm);
        keys.open().unwrap();
        assert_eq!(keys.current().load().signing(site.now()).unwrap().verifying().algorithm(), algorithm);
    }
    assert_eq!(site.states(), ["verifying", "verifying", "signing"]);
}

#[test]
fn a_key_of_the_configured_algorithm_that_waits_is_brought_forward() {
    let (site, _) = Site::opened();
    let eddsa = site.with(KeySettings { publish_ahead: DAY, ..KeySettings::new(Algorithm::EdDsa) });
    let waiting = eddsa.rotate(When::Ahead, &context()).unwrap();
    parallel(5, |_| site.keys(Algorithm::EdDsa).open().unwrap());
    assert_eq!((site.rows().len(), site.signing()), (2, waiting.id.clone()));
    assert_eq!(site.events().last(), Some(&AuditEvent::SigningKeyBroughtForward(waiting.id)));
    assert_eq!(site.events().len(), 3);
}

#[test]
fn a_key_of_another_algorithm_that_waits_is_overtaken() {
    let (site, keys) = Site::opened();
    let waiting = keys.rotate(When::Ahead, &context()).unwrap();
    let eddsa = site.keys(Algorithm::EdDsa);
    eddsa.open().unwrap();
    assert_eq!(site.states(), ["verifying", "verifying", "signing"]);
    site.clock.advance(DAY + HOUR);
    assert_eq!(site.rows()[2].id, site.signing(), "it does not sign when its time has come");
    let now = eddsa.rotate(When::Now, &context()).unwrap();
    assert_ne!(now.id, waiting.id);
    assert_eq!(site.signing(), now.id);
}

#[test]
fn a_missing_root_key_is_named_and_nothing_weaker_is_made() {
    let (site, _) = Site::opened();
    let lost = root_ring();
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
        let refused = site.under(&lost, KeySettings::new(algorithm)).open().unwrap_err();
        let missing = OpenError::Sealed(RootKeyError::Missing(site.root.active().clone()));
        assert_eq!(refused, KeySetupError::Closed(site.signing(), missing), "{algorithm}");
    }
    assert_eq!(site.rows().len(), 1);
}

#[test]
fn another_root_key_of_the_same_name_is_refused_also_where_a_secret_is_shared() {
    let other = |site: &Site| {
        let name = format!("{}:", site.root.active());
        let text = root_ring().to_text().expose().split_once(':').unwrap().1.to_owned();
        Arc::new(RootKeyRing::parse(&auth_core::secret::Secret::new(name + &text)).unwrap())
    };
    for algorithm in [Algorithm::Es256, Algorithm::Hs256] {
        let site = Site::new();
        let settings = match algorithm {
            Algorithm::Hs256 => site.shared(crate::SECRET).settings().clone(),
            _ => KeySettings::new(algorithm),
        };
        site.with(settings.clone()).open().unwrap();
        let before = site.rows();
        let refused = site.under(&other(&site), settings).open().unwrap_err();
        let unreadable = OpenError::Sealed(RootKeyError::Unreadable(site.root.active().clone()));
        assert_eq!(refused, KeySetupError::Closed(site.signing(), unreadable));
        assert_eq!(site.rows(), before);
    }
}

#[test]
fn a_changed_row_is_refused() {
    let (site, _) = Site::opened();
    let key = site.rows().remove(0);
    let mut cut = key.clone();
    cut.private.as_mut().unwrap().bytes.truncate(40);
    let renamed = StoredKey { id: KeyId::new("other"), ..key.clone() };
    let other_algorithm = StoredKey { algorithm: Algorithm::EdDsa, ..key.clone() };
    for (changed, is_good) in [(cut, false), (renamed, false), (other_algorithm, false), (key, true)] {
        let other = Site { root: Arc::clone(&site.root), ..Site::new() };
        assert_eq!(other.memory.write(|tx| tx.keys().insert(&changed)).unwrap(), Added::Added);
        let opened = other.keys(Algorithm::Es256).open();
        assert_eq!(opened.is_ok(), is_good, "{}", changed.id);
        assert_eq!(other.rows(), std::slice::from_ref(&changed), "nothing is made beside it");
        assert!(is_good || matches!(opened, Err(KeySetupError::Closed(id, _)) if id == changed.id));
    }
}

/// Sealed well, under the right root key, and another key inside.
#[test]
fn a_key_in_the_row_of_another_is_refused() {
    let (site, _) = Site::opened();
    let (_, private) = auth_core::token::SigningKey::generate(Algorithm::Es256).unwrap();
    let purpose = auth_core::root_keys::Purpose::SigningKey;
    let entropy = auth_core::entropy::SystemEntropy;
    let id = site.signing();
    let sealed = site.root.seal(purpose, id.as_str(), &private, &entropy).unwrap();
    let whole = site.rows().remove(0).private.unwrap();
    site.memory.write(|tx| tx.keys().reseal(&id, &whole, &sealed)).unwrap();
    let refused = site.keys(Algorithm::Es256).open().unwrap_err();
    assert_eq!(refused, KeySetupError::Closed(id, OpenError::Damaged(KeyError::Unreadable)));
}

#[test]
fn a_key_that_nobody_needs_any_more_keeps_nobody_from_starting() {
    let (site, keys) = Site::opened();
    keys.rotate(When::Now, &context()).unwrap();
    let lost = site.rows().remove(0);
    let cut = auth_core::root_keys::Sealed { bytes: vec![1], ..lost.private.clone().unwrap() };
    site.memory.write(|tx| tx.keys().reseal(&lost.id, lost.private.as_ref().unwrap(), &cut)).unwrap();
    site.clock.set(before(site.now().saturating_add(KEPT)));
    assert!(matches!(site.keys(Algorithm::Es256).open(), Err(KeySetupError::Closed(id, _)) if id == lost.id));
    site.clock.advance(std::time::Duration::from_micros(1));
    site.keys(Algorithm::Es256).open().unwrap();
}

//! HS256: the configured secret as a row, sealed as any key.

use auth_core::StoreExt;
use auth_core::secret::Secret;
use auth_core::service::{KeySettings, KeySetupError, RetireError, RotateError, When};
use auth_core::testing::conformance::samples::parallel;
use auth_core::token::{Algorithm, KeyError, SharedSecretTokens, TokenRejection};

use crate::{DAY, HOUR, KEPT, OTHER_SECRET, SECOND, SECRET, Site, before, context, kid, refusal, root_ring, token};

#[test]
fn a_shared_secret_is_stored_sealed_and_never_published() {
    let site = Site::new();
    let keys = site.shared(SECRET);
    keys.open().unwrap();
    let rows = site.rows();
    assert_eq!((rows.len(), rows[0].algorithm), (1, Algorithm::Hs256));
    let sealed = rows[0].private.clone().unwrap();
    assert!(!sealed.bytes.windows(8).any(|window| SECRET.as_bytes().starts_with(window)));
    let opened = site.root.open(auth_core::root_keys::Purpose::SigningKey, rows[0].id.as_str(), &sealed).unwrap();
    assert_eq!(opened.expose(), SECRET.as_bytes());
    assert_eq!(keys.jwk_set(), serde_json::json!({"keys": []}));
    assert!(!format!("{keys:?}{rows:?}").contains(SECRET));
    site.shared(SECRET).open().unwrap();
    assert_eq!(site.rows(), rows, "the next start finds it");
}

#[test]
fn a_weak_secret_is_refused_and_nothing_is_stored() {
    let site = Site::new();
    let none = site.with(KeySettings::new(Algorithm::Hs256)).open();
    assert_eq!(none, Err(KeySetupError::SharedSecret(KeyError::ShortSecret)));
    for (secret, fault) in [
        ("short", KeyError::ShortSecret),
        (&SECRET[..31], KeyError::ShortSecret),
        (&"ab".repeat(20), KeyError::GuessableSecret),
    ] {
        assert_eq!(site.shared(secret).open(), Err(KeySetupError::SharedSecret(fault)), "{secret}");
    }
    assert_eq!(site.rows(), []);
}

#[test]
fn a_changed_secret_signs_at_once_and_the_old_one_verifies_until_its_tokens_expire() {
    let site = Site::new();
    let (old, new) = (site.shared(SECRET), site.shared(OTHER_SECRET));
    old.open().unwrap();
    let token = token(&old, site.now());
    new.open().unwrap();
    let since = site.now();
    assert_eq!(site.states(), ["verifying", "signing"]);
    assert_eq!(refusal(&new, &token, since), None);
    let end = since.saturating_add(DAY + 5 * SECOND);
    assert_eq!(refusal(&new, &token, before(end)), None, "until it expires, leeway included");
    assert!(refusal(&new, &token, end.saturating_add(SECOND)).is_some());
    site.clock.set(since.saturating_add(KEPT));
    assert_eq!(site.states(), ["retired", "signing"]);
}

#[test]
fn a_secret_that_comes_back_signs_again_and_loses_no_token() {
    let site = Site::new();
    let (one, two) = (site.shared(SECRET), site.shared(OTHER_SECRET));
    one.open().unwrap();
    let first = token(&one, site.now());
    site.clock.advance(HOUR);
    two.open().unwrap();
    let second = token(&two, site.now());
    site.clock.advance(HOUR);
    let back = parallel(5, |_| {
        let keys = site.shared(SECRET);
        keys.open().unwrap();
        kid(&keys, site.now())
    });
    assert!(back.iter().all(|key| *key == Some(site.signing())));
    assert_eq!(site.states(), ["verifying", "signing"], "it has a new place and no second row");
    assert_eq!(site.events().len(), 3, "and came once");
    two.hear().unwrap();
    for token in [&first, &second] {
        assert_eq!(refusal(&two, token, site.now()), None);
    }
    let after = site.now().saturating_add(HOUR * 24 * 9);
    site.clock.set(after);
    one.keep().unwrap();
    assert_eq!(site.rows()[1].private.is_some(), site.rows()[0].private.is_none(), "the other one was erased");
    site.shared(OTHER_SECRET).open().unwrap();
    assert_eq!(site.states(), ["verifying", "signing"], "one that was erased comes back as well");
}

#[test]
fn a_retired_secret_is_refused_also_on_an_instance_that_starts_with_it() {
    let site = Site::new();
    site.shared(SECRET).open().unwrap();
    let old = site.signing();
    let same = site.shared(SECRET).retire(&old, &context());
    assert_eq!(same, Err(RetireError::SharedSecret(old.clone())), "it is the configured one");
    let keys = site.shared(OTHER_SECRET);
    keys.open().unwrap();
    assert_eq!(keys.retire(&old, &context()).unwrap().successor, None);
    let rows = site.rows();
    assert_eq!(site.shared(SECRET).open(), Err(KeySetupError::RetiredSecret(old.clone())));
    assert_eq!(site.rows(), rows);
    // Whoever is still configured with it cannot retire the other in its favour.
    let new = site.signing();
    assert_eq!(site.shared(SECRET).retire(&new, &context()), Err(RetireError::SharedSecret(old)));
    assert_eq!(site.rows(), rows);
}

/// The root key is lost, and with it the row; the server does not start, and this is the remedy that it names.
#[test]
fn a_secret_whose_row_cannot_be_opened_is_retired_in_favour_of_another() {
    let site = Site::new();
    site.shared(SECRET).open().unwrap();
    let lost = site.signing();
    let ring = root_ring();
    let settings =
        |secret| KeySettings { shared_secret: Some(Secret::new(secret)), ..KeySettings::new(Algorithm::Hs256) };
    assert!(matches!(site.under(&ring, settings(OTHER_SECRET)).open(), Err(KeySetupError::Closed(..))));
    let retired = site.under(&ring, settings(OTHER_SECRET)).retire(&lost, &context()).unwrap();
    assert_eq!(retired.successor, Some(site.signing()));
    assert_eq!(site.states(), ["retired", "signing"]);
    site.under(&ring, settings(OTHER_SECRET)).open().unwrap();
    assert_eq!(site.rows().len(), 2);
}

#[test]
fn from_hs256_to_es256_old_tokens_stay_valid_until_they_expire() {
    let site = Site::new();
    let shared = site.shared(SECRET);
    shared.open().unwrap();
    let old = token(&shared, site.now());
    let since = site.now();
    let keys = site.keys(Algorithm::Es256);
    keys.open().unwrap();
    let new = token(&keys, since);
    shared.hear().unwrap();
    for instance in [&shared, &keys] {
        for token in [&old, &new] {
            assert_eq!(refusal(instance, token, since), None);
        }
        let end = since.saturating_add(DAY);
        assert_eq!(refusal(instance, &old, before(end)), None);
        assert_eq!(refusal(instance, &old, end), None, "within the leeway");
        assert!(refusal(instance, &old, end.saturating_add(6 * SECOND)).is_some());
    }
    assert_eq!(keys.jwk_set()["keys"].as_array().unwrap().len(), 1, "the new one alone is published");
}

#[test]
fn a_shared_secret_is_neither_rotated_nor_kept() {
    let site = Site::new();
    let keys = site.shared(SECRET);
    keys.open().unwrap();
    let rows = site.rows();
    for when in [When::Ahead, When::Now] {
        assert_eq!(keys.rotate(when, &context()), Err(RotateError::SharedSecret));
    }
    site.clock.advance(DAY * 400);
    assert_eq!(keys.keep().unwrap(), auth_core::service::Kept::default());
    assert_eq!(site.rows(), rows);
    assert_eq!(site.memory.read(|tx| tx.audit().list(None, 10)).unwrap().len(), 1);
}

/// With the row of a secret goes what it followed: the end of the key before it must not go along.
#[test]
fn a_key_that_is_retired_stays_so_when_the_secret_that_followed_it_comes_back() {
    let site = Site::new();
    let first = site.keys(Algorithm::Es256);
    first.open().unwrap();
    let old = token(&first, site.now());
    site.clock.advance(HOUR);
    site.shared(SECRET).open().unwrap();
    site.clock.advance(70 * HOUR);
    site.keys(Algorithm::Es256).open().unwrap();
    assert_eq!(site.states(), ["retired", "verifying", "signing"]);
    let again = site.shared(SECRET);
    again.open().unwrap();
    assert_eq!(site.states(), ["retired", "verifying", "signing"], "in the order of a new row of the secret");
    assert_eq!(refusal(&again, &old, site.now()), Some(TokenRejection::UnknownKey));
    assert_eq!(site.rows().first().unwrap().private, None);
}

#[test]
fn a_secret_that_was_retired_opens_nothing_to_whoever_is_still_configured_with_it() {
    let site = Site::new();
    let keys = site.shared(SECRET);
    keys.open().unwrap();
    let own = SharedSecretTokens::new(&Secret::new(SECRET)).unwrap();
    let claims = serde_json::json!({"userId": 7, "username": "alice"});
    let token = own.encode(&claims, site.now()).unwrap();
    let tokens = own.clone().while_accepted(keys.current());
    let id = site.signing();
    assert!(tokens.decode_tutorial(token.expose(), site.now()).is_ok());
    site.shared(OTHER_SECRET).open().unwrap();
    keys.hear().unwrap();
    assert!(tokens.decode_tutorial(token.expose(), site.now()).is_ok(), "it verifies for a day");
    site.shared(OTHER_SECRET).retire(&id, &context()).unwrap();
    assert!(tokens.decode_tutorial(token.expose(), site.now()).is_ok(), "until it is heard");
    keys.hear().unwrap();
    assert_eq!(tokens.decode_tutorial(token.expose(), site.now()), Err(TokenRejection::UnknownKey));
    assert!(own.decode_tutorial(token.expose(), site.now()).is_ok(), "by itself it knows no issuer");
}

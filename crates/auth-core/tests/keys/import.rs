//! Keys of one's own. How they are read is proven with the reading.

use auth_core::audit::AuditEvent;
use auth_core::secret::Secret;
use auth_core::service::{KeyImportError, RotateError, When};
use auth_core::testing::conformance::samples::parallel;
use auth_core::token::{Algorithm, KeyError, SigningKey};
use base64ct::{Base64, Encoding as _};

use crate::{DAY, SECRET, Site, context, kid, refusal, token};

/// A fresh key in PEM (PKCS #8).
fn pem(algorithm: Algorithm) -> Secret {
    let (_, private) = SigningKey::generate(algorithm).unwrap();
    let text = Base64::encode_string(private.expose());
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    Secret::new(format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n")))
}

#[test]
fn a_key_of_ones_own_is_published_and_signs_when_its_time_has_come() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Ps256, Algorithm::Rs256] {
        let site = Site::new();
        let keys = site.keys(algorithm);
        keys.open().unwrap();
        let imported = keys.import(&pem(algorithm), When::Ahead, &context()).unwrap();
        assert_eq!(site.states(), ["signing", "published"]);
        assert_eq!(imported.signs_from, site.now().saturating_add(DAY));
        assert_eq!(site.events().last(), Some(&AuditEvent::SigningKeyImported(imported.id.clone())));
        site.clock.set(imported.signs_from);
        let other = site.keys(algorithm);
        other.open().unwrap();
        assert_eq!(kid(&other, site.now()), Some(imported.id));
        let token = token(&other, site.now());
        assert_eq!(refusal(&keys, &token, site.now()), None, "{algorithm}");
    }
}

#[test]
fn now_means_now_unless_another_key_waits() {
    let (site, keys) = Site::opened();
    let imported = keys.import(&pem(Algorithm::Es256), When::Now, &context()).unwrap();
    assert_eq!(site.signing(), imported.id);
    let waiting = keys.rotate(When::Ahead, &context()).unwrap();
    let rows = site.rows();
    for when in [When::Now, When::Ahead] {
        let refused = keys.import(&pem(Algorithm::Es256), when, &context()).unwrap_err();
        assert_eq!(refused, RotateError::Waiting(waiting.id.clone(), waiting.signs_from).into());
    }
    assert_eq!(site.rows(), rows, "the key that waits is not brought forward in its place");
}

/// A key is published between the look and the act: the import must not answer with that key as its own.
#[test]
fn an_import_that_is_overtaken_says_so() {
    use std::sync::Arc;
    for when in [When::Now, When::Ahead] {
        let (site, keys) = Site::opened();
        let faster = Arc::new(site.keys(Algorithm::Es256));
        let hook = crate::races::Hooked::after_reads(&site.memory, 1, move || {
            faster.rotate(When::Ahead, &context()).unwrap();
        });
        let slow = site.over(hook, &site.root, keys.settings().clone());
        let refused = slow.import(&pem(Algorithm::Es256), when, &context()).unwrap_err();
        assert!(matches!(refused, KeyImportError::Rotate(RotateError::Waiting(..))), "{refused:?}");
        assert_eq!(site.states(), ["signing", "published"]);
    }
}

#[test]
fn a_key_that_is_there_or_was_there_is_refused() {
    let (site, keys) = Site::opened();
    let pem = pem(Algorithm::Es256);
    let answers = parallel(8, |_| site.keys(Algorithm::Es256).import(&pem, When::Now, &context()));
    let id = site.signing();
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    let known = Err(KeyImportError::Known(id.clone()));
    assert_eq!(answers.iter().filter(|answer| **answer == known).count(), 7, "{answers:?}");
    keys.retire(&id, &context()).unwrap();
    assert_eq!(keys.import(&pem, When::Now, &context()), known, "a stolen key does not come back");
}

#[test]
fn what_is_no_key_of_the_configured_algorithm_changes_nothing() {
    let (site, keys) = Site::opened();
    let rows = site.rows();
    for text in [pem(Algorithm::EdDsa), pem(Algorithm::Rs256), Secret::new(""), Secret::new(SECRET), Secret::new("{}")]
    {
        let refused = keys.import(&text, When::Ahead, &context());
        assert_eq!(refused, Err(KeyImportError::Key(KeyError::Unreadable)));
    }
    let shared = Site::new();
    let refused = shared.shared(SECRET).import(&pem(Algorithm::Es256), When::Ahead, &context());
    assert_eq!(refused, Err(KeyImportError::Key(KeyError::Unreadable)));
    assert_eq!(site.rows(), rows);
}

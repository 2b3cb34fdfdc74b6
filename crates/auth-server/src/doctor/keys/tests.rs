use auth_core::root_keys::RootKeyId;
use auth_core::service::SealedKey;
use auth_core::token::{Algorithm, KeyId};

use super::*;
use crate::doctor::Severity;

fn listing(state: KeyState, signs_from: u64) -> KeyListing {
    KeyListing {
        id: KeyId::new("k"),
        algorithm: Algorithm::Es256,
        state,
        created_at: Timestamp::EPOCH,
        signs_from: Timestamp::from_unix_seconds(i64::try_from(signs_from).unwrap()),
        accepted_until: None,
        revoked_at: None,
        root_key: None,
    }
}

fn severity(listed: &[KeyListing], rotation: Option<u64>, configured: &str) -> Severity {
    signing(listed, rotation, configured, Timestamp::from_unix_seconds(1_000 * 86_400))[0].severity
}

#[test]
fn a_key_that_signs_too_long_or_by_another_algorithm_is_told_and_none_at_all_is_an_error() {
    let young = [listing(KeyState::Signing, 999 * DAY)];
    let quarter = [listing(KeyState::Signing, 900 * DAY)];
    let ancient = [listing(KeyState::Signing, 600 * DAY)];
    assert_eq!(severity(&young, Some(90 * DAY), "ES256"), Severity::Ok);
    assert_eq!(severity(&quarter, Some(90 * DAY), "ES256"), Severity::Warning, "nobody rotates");
    assert_eq!(severity(&quarter, None, "ES256"), Severity::Ok);
    assert_eq!(severity(&ancient, None, "ES256"), Severity::Warning);
    assert_eq!(severity(&young, Some(90 * DAY), "EdDSA"), Severity::Warning);
    assert_eq!(severity(&[listing(KeyState::Retired, 0)], None, "ES256"), Severity::Error);
    assert_eq!(severity(&[], None, "ES256"), Severity::Ok, "the server makes one");
}

#[test]
fn a_root_key_is_active_missing_to_be_resealed_or_of_no_use() {
    let report = |is_present, is_active, sealed: usize, has_sessions| RootKeyReport {
        id: RootKeyId::parse("r").unwrap(),
        is_present,
        is_active,
        signing_keys: (0..sealed)
            .map(|_| SealedKey { id: KeyId::new("k"), state: KeyState::Signing, trouble: None })
            .collect(),
        has_sessions,
    };
    let told = |report: &RootKeyReport| root(report).last().unwrap().severity;
    assert_eq!(told(&report(true, true, 1, true)), Severity::Ok);
    assert_eq!(told(&report(false, false, 1, false)), Severity::Error);
    assert_eq!(told(&report(false, false, 0, true)), Severity::Error);
    assert_eq!(told(&report(true, false, 1, false)), Severity::Warning);
    assert_eq!(told(&report(true, false, 0, true)), Severity::Ok);
    assert_eq!(told(&report(true, false, 0, false)), Severity::Warning);
}

use proptest::prelude::*;

use super::*;
use crate::entropy::SystemEntropy;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_795_428_000);
const DEVICE: DeviceId = DeviceId([7; 16]);

fn alice() -> UserId {
    UserId::from_bytes([1; 16])
}

fn ring() -> RootKeyRing {
    RootKeyRing::generate(&SystemEntropy).unwrap()
}

fn token(ring: &RootKeyRing) -> String {
    device_token(alice(), 3, DEVICE, NOW, ring).unwrap().expose().to_owned()
}

#[test]
fn a_token_says_whose_it_is_and_lives_for_ninety_days() {
    let ring = ring();
    let text = token(&ring);
    assert_eq!(text.len(), DEVICE_PREFIX.len() + 120);
    let presented = PresentedDevice::parse(&text).unwrap();
    assert_eq!((presented.user, presented.device, presented.credential_version), (alice(), DEVICE, 3));
    let end = NOW.saturating_add(DEVICE_LIFE);
    assert!(presented.is_genuine(&ring, NOW));
    assert!(presented.is_genuine(&ring, Timestamp::from_micros(end.as_micros() - 1)));
    assert!(!presented.is_genuine(&ring, end));
}

#[test]
fn no_letter_of_it_can_be_changed_and_no_part_left_out() {
    let ring = ring();
    let text = token(&ring);
    for index in 0..text.len() {
        let mut changed = text.clone().into_bytes();
        changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert_eq!(PresentedDevice::parse(&changed), None, "{changed}");
        assert_eq!(PresentedDevice::parse(&text[..index]), None);
    }
    assert_eq!(PresentedDevice::parse(&format!("{text}A")), None);
    assert_eq!(PresentedDevice::parse(&format!(" {text}")), None);
}

/// Whoever has the format can compute a checksum, and not the MAC.
#[test]
fn a_right_checksum_alone_makes_nothing_genuine() {
    let ring = ring();
    let encoded = token(&ring)[DEVICE_PREFIX.len()..].to_owned();
    let genuine = Base64UrlUnpadded::decode_vec(&encoded).unwrap();
    for index in 0..BODY + MAC {
        let mut bytes = genuine.clone();
        bytes[index] ^= 1;
        let checksum = checksum_of(&bytes[..BODY + MAC]);
        bytes[BODY + MAC..].copy_from_slice(&checksum);
        let text = format!("{DEVICE_PREFIX}{}", Base64UrlUnpadded::encode_string(&bytes));
        let accepted = PresentedDevice::parse(&text).is_some_and(|presented| presented.is_genuine(&ring, NOW));
        assert!(!accepted, "byte {index}");
    }
}

#[test]
fn a_ring_that_has_its_key_knows_it_whichever_is_active() {
    let old = ring();
    let presented = PresentedDevice::parse(&token(&old)).unwrap();
    let both = Secret::new(format!("{},{}", ring().to_text().expose(), old.to_text().expose()));
    assert!(presented.is_genuine(&RootKeyRing::parse(&both).unwrap(), NOW));
    assert!(!presented.is_genuine(&ring(), NOW));
}

#[test]
fn debug_shows_no_token() {
    let presented = PresentedDevice::parse(&token(&ring())).unwrap();
    assert_eq!(format!("{presented:?}"), format!("PresentedDevice({}, …)", alice()));
}

proptest! {
    #[test]
    fn every_token_is_read_as_it_was_made(user: [u8; 16], device: [u8; 16], version: i64, at in 0_i64..1 << 55) {
        let (ring, now) = (ring(), Timestamp::from_micros(at));
        let text = device_token(UserId::from_bytes(user), version, DeviceId(device), now, &ring).unwrap();
        let presented = PresentedDevice::parse(text.expose()).unwrap();
        prop_assert_eq!((*presented.user.as_bytes(), presented.device.0), (user, device));
        prop_assert_eq!(presented.credential_version, version);
        prop_assert!(presented.is_genuine(&ring, now));
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,150}", tail in "[A-Za-z0-9_-]{118,122}") {
        prop_assert_eq!(PresentedDevice::parse(&text), None);
        prop_assert_eq!(PresentedDevice::parse(&format!("{DEVICE_PREFIX}{tail}")), None);
    }
}

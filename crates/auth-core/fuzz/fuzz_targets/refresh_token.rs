//! Refresh tokens: whatever comes in is judged, and there is one spelling of each.
#![no_main]

use auth_core::session::refresh::{PREFIX, PresentedToken};
use aws_lc_rs::digest::{SHA256, digest};
use base64ct::{Base64UrlUnpadded, Encoding};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    /// Anything.
    Text(&'a str),
    /// The prefix, and anything.
    Prefixed(&'a str),
    /// The right form of any content, with the right checksum.
    Whole([u8; 16], i64, [u8; 32]),
    /// The same with one byte changed.
    Changed([u8; 16], i64, [u8; 32], u8, u8),
}

fn token(session: [u8; 16], generation: i64, mac: [u8; 32]) -> String {
    let mut bytes = [session.as_slice(), &generation.to_be_bytes(), &mac].concat();
    bytes.extend_from_slice(&digest(&SHA256, &bytes).as_ref()[..4]);
    format!("{PREFIX}{}", Base64UrlUnpadded::encode_string(&bytes))
}

fuzz_target!(|input: Input<'_>| {
    let text = match input {
        Input::Text(text) => text.to_owned(),
        Input::Prefixed(rest) => format!("{PREFIX}{rest}"),
        Input::Whole(session, generation, mac) => {
            let text = token(session, generation, mac);
            let parsed = PresentedToken::parse(&text);
            assert_eq!(parsed.is_some(), generation >= 1);
            assert!(parsed.is_none_or(|one| one.session.as_bytes() == &session && one.generation == generation));
            text
        }
        Input::Changed(session, generation, mac, at, byte) => {
            let text = token(session, generation, mac);
            let mut bytes = text.clone().into_bytes();
            let at = usize::from(at) % bytes.len();
            bytes[at] = byte & 0x7f;
            let changed = String::from_utf8(bytes).unwrap();
            // Four bytes of checksum: one change in four thousand million may pass, and none of the fuzzer's will.
            assert!(changed == text || PresentedToken::parse(&changed).is_none());
            changed
        }
    };
    if PresentedToken::parse(&text).is_some() {
        let bytes = Base64UrlUnpadded::decode_vec(&text[PREFIX.len()..]).unwrap();
        assert_eq!(text, format!("{PREFIX}{}", Base64UrlUnpadded::encode_string(&bytes)), "another spelling");
        assert_eq!(digest(&SHA256, &bytes[..56]).as_ref()[..4], bytes[56..]);
    }
});

//! Base64 as hashes of many makers have it.

use base64ct::{Base64Unpadded, Encoding as _};

/// Decodes the standard alphabet, with or without padding, and passlib's, which has a dot for the plus sign.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=').replace('.', "+");
    Base64Unpadded::decode_vec(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_maker_s_spelling_is_read_and_junk_is_not() {
        for text in ["+/8", "./8", "+/8="] {
            assert_eq!(decode(text), Some(vec![0xfb, 0xff]), "{text}");
        }
        for text in ["a", "!", "é", "a b", "+/8=8", "+/9"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}

//! The raw signature: all that the JWT library is asked for. Its provider is named here, so that no other one that
//! somebody installs for the process, or none, changes what happens.

use jsonwebtoken::DecodingKey;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;

use super::Algorithm;

/// `None` where the backend fails.
#[cfg(feature = "service")]
pub(super) fn sign(algorithm: Algorithm, key: &jsonwebtoken::EncodingKey, message: &[u8]) -> Option<Vec<u8>> {
    let signer = (DEFAULT_PROVIDER.signer_factory)(&backend(algorithm), key).ok()?;
    signer.try_sign(message).ok()
}

pub(super) fn fits(algorithm: Algorithm, key: &DecodingKey, message: &[u8], signature: &Vec<u8>) -> bool {
    let verifier = (DEFAULT_PROVIDER.verifier_factory)(&backend(algorithm), key);
    verifier.is_ok_and(|verifier| verifier.verify(message, signature).is_ok())
}

const fn backend(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        Algorithm::Hs256 => jsonwebtoken::Algorithm::HS256,
        Algorithm::Ps256 => jsonwebtoken::Algorithm::PS256,
        Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
    }
}

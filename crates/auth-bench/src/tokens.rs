//! Access tokens by the thousand, signed here with the server's own key: a sign-in for each would take minutes.

use std::time::Duration;

use auth_core::entropy::{Entropy, SystemEntropy};
use auth_core::id::{SessionId, UserId};
use auth_core::time::{Clock as _, SystemClock};
use auth_core::token::{AccessClaims, Algorithm, AuthMethod, Jwt, TokenPolicy, TokenSigner as _, TutorialUserId};
use base64ct::{Base64UrlUnpadded, Encoding as _};

use crate::Fallible;
use crate::request::{get, username};
use crate::site::{ISSUER, Site};

/// The default of `token.access_ttl`.
const LIFETIME: Duration = Duration::from_secs(2 * 3_600);

/// Signs as the server of a site does.
#[derive(Debug)]
pub(crate) struct Minter {
    jwt: Jwt,
    /// What verifies the signatures, in base64url: the point of P-256, uncompressed, or the shared secret.
    pub(crate) verifying: String,
}

impl Minter {
    /// With the keys in the site's database.
    ///
    /// # Errors
    /// Where they do not open.
    pub(crate) fn of(site: &Site, algorithm: Algorithm) -> Fallible<Self> {
        let keys = site.keys(algorithm)?;
        let bytes = if algorithm == Algorithm::Hs256 {
            site.shared_secret.expose().as_bytes().to_vec()
        } else {
            let set = keys.jwk_set();
            let coordinate = |name: &str| -> Fallible<Vec<u8>> {
                let text = set.pointer(&format!("/keys/0/{name}")).and_then(|value| value.as_str());
                let text = text.ok_or("the key set has no key on P-256")?;
                Base64UrlUnpadded::decode_vec(text).map_err(|error| error.to_string().into())
            };
            // SEC 1, section 2.3.3: an uncompressed point begins with 4.
            [vec![4], coordinate("x")?, coordinate("y")?].concat()
        };
        let policy = TokenPolicy::new(ISSUER, ISSUER);
        Ok(Self { jwt: Jwt::new(keys.current(), policy), verifying: Base64UrlUnpadded::encode_string(&bytes) })
    }

    /// A token of a session of its own.
    ///
    /// # Errors
    /// Where the system has no randomness, or the key fails.
    pub(crate) fn mint(&self, number: usize) -> Fallible<String> {
        let entropy: &dyn Entropy = &SystemEntropy;
        let now = SystemClock.now().floor_to_second();
        let user = UserId::mint(now, entropy)?;
        let session = SessionId::mint(entropy)?;
        let token = self.jwt.sign(&AccessClaims {
            issuer: ISSUER.to_owned(),
            audience: ISSUER.to_owned(),
            subject: user,
            session,
            token_id: session.to_string(),
            issued_at: now,
            expires_at: now.saturating_add(LIFETIME),
            authenticated_at: now,
            methods: vec![AuthMethod::Password],
            user_id: TutorialUserId::Text(user.to_string()),
            username: username(number),
            roles: Vec::new(),
        })?;
        Ok(token.expose().to_owned())
    }

    /// As many requests of `path`, each with a token of its own, on all cores.
    ///
    /// # Errors
    /// As [`Minter::mint`].
    pub(crate) fn requests(&self, path: &str, count: usize) -> Fallible<Vec<Vec<u8>>> {
        let threads = crate::argon::cores();
        std::thread::scope(|scope| {
            let each = |thread: usize| {
                let numbers = (thread..count).step_by(threads);
                numbers.map(|number| Ok(get(path, Some(&self.mint(number)?)))).collect::<Fallible<Vec<_>>>()
            };
            let running: Vec<_> = (0..threads).map(|thread| scope.spawn(move || each(thread))).collect();
            let mut all = Vec::with_capacity(count);
            for thread in running {
                all.append(&mut thread.join().map_err(|_| "a signing thread died")??);
            }
            Ok(all)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use auth_core::token::TokenVerifier as _;
    use auth_storage::Backend;

    use super::*;
    use crate::control::Signature;

    #[test]
    fn minted_tokens_are_good_and_no_two_are_alike() {
        let site = Site::new(Backend::Sqlite).unwrap();
        for algorithm in [Algorithm::Es256, Algorithm::Hs256] {
            let minter = Minter::of(&site, algorithm).unwrap();
            let again = Minter::of(&site, algorithm).unwrap();
            let token = minter.mint(7).unwrap();
            // What the server will do: open the same keys from the database.
            let claims = again.jwt.verify(&token, SystemClock.now()).unwrap();
            assert_eq!(claims.username, "user0000007");
            // And what the control does: the signature alone.
            let signature = Signature::parse(algorithm.as_str(), &minter.verifying).unwrap();
            assert!(signature.is_right(&token), "{algorithm}");
            assert!(!signature.is_right(&token.replacen("eyJ", "eyK", 1)), "{algorithm}");
            let requests: HashSet<_> = minter.requests("/", 9).unwrap().into_iter().collect();
            assert_eq!(requests.len(), 9);
        }
    }
}

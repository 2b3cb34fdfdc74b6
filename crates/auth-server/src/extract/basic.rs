//! HTTP Basic authentication (RFC 7617), as `client_secret_basic` (RFC 6749, section 2.3.1).

use auth_core::secret::Secret;
use base64ct::{Base64, Encoding as _};

/// Whether what follows `Basic ` names one of the services, with its secret.
///
/// Nobody counts wrong ones: a secret has 32 bytes at the least, so that to guess one is beyond anybody's time. What is
/// configured needs no percent-encoding, so none is undone.
pub(super) fn is_known(credentials: &str, clients: &[(String, Secret)]) -> bool {
    let Some((id, secret)) = read(credentials) else { return false };
    compare(&id, &secret, clients, Secret::eq)
}

fn read(credentials: &str) -> Option<(String, Secret)> {
    let text = Secret::new(String::from_utf8(Base64::decode_vec(credentials).ok()?).ok()?);
    let (id, secret) = text.expose().split_once(':')?;
    Some((id.to_owned(), Secret::new(secret)))
}

/// Compares the secret with that of each service, whichever it is of: an unknown id costs what a known one does.
fn compare(
    id: &str,
    secret: &Secret,
    clients: &[(String, Secret)],
    is_same: impl Fn(&Secret, &Secret) -> bool,
) -> bool {
    clients.iter().fold(false, |found, (known, expected)| {
        let fits = is_same(expected, secret);
        found || (fits && known == id)
    })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn clients() -> Vec<(String, Secret)> {
        let pair = |id: &str, secret: &str| (id.to_owned(), Secret::new(secret));
        vec![pair("api", "first-secret"), pair("gateway", "second-secret"), pair("jobs", "third:secret")]
    }

    fn judge(text: &str) -> bool {
        is_known(&Base64::encode_string(text.as_bytes()), &clients())
    }

    #[test]
    fn an_id_opens_with_its_own_secret_alone() {
        for text in ["api:first-secret", "gateway:second-secret", "jobs:third:secret"] {
            assert!(judge(text), "{text}");
        }
        for text in [
            "",
            ":",
            "api",
            "api:",
            ":first-secret",
            "api:first-secre",
            "api:first-secretx",
            "api:second-secret",
            "gateway:first-secret",
            "API:first-secret",
            "nobody:first-secret",
            "api:first-secret\n",
            " api:first-secret",
            "api :first-secret",
            "first-secret:api",
            "api:First-secret",
            "api:first%2Dsecret",
        ] {
            assert!(!judge(text), "{text}");
        }
        assert!(!is_known(&Base64::encode_string(b"api:"), &[]));
    }

    #[test]
    fn the_text_is_strict_base64() {
        let good = Base64::encode_string(b"api:first-secret");
        assert!(good.ends_with('='));
        assert!(is_known(&good, &clients()));
        let bare = good.trim_end_matches('=');
        for text in ["", "%", bare, &format!(" {good}"), &format!("{good} "), &format!("{good}="), "api:first-secret"] {
            assert!(!is_known(text, &clients()), "{text:?}");
        }
        assert!(!is_known(&Base64::encode_string(b"api:\xff"), &clients()));
    }

    #[test]
    fn whichever_id_is_sent_every_secret_is_compared_once() {
        for (id, secret) in [("api", "first-secret"), ("jobs", "third:secret"), ("api", "wrong"), ("nobody", "wrong")] {
            let compared = Cell::new(0);
            compare(id, &Secret::new(secret), &clients(), |one, other| {
                compared.set(compared.get() + 1);
                one == other
            });
            assert_eq!(compared.get(), 3, "{id}:{secret}");
        }
    }
}

//! Keys and tokens, made rightly and forged.
#![allow(dead_code, unreachable_pub, reason = "each test crate uses its part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::LazyLock;
use std::time::Duration;

use auth_core::id::{SessionId, UserId};
use auth_core::secret::{Secret, SecretBytes};
use auth_core::time::Timestamp;
use auth_core::token::{
    AccessClaims, Algorithm, AuthMethod, KeySet, KeySetOrigin, SigningKey, TokenPolicy, TutorialUserId, VerifyingKey,
    import_private_key, load_key_set,
};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair,
};
use aws_lc_rs::{hmac, signature};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};

pub const SECRET: &str = "kept out of the source, at least 32 bytes";
pub const NOW: Timestamp = Timestamp::from_unix_seconds(1_795_428_000);

pub fn policy() -> TokenPolicy {
    TokenPolicy::new("https://auth.example", "https://api.example")
}

pub fn claims() -> AccessClaims {
    AccessClaims {
        issuer: policy().issuer,
        audience: "https://api.example".to_owned(),
        subject: UserId::from_bytes([1; 16]),
        session: SessionId::from_bytes([2; 16]),
        token_id: "token-1".to_owned(),
        issued_at: NOW,
        expires_at: NOW.saturating_add(Duration::from_secs(7_200)),
        authenticated_at: NOW,
        methods: vec![AuthMethod::Password],
        user_id: TutorialUserId::Number(7),
        username: "Älice".to_owned(),
        roles: Vec::new(),
    }
}

/// The payload of those claims.
pub fn payload() -> Value {
    json!({
        "iss": "https://auth.example", "aud": "https://api.example", "sub": claims().subject.to_string(),
        "sid": claims().session.to_string(), "jti": "token-1", "iat": 1_795_428_000, "exp": 1_795_435_200,
        "auth_time": 1_795_428_000, "amr": ["pwd"], "userId": 7, "username": "Älice"
    })
}

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}

pub fn decode(text: &str) -> Vec<u8> {
    Base64UrlUnpadded::decode_vec(text).unwrap()
}

pub fn with(mut object: Value, member: &str, value: impl Into<Value>) -> Value {
    object.as_object_mut().unwrap().insert(member.to_owned(), value.into());
    object
}

pub fn without(mut object: Value, member: &str) -> Value {
    object.as_object_mut().unwrap().remove(member).unwrap();
    object
}

pub fn hs256(secret: &[u8], message: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes()).as_ref().to_vec()
}

/// A key of which the private part is known, so that anything can be signed with it.
pub struct Pair {
    pub key: SigningKey,
    pub private: SecretBytes,
    /// What a service that only verifies has: the published set, or the shared secret.
    pub set: KeySet,
}

impl Pair {
    pub fn new(algorithm: Algorithm) -> Self {
        let published = |fixture: &str, at: &str| {
            let jwk = serde_json::from_str::<Value>(fixture).unwrap().pointer(at).unwrap().to_string();
            import_private_key(&Secret::new(jwk), algorithm).unwrap()
        };
        let (key, private) = match algorithm {
            Algorithm::Hs256 => {
                let secret = Secret::new(SECRET);
                (SigningKey::shared(&secret).unwrap(), SecretBytes::new(SECRET.as_bytes().to_vec()))
            }
            // Making RSA keys takes its time: two that are published, of 2,048 bits.
            Algorithm::Ps256 => published(include_str!("../vectors/rfc7520.json"), "/keys/3.4"),
            Algorithm::Rs256 => published(include_str!("../vectors/rfc7517.json"), "/a2/keys/1"),
            Algorithm::Es256 | Algorithm::EdDsa => SigningKey::generate(algorithm).unwrap(),
        };
        let set = match key.verifying().jwk() {
            Some(jwk) => load_key_set(json!({"keys": [jwk]}).to_string().as_bytes(), KeySetOrigin::Own).unwrap(),
            None => KeySet::new([VerifyingKey::shared(&Secret::new(SECRET)).unwrap()]).unwrap(),
        };
        Self { key, private, set }
    }

    pub fn algorithm(&self) -> Algorithm {
        self.key.verifying().algorithm()
    }

    pub fn id(&self) -> &str {
        self.key.verifying().id().as_str()
    }

    pub fn header(&self) -> Value {
        json!({"alg": self.algorithm().as_str(), "typ": "JWT", "kid": self.id()})
    }

    /// The raw signature, by this key under any of the algorithms that it could be used for.
    pub fn signature(&self, algorithm: Algorithm, message: &str) -> Vec<u8> {
        let (der, message, random) = (self.private.expose(), message.as_bytes(), SystemRandom::new());
        let rsa = |padding: &'static dyn signature::RsaEncoding| {
            let pair = RsaKeyPair::from_pkcs8(der).unwrap();
            let mut signature = vec![0; pair.public_modulus_len()];
            pair.sign(padding, &random, message, &mut signature).unwrap();
            signature
        };
        match algorithm {
            Algorithm::Es256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).unwrap();
                pair.sign(&random, message).unwrap().as_ref().to_vec()
            }
            Algorithm::EdDsa => Ed25519KeyPair::from_pkcs8(der).unwrap().sign(message).as_ref().to_vec(),
            Algorithm::Hs256 => hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, der), message).as_ref().to_vec(),
            Algorithm::Ps256 => rsa(&RSA_PSS_SHA256),
            Algorithm::Rs256 => rsa(&RSA_PKCS1_SHA256),
        }
    }

    /// A token of any header and payload, rightly signed: only our own checks can refuse it.
    pub fn token(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
        let message = format!("{}.{}", encode(header), encode(payload));
        let signature = encode(self.signature(self.algorithm(), &message));
        format!("{message}.{signature}")
    }

    pub fn json(&self, header: &Value, payload: &Value) -> String {
        self.token(header.to_string(), payload.to_string())
    }

    pub fn good(&self) -> String {
        self.json(&self.header(), &payload())
    }
}

/// One pair of each algorithm a test program: RSA keys take their time to make.
pub fn pair(algorithm: Algorithm) -> &'static Pair {
    static PAIRS: LazyLock<Vec<LazyLock<Pair>>> = LazyLock::new(|| {
        vec![
            LazyLock::new(|| Pair::new(Algorithm::Es256)),
            LazyLock::new(|| Pair::new(Algorithm::EdDsa)),
            LazyLock::new(|| Pair::new(Algorithm::Hs256)),
            LazyLock::new(|| Pair::new(Algorithm::Ps256)),
            LazyLock::new(|| Pair::new(Algorithm::Rs256)),
        ]
    });
    let at = Algorithm::ALL.iter().position(|other| *other == algorithm).unwrap();
    PAIRS.get(at).unwrap()
}

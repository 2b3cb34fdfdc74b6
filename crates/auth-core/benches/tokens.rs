//! What a token costs: the JWT library by itself, and our strict layer around its raw signatures, in one run.
//!
//! `cargo bench -p auth-core --bench tokens`. Rounds of all contenders take turns, each shorter than the scheduler's slices,
//! and the median of the rounds counts: a busy neighbour spoils some rounds, and the same number for each.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program for people")]

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use auth_core::id::{SessionId, UserId};
use auth_core::secret::Secret;
use auth_core::time::{Clock, SystemClock, Timestamp};
use auth_core::token::{
    AccessClaims, Algorithm, AuthMethod, Jwt, KeyRing, KeySet, KeySetOrigin, SigningKey, TokenPolicy, TokenSigner,
    TokenVerifier, TutorialUserId, VerifyingKey, load_key_set, verify,
};
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation};
use pkcs8::PrivateKeyInfoRef;
use serde::{Deserialize, Serialize};
use serde_json::json;

const SECRET: &str = "kept out of the source, at least 32 bytes";
/// The library asks the system's clock; so its tokens are of today.
static NOW: LazyLock<Timestamp> = LazyLock::new(|| SystemClock.now().floor_to_second());
const ROUNDS: usize = 401;
const ROUND: Duration = Duration::from_micros(300);

/// The same claims, as somebody would read them with the library.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
    jti: String,
    iat: i64,
    exp: i64,
    #[serde(rename = "auth_time")]
    auth_time: i64,
    amr: Vec<String>,
    user_id: i64,
    username: String,
}

struct Contender<'c> {
    name: &'static str,
    run: Box<dyn Fn() + 'c>,
    /// Calls a round.
    calls: u32,
    rounds: Vec<f64>,
}

impl<'c> Contender<'c> {
    fn new(name: &'static str, run: impl Fn() + 'c) -> Self {
        let once = || {
            let start = Instant::now();
            run();
            start.elapsed()
        };
        let best = (0..20).map(|_| once()).min().unwrap_or(ROUND).max(Duration::from_nanos(1));
        let calls = u32::try_from(ROUND.as_nanos() / best.as_nanos()).unwrap_or(u32::MAX).max(1);
        Self { name, run: Box::new(run), calls, rounds: Vec::new() }
    }

    fn round(&mut self) {
        let start = Instant::now();
        for _ in 0..self.calls {
            (self.run)();
        }
        self.rounds.push(start.elapsed().as_secs_f64() / f64::from(self.calls) * 1e6);
    }

    fn median(&mut self) -> f64 {
        self.rounds.sort_by(f64::total_cmp);
        self.rounds.get(ROUNDS / 2).copied().unwrap_or(0.0)
    }
}

fn claims() -> AccessClaims {
    AccessClaims {
        issuer: "https://auth.example".to_owned(),
        audience: "https://api.example".to_owned(),
        subject: UserId::from_bytes([1; 16]),
        session: SessionId::from_bytes([2; 16]),
        token_id: "0192f1c8-7a34-7c11-8a55-1f6b0a3c9d21".to_owned(),
        issued_at: *NOW,
        expires_at: NOW.saturating_add(Duration::from_secs(7_200)),
        authenticated_at: *NOW,
        methods: vec![AuthMethod::Password],
        user_id: TutorialUserId::Number(7),
        username: "alice".to_owned(),
        roles: Vec::new(),
    }
}

fn plain() -> Claims {
    let claims = claims();
    Claims {
        iss: claims.issuer,
        aud: claims.audience,
        sub: claims.subject.to_string(),
        sid: claims.session.to_string(),
        jti: claims.token_id,
        iat: claims.issued_at.unix_seconds(),
        exp: claims.expires_at.unix_seconds(),
        auth_time: claims.authenticated_at.unix_seconds(),
        amr: vec!["pwd".to_owned()],
        user_id: 7,
        username: claims.username,
    }
}

fn backend(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        Algorithm::Hs256 => jsonwebtoken::Algorithm::HS256,
        Algorithm::Ps256 => jsonwebtoken::Algorithm::PS256,
        Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
    }
}

/// Our key, and the same for the library.
fn keys(algorithm: Algorithm) -> (SigningKey, EncodingKey, DecodingKey, KeySet) {
    if algorithm == Algorithm::Hs256 {
        let secret = Secret::new(SECRET);
        let set = KeySet::new([VerifyingKey::shared(&secret).unwrap()]).unwrap();
        let bytes = SECRET.as_bytes();
        let (encoding, decoding) = (EncodingKey::from_secret(bytes), DecodingKey::from_secret(bytes));
        return (SigningKey::shared(&secret).unwrap(), encoding, decoding, set);
    }
    let (key, private) = SigningKey::generate(algorithm).unwrap();
    let der = private.expose();
    let encoding = match algorithm {
        Algorithm::Es256 => EncodingKey::from_ec_der(der),
        Algorithm::EdDsa => EncodingKey::from_ed_der(der),
        _ => EncodingKey::from_rsa_der(PrivateKeyInfoRef::try_from(der).unwrap().private_key.as_bytes()),
    };
    let jwk = key.verifying().jwk().unwrap();
    let decoding = DecodingKey::from_jwk(&serde_json::from_value(jwk.clone()).unwrap()).unwrap();
    let set = load_key_set(json!({"keys": [jwk]}).to_string().as_bytes(), KeySetOrigin::Own).unwrap();
    (key, encoding, decoding, set)
}

fn race(mut contenders: Vec<Contender<'_>>) -> Vec<(&'static str, f64)> {
    for _ in 0..ROUNDS {
        contenders.iter_mut().for_each(Contender::round);
    }
    contenders.iter_mut().map(|contender| (contender.name, contender.median())).collect()
}

fn rows(algorithm: Algorithm) {
    let (key, encoding, decoding, set) = keys(algorithm);
    let policy = TokenPolicy::new("https://auth.example", "https://api.example");
    let header = Header { kid: Some(key.verifying().id().as_str().to_owned()), ..Header::new(backend(algorithm)) };
    let jwt = Jwt::new(KeyRing::new(key), policy.clone());
    let (ours, theirs, now) = (claims(), plain(), *NOW);
    let token = jwt.sign(&ours).unwrap();
    let (message, signature) = token.expose().rsplit_once('.').unwrap();
    let mut validation = Validation::new(backend(algorithm));
    validation.set_issuer(&["https://auth.example"]);
    validation.set_audience(&["https://api.example"]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);

    let signing = race(vec![
        Contender::new("encode", || drop(black_box(jsonwebtoken::encode(&header, &theirs, &encoding).unwrap()))),
        Contender::new("Jwt::sign", || drop(black_box(jwt.sign(&ours).unwrap()))),
    ]);
    let verifying = race(vec![
        Contender::new("crypto::verify", || {
            let fits = jsonwebtoken::crypto::verify(signature, message.as_bytes(), &decoding, backend(algorithm));
            assert!(black_box(fits.unwrap()));
        }),
        Contender::new("decode", || {
            drop(black_box(jsonwebtoken::decode::<Claims>(token.expose(), &decoding, &validation).unwrap()));
        }),
        Contender::new("verify", || drop(black_box(verify(token.expose(), &set, &policy, now).unwrap()))),
        Contender::new("Jwt::verify", || drop(black_box(jwt.verify(token.expose(), now).unwrap()))),
    ]);
    for (measured, base) in [(&signing, "encode"), (&verifying, "decode")] {
        let base = measured.iter().find(|(name, _)| *name == base).map_or(1.0, |(_, median)| *median);
        for (name, median) in measured {
            println!("| {algorithm} | `{name}` | {median:.1} | {:.2} |", median / base);
        }
    }
}

fn main() {
    println!("| algorithm | call | microseconds | of the library's |\n| --- | --- | --- | --- |");
    Algorithm::ALL.into_iter().for_each(rows);
}

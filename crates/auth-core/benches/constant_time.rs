//! Whether a comparison tells how much of a guess was right: Welch's t over two kinds of guesses, in the manner of dudect
//! (Reparaz, Balasch, Verbauwhede: "Dude, is my code constant time?", 2017).
//!
//! `cargo bench -p auth-core --features testing --bench constant_time [SAMPLES]`. A guess whose first byte is wrong and one
//! whose last byte is wrong take turns at random; |t| above 4.5 means that their times differ. Beside them stands a
//! comparison that stops at the first difference, so that the measurement is seen to find what is there.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, reason = "a program for people")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use auth_core::entropy::{Entropy as _, SystemEntropy};
use auth_core::root_keys::RootKeyRing;
use auth_core::secret::Secret;
use auth_core::session::Session;
use auth_core::session::refresh::{PREFIX, PresentedToken, token};
use auth_core::testing::conformance::samples::session;
use auth_core::token::{KeySet, VerifyingKey, verify_signature};
use aws_lc_rs::digest::{SHA256, digest};
use base64ct::{Base64UrlUnpadded, Encoding};

/// Of each subject.
const SAMPLES: usize = 1_000_000;
/// The threshold of dudect: beyond it chance is no explanation.
const THRESHOLD: f64 = 4.5;
/// The slowest tenth is what interrupted it, not what was measured.
const KEPT: f64 = 0.9;

fn main() {
    let samples = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(SAMPLES);
    println!("{samples} samples of each; |t| at most {THRESHOLD} is no difference\n");
    println!("| comparison | t | verdict |\n| --- | --- | --- |");
    let naive = naive();
    let leak = judge("control: stops at the first difference", samples, &naive, false);
    let mac = judge("MAC of a refresh token", samples, &refresh_mac(), true);
    let tag = judge("tag of an HS256 token", samples, &hs256_tag(), true);
    let secret = judge("secret of a service", samples, &client_secret(), true);
    assert!(leak && mac && tag && secret, "see the table");
}

/// Prepares a comparison with the guess whose first byte is wrong (`false`) or whose last byte is. Each guess is a new copy,
/// in the place where the one before lay: two that stay where they are differ by their places already.
type Subject = Box<dyn Fn(bool) -> Box<dyn FnOnce() -> bool>>;

/// Whether the verdict is the one that is hoped for.
fn judge(name: &str, samples: usize, subject: &Subject, is_constant: bool) -> bool {
    let mut times = [Vec::with_capacity(samples), Vec::with_capacity(samples)];
    let mut coins = vec![0; samples];
    SystemEntropy.fill(&mut coins).unwrap();
    for coin in coins {
        let last = coin & 1 == 1;
        let compare = black_box(subject(black_box(last)));
        let start = Instant::now();
        let is_right = black_box(compare());
        times[usize::from(last)].push(start.elapsed().as_secs_f64() * 1e9);
        assert!(!is_right, "{name}: the guess is wrong");
    }
    let t = welch(times.map(cropped));
    let is_as_hoped = (t.abs() <= THRESHOLD) == is_constant;
    let verdict = if t.abs() <= THRESHOLD { "no difference" } else { "they differ" };
    println!("| {name} | {t:.2} | {verdict} |");
    is_as_hoped
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "counts")]
fn cropped(mut times: Vec<f64>) -> Vec<f64> {
    times.sort_by(f64::total_cmp);
    times.truncate((times.len() as f64 * KEPT) as usize);
    times
}

#[expect(clippy::cast_precision_loss, reason = "counts")]
fn welch(times: [Vec<f64>; 2]) -> f64 {
    let [one, other] = times.map(|times| {
        let count = times.len() as f64;
        let mean = times.iter().sum::<f64>() / count;
        let variance = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (mean, variance / count)
    });
    (one.0 - other.0) / (one.1 + other.1).sqrt()
}

/// The control: 256 bytes, one after the other.
fn naive() -> Subject {
    let right = [7_u8; 256];
    let guesses = [0, 255].map(|wrong| changed(&right, wrong));
    Box::new(move |last| {
        let guess = guesses[usize::from(last)].clone();
        Box::new(move || right.iter().zip(&guess).all(|(one, other)| black_box(one) == other))
    })
}

fn refresh_mac() -> Subject {
    let ring = Arc::new(RootKeyRing::generate(&SystemEntropy).unwrap());
    let session = Session { root_key: ring.active().clone(), ..session(1, 1) };
    let right = token(&session, 1, &ring).unwrap();
    let bytes = Base64UrlUnpadded::decode_vec(right.expose().strip_prefix(PREFIX).unwrap()).unwrap();
    let body = &bytes[..bytes.len() - 4];
    // The MAC is the last part of the body, 32 bytes; the checksum is computed anew.
    let guesses = [body.len() - 32, body.len() - 1].map(|wrong| {
        let body = changed(body, wrong);
        let checksum = digest(&SHA256, &body);
        let text = Base64UrlUnpadded::encode_string(&[&body, &checksum.as_ref()[..4]].concat());
        format!("{PREFIX}{text}")
    });
    assert!(PresentedToken::parse(right.expose()).unwrap().is_genuine(&session, &ring), "the right one passes");
    let session = Arc::new(session);
    Box::new(move |last| {
        let guess = PresentedToken::parse(&guesses[usize::from(last)]).unwrap();
        let (session, ring) = (Arc::clone(&session), Arc::clone(&ring));
        Box::new(move || guess.is_genuine(&session, &ring))
    })
}

fn hs256_tag() -> Subject {
    let secret = "kept out of the source, at least 32 bytes";
    let keys = KeySet::new([VerifyingKey::shared(&Secret::new(secret)).unwrap()]).unwrap();
    let part = |text: &str| Base64UrlUnpadded::encode_string(text.as_bytes());
    let message = format!("{}.{}", part(r#"{"alg":"HS256","typ":"JWT"}"#), part(r#"{"sub":"alice"}"#));
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
    let tag = aws_lc_rs::hmac::sign(&key, message.as_bytes());
    let whole = |tag: &[u8]| format!("{message}.{}", Base64UrlUnpadded::encode_string(tag));
    assert!(verify_signature(&whole(tag.as_ref()), &keys).is_ok(), "the right one passes");
    let guesses = [0, 31].map(|wrong| whole(&changed(tag.as_ref(), wrong)));
    let keys = Arc::new(keys);
    Box::new(move |last| {
        let (guess, keys) = (guesses[usize::from(last)].clone(), Arc::clone(&keys));
        Box::new(move || verify_signature(&guess, &keys).is_ok())
    })
}

fn client_secret() -> Subject {
    let right = "q7Rk2mXw9ZtLb4VdYs8NcJh3GfPa6TeU".repeat(4);
    let guesses = [0, right.len() - 1].map(|wrong| String::from_utf8(changed(right.as_bytes(), wrong)).unwrap());
    let right = Arc::new(Secret::new(right));
    Box::new(move |last| {
        let (guess, right) = (Secret::new(guesses[usize::from(last)].as_str()), Arc::clone(&right));
        Box::new(move || *right == guess)
    })
}

fn changed(bytes: &[u8], at: usize) -> Vec<u8> {
    bytes.iter().enumerate().map(|(index, byte)| if index == at { byte ^ 1 } else { *byte }).collect()
}

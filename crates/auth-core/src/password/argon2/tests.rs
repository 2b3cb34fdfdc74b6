//! Argon2 hashes of our own, and what is checked instead of one that is not there.

use std::cell::RefCell;

use super::*;
use crate::entropy::SystemEntropy;

thread_local! {
    static TRIED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Every hash that is computed is of a class, and is noted here.
pub(super) fn note(class: HashClass) {
    TRIED.with_borrow_mut(|tried| tried.push(class.to_string()));
}

fn tried(hasher: &Argon2Hasher, password: &Password, hash: Option<&PasswordHash>) -> Vec<String> {
    TRIED.take();
    assert_eq!(hasher.verify(password, hash), Verdict::NoMatch);
    TRIED.take()
}

fn hasher() -> Argon2Hasher {
    let params = Argon2Params::stored(64, 1, 1);
    Argon2Hasher::new(params, 2, Arc::new(SystemEntropy)).unwrap()
}

#[test]
fn a_password_matches_its_own_hash_alone() {
    let hasher = hasher();
    let hash = hasher.hash(&Password::new("correct horse")).unwrap();
    assert!(hash.expose().starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{}", hash.expose());
    assert_eq!(hasher.verify(&Password::new("correct horse"), Some(&hash)), Verdict::Match);
    assert_eq!(hasher.verify(&Password::new("correct horsf"), Some(&hash)), Verdict::NoMatch);
    assert_eq!(hasher.verify(&Password::new("correct horse\0"), Some(&hash)), Verdict::NoMatch);
    assert_eq!(hasher.verify(&Password::new("correct horse"), None), Verdict::NoMatch);
}

#[test]
fn another_cost_is_stale() {
    let params = Argon2Params::stored(128, 2, 1);
    let other = Argon2Hasher::new(params, 1, Arc::new(SystemEntropy)).unwrap();
    let hash = other.hash(&Password::new("correct horse")).unwrap();
    assert_eq!(hasher().verify(&Password::new("correct horse"), Some(&hash)), Verdict::Stale);
}

#[test]
fn hostile_and_corrupt_hashes_match_nothing_and_allocate_nothing() {
    let hasher = hasher();
    let tail = "$c29tZXNhbHRzb21lc2FsdA$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    for head in [
        "m=4294967295,t=2,p=1",
        "m=65536,t=4294967295,p=1",
        "m=64,t=1,p=0",
        "m=64,t=0,p=1",
        "m=64,t=1,p=16777215",
        "m=102401,t=1,p=1",
        "m=65536,t=5,p=1",
        "m=64,t=1,p=1,data=eHg",
        "m=1",
        "",
    ] {
        let hash = PasswordHash::new(format!("$argon2id$v=19${head}{tail}"));
        assert!(hasher.inspect(&hash).is_err(), "{head}");
        assert_eq!(hasher.verify(&Password::new("password"), Some(&hash)), Verdict::NoMatch);
    }
    for text in ["", "$", "$argon2id$", "plain", "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ", "\u{1F980}$\u{0}"] {
        assert_eq!(
            hasher.verify(&Password::new("password"), Some(&PasswordHash::new(text))),
            Verdict::NoMatch,
            "{text}"
        );
    }
}

#[test]
fn memory_is_kept_and_bounded() {
    let hasher = Arc::new(hasher());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| hasher.hash(&Password::new("correct horse")).unwrap());
        }
    });
    assert!((1..=2).contains(&hasher.memories.kept()));
}

/// What is asked for makes no difference to the work: a right password of somebody else, one that is too long, a hash that
/// cannot be read, or none.
#[test]
fn what_cannot_match_costs_a_hash_of_its_class_all_the_same() {
    let hasher = hasher();
    let own = hasher.params.class().to_string();
    let good = hasher.hash(&Password::new("correct horse")).unwrap();
    let long = Password::new("x".repeat(5_000));
    let corrupt = PasswordHash::new("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ");
    let costly = PasswordHash::new("$argon2id$v=19$m=65536,t=9,p=1$c29tZXNhbHRzb21lc2FsdA$nf65EOgLrQMR/uIPnA4rEg");
    for (password, hash) in [
        (Password::new("wrong"), Some(&good)),
        (Password::new("wro\u{308}ng"), Some(&good)),
        (Password::new("correct horse"), None),
        (long.clone(), None),
        (long.clone(), Some(&good)),
        (Password::new("\u{1D160}".repeat(1_024)), Some(&good)),
        (Password::new("correct horse"), Some(&corrupt)),
        (Password::new("correct horse"), Some(&costly)),
    ] {
        assert_eq!(tried(&hasher, &password, hash), [own.as_str()], "{hash:?}");
    }
}

/// A decoy and a hash of its class are checked alike, whatever the password is.
#[cfg(feature = "legacy")]
#[test]
fn a_decoy_costs_what_any_hash_of_its_class_costs() {
    let hasher = hasher();
    for text in [
        "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "bcrypt_sha256$$2a$08$NDjSAIcas.EcoxCRiArvT.MkNiPYVhrsrnJsRkLueZOoV1bsQqlmC",
        "$argon2id$v=19$m=128,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$scrypt$ln=4,r=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "pbkdf2_sha1$1000$salt$wAibXvW6jgvatCdONi6SMJ6q7mI=",
    ] {
        let hash = PasswordHash::new(text);
        let class = hash.class().unwrap();
        let decoy = PasswordHash::decoy(class, &SystemEntropy).unwrap();
        for (password, tries) in [
            (Password::new("wrong password"), 1),
            (Password::new(""), 1),
            (Password::new("x".repeat(5_000)), 1),
            (Password::new("\u{1D160}".repeat(1_024)), 1),
            (Password::new("two\u{308} forms"), 2),
        ] {
            let of_the_hash = tried(&hasher, &password, Some(&hash));
            assert_eq!(of_the_hash, vec![class.to_string(); tries], "{text}");
            assert_eq!(tried(&hasher, &password, Some(&decoy)), of_the_hash, "{text}");
        }
    }
}

#[test]
fn a_decoy_matches_nobody() {
    let hasher = hasher();
    let hash = hasher.hash(&Password::new("correct horse")).unwrap();
    let mut decoy = PasswordHash::decoy(hash.class().unwrap(), &SystemEntropy).unwrap();
    decoy.pretend(hash.expose());
    assert_eq!(hasher.verify(&Password::new("correct horse"), Some(&decoy)), Verdict::NoMatch);
    assert_eq!(hasher.verify(&Password::new("correct horse"), Some(&hash)), Verdict::Match);
}

/// Its own hash has 64 KiB: what needs more takes as many places as it needs memory, and all of them at most.
#[cfg(feature = "legacy")]
#[test]
fn an_imported_hash_takes_places_for_the_memory_it_needs() {
    for (text, places) in [
        ("$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", 1),
        ("$argon2id$v=19$m=136,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$nf65EOgLrQMR/uIPnA4rEg", 3),
        // 256 KiB, and three for the lane and two working blocks; then the lanes alone.
        ("$scrypt$ln=8,r=8,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEg", 5),
        ("$scrypt$ln=1,r=32,p=16$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEg", 2),
        ("$scrypt$ln=12,r=8,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEg", 8),
    ] {
        let hasher = Argon2Hasher::new(Argon2Params::stored(64, 1, 1), 8, Arc::new(SystemEntropy)).unwrap();
        assert_eq!(hasher.verify(&Password::new("wrong"), Some(&PasswordHash::new(text))), Verdict::NoMatch);
        assert_eq!(hasher.memories.most(), places, "{text}");
    }
}

//! Published vectors of each scheme, and whatever else a row may hold.

use std::sync::Arc;

use super::*;
use crate::entropy::SystemEntropy;
use crate::password::{Argon2Hasher, Argon2Params, Password, PasswordHasher as _, Verdict};

fn hasher() -> Argon2Hasher {
    Argon2Hasher::new(Argon2Params::stored(64, 1, 1), 2, Arc::new(SystemEntropy)).unwrap()
}

/// Hash, password.
type Vectors<'a> = &'a [(&'a str, &'a str)];

/// RFC 7914, section 12, the last of which takes a gigabyte; as PHC strings.
const RFC_7914_SCRYPT: Vectors<'_> = &[
    (
        "$scrypt$ln=4,r=1,p=1$$d9ZXYjhleyA7GcpCwYoEl/FrSETjB0ro39/6P+3iFEL80Aad7QlI+DJqdToPyB8X6NPg+y4NNijPNeIMONGJBg",
        "",
    ),
    (
        "$scrypt$ln=10,r=8,p=16$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWIurzDZLiKjiG/xCSedmDDaxyevuUqD7m2DYMvfoswGQA",
        "password",
    ),
    (
        "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw",
        "pleaseletmein",
    ),
];

/// RFC 7914, section 11 (SHA-256), and RFC 6070 (SHA-1), in passlib's form.
const RFC_PBKDF2: Vectors<'_> = &[
    (
        "$pbkdf2-sha256$1$c2FsdA$VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLxJypzM8Xm2RZkWZLOdd+8xfHG4RbHjC9UJESBB06GXgw",
        "passwd",
    ),
    (
        "$pbkdf2-sha256$i=80000,l=64$TmFDbA$TdzY9guYviGDDO5e8icB+WQaRBjQTAQUrv8Ih2s0q1ah1CWhIlgzVJrbhBtRybMXaicr3ruh0HhHj2Kzl/M8jQ",
        "Password",
    ),
    ("$pbkdf2$1$c2FsdA$DGDID5YfDnHzqbUkr2ASBi/gN6Y", "password"),
    ("$pbkdf2$2$c2FsdA$6mwBTcctb4zNHtkqzh1B8NjeiVc", "password"),
    ("$pbkdf2-sha1$4096$c2FsdA$SwB5AbdlSJq.rUnZJvch0GWkKcE", "password"),
    (
        "$pbkdf2$i=4096$c2FsdFNBTFRzYWx0U0FMVHNhbHRTQUxUc2FsdFNBTFRzYWx0$PS7sT+QchJuAyNg2YsDkSospGpZM8vBwOA",
        "passwordPASSWORDpassword",
    ),
];

/// The documentation of passlib 1.7, and hashcat's example of its mode 20200.
const PASSLIB: Vectors<'_> = &[
    ("$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E", "password"),
    ("$pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk", "toomanysecrets"),
    (
        "$pbkdf2-sha512$25000$LyWE0HrP2RsjZCxlDGFMKQ$1vC5Ohk2mCS9b6akqsEfgeb4l74SF8XjH.SljXf3dMLHdlY1GK9ojcCKts6/asR4aPqBmk74nCDddU3tvSCJvw",
        "hashcat",
    ),
];

/// Django's tests (`tests/auth_tests/test_hashers.py`); those of `bcrypt_sha256` are passlib's tests of that scheme.
const DJANGO: Vectors<'_> = &[
    ("pbkdf2_sha256$390000$seasalt$8xBlGd3jVgvJ+92hWPxi5ww0uuAuAnKgC45eudxro7c=", "l\u{e8}tmein"),
    ("pbkdf2_sha1$260000$seasalt2$wAibXvW6jgvatCdONi6SMJ6q7mI=", "l\u{e8}tmein"),
    (
        "scrypt$16384$seasalt$8$1$Qj3+9PPyRjSJIebHnG81TMjsqtaIGxNQG/aEB/NYafTJ7tibgfYz71m0ldQESkXFRkdVCBhhY8mx7rQwite/Pw==",
        "l\u{e8}tmein",
    ),
    (
        "argon2$argon2i$m=8,t=1,p=1$c29tZXNhbHQ$gwQOXSNhxiOxPOA0+PY10P9QFO4NAYysnqRt1GSQLE55m+2GYDt9FEjPMHhP2Cuf0nOEXXMocVrsJAtNSsKyfg",
        "secret",
    ),
    ("argon2$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$YC9+jJCrQhs5R6db7LlN8Q", "secret"),
    ("argon2$argon2id$v=19$m=102400,t=2,p=8$Y041dExhNkljRUUy$TMa6A8fPJhCAUXRhJXCXdw", "secret"),
    ("bcrypt_sha256$$2a$06$/3OeRpbOf8/l6nPPRdZPp.nRiyYqPobEZGdNRBWihQhiFDh1ws1tu", ""),
    ("bcrypt_sha256$$2a$08$NDjSAIcas.EcoxCRiArvT.MkNiPYVhrsrnJsRkLueZOoV1bsQqlmC", "l\u{e8}tmein"),
    ("bcrypt$$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"),
];

/// The sample of Firebase's own repository, and one of Supabase's tests.
const FIREBASE: Vectors<'_> = &[
    (
        "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",
        "user1password",
    ),
    (
        "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=ou9tdYTGyYm8kuR6Dt0Bp0kDuAYoXrK16mbZO4yGwAn3oLspjnN0/c41v8xZnO1n14J3MjKj1b2g6AUCAlFwMw==$C0sHCg9ek77hsg==$zKVTMvnWVw5BBOZNUdnsalx4c4c7y/w7IS5p6Ut2+CfEFFlz37J9huyQfov4iizN8dbjvEJlM5tQaJP84+hfTw==",
        "mytestpassword",
    ),
];

/// The C reference implementation's tests (`src/test.c` of phc-winner-argon2): both versions, both kinds, 64 MiB.
const ARGON2: Vectors<'_> = &[
    ("$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ", "password"),
    ("$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA", "password"),
    ("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "password"),
];

#[test]
fn published_vectors_of_every_scheme_match_their_password_alone() {
    let hasher = hasher();
    for vectors in [RFC_7914_SCRYPT, RFC_PBKDF2, PASSLIB, DJANGO, FIREBASE, ARGON2] {
        for (text, password) in vectors {
            let hash = PasswordHash::new(*text);
            assert_eq!(hash.inspect(Argon2Params::default()).err(), None, "{text}");
            assert_eq!(hasher.verify(&Password::new(*password), Some(&hash)), Verdict::Stale, "{text}");
            assert_eq!(hasher.verify(&Password::new(format!("{password}z")), Some(&hash)), Verdict::NoMatch, "{text}");
        }
    }
}

#[test]
fn hashes_of_parts_are_those_of_their_texts() {
    let (text, password) = FIREBASE[0];
    let project = FirebaseScrypt {
        signer_key: "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==",
        salt_separator: "Bw==",
        rounds: 8,
        mem_cost: 14,
    };
    let tag = text.rsplit('$').next().unwrap();
    let hash = PasswordHash::firebase(&project, "42xEC+ixf3L2lw==", tag);
    assert_eq!(hash.expose(), text);
    assert_eq!(hasher().verify(&Password::new(password), Some(&hash)), Verdict::Stale);
    assert!(!format!("{project:?}").contains("jxspr8"));
    // RFC 6070, the second.
    let tag = [0xea, 0x6c, 0x01, 0x4d, 0xc7, 0x2d, 0x6f, 0x8c, 0xcd, 0x1e];
    let tag = [tag, [0xd9, 0x2a, 0xce, 0x1d, 0x41, 0xf0, 0xd8, 0xde, 0x89, 0x57]].concat();
    let hash = PasswordHash::pbkdf2(Pbkdf2Digest::Sha1, 2, b"salt", &tag);
    assert_eq!(hasher().verify(&Password::new("password"), Some(&hash)), Verdict::Stale);
}

/// Over either form of the same password: as it was entered there, and in NFC.
#[test]
fn a_foreign_hash_is_tried_on_the_text_as_entered_and_then_in_nfc() {
    let hasher = hasher();
    let (entered, composed) = ("cafe\u{301}-ole\u{301}", "caf\u{e9}-ol\u{e9}");
    for text in [entered, composed] {
        let hash = ::bcrypt::hash_with_salt(text, 4, [7; 16]).unwrap().to_string();
        assert_eq!(hasher.verify(&Password::new(entered), Some(&PasswordHash::new(hash))), Verdict::Stale);
    }
    let hash = ::bcrypt::hash_with_salt(entered, 4, [7; 16]).unwrap().to_string();
    let composed = Password::new(composed);
    assert_eq!(hasher.verify(&composed, Some(&PasswordHash::new(hash))), Verdict::NoMatch, "nobody can guess the form");
}

#[test]
fn corrupt_and_costly_hashes_are_named_and_cost_a_decoy() {
    use HashFault::{Corrupt, Cost};
    let tag = "1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk";
    for (text, fault) in [
        ("$scrypt$ln=63,r=4294967295,p=4294967295$TmFDbA$TAG", Cost("scrypt")),
        ("$scrypt$ln=18,r=8,p=1$TmFDbA$TAG", Cost("scrypt")),
        ("$scrypt$ln=14,r=0,p=1$TmFDbA$TAG", Cost("scrypt")),
        ("$scrypt$ln=1,r=4,p=262144$TmFDbA$TAG", Cost("scrypt")),
        ("$scrypt$ln=1,r=524288,p=2$TmFDbA$TAG", Cost("scrypt")),
        ("scrypt$2$salt$8$17$TAG", Cost("scrypt")),
        ("$scrypt$ln=99999999999,r=8,p=1$TmFDbA$TAG", Corrupt("scrypt")),
        ("$scrypt$ln=14,r=8,p=1$TmFDbA$AAAA", Corrupt("scrypt")),
        ("scrypt$16383$salt$8$1$TAG", Corrupt("scrypt")),
        ("scrypt$2147483648$salt$8$1$TAG", Cost("scrypt")),
        ("$fbscrypt$v=1,n=31,r=8,p=1,ss=Bw==,sk=TAG$TmFDbA$TAG", Cost("firebase-scrypt")),
        ("$fbscrypt$v=2,n=14,r=8,p=1,ss=Bw==,sk=TAG$TmFDbA$TAG", Corrupt("Firebase's scrypt")),
        ("$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=$TmFDbA$TAG", Corrupt("Firebase's scrypt")),
        ("$pbkdf2-sha256$4294967295$TmFDbA$TAG", Cost("pbkdf2-sha256")),
        ("$pbkdf2-sha256$0$TmFDbA$TAG", Cost("pbkdf2-sha256")),
        ("$pbkdf2-sha256$-1$TmFDbA$TAG", Corrupt("PBKDF2")),
        ("$pbkdf2-sha256$i=1000,l=64$TmFDbA$TAG", Corrupt("PBKDF2")),
        ("$pbkdf2-sha256$1000$TmFDbA$", Corrupt("PBKDF2")),
        ("pbkdf2_sha256$4294967296$salt$TAG", Corrupt("PBKDF2")),
        ("$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", Cost("bcrypt")),
        ("$2b$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", Cost("bcrypt")),
        ("$2b$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", Cost("bcrypt")),
        ("bcrypt_sha256$$2b$99$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", Cost("bcrypt-sha256")),
        ("bcrypt_sha256$2b$12$CCCCCCCCCCCCCCCCCCCCC.", Corrupt("bcrypt")),
        ("argon2$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$TAG", Cost("argon2id")),
        ("argon2$argon2id$v=19$m=4294967296,t=2,p=1$c29tZXNhbHQ$TAG", Corrupt("Argon2")),
    ] {
        let hash = PasswordHash::new(text.replace("TAG", &tag.replace('.', "+")));
        assert_eq!(hash.inspect(Argon2Params::default()), Err(fault), "{text}");
        assert_eq!(hasher().verify(&Password::new("password"), Some(&hash)), Verdict::NoMatch);
    }
}

proptest::proptest! {
    #[test]
    fn any_text_behind_any_beginning_is_judged(
        start in proptest::sample::select(vec![
            "", "$scrypt$", "scrypt$", "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=", "$pbkdf2-sha256$", "pbkdf2_sha256$1$",
            "$2b$", "$2x$04$", "bcrypt$$2b$", "bcrypt_sha256$", "$argon2id$v=19$", "argon2$argon2i$m=8,", "$pbkdf2$i=",
        ]),
        rest in "[$=,./+a-zA-Z0-9é\\PC]{0,80}",
    ) {
        let hash = PasswordHash::new(format!("{start}{rest}"));
        if let Some(class) = hash.class() {
            proptest::prop_assert_eq!(HashClass::parse(&class.to_string()), Some(class));
        }
        let _ = hash.inspect(Argon2Params::default());
    }
}

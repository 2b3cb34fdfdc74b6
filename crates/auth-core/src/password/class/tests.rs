//! Texts of classes, and which of them are granted.

use super::*;

#[test]
fn a_class_is_written_and_read_in_one_way() {
    for text in [
        "argon2id$v=19$m=19456,t=2,p=1",
        "argon2i$v=16$m=512,t=2,p=2,foreign",
        "bcrypt$10",
        "bcrypt-sha256$12",
        "scrypt$ln=16,r=8,p=1",
        "firebase-scrypt$ln=14,r=8,p=1",
        "pbkdf2-sha256$i=29000,b=1",
    ] {
        assert_eq!(HashClass::parse(text).unwrap().to_string(), text);
    }
    for text in [
        "",
        "bcrypt",
        "bcrypt$",
        "bcrypt$010",
        "bcrypt$+10",
        "bcrypt$10$",
        "md5$1",
        "scrypt$ln=16,r=8",
        "scrypt$r=8,ln=16,p=1",
        "scrypt$ln=16,r=8,p=1,x=1",
        "pbkdf2-sha256$i=4294967296,b=1",
    ] {
        assert_eq!(HashClass::parse(text), None, "{text}");
    }
}

#[test]
fn what_asks_for_more_than_a_second_or_128_mib_is_not_granted() {
    let granted = |text: &str| HashClass::parse(text).unwrap().is_granted(Argon2Params::default());
    for text in [
        "argon2id$v=19$m=102400,t=2,p=8",
        "bcrypt$4",
        "bcrypt$14",
        "scrypt$ln=17,r=8,p=1",
        "scrypt$ln=17,r=8,p=2",
        "scrypt$ln=14,r=8,p=16",
        "scrypt$ln=15,r=32,p=1",
        "scrypt$ln=1,r=32,p=16",
        "pbkdf2-sha256$i=1200000,b=1",
        "pbkdf2-sha256$i=1000000,b=2",
    ] {
        assert!(granted(text), "{text}");
    }
    for text in [
        "argon2id$v=19$m=102401,t=2,p=1",
        "argon2id$v=19$m=64,t=0,p=1",
        "bcrypt$3",
        "bcrypt$15",
        "bcrypt$31",
        "scrypt$ln=18,r=8,p=1",
        "scrypt$ln=17,r=8,p=3",
        "scrypt$ln=14,r=8,p=17",
        "scrypt$ln=10,r=8,p=17",
        "scrypt$ln=1,r=4,p=262144",
        "firebase-scrypt$ln=1,r=4,p=262144",
        "scrypt$ln=1,r=524288,p=2",
        "scrypt$ln=10,r=33,p=1",
        "scrypt$ln=15,r=33,p=1",
        "scrypt$ln=0,r=8,p=1",
        "scrypt$ln=63,r=4294967295,p=4294967295",
        "scrypt$ln=14,r=0,p=1",
        "pbkdf2-sha256$i=0,b=1",
        "pbkdf2-sha256$i=2000001,b=1",
        "pbkdf2-sha256$i=500001,b=4",
        "pbkdf2-sha512$i=1,b=5",
        "pbkdf2-sha256$i=4294967295,b=4",
    ] {
        assert!(!granted(text), "{text}");
    }
}

/// The lanes count as well: what a check takes is what the hasher makes others wait for.
#[cfg(feature = "legacy")]
#[test]
fn the_memory_of_scrypt_is_that_of_its_table_its_lanes_and_two_blocks() {
    for (text, kib) in [
        ("scrypt$ln=17,r=8,p=1", 131_072 + 3),
        ("scrypt$ln=14,r=8,p=16", 16_384 + 18),
        ("firebase-scrypt$ln=1,r=32,p=16", 80),
        ("scrypt$ln=1,r=4,p=262144", 131_074),
        ("bcrypt$14", 0),
    ] {
        assert_eq!(HashClass::parse(text).unwrap().memory_kib(), kib, "{text}");
    }
}

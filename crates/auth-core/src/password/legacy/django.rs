//! Django's way of writing hashes: the name of the scheme, and its parts between `$`. Argon2 is read where Argon2 is.

use super::Legacy;
use super::base64;
use super::bcrypt::Bcrypt;
use super::pbkdf2::Pbkdf2;
use super::scrypt::{Scrypt, ScryptCost};
use crate::password::class::{Digest, number};

/// The scheme's name and the hash, where it can be read; `None` where the text begins as none of Django's does.
pub(super) fn read(text: &str) -> Option<(&'static str, Option<Legacy>)> {
    let (name, rest) = text.split_once('$')?;
    Some(match name {
        "pbkdf2_sha256" => ("PBKDF2", pbkdf2(Digest::Sha256, rest)),
        "pbkdf2_sha1" => ("PBKDF2", pbkdf2(Digest::Sha1, rest)),
        "scrypt" => ("scrypt", scrypt(rest)),
        "bcrypt" => ("bcrypt", Bcrypt::read(rest).map(Legacy::Bcrypt)),
        "bcrypt_sha256" => ("bcrypt", Bcrypt::read(rest).map(|hash| Legacy::Bcrypt(hash.digested()))),
        _ => return None,
    })
}

/// `iterations$salt$tag`. The salt is the text itself.
fn pbkdf2(digest: Digest, text: &str) -> Option<Legacy> {
    let mut parts = text.split('$');
    let (iterations, salt, tag) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    Pbkdf2::of(digest, number(iterations)?, salt.as_bytes().to_vec(), base64::decode(tag)?).map(Legacy::Pbkdf2)
}

/// `N$salt$r$p$tag`.
fn scrypt(text: &str) -> Option<Legacy> {
    let mut parts = text.split('$');
    let (n, salt) = (number(parts.next()?)?, parts.next()?);
    let (r, p, tag) = (number(parts.next()?)?, number(parts.next()?)?, parts.next()?);
    if parts.next().is_some() || !n.is_power_of_two() {
        return None;
    }
    let cost = ScryptCost { log_n: n.trailing_zeros(), r, p };
    Scrypt::of(cost, salt.as_bytes().to_vec(), base64::decode(tag)?).map(Legacy::Scrypt)
}

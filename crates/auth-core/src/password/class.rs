//! What checking a hash costs: its scheme and parameters, without salt and tag.

use std::fmt;

use super::Argon2Params;

/// A hash's scheme and cost. Two hashes of one class take the same work to check, whatever the password, so that the time
/// of a check tells the class and nothing else.
///
/// Stores keep its text beside the hash, for the count of what is there; it holds nothing secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HashClass(pub(super) Cost);

/// The parameters of each scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Cost {
    /// `foreign`: of a salt or tag that our own hashes never have, so that both forms of a password are tried.
    Argon2 { kind: Kind, version: u32, params: Argon2Params, foreign: bool },
    /// `digested`: over the SHA-256 of the password, in hexadecimal (Django).
    Bcrypt { cost: u32, digested: bool },
    /// `firebase`: with a key encrypted under the result.
    Scrypt { log_n: u32, r: u32, p: u32, firebase: bool },
    /// `blocks`: each takes all iterations (RFC 8018, section 5.2).
    Pbkdf2 { digest: Digest, iterations: u32, blocks: u32 },
}

/// The three kinds of Argon2 (RFC 9106).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    D,
    I,
    Id,
}

/// The hash functions under PBKDF2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Digest {
    Sha1,
    Sha256,
    Sha512,
}

/// Two to the fourteenth rounds of bcrypt: about a second.
const MOST_BCRYPT: u32 = 14;
/// The least that bcrypt knows.
const LEAST_BCRYPT: u32 = 4;
/// OWASP's sets for scrypt have at most ten lanes (Password Storage Cheat Sheet), a vector of RFC 7914 (section 12) has 16.
const MOST_SCRYPT_LANES: u32 = 16;
/// Each of those sets and vectors has at most eight. With a small N, larger blocks would be work that no other bound sees:
/// all lanes are made, and read again for each block of the tag, by PBKDF2 (RFC 7914, section 6).
const MOST_SCRYPT_BLOCK: u32 = 32;
/// OWASP's first set (N = 2^17, r = 8): 128 MiB, and 1 KiB for each lane and each of two working blocks.
const MOST_SCRYPT_MEMORY_KIB: u64 = 128 * 1_024 + MOST_SCRYPT_LANES as u64 + 2;
/// 128 bytes times N times r times lanes, in KiB: most of a second.
const MOST_SCRYPT_WORK_KIB: u64 = 256 * 1_024;
/// Iterations times blocks: OWASP asks for 1,400,000 of SHA-1, Django 6.0 makes 1,200,000 of SHA-256. About a second.
const MOST_PBKDF2: u64 = 2_000_000;

impl HashClass {
    /// The scheme's name, from a closed list: for labels of metrics and reports.
    pub const fn scheme(self) -> &'static str {
        match self.0 {
            Cost::Argon2 { kind, .. } => kind.as_str(),
            Cost::Bcrypt { digested: false, .. } => "bcrypt",
            Cost::Bcrypt { digested: true, .. } => "bcrypt-sha256",
            Cost::Scrypt { firebase: false, .. } => "scrypt",
            Cost::Scrypt { firebase: true, .. } => "firebase-scrypt",
            Cost::Pbkdf2 { digest, .. } => digest.scheme(),
        }
    }

    /// Reads the text that [`fmt::Display`] writes; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once('$')?;
        let cost = match scheme {
            "argon2d" => argon2(Kind::D, rest)?,
            "argon2i" => argon2(Kind::I, rest)?,
            "argon2id" => argon2(Kind::Id, rest)?,
            "bcrypt" => Cost::Bcrypt { cost: number(rest)?, digested: false },
            "bcrypt-sha256" => Cost::Bcrypt { cost: number(rest)?, digested: true },
            "scrypt" => scrypt(false, rest)?,
            "firebase-scrypt" => scrypt(true, rest)?,
            _ => {
                let digest = Digest::ALL.into_iter().find(|digest| digest.scheme() == scheme)?;
                let [iterations, blocks] = numbers(rest, ["i", "b"])?;
                Cost::Pbkdf2 { digest, iterations, blocks }
            }
        };
        // One spelling for each class, or one class would be counted as two.
        let class = Self(cost);
        (class.to_string() == text).then_some(class)
    }

    /// Whether a hasher of the cost `own` makes so much work for a stored hash.
    pub(super) fn is_granted(self, own: Argon2Params) -> bool {
        match self.0 {
            Cost::Argon2 { params, .. } => own.grants(params),
            Cost::Bcrypt { cost, .. } => (LEAST_BCRYPT..=MOST_BCRYPT).contains(&cost),
            Cost::Scrypt { log_n, r, p, .. } => {
                let (blocks, lanes) = (1..=MOST_SCRYPT_BLOCK, 1..=MOST_SCRYPT_LANES);
                let sound = (1..=31).contains(&log_n) && blocks.contains(&r) && lanes.contains(&p);
                let work = scrypt_kib(r, scrypt_n(log_n).saturating_mul(p.into()));
                sound && scrypt_memory_kib(log_n, r, p) <= MOST_SCRYPT_MEMORY_KIB && work <= MOST_SCRYPT_WORK_KIB
            }
            Cost::Pbkdf2 { iterations, blocks, .. } => {
                iterations > 0 && (1..=4).contains(&blocks) && u64::from(iterations) * u64::from(blocks) <= MOST_PBKDF2
            }
        }
    }

    /// The memory that a check takes, in KiB; of schemes that take next to none, none.
    #[cfg(feature = "legacy")]
    pub(super) fn memory_kib(self) -> u64 {
        match self.0 {
            Cost::Argon2 { params, .. } => params.memory_kib().into(),
            Cost::Scrypt { log_n, r, p, .. } => scrypt_memory_kib(log_n, r, p),
            Cost::Bcrypt { .. } | Cost::Pbkdf2 { .. } => 0,
        }
    }
}

/// The table of N blocks, the lanes, and two blocks to work in (RFC 7914, sections 5 and 6), in KiB.
fn scrypt_memory_kib(log_n: u32, r: u32, p: u32) -> u64 {
    scrypt_kib(r, scrypt_n(log_n).saturating_add(u64::from(p) + 2))
}

fn scrypt_n(log_n: u32) -> u64 {
    1_u64.checked_shl(log_n).unwrap_or(u64::MAX)
}

/// So many blocks, each of 128 bytes times r (RFC 7914, section 2).
fn scrypt_kib(r: u32, blocks: u64) -> u64 {
    blocks.saturating_mul(r.into()).div_ceil(8)
}

fn argon2(kind: Kind, rest: &str) -> Option<Cost> {
    let (version, rest) = rest.split_once('$')?;
    let [version] = numbers(version, ["v"])?;
    let (rest, foreign) = rest.strip_suffix(",foreign").map_or((rest, false), |rest| (rest, true));
    let [memory, iterations, parallelism] = numbers(rest, ["m", "t", "p"])?;
    Some(Cost::Argon2 { kind, version, params: Argon2Params::stored(memory, iterations, parallelism), foreign })
}

fn scrypt(firebase: bool, rest: &str) -> Option<Cost> {
    let [log_n, r, p] = numbers(rest, ["ln", "r", "p"])?;
    Some(Cost::Scrypt { log_n, r, p, firebase })
}

/// `a=1,b=2`: these names in this order, and nothing else.
pub(super) fn numbers<const N: usize>(text: &str, names: [&str; N]) -> Option<[u32; N]> {
    let mut found = [0; N];
    let mut parts = text.split(',');
    for (place, name) in found.iter_mut().zip(names) {
        *place = number(parts.next()?.strip_prefix(name)?.strip_prefix('=')?)?;
    }
    parts.next().is_none().then_some(found)
}

/// Digits alone, without leading zeros: what `parse` of the standard library takes beside them is no number here.
pub(super) fn number(text: &str) -> Option<u32> {
    let sound = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if sound { text.parse().ok() } else { None }
}

impl fmt::Display for HashClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.scheme())?;
        match self.0 {
            Cost::Argon2 { version, params, foreign, .. } => {
                let (m, t, p) = (params.memory_kib(), params.iterations(), params.parallelism());
                write!(f, "$v={version}$m={m},t={t},p={p}{}", if foreign { ",foreign" } else { "" })
            }
            Cost::Bcrypt { cost, .. } => write!(f, "${cost}"),
            Cost::Scrypt { log_n, r, p, .. } => write!(f, "$ln={log_n},r={r},p={p}"),
            Cost::Pbkdf2 { iterations, blocks, .. } => write!(f, "$i={iterations},b={blocks}"),
        }
    }
}

impl Kind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::D => "argon2d",
            Self::I => "argon2i",
            Self::Id => "argon2id",
        }
    }
}

impl Digest {
    pub(super) const ALL: [Self; 3] = [Self::Sha1, Self::Sha256, Self::Sha512];

    pub(super) const fn scheme(self) -> &'static str {
        match self {
            Self::Sha1 => "pbkdf2-sha1",
            Self::Sha256 => "pbkdf2-sha256",
            Self::Sha512 => "pbkdf2-sha512",
        }
    }

    /// Bytes of its output.
    pub(super) const fn bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

#[cfg(test)]
mod tests;

//! Keycloak: a realm with its users, as `kc.sh export` writes it. Its ids are UUIDs and stay. Realm roles and groups are not
//! brought: what an account may do here is decided here.

use auth_core::json::parse_object;
use auth_core::password::{PasswordHash, Pbkdf2Digest};
use auth_core::service::{ImportRecord, ImportedPassword};
use base64ct::{Base64, Base64Unpadded, Encoding as _};

use super::state;
use crate::transfer::fields::Fields;
use crate::transfer::{Incoming, LineFault};

/// How deep the JSON within a credential is nested: parameters, their lists.
const DEEPEST: usize = 4;

pub(super) fn account(fields: Fields<'_>) -> Result<Option<Incoming>, LineFault> {
    // What clients act as; nobody signs in with it.
    if fields.text("serviceAccountClientId")?.is_some() {
        return Ok(None);
    }
    let id = fields.uuid("id")?;
    let source_id = if id.is_none() { fields.text("id")?.map(str::to_owned) } else { None };
    let record = ImportRecord {
        id,
        state: fields.flag("enabled")?.map(|is_enabled| state(!is_enabled)),
        password: secret(fields)?,
        created_at: fields.millis("createdTimestamp")?,
        ..ImportRecord::named(fields.needed("username")?)
    };
    Ok(Some(Incoming { record, source_id }))
}

fn secret(fields: Fields<'_>) -> Result<Option<ImportedPassword>, LineFault> {
    for credential in fields.objects("credentials")? {
        if credential.text("type")? != Some("password") {
            continue;
        }
        let hash = match (credential.text("credentialData")?, credential.text("secretData")?) {
            (Some(data), Some(secret)) => {
                let data = inner("credentialData", data)?;
                let secret = inner("secretData", secret)?;
                hash(Fields::of(&data), Fields::of(&secret), "value")?
            }
            // Before Keycloak 9.
            _ => hash(credential, credential, "hashedSaltedValue")?,
        };
        return Ok(Some(ImportedPassword { hash, changed_at: credential.millis("createdDate")? }));
    }
    Ok(None)
}

type Map = serde_json::Map<String, serde_json::Value>;

fn inner(name: &'static str, text: &str) -> Result<Map, LineFault> {
    parse_object(text.as_bytes(), DEEPEST).map_err(|_| LineFault::Wrong(name, "an object"))
}

fn hash(data: Fields<'_>, secret: Fields<'_>, value: &'static str) -> Result<PasswordHash, LineFault> {
    let value = secret.needed(value)?;
    let digest = match data.needed("algorithm")? {
        "pbkdf2" => Pbkdf2Digest::Sha1,
        "pbkdf2-sha256" => Pbkdf2Digest::Sha256,
        "pbkdf2-sha512" => Pbkdf2Digest::Sha512,
        "argon2" => return argon2(data, secret, value),
        // Of extensions; they keep whole strings.
        "bcrypt" => return Ok(PasswordHash::new(value)),
        _ => return Err(LineFault::Other("its hash is of an algorithm that is not known here")),
    };
    let salt = decode("salt", secret.needed("salt")?)?;
    Ok(PasswordHash::pbkdf2(digest, iterations(data)?, &salt, &decode("value", value)?))
}

fn iterations(data: Fields<'_>) -> Result<u32, LineFault> {
    let iterations = data.number("hashIterations")?.and_then(|number| number.try_into().ok());
    iterations.ok_or(LineFault::Wrong("hashIterations", "a number"))
}

/// As a PHC string, of the parts that Keycloak keeps.
fn argon2(data: Fields<'_>, secret: Fields<'_>, value: &str) -> Result<PasswordHash, LineFault> {
    let more = data.object("additionalParameters")?.ok_or(LineFault::Missing("additionalParameters"))?;
    let first = |name: &'static str| {
        let word = more.words(name)?.and_then(|words| words.first().copied());
        word.filter(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.'))
            .ok_or(LineFault::Missing(name))
    };
    let version = match first("version")? {
        "1.3" => 19,
        "1.0" => 16,
        _ => return Err(LineFault::Wrong("version", "1.3 or 1.0")),
    };
    let (kind, memory, lanes) = (first("type")?, first("memory")?, first("parallelism")?);
    let salt = Base64Unpadded::encode_string(&decode("salt", secret.needed("salt")?)?);
    let tag = Base64Unpadded::encode_string(&decode("value", value)?);
    let time = iterations(data)?;
    Ok(PasswordHash::new(format!("$argon2{kind}$v={version}$m={memory},t={time},p={lanes}${salt}${tag}")))
}

fn decode(name: &'static str, text: &str) -> Result<Vec<u8>, LineFault> {
    Base64::decode_vec(text).map_err(|_| LineFault::Wrong(name, "base64"))
}

//! Firebase: the JSON of `firebase auth:export`. Its hashes need the parameters of the project, which its console shows apart.

use std::collections::BTreeMap;

use auth_core::password::{FirebaseScrypt, PasswordHash};
use auth_core::secret::Secret;
use auth_core::service::{ImportRecord, ImportedPassword};

use super::state;
use crate::transfer::fields::Fields;
use crate::transfer::{Incoming, Known, LineFault};

pub(super) fn account(fields: Fields<'_>, known: &Known) -> Result<Incoming, LineFault> {
    let name = match fields.text("email")? {
        Some(email) => email,
        None => {
            fields.text("phoneNumber")?.ok_or(LineFault::Other("it has neither an email address nor a phone number"))?
        }
    };
    let password = match (fields.text("passwordHash")?, &known.firebase) {
        (Some(hash), Some(config)) => {
            let salt = fields.needed("salt")?;
            Some(ImportedPassword { hash: config.hash(&standard(salt), &standard(hash)), changed_at: None })
        }
        (Some(_), None) => return Err(LineFault::Other("its hash needs the project's parameters: --hash-config")),
        (None, _) => None,
    };
    let record = ImportRecord {
        state: fields.flag("disabled")?.map(state),
        password,
        created_at: fields.millis("createdAt")?,
        ..ImportRecord::named(name)
    };
    Ok(Incoming { record, source_id: fields.text("localId")?.map(str::to_owned) })
}

/// The web's alphabet of base64, in which the Admin SDK has it, as the ordinary one, in which the command has it.
fn standard(text: &str) -> String {
    text.replace('-', "+").replace('_', "/")
}

/// A project's password hash parameters.
#[derive(Debug, Clone)]
pub(crate) struct HashConfig {
    signer_key: Secret,
    salt_separator: String,
    rounds: u32,
    mem_cost: u32,
}

/// Why parameters cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HashConfigError {
    /// One is missing, or none.
    #[error("`{0}` is missing, or is not {1}")]
    Wrong(&'static str, &'static str),
    /// The project hashes otherwise.
    #[error("`algorithm` is not SCRYPT; hashes of another algorithm are not in an export")]
    Algorithm,
}

impl HashConfig {
    /// Reads what the console shows (Authentication, Users, Password hash parameters): `hash_config { algorithm: SCRYPT, … }`; also
    /// as JSON, and a member a line.
    ///
    /// # Errors
    /// [`HashConfigError`].
    pub(crate) fn parse(text: &str) -> Result<Self, HashConfigError> {
        let body = text.split_once('{').map_or(text, |(_, rest)| rest);
        let mut members = BTreeMap::new();
        // No value has a comma or a brace: they are base64, numbers and one word.
        for member in body.split(['\n', ',', '{', '}']) {
            if let Some((name, value)) = member.split_once(':') {
                members.insert(bare(name), bare(value));
            }
        }
        if members.get("algorithm").is_some_and(|algorithm| *algorithm != "SCRYPT") {
            return Err(HashConfigError::Algorithm);
        }
        let text = |name| members.get(name).copied().filter(|text| !text.is_empty() && !text.contains(['$', '<', ' ']));
        let base64 = |name| text(name).ok_or(HashConfigError::Wrong(name, "base64"));
        let number = |name| {
            let number = text(name).and_then(|text| text.parse().ok());
            number.ok_or(HashConfigError::Wrong(name, "a number"))
        };
        Ok(Self {
            signer_key: Secret::new(standard(base64("base64_signer_key")?)),
            salt_separator: standard(base64("base64_salt_separator")?),
            rounds: number("rounds")?,
            mem_cost: number("mem_cost")?,
        })
    }

    fn hash(&self, salt: &str, hash: &str) -> PasswordHash {
        let project = FirebaseScrypt {
            signer_key: self.signer_key.expose(),
            salt_separator: &self.salt_separator,
            rounds: self.rounds,
            mem_cost: self.mem_cost,
        };
        PasswordHash::firebase(&project, salt, hash)
    }
}

fn bare(text: &str) -> &str {
    text.trim().trim_matches('"')
}

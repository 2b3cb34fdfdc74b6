//! The signing keys: from a configuration, with a remedy for whatever keeps them from being used.

use std::sync::Arc;

use auth_core::root_keys::{RootKeyError, RootKeyRing};
use auth_core::service::{KeySettings, KeySetupError, OpenError, SigningKeys};
use auth_core::token::Algorithm;
use auth_storage::DieselStore;

use super::{AssembleError, failed, open_store, root_key_file};
use crate::chain::chain;
use crate::config::{self, Settings};

/// The keys over a store; nothing is read yet.
pub(super) fn over(settings: &Settings, store: &DieselStore, ring: &Arc<RootKeyRing>) -> SigningKeys {
    let token = &settings.token;
    let algorithm = match token.algorithm {
        config::Algorithm::Es256 => Algorithm::Es256,
        config::Algorithm::EdDsa => Algorithm::EdDsa,
        config::Algorithm::Hs256 => Algorithm::Hs256,
        config::Algorithm::Ps256 => Algorithm::Ps256,
        config::Algorithm::Rs256 => Algorithm::Rs256,
    };
    let settings = KeySettings {
        algorithm,
        shared_secret: token.hs256_secret.clone(),
        rotation: token.key_rotation,
        publish_ahead: token.key_publish_ahead,
    };
    SigningKeys::new(Arc::new(store.clone()), Arc::clone(ring), settings)
}

/// Opens them, and makes the first one.
pub(super) fn open(keys: &SigningKeys) -> Result<(), AssembleError> {
    keys.open().map_err(|error| {
        let text = format!("{}\n  {}", chain(&error), remedy(&error));
        match error {
            KeySetupError::SharedSecret(_) | KeySetupError::RetiredSecret(_) => AssembleError::Config(text),
            _ => AssembleError::Failed(text),
        }
    })
}

fn remedy(error: &KeySetupError) -> String {
    match error {
        KeySetupError::Closed(_, OpenError::Sealed(RootKeyError::Missing(root))) => format!(
            "append root key `{root}`, which the database was made with, to secrets.keys (AUTH_SECRETS_KEYS), after the \
             active one"
        ),
        KeySetupError::Closed(key, OpenError::Sealed(_)) => format!(
            "the root key is another one of the same name, or the row was changed: put the right key into secrets.keys \
             (AUTH_SECRETS_KEYS), restore the row from a backup, or `auth-server keys retire {key}`"
        ),
        KeySetupError::Closed(key, OpenError::Damaged(_)) => {
            format!(
                "restore the key's row from a backup, or `auth-server keys retire {key}`: its tokens are refused then"
            )
        }
        KeySetupError::SharedSecret(_) | KeySetupError::RetiredSecret(_) => {
            "set token.hs256_secret (AUTH_TOKEN_HS256_SECRET) to a new one: openssl rand -base64 48".to_owned()
        }
        KeySetupError::Make(_) | KeySetupError::Unavailable(_) => "start it again".to_owned(),
    }
}

/// The keys, to be looked at: neither a key nor a root key is made, and nothing is migrated.
///
/// # Errors
/// [`AssembleError`] where the root keys cannot be read.
pub fn looking(settings: &Settings, store: &DieselStore) -> Result<SigningKeys, AssembleError> {
    let ring = match store.sqlite_path() {
        Some(path) => root_key_file::existing(settings.secrets.keys.as_ref(), path)?,
        None => root_key_file::ring(settings.secrets.keys.as_ref(), store)?.ring,
    };
    Ok(over(settings, store, &Arc::new(ring)))
}

/// The keys for a command: none of them needs to be opened, for the command may be the remedy.
///
/// # Errors
/// [`AssembleError`].
pub fn command(settings: &Settings) -> Result<SigningKeys, AssembleError> {
    let store = open_store(&settings.database)?;
    let root_keys = root_key_file::ring(settings.secrets.keys.as_ref(), &store)?;
    if settings.database.migrate_on_start {
        store.migrate().map_err(failed)?;
    } else {
        store.check_schema().map_err(failed)?;
    }
    Ok(over(settings, &store, &Arc::new(root_keys.ring)))
}

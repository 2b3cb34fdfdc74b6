//! The configuration: known keys, layers with origins, and typed settings.
//!
//! Order, the later over the earlier: built in, `config/default.toml` (compiled in), `--config` files, environment,
//! flags. The process environment and the working directory are never read here; the caller passes in what counts, so
//! that tests and embedders decide. All that is wrong is reported at once, each with its remedy.
//!
//! ```
//! use auth_server::config::{Inputs, load};
//!
//! let env = vec![("AUTH_TOKEN_ACCESS_TTL".into(), "30m".into()), ("PORT".into(), "9000".into())];
//! let loaded = load(&Inputs { env, ..Inputs::default() }).unwrap();
//! assert_eq!(loaded.settings.token.access_ttl.as_secs(), 1_800);
//! assert_eq!(loaded.settings.public_url, "http://localhost:9000");
//! assert_eq!(loaded.origin("server.port").unwrap().to_string(), "environment variable PORT");
//!
//! let env = vec![("AUTH_TOKEN_ACESS_TTL".into(), "30m".into())];
//! let error = load(&Inputs { env, ..Inputs::default() }).unwrap_err();
//! assert!(error.to_string().contains("nearest known name is AUTH_TOKEN_ACCESS_TTL"));
//! ```

mod build;
mod checks;
mod choices;
mod clients;
mod cross;
mod environment;
mod error;
mod files;
mod keys;
mod kind;
mod layers;
mod limits;
mod nearest;
mod origin;
mod origins;
mod parse;
mod platform;
mod reference;
mod secret;
mod settings;
mod show;
#[cfg(test)]
mod tests;
mod values;

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

pub use choices::{Algorithm, ClientIp, LogFormat, RegistrationMode, Synchronous, TokenType};
pub use error::{ConfigError, Finding};
pub(crate) use files::read_plain;
pub use origin::Origin;
pub(crate) use parse::{duration as read_duration, format_size, size as read_size};
pub use reference::reference;
pub use secret::Secret;
pub use settings::{
    AuditSettings, CleanupSettings, CorsSettings, DatabaseSettings, HashingSettings, IntrospectionSettings,
    LogSettings, OpsSettings, PasswordSettings, RegistrationSettings, SecretsSettings, ServerSettings, SessionSettings,
    Settings, TokenSettings, UsernameSettings,
};

use layers::Layers;
use values::Values;

/// Where settings come from.
#[derive(Clone, Default)]
pub struct Inputs {
    /// `--config` files in the order given; later ones win.
    pub files: Vec<PathBuf>,
    /// The environment, usually `std::env::vars_os().collect()`.
    pub env: Vec<(OsString, OsString)>,
    /// Dotted key and value of each flag; secrets are refused.
    pub overrides: Vec<(String, String)>,
}

/// Shows files and keys only: the environment holds secrets.
impl fmt::Debug for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&str> = self.overrides.iter().map(|(key, _)| key.as_str()).collect();
        f.debug_struct("Inputs").field("files", &self.files).field("overrides", &keys).finish_non_exhaustive()
    }
}

/// A configuration that may be used.
#[derive(Debug)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// What an operator should know and what does not prevent a start, one sentence each.
    pub warnings: Vec<String>,
    values: Values,
}

impl Loaded {
    /// Who set the key; `None` for a key that does not exist.
    pub fn origin(&self, key: &str) -> Option<&Origin> {
        self.values.origin(key)
    }

    /// The keys that hold secrets.
    pub fn secrets() -> impl Iterator<Item = &'static str> {
        keys::KEYS.iter().filter(|key| key.secret).map(|key| key.name)
    }

    /// Every key with who set it, in the order of the documentation.
    pub fn origins(&self) -> impl Iterator<Item = (&'static str, &Origin)> {
        keys::KEYS.iter().filter_map(|key| Some((key.name, self.origin(key.name)?)))
    }
}

/// Reads, merges and checks the configuration.
///
/// # Errors
/// [`ConfigError`] with every [`Finding`]: files that cannot be read, unknown keys and variables, wrong values, and
/// values that do not go together. Rules over several keys are checked as far as their keys have values.
pub fn load(inputs: &Inputs) -> Result<Loaded, ConfigError> {
    let (mut findings, mut warnings) = (Vec::new(), Vec::new());
    let mut layers = Layers::built_in(&mut findings);
    for path in &inputs.files {
        let origin = Origin::File(path.clone());
        match files::read(path, &origin) {
            Ok(text) => layers.put(files::entries(&text, &origin, &mut findings)),
            Err(finding) => findings.push(*finding),
        }
    }
    layers.put(environment::entries(&inputs.env, &mut findings, &mut warnings));
    layers.put(layers::flags(&inputs.overrides, &mut findings));
    let mut values = layers.values(&mut findings);
    cross::derive(&mut values);
    findings.extend(cross::check(&values));
    match build::settings(&values) {
        Some(settings) if findings.is_empty() => Ok(Loaded { settings, warnings, values }),
        None if findings.is_empty() => Err(ConfigError::new(vec![Finding::Incomplete])),
        _ => Err(ConfigError::new(findings)),
    }
}

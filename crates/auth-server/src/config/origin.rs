//! Who set a value.

use std::fmt;
use std::path::PathBuf;

/// Where the value of a key comes from; later variants win over earlier ones, but for the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Built in, as `config/default.toml` lists it.
    Default,
    /// A `--config` file.
    File(PathBuf),
    /// An environment variable, by its name.
    Environment(String),
    /// A file that an environment variable names.
    SecretFile {
        /// The variable, which ends with `_FILE`.
        variable: String,
        /// The file.
        path: PathBuf,
    },
    /// The command line.
    Flag,
    /// Nobody: it follows from the key named here.
    Derived(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::SecretFile { variable, path } => {
                write!(f, "file {} named by environment variable {variable}", path.display())
            }
            Self::Flag => f.write_str("flag"),
            Self::Derived(key) => write!(f, "follows {key}"),
        }
    }
}

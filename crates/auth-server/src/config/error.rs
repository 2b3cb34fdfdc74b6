//! What can be wrong with a configuration, each with its remedy.

use std::fmt::{self, Display};
use std::path::PathBuf;

use thiserror::Error;

use super::origin::Origin;

/// Everything that is wrong with a configuration, found in one go.
///
/// `Display` is one line for each finding, without any secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    findings: Vec<Finding>,
}

impl ConfigError {
    pub(super) fn new(findings: Vec<Finding>) -> Self {
        Self { findings }
    }

    /// The findings: files first, then names, values and combinations.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

impl Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.findings.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for ConfigError {}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Finding {
    /// A configuration file, or the file with a secret that a variable names, cannot be read.
    #[error("{} cannot be read: {cause}; {remedy}", line(origin))]
    Unreadable {
        /// The file, and the variable that names it.
        origin: Origin,
        /// The system's words.
        cause: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A configuration file is not TOML.
    #[error("file {} is not valid TOML: {}", line(path.display()), line(message))]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Place and reason, without the line itself: it may hold a secret.
        message: String,
    },
    /// A key that does not exist.
    #[error("{}: the key `{}` is unknown; the nearest known key is `{nearest}`", line(origin), line(key))]
    UnknownKey {
        /// A file or a flag.
        origin: Origin,
        /// As written.
        key: String,
        /// Perhaps meant.
        nearest: String,
    },
    /// A variable that begins with `AUTH_` and is none of ours.
    #[error("environment variable {} is unknown; the nearest known name is {nearest}", line(name))]
    UnknownVariable {
        /// As set.
        name: String,
        /// Perhaps meant.
        nearest: String,
    },
    /// A variable whose name or value is not UTF-8.
    #[error("environment variable {} is not UTF-8; set it again, or unset it", line(name))]
    NotUtf8 {
        /// The name.
        name: String,
    },
    /// A secret is given as a value and by a file.
    #[error("environment variables {name} and {name}_FILE are both set; unset one of them")]
    BothSet {
        /// The variable with the value.
        name: String,
    },
    /// A secret is given by a flag, where every user of the machine can read it.
    #[error("{key} is a secret and no flag can set it; set {variable} or {variable}_FILE")]
    SecretFlag {
        /// The key.
        key: &'static str,
        /// Its variable.
        variable: String,
    },
    /// A value that its key does not allow.
    #[error("{key} = {shown} ({}): {reason}; allowed: {allowed}", line(origin))]
    Wrong {
        /// The key.
        key: &'static str,
        /// Who set it.
        origin: Origin,
        /// The value, or that it is not shown because it is a secret.
        shown: String,
        /// What is wrong with it.
        reason: &'static str,
        /// What is allowed.
        allowed: String,
    },
    /// Values that do not go together.
    #[error("{}: {text}", keys.join(", "))]
    Conflict {
        /// The keys.
        keys: Vec<&'static str>,
        /// Why, and the remedy.
        text: String,
    },
    /// The list of keys lacks one that the settings need: a defect of the program.
    #[error("the list of keys does not fit this program; please report it")]
    Incomplete,
}

impl Finding {
    /// The keys that the finding is about, as far as they exist.
    pub fn keys(&self) -> Vec<&'static str> {
        match self {
            Self::SecretFlag { key, .. } | Self::Wrong { key, .. } => vec![key],
            Self::Conflict { keys, .. } => keys.clone(),
            _ => Vec::new(),
        }
    }
}

/// Somebody else's text on one line, and not too much of it.
pub(super) fn line(text: impl Display) -> String {
    let text = text.to_string();
    let cut: String = text.chars().take(200).flat_map(char::escape_debug).collect();
    // Quotes need no escape here, and paths read better without.
    let plain = cut.replace("\\'", "'").replace("\\\"", "\"");
    if text.chars().nth(200).is_some() { plain + "…" } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_stays_on_one_short_line() {
        assert_eq!(line("a\nb\u{1b}[31m'\"é"), "a\\nb\\u{1b}[31m'\"é");
        assert_eq!(line("x".repeat(10_000)).chars().count(), 201);
    }

    #[test]
    fn each_finding_is_one_line() {
        let unknown =
            |name: &str| Finding::UnknownVariable { name: name.to_owned(), nearest: "AUTH_LOG_LEVEL".to_owned() };
        let error = ConfigError::new(vec![unknown("AUTH_LOG\nLEVEL"), Finding::Incomplete]);
        assert_eq!(error.to_string().lines().count(), 2);
        assert!(error.to_string().contains("AUTH_LOG\\nLEVEL is unknown; the nearest known name is AUTH_LOG_LEVEL"));
    }
}

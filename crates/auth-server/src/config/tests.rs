//! The configuration as a whole.

mod layers;
mod mutations;
mod rules;
mod table;

use std::path::PathBuf;

use tempfile::TempDir;

use super::{ConfigError, Inputs, Loaded, load};

/// A shared secret that passes.
const SHARED: &str = "q7Rk2mXw9ZtLb4VdYs8NcJh3GfPa6TeU";

/// Inputs with these variables.
fn env(variables: &[(&str, &str)]) -> Inputs {
    let env = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
    Inputs { env, ..Inputs::default() }
}

fn load_env(variables: &[(&str, &str)]) -> Result<Loaded, ConfigError> {
    load(&env(variables))
}

/// The error of a configuration that has to be refused.
fn refusal(inputs: &Inputs) -> String {
    load(inputs).expect_err("it is not refused").to_string()
}

/// Files in a folder that goes when the answer does.
fn files(texts: &[&str]) -> (TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let write = |(number, text): (usize, &&str)| {
        let path = folder.path().join(format!("{number}.toml"));
        std::fs::write(&path, text).unwrap();
        path
    };
    let paths = texts.iter().enumerate().map(write).collect();
    (folder, paths)
}

/// Loads one file and nothing else.
fn load_text(text: &str) -> Result<Loaded, ConfigError> {
    let (_folder, files) = files(&[text]);
    load(&Inputs { files, ..Inputs::default() })
}

//! The merged configuration for people and scripts, with secrets masked.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json, json};

use super::Loaded;
use super::error::line;
use super::keys::KEYS;

impl Loaded {
    /// The configuration as TOML, in the order of the documentation; with `origin`, a comment on each line says who set
    /// it. Secrets show as stars, unless they are the built-in value.
    pub fn show(&self, origin: bool) -> String {
        let mut text = String::new();
        let mut current = "";
        for (name, shown, from) in self.lines() {
            let (section, key) = name.split_once('.').unwrap_or(("", name));
            if section != current {
                let _ = write!(text, "\n[{section}]\n");
                current = section;
            }
            let comment = if origin { format!("  # {from}") } else { String::new() };
            let _ = writeln!(text, "{key} = {shown}{comment}");
        }
        text
    }

    /// The same as one object a section; with `origin`, each value is `{"value": …, "origin": "…"}`.
    pub fn show_json(&self, origin: bool) -> Json {
        let mut root = Map::new();
        for (name, shown, from) in self.lines() {
            let leaf = if origin { json!({ "value": shown, "origin": from }) } else { shown };
            match name.split_once('.') {
                None => {
                    root.insert(name.to_owned(), leaf);
                }
                Some((section, key)) => {
                    if let Json::Object(members) = root.entry(section).or_insert_with(|| json!({})) {
                        members.insert(key.to_owned(), leaf);
                    }
                }
            }
        }
        Json::Object(root)
    }

    fn lines(&self) -> impl Iterator<Item = (&'static str, Json, String)> {
        KEYS.iter().filter_map(|key| Some((key.name, self.values.shown(key.name)?, line(self.origin(key.name)?))))
    }
}

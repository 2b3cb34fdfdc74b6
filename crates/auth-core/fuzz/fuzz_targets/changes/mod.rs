//! JSON objects with members changed, by names and values of each target's choosing.

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use serde_json::{Map, Value, json};

/// One member that is set, or removed where there is no value.
#[derive(Arbitrary, Debug)]
pub struct Change<'a, V> {
    name: Name<'a>,
    value: Option<V>,
}

#[derive(Arbitrary, Debug)]
enum Name<'a> {
    /// One of those that mean something.
    Known(u8),
    Other(&'a str),
}

/// What a target puts in as a value.
pub trait Any {
    fn json(&self) -> Value;
}

/// Lists in lists.
pub fn deep(depth: u8) -> Value {
    (0..depth % 8).fold(json!(1), |inner, _| json!([inner]))
}

pub fn change(object: &mut Map<String, Value>, known: &[&str], changes: &[Change<'_, impl Any>]) {
    for change in changes {
        let name = match change.name {
            Name::Known(index) => known[usize::from(index) % known.len()],
            Name::Other(name) => name,
        };
        match &change.value {
            Some(value) => object.insert(name.to_owned(), value.json()),
            None => object.remove(name),
        };
    }
}

//! Strict JSON: what `serde_json` lets pass and a security boundary must not.
//!
//! Duplicate members are read differently by different parsers, so that one may check what another never sees; deep
//! nesting costs stack. Both are refused, here alone, for request bodies and for tokens.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

/// Why a text is not the JSON object that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum JsonFault {
    /// Not JSON (RFC 8259), not UTF-8, or with something after the value.
    #[error("not valid JSON")]
    Syntax,
    /// JSON, and not an object.
    #[error("not a JSON object")]
    NotAnObject,
    /// An object has two members of one name.
    #[error("an object has two members of one name")]
    Duplicate,
    /// Objects and arrays are nested deeper than asked for.
    #[error("nested too deeply")]
    TooDeep,
}

/// Reads one JSON object, nested at most `max_depth` deep (the object itself counts as one), and nothing after it.
///
/// # Errors
/// [`JsonFault`]. The parser's own words stay inside: they echo what was sent.
pub fn parse_object(bytes: &[u8], max_depth: usize) -> Result<Map<String, Value>, JsonFault> {
    let fault = Cell::new(JsonFault::Syntax);
    let mut parser = serde_json::Deserializer::from_slice(bytes);
    let seed = Strict { depth: max_depth, fault: &fault };
    let value =
        seed.deserialize(&mut parser).and_then(|value| parser.end().map(|()| value)).map_err(|_| fault.get())?;
    match value {
        Value::Object(map) => Ok(map),
        _ => Err(JsonFault::NotAnObject),
    }
}

#[derive(Clone, Copy)]
struct Strict<'f> {
    depth: usize,
    fault: &'f Cell<JsonFault>,
}

impl Strict<'_> {
    fn refuse<E: serde::de::Error>(self, fault: JsonFault) -> E {
        self.fault.set(fault);
        E::custom(fault)
    }

    fn inner<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| self.refuse(JsonFault::TooDeep))?;
        Ok(Self { depth, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            match map.entry(name) {
                Entry::Vacant(member) => member.insert(members.next_value_seed(inner)?),
                Entry::Occupied(_) => return Err(self.refuse(JsonFault::Duplicate)),
            };
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_read_and_everything_else_is_named() {
        assert_eq!(parse_object(br#"{"a":[1,-2,1.5,null,true,"x"]}"#, 2).unwrap().len(), 1);
        for (text, fault) in [
            (&b"["[..], JsonFault::Syntax),
            (b"", JsonFault::Syntax),
            (b"{}x", JsonFault::Syntax),
            (b"{} {}", JsonFault::Syntax),
            (b"{\"a\":1e400}", JsonFault::Syntax),
            (b"{\"a\":NaN}", JsonFault::Syntax),
            (b"{\"a\":\"\\ud800\"}", JsonFault::Syntax),
            (b"{\"a\":\"\xff\"}", JsonFault::Syntax),
            (b"\xef\xbb\xbf{}", JsonFault::Syntax),
            (b"{'a':1}", JsonFault::Syntax),
            (b"[\"a\",\"b\"]", JsonFault::NotAnObject),
            (b"\"a\"", JsonFault::NotAnObject),
            (b"null", JsonFault::NotAnObject),
            (b"{\"a\":1,\"a\":1}", JsonFault::Duplicate),
            (b"{\"a\":1,\"\\u0061\":1}", JsonFault::Duplicate),
            (b"{\"a\":{\"b\":1,\"b\":2}}", JsonFault::Duplicate),
            (b"{\"a\":{\"b\":{}}}", JsonFault::TooDeep),
        ] {
            assert_eq!(parse_object(text, 2), Err(fault), "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn a_hundred_thousand_brackets_are_too_deep() {
        let text = format!("{{\"a\":{}", "[".repeat(100_000));
        assert_eq!(parse_object(text.as_bytes(), 16), Err(JsonFault::TooDeep));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_judged(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..64)) {
            if let Ok(map) = parse_object(&bytes, 4) {
                proptest::prop_assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), Value::Object(map));
            }
        }
    }
}

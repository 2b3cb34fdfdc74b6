//! `application/x-www-form-urlencoded`, read strictly.

use serde_json::{Map, Value};

use crate::problem::{Code, Problem};

/// The parameters of a form. One without a value counts as missing (RFC 6749, section 3.2); one that is there twice is
/// refused, whichever values it has.
pub(super) fn parse(body: &[u8]) -> Result<Map<String, Value>, Problem> {
    let mut parameters = Map::new();
    for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let mut half = || decode(halves.next().unwrap_or_default()).ok_or_else(|| Problem::new(Code::InvalidForm));
        let (name, value) = (half()?, half()?);
        if parameters.insert(name, Value::String(value)).is_some() {
            return Err(Problem::new(Code::DuplicateMember));
        }
    }
    parameters.retain(|_, value| value.as_str().is_some_and(|text| !text.is_empty()));
    Ok(parameters)
}

/// `+` is a space, `%` must have two hex digits behind it, and the whole must be UTF-8.
fn decode(text: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(*rest.next()?)? << 4 | hex(*rest.next()?)?,
            other => *other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Vec<(String, String)>, Code> {
        let text = |value: Value| value.as_str().unwrap_or_default().to_owned();
        let parameters = parse(body.as_bytes()).map_err(|problem| problem.code())?;
        Ok(parameters.into_iter().map(|(name, value)| (name, text(value))).collect())
    }

    #[test]
    fn forms_are_decoded() {
        let pairs = |body| read(body).unwrap();
        assert_eq!(pairs("a=b+c%20d&e=%C3%A9%3D%26"), [("a".into(), "b c d".into()), ("e".into(), "é=&".into())]);
        assert_eq!(pairs("a=b=c"), [("a".into(), "b=c".into())]);
        assert_eq!(pairs(""), []);
        assert_eq!(pairs("a=&b"), [], "without a value is missing");
    }

    #[test]
    fn what_two_readers_might_read_differently_is_refused() {
        for body in ["a=%", "a=%4", "a=%zz", "a=%C3", "a=%ff", "%=a", "a=%u0041"] {
            assert_eq!(read(body), Err(Code::InvalidForm), "{body}");
        }
        for body in ["a=1&a=2", "a=1&%61=1", "a=&a=1", "a&a"] {
            assert_eq!(read(body), Err(Code::DuplicateMember), "{body}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_judged(body in proptest::collection::vec(proptest::num::u8::ANY, 0..64)) {
            let _ = parse(&body);
        }
    }
}

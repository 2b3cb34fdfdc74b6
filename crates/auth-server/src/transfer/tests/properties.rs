//! Any bytes, in any portions.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const FORMATS: [Format; 8] = [
    Format::Ndjson,
    Format::Csv,
    Format::Tutorial,
    Format::Django,
    Format::Firebase,
    Format::Auth0,
    Format::Supabase,
    Format::Keycloak,
];

/// Values as an element of an array may be.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z\\[\\]{},:\"\\\\\n\u{e9} ]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-z\"\\]]{0,4}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn elements(text: &[u8], wanted: Wanted, step: usize) -> Result<Vec<(u64, Vec<u8>)>, SourceError> {
    let input = Input::new(Box::new(Dribble { bytes: text.to_vec(), at: 0, step }))?;
    Elements::new(input, wanted)
        .map(|line| {
            line.map(|(number, raw)| match raw {
                Ok(Raw::Json(bytes)) => (number, bytes),
                _ => (number, Vec::new()),
            })
        })
        .collect()
}

proptest! {
    /// Every end is reached, nothing panics, and how the bytes come makes no difference.
    #[test]
    fn any_bytes_are_read_to_their_end_the_same_in_any_portions(
        bytes in proptest::collection::vec(prop_oneof![any::<u8>(), Just(b'"'), Just(b'['), Just(b'{'), Just(b'\n'), Just(b',')], 0..120),
        step in 1_usize..9,
    ) {
        for format in FORMATS {
            for start in [&b""[..], b"[", b"{\"users\":[", b"id,username,password,encrypted_password\n"] {
                let text = [start, &bytes[..]].concat();
                prop_assert_eq!(lines_by(format, &text, step), lines_by(format, &text, 1 << 16));
            }
        }
    }

    /// The splitter against `serde_json`, in both ways of writing.
    #[test]
    fn the_elements_of_an_array_are_those_that_it_has(values in proptest::collection::vec(value(), 0..6), step in 1_usize..9) {
        let text = serde_json::to_string_pretty(&values).unwrap();
        for text in [serde_json::to_string(&values).unwrap(), text] {
            let users = format!("{{\"a\":{text},\"users\":{text},\"b\":{text}}}");
            for (text, wanted) in [(text, Wanted::Root), (users, Wanted::Users)] {
                let found = elements(text.as_bytes(), wanted, step).unwrap();
                let read: Vec<Value> = found.iter().map(|(_, bytes)| serde_json::from_slice(bytes).unwrap()).collect();
                prop_assert_eq!(&read, &values);
                for (number, bytes) in &found {
                    let line = text.lines().nth(usize::try_from(*number).unwrap() - 1).unwrap();
                    let begins = bytes.split(|byte| *byte == b'\n').next().unwrap();
                    prop_assert!(line.contains(std::str::from_utf8(begins).unwrap()));
                }
            }
        }
    }

    /// An array that is cut anywhere is told from one that ended.
    #[test]
    fn an_array_that_is_cut_is_never_taken_for_a_whole_one(values in proptest::collection::vec(value(), 1..5), at in any::<prop::sample::Index>()) {
        let text = json!(values).to_string();
        let cut = &text.as_bytes()[..at.index(text.len())];
        prop_assert!(elements(cut, Wanted::Root, 5).is_err());
    }

    /// Lines that the CSV writer of another library would write, field by field.
    #[test]
    fn fields_of_a_table_are_read_as_they_were_quoted(names in proptest::collection::vec("[a-z,\"\r\n \u{e9}]{1,12}", 1..6)) {
        let quoted = |name: &String| format!("\"{}\"", name.replace('"', "\"\""));
        let rows: Vec<String> = names.iter().map(quoted).collect();
        let read = lines_by(Format::Csv, format!("username\n{}\n", rows.join("\n")).as_bytes(), 3).0;
        let found: Vec<&str> = super::names(&read).into_iter().map(|(_, name)| name).collect();
        prop_assert_eq!(found, names.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

#[test]
fn an_account_that_is_written_and_read_is_the_same() {
    let text = include_str!("../../../tests/fixtures/import/ours.ndjson");
    for (line, (_, account)) in text.lines().zip(lines(Format::Ndjson, text)) {
        let record = account.unwrap().record;
        let user = auth_core::user::User {
            id: record.id.unwrap(),
            name: auth_core::user::Username::imported(&record.username).unwrap(),
            state: record.state.unwrap(),
            legacy_id: record.legacy_id,
            credential_version: 1,
            created_at: record.created_at.unwrap(),
            updated_at: record.updated_at.unwrap(),
        };
        let password = record.password.map(|password| auth_core::password::StoredPassword {
            hash: password.hash,
            changed_at: password.changed_at.unwrap(),
        });
        let exported =
            auth_core::service::ExportedUser { user, roles: record.roles.unwrap().into_iter().collect(), password };
        assert_eq!(to_line(&exported).unwrap(), format!("{line}\n"));
    }
}

//! Broken configurations: a clean refusal or settings, never a panic.

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::config::layers::DEFAULT_FILE;

/// One careless edit.
#[derive(Debug, Clone)]
enum Edit {
    Delete(Index, u8),
    Insert(Index, String),
    Double(Index, u8),
    SwapLines(Index, Index),
    Value(Index, String),
}

fn edit() -> impl Strategy<Value = Edit> {
    let any_value = prop_oneof![
        Just("-1".to_owned()),
        Just("1e999".to_owned()),
        Just("nan".to_owned()),
        Just("[[]]".to_owned()),
        Just("{}".to_owned()),
        Just("1979-05-27".to_owned()),
        Just("9223372036854775807".to_owned()),
        Just("\"\"".to_owned()),
        Just("\"\\u0000\"".to_owned()),
        "\"[0-9]{1,20}(d|h|m|s|ms|KiB|GiB)?\"",
        "[0-9]{1,6}",
        any::<bool>().prop_map(|on| on.to_string()),
        any::<String>().prop_map(|text| format!("{text:?}")),
    ];
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, length)| Edit::Delete(at, length)),
        (any::<Index>(), prop_oneof!["[\\[\\]{}=.\"'#\n]{1,3}", any::<String>()])
            .prop_map(|(at, text)| Edit::Insert(at, text)),
        (any::<Index>(), any::<u8>()).prop_map(|(at, length)| Edit::Double(at, length)),
        (any::<Index>(), any::<Index>()).prop_map(|(one, other)| Edit::SwapLines(one, other)),
        (any::<Index>(), any_value.clone()).prop_map(|(at, value)| Edit::Value(at, value)),
        (any::<Index>(), any_value).prop_map(|(at, value)| Edit::Value(at, value)),
    ]
}

fn apply(text: &str, edit: &Edit) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if chars.is_empty() || lines.is_empty() {
        return text.to_owned();
    }
    let (length, count) = (chars.len(), lines.len());
    let range = |at: &Index, size: u8| at.index(length)..(at.index(length) + usize::from(size)).min(length);
    match edit {
        Edit::Delete(at, size) => drop(chars.drain(range(at, *size))),
        Edit::Insert(at, text) => drop(chars.splice(range(at, 0), text.chars()).count()),
        Edit::Double(at, size) => chars.extend_from_within(range(at, *size)),
        Edit::SwapLines(one, other) => {
            lines.swap(one.index(count), other.index(count));
            return lines.join("\n");
        }
        Edit::Value(at, value) => {
            let settings: Vec<usize> = (0..count).filter(|line| lines[*line].contains(" = ")).collect();
            if !settings.is_empty() {
                let line = settings[at.index(settings.len())];
                let key = lines[line].split(" = ").next().unwrap_or_default().to_owned();
                lines[line] = format!("{key} = {value}");
            }
            return lines.join("\n");
        }
    }
    chars.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mutated_configuration_loads_or_is_refused_line_by_line(edits in prop::collection::vec(edit(), 1..6)) {
        let text = edits.iter().fold(DEFAULT_FILE.to_owned(), |text, edit| apply(&text, edit));
        match load_text(&text) {
            Ok(loaded) => {
                let _ = (loaded.show(true), loaded.show_json(true));
            }
            Err(error) => prop_assert_eq!(error.to_string().lines().count(), error.findings().len()),
        }
    }

    #[test]
    fn an_arbitrary_environment_loads_or_is_refused_line_by_line(
        variables in prop::collection::vec(("AUTH_[A-Z_]{0,20}|PORT|DATABASE_URL|JWT_SECRET|RUST_LOG|AUTH_SERVER_[A-Z_]{0,6}", any::<String>()), 0..6),
        overrides in prop::collection::vec(any::<(String, String)>(), 0..3),
    ) {
        let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if let Err(error) = load(&Inputs { overrides, ..env(&variables) }) {
            prop_assert_eq!(error.to_string().lines().count(), error.findings().len());
        }
    }
}

#[test]
fn nesting_and_length_do_no_harm() {
    let deep = 100_000;
    for text in [
        format!("username.reserved = {}", "[".repeat(deep)),
        format!("username.reserved = {}{}", "[".repeat(deep), "]".repeat(deep)),
        format!("a{} = 1", ".a".repeat(deep)),
        format!("[a{}]", ".a".repeat(deep)),
        format!("a = {}", "{a = ".repeat(deep)),
        format!("{} = 1", "a".repeat(deep)),
        format!("\"a[4000000000]\" = 1\n{}", "# x\n".repeat(deep)),
        "[a]\n".repeat(deep),
    ] {
        let error = load_text(&text).unwrap_err().to_string();
        assert!(error.len() < 2_000, "{}", error.len());
    }
}

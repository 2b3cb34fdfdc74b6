//! Lines that are none, and sources that end or begin wrongly.

use auth_core::json::JsonFault;

use super::*;

const GOOD: &str = r#"{"username":"alice"}"#;

#[test]
fn each_bad_line_is_named_by_number_and_reason_and_the_others_are_read() {
    let long = format!(r#"{{"username":"{}"}}"#, "a".repeat(LONGEST));
    let text = [
        GOOD.as_bytes(),
        b"{\"username\":\"\xff\"}",
        b"",
        b"{\"username\":",
        b"[1]",
        b"{\"username\":\"a\",\"username\":\"b\"}",
        b"{}",
        b"{\"username\":7}",
        b"{\"username\":\"b\",\"pasword\":{}}",
        b"{\"username\":\"b\",\"id\":\"7\"}",
        b"{\"username\":\"b\",\"roles\":[\"Admin\"]}",
        b"{\"username\":\"b\",\"disabled\":\"maybe\"}",
        b"{\"username\":\"b\",\"created_at\":\"yesterday\"}",
        b"{\"username\":\"b\",\"legacy_id\":1.5}",
        b"{\"username\":\"b\",\"password\":\"hunter2\"}",
        long.as_bytes(),
        b"  {\"username\":\"last\"}\r",
    ]
    .join(&b'\n');
    let (read, ended) = lines_by(Format::Ndjson, &text, 4_096);
    assert_eq!((names(&read), ended), (vec![(1, "alice"), (17, "last")], None));
    let found = faults(&read);
    assert_eq!(
        found.iter().map(|(number, _)| *number).collect::<Vec<_>>(),
        [2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
    );
    let said: Vec<String> = found.iter().map(|(_, fault)| fault.to_string()).collect();
    for (said, word) in said.iter().zip([
        "UTF-8",
        "JSON",
        "object",
        "two members",
        "`username` is missing",
        "`username`",
        "means nothing",
        "`id`",
        "`roles`",
        "`disabled`",
        "`created_at`",
        "`legacy_id`",
        "`password`",
        "1 MiB",
    ]) {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert!(!said.concat().contains("hunter2"));
}

#[test]
fn byte_order_marks_line_ends_and_blank_lines_are_nobody_s_fault() {
    let text = format!("\u{feff}\r\n{GOOD}\r\n\r\n  \n{}", GOOD.replace("alice", "bob"));
    assert_eq!(names(&lines(Format::Ndjson, &text)), [(2, "alice"), (5, "bob")]);
    assert_eq!(names(&lines(Format::Csv, "\u{feff}username\r\nalice\r\n\r\nbob")), [(2, "alice"), (4, "bob")]);
    assert_eq!(names(&lines(Format::Tutorial, "\u{feff} [ ]\n")), []);
    for text in ["", "\n\n", "\u{feff}"] {
        assert_eq!(lines(Format::Ndjson, text), []);
    }
}

#[test]
fn a_source_of_another_encoding_or_form_is_refused_before_its_first_line() {
    let refused = |format, bytes: &[u8]| {
        let (lines, ended) = lines_by(format, bytes, 7);
        assert_eq!(lines, []);
        ended.unwrap()
    };
    let utf_16: Vec<u8> = std::iter::once(0xfeff).chain(GOOD.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert!(refused(Format::Ndjson, &utf_16).contains("UTF-16"));
    assert!(refused(Format::Ndjson, b"\xef\xbb{}").contains("UTF-8"));
    assert!(refused(Format::Firebase, b"localId,email\n").contains("--format=json"));
    assert!(refused(Format::Firebase, b"").contains("--format=json"));
    assert!(refused(Format::Keycloak, b"{\"realm\":\"x\"}").contains("`users`"));
    assert!(refused(Format::Keycloak, b"{\"users\":{}}").contains("`users`"));
    assert!(refused(Format::Auth0, b"email\n").contains("JSON"));
    assert!(refused(Format::Tutorial, b"id,username\n").contains("`password`"));
    assert!(refused(Format::Tutorial, b"").contains("`id`"));
    assert!(refused(Format::Csv, b"username,pasword\n").contains("column 2"));
    assert!(refused(Format::Csv, b"username,username\n").contains("column 2"));
    assert!(refused(Format::Csv, b"id\n").contains("`username`"));
}

#[test]
fn what_stands_before_a_broken_place_is_read_and_the_place_is_named() {
    let element = r#"{"id":1,"username":"alice","password":"x"}"#;
    for (text, line) in [
        (format!("[{element}"), 1),
        (format!("[{element},"), 1),
        (format!("[{element},\n]"), 2),
        (format!("[{element}\n{element}]"), 2),
        (format!("[{element}]\n\n]"), 3),
        (format!("[{element},\n{{\"id\":2,\"username\":\"cut"), 2),
    ] {
        let (read, ended) = lines_by(Format::Tutorial, text.as_bytes(), 5);
        assert_eq!(names(&read), [(1, "alice")], "{text}");
        assert!(ended.as_ref().unwrap().contains(&format!("line {line}:")), "{text}: {ended:?}");
    }
}

#[test]
fn an_element_that_is_wrong_within_its_brackets_concerns_itself_alone() {
    let good = r#"{"id":1,"username":"a ] } , [","password":"x\"]"}"#;
    let long = format!(r#"{{"id":3,"username":"{}"}}"#, "a".repeat(LONGEST));
    let text = format!("[{good},\n{{\"id\":tru}},\n7,\n\"text\",\nnull,\n{long},\n{{\"id\":1,}},\n{good}]");
    let read = lines(Format::Tutorial, &text);
    assert_eq!(names(&read), [(1, "a ] } , ["), (8, "a ] } , [")]);
    let object = LineFault::Json(JsonFault::NotAnObject);
    let syntax = LineFault::Json(JsonFault::Syntax);
    assert_eq!(
        faults(&read),
        [(2, syntax), (3, object), (4, object), (5, object), (6, LineFault::TooLong), (7, syntax)]
    );
}

#[test]
fn members_before_and_behind_the_users_are_passed_over_however_long() {
    let long = format!("[{}0]", "1,".repeat(LONGEST));
    let text = format!(
        r#"{{"realm":"x","roles":{{"users":[{{"username":"nobody"}}]}},"blob":{long},"n":-1.5e3,"t":true,
        "users":[{{"username":"alice"}}], "{}":null,"users":[{{"username":"bob"}}],"clients":[]}}"#,
        "k".repeat(200)
    );
    assert_eq!(names(&lines(Format::Keycloak, &text)), [(2, "alice"), (2, "bob")]);
}

#[test]
fn a_quote_that_is_left_open_takes_no_more_memory_than_a_line_and_is_named() {
    let text = format!("username\nalice\n\"bob\n{}", "carol\n".repeat(300_000));
    let read = lines_by(Format::Csv, text.as_bytes(), 1 << 16).0;
    assert_eq!((names(&read), faults(&read)), (vec![(2, "alice")], vec![(3, LineFault::TooLong)]));
    let wide = format!("username\n{}\nalice\n", ",".repeat(1_000));
    let read = lines_by(Format::Csv, wide.as_bytes(), 1 << 16).0;
    assert_eq!((names(&read), faults(&read)), (vec![(3, "alice")], vec![(2, LineFault::TooLong)]));
}

#[test]
fn rows_of_another_width_and_of_other_bytes_are_named() {
    let text = b"username,id\nalice,\nbob\ncarol,,\n\xff,\ndave,\n";
    let (read, _) = lines_by(Format::Csv, text, 3);
    assert_eq!(names(&read), [(2, "alice"), (6, "dave")]);
    assert_eq!(faults(&read), [(3, LineFault::Width), (4, LineFault::Width), (5, LineFault::NotUtf8)]);
}

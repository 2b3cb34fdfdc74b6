//! Accounts, page by page.

use std::time::Duration;

use serde_json::{Value, json};

use super::{EVENTS, USERS, admin, patch, read, roles, user};
use crate::helpers::{Database, TestApp, Tokens, on_each_database, spawn_app};

fn names(page: &Value) -> Vec<String> {
    page["data"].as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap().to_owned()).collect()
}

/// All pages, by `next_cursor` and by `Link`, which must lead to the same place.
fn walk(app: &TestApp, tokens: &Tokens, query: &str) -> Vec<String> {
    let (mut seen, mut path) = (Vec::new(), format!("{USERS}?{query}"));
    loop {
        let reply = app.get_as(&path, &tokens.access);
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
        let page = reply.json();
        seen.extend(names(&page));
        let link = reply.header("link").map(str::to_owned);
        let Some(cursor) = page["next_cursor"].as_str() else {
            assert_eq!(link, None);
            return seen;
        };
        let by_hand = read(app, tokens, &format!("{USERS}?{query}&cursor={cursor}"));
        let link = link.unwrap();
        let url = link.strip_prefix("<https://auth.test").unwrap().strip_suffix(">; rel=\"next\"").unwrap();
        assert_eq!(read(app, tokens, url), by_hand, "{url}");
        url.clone_into(&mut path);
    }
}

fn site(database: Database) -> (TestApp, Tokens) {
    let app = spawn_app(database);
    let root = admin(&app, "carol");
    for (number, name) in ["zoe", "Alfred", "alice", "bob-1", "ALIX", "älva", "a&l=i +%"].iter().enumerate() {
        app.clock.advance(Duration::from_secs(1));
        let made = app.send_as(
            "POST",
            USERS,
            &root.access,
            Some(&json!({"username": name.replace(['&', ' ', '%', '+', '='], "_")})),
        );
        assert_eq!(made.status, 201, "{made:?}");
        let id = made.json()["id"].as_str().unwrap().to_owned();
        if number.is_multiple_of(2) {
            assert_eq!(patch(&app, &root, &id, &roles(&["help-desk"])).status, 200);
        }
        if number.is_multiple_of(3) {
            assert_eq!(patch(&app, &root, &id, &json!({"state": "disabled"})).status, 200);
        }
    }
    (app, root)
}

on_each_database! {
    fn accounts_are_listed_page_by_page_under_every_filter(database: Database) {
        let (app, root) = site(database);
        for (query, expected) in [
            ("", &["carol", "zoe", "Alfred", "alice", "bob-1", "ALIX", "älva", "a_l_i___"][..]),
            ("name=al", &["Alfred", "alice", "ALIX"]),
            ("name=AL", &["Alfred", "alice", "ALIX"]),
            ("name=%C3%84", &["älva"]),
            ("name=a%26b", &[]),
            ("name=%00", &[]),
            ("state=disabled", &["zoe", "bob-1", "a_l_i___"]),
            ("role=help-desk", &["zoe", "alice", "ALIX", "a_l_i___"]),
            ("role=help-desk&state=active", &["alice", "ALIX"]),
            ("role=admin", &["carol"]),
            ("created_from=2026-11-23T10:00:06Z", &["älva", "a_l_i___"]),
            ("created_until=2026-11-23T10:00:02Z", &["carol", "zoe"]),
            ("created_from=2026-11-23T10:00:01Z&created_until=2026-11-23T10:00:03Z&state=active", &["Alfred"]),
            ("name=al&role=help-desk&state=active&created_from=2026-11-23T10:00:00Z", &["alice", "ALIX"]),
        ] {
            for limit in [1, 2, 100] {
                assert_eq!(walk(&app, &root, &format!("{query}&limit={limit}")), expected, "{query} by {limit}");
            }
        }
        // What comes and goes between two pages repeats and hides nothing.
        let first = read(&app, &root, &format!("{USERS}?limit=3"));
        let (id, cursor) = (first["data"][2]["id"].as_str().unwrap(), first["next_cursor"].as_str().unwrap());
        assert_eq!(app.send_as("DELETE", &user(id), &root.access, None).status, 204);
        app.clock.advance(Duration::from_secs(1));
        app.register("newcomer");
        let rest = read(&app, &root, &format!("{USERS}?cursor={cursor}"));
        assert_eq!(names(&rest), ["alice", "bob-1", "ALIX", "älva", "a_l_i___", "newcomer"]);
    }

    /// W-18.
    fn a_cursor_that_was_not_given_out_for_this_list_is_refused(database: Database) {
        let (app, root) = site(database);
        let cursor = |path: &str| read(&app, &root, path)["next_cursor"].as_str().unwrap().to_owned();
        let good = cursor(&format!("{USERS}?limit=1"));
        assert_eq!(app.get_as(&format!("{USERS}?cursor={good}"), &root.access).status, 200);
        assert_eq!(app.get_as(&format!("{USERS}?cursor={good}&limit=7"), &root.access).status, 200, "of any length");
        let mut forged: Vec<String> = (0..good.len())
            .map(|at| {
                let mut letters = good.clone().into_bytes();
                letters[at] = if letters[at] == b'A' { b'B' } else { b'A' };
                String::from_utf8(letters).unwrap()
            })
            .collect();
        forged.extend((1..good.len()).map(|length| good[..length].to_owned()));
        forged.extend([format!("{good}A"), format!("{good}="), good.to_lowercase(), "AAAA".to_owned(), "x".to_owned()]);
        forged.extend(["' OR 1=1 --", "1; DROP TABLE users", "..%2F..", "{}"].map(|text| text.replace(' ', "+").replace(';', "%3B")));
        forged.push(cursor(&format!("{USERS}?limit=1&state=active")));
        forged.push(cursor(&format!("{USERS}?limit=1&name=al")));
        forged.push(cursor(&format!("{EVENTS}?limit=1")));
        forged.push(root.refresh.clone());
        for cursor in forged.iter().filter(|forged| **forged != good) {
            app.get_as(&format!("{USERS}?cursor={cursor}"), &root.access).problem(400, "invalid_cursor");
        }
        let other = format!("{USERS}?cursor={good}&state=active");
        app.get_as(&other, &root.access).problem(400, "invalid_cursor");
        app.get_as(&format!("{EVENTS}?cursor={good}"), &root.access).problem(400, "invalid_cursor");
    }
}

#[test]
fn what_a_query_asks_wrongly_is_named() {
    let app = spawn_app(Database::Memory);
    let root = admin(&app, "carol");
    for (query, pointer, code) in [
        ("state=gone", "/state", "unknown_value"),
        ("role=Admin", "/role", "not_a_role"),
        ("created_from=now", "/created_from", "not_an_instant"),
        ("limit=1000", "/limit", "out_of_range"),
        ("limit=01", "/limit", "out_of_range"),
        ("q=al", "/q", "unknown_member"),
    ] {
        app.get_as(&format!("{USERS}?{query}"), &root.access).faults(422, "validation_failed", &[(pointer, code)]);
    }
    let long = format!("{USERS}?name={}", "a".repeat(1_100));
    assert_eq!(read(&app, &root, &long)["data"], json!([]), "what no name can be is nobody's");
}

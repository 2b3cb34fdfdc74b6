//! I: names that are somebody else's in another spelling, that look like them, that hide something, or that were theirs.

use auth_core::StoreExt as _;
use serde_json::json;

use super::naughty::NAUGHTY;
use crate::helpers::{Database, PASSWORD, Reply, TestApp, on_each_database, spawn_app};

fn register(app: &TestApp, username: &str) -> Reply {
    app.post_json("/v1/users/register", &json!({"username": username, "password": PASSWORD}))
}

fn code(reply: &Reply) -> String {
    let body = reply.json();
    assert_eq!((reply.status, body["errors"][0]["pointer"].as_str()), (422, Some("/username")), "{reply:?}");
    body["errors"][0]["code"].as_str().unwrap().to_owned()
}

on_each_database! {
    /// Letters that a careless folding makes one: each is another name, or none at all.
    fn i02_no_letter_is_folded_into_another(database: Database) {
        let app = spawn_app(database);
        for (name, other) in [
            ("lisa-one", "l\u{131}sa-one"),
            ("strasse", "stra\u{df}e"),
            ("samson", "\u{17f}amson"),
            ("fiona", "\u{fb01}ona"),
            ("istanbul", "\u{130}stanbul"),
        ] {
            assert_eq!(register(&app, name).status, 201, "{name}");
            assert_eq!(app.sign_in(name, PASSWORD).status, 200);
            app.sign_in(other, PASSWORD).problem(401, "invalid_credentials");
            let status = register(&app, other).status;
            assert!([201, 409, 422].contains(&status), "{other}: {status}");
            if status == 201 {
                let id = |name: &str| {
                    let token = app.token(name);
                    app.get_as("/v1/users/me", &token).json()["id"].clone()
                };
                assert_ne!(id(name), id(other));
            }
        }
        // One letter by every rule: the sign of Kelvin is a `K`.
        assert_eq!(register(&app, "kelvin").status, 201);
        assert!([409, 422].contains(&register(&app, "\u{212a}elvin").status));
        assert_eq!(app.sign_in("\u{212a}ELVIN", PASSWORD).status, 200);
    }

    fn i03_every_form_of_a_name_is_one_account(database: Database) {
        let app = spawn_app(database);
        assert_eq!(register(&app, "jos\u{e9}").status, 201);
        assert_eq!(register(&app, "maria").status, 201);
        for spelling in ["jose\u{301}", "JOS\u{c9}", "JOSE\u{301}", "\u{ff4a}os\u{e9}"] {
            register(&app, spelling).problem(409, "username_taken");
            assert_eq!(app.sign_in(spelling, PASSWORD).status, 200, "{spelling}");
        }
        register(&app, "\u{ff2d}\u{ff21}\u{ff32}\u{ff29}\u{ff21}").problem(409, "username_taken");
        let id = |name: &str| app.get_as("/v1/users/me", &app.token(name)).json()["id"].clone();
        assert_eq!(id("jos\u{e9}"), id("JOSE\u{301}"));
        assert_ne!(id("jos\u{e9}"), id("maria"));
    }

    fn i04_a_name_that_looks_like_another_is_refused(database: Database) {
        let app = spawn_app(database);
        for mixed in ["\u{430}dmin-x", "p\u{430}ypal", "googl\u{435}", "\u{3b1}lice"] {
            assert_eq!(code(&register(&app, mixed)), "mixed_scripts", "{mixed}");
        }
        assert_eq!(register(&app, "paypal").status, 201);
        for alike in ["paypa1", "\u{440}\u{430}\u{443}\u{440}\u{430}\u{4cf}", "PAYPAI"] {
            assert_eq!(register(&app, alike).status, 409, "{alike}");
        }
        for other in ["\u{430}\u{43b}\u{438}\u{441}\u{430}", "\u{7530}\u{4e2d}\u{592a}\u{90ce}", "paypale"] {
            assert_eq!(register(&app, other).status, 201, "{other}");
        }
    }

    fn i06_what_hides_in_a_name_is_refused_and_never_trimmed(database: Database) {
        let app = spawn_app(database);
        assert_eq!(register(&app, "alice").status, 201);
        for hidden in [
            " alice", "alice ", "al ice", "alice\u{a0}", "\talice", "alice\n", "alice\0", "al\0ice", "\u{202e}ecila",
            "ali\u{200b}ce", "alice\u{200d}", "\u{feff}alice", "ali\u{ad}ce", "alice\u{7f}", "alice\u{2028}", "ali\u{2060}ce",
            "alice\u{fe0f}", "alice\u{e0001}",
        ] {
            assert_eq!(code(&register(&app, hidden)), "forbidden_character", "{hidden:?}");
            let reply = app.sign_in(hidden, PASSWORD);
            reply.problem(401, "invalid_credentials");
        }
        assert_eq!(app.sign_in("alice", PASSWORD).status, 200);
    }

    /// Whoever takes a name that was somebody's takes nothing else.
    fn i10_a_name_that_is_free_again_inherits_nothing(database: Database) {
        let app = spawn_app(database);
        let first = app.register("alice");
        let old = app.tokens("alice");
        let body = json!({"password": PASSWORD});
        assert_eq!(app.send_as("DELETE", "/v1/users/me", &old.access, Some(&body)).status, 204);
        let second = app.register("Alice");
        assert_ne!(first["id"], second["id"]);
        app.get_as("/v1/users/me", &old.access).problem(401, "token_invalid");
        app.get_as("/v1/forward-auth", &old.access).problem(401, "token_invalid");
        app.refresh(&old.refresh).problem(401, "token_invalid");
        let new = app.token("alice");
        assert_eq!(app.get_as("/v1/users/me", &new).json()["id"], second["id"]);
        assert_eq!(app.get_as("/v1/users/me/sessions", &new).json()["data"].as_array().unwrap().len(), 1);
    }

    /// In every member that takes a text: no failure of the server, and what is taken comes back as it was.
    fn i12_naughty_strings_are_kept_as_they_are_or_refused(database: Database) {
        let app = spawn_app(database);
        app.register("control");
        let control = app.token("control");
        let mut taken = 0;
        for text in NAUGHTY {
            let reply = register(&app, text);
            assert!([201, 409, 422].contains(&reply.status), "{text:?}: {reply:?}");
            if reply.status == 201 {
                taken += 1;
                assert_eq!(reply.json()["username"], *text);
                assert_eq!(app.get_as("/v1/users/me", &app.token(text)).json()["username"], *text);
            }
            let mut answers = vec![app.sign_in(text, text), app.sign_in("control", text), app.refresh(text)];
            let as_password = json!({"username": "nobody-yet", "password": text, "password_confirmation": text});
            let registered = app.post_json("/v1/users/register", &as_password);
            if registered.status == 201 {
                let own = app.sign_in("nobody-yet", text);
                assert_eq!(own.status, 200, "{text:?}");
                let own = own.json()["access_token"].as_str().unwrap().to_owned();
                let gone = app.send_as("DELETE", "/v1/users/me", &own, Some(&json!({"password": text})));
                assert_eq!(gone.status, 204, "{text:?}");
            }
            answers.push(registered);
            for (method, path, body) in [
                ("PUT", "/v1/users/me/username", json!({"username": text, "password": "wrong"})),
                ("PUT", "/v1/users/me/password", json!({"current_password": text, "new_password": text})),
                ("DELETE", "/v1/users/me", json!({"password": text})),
                ("POST", "/v1/users/token", json!({"grant_type": text, "username": text, "password": text})),
                ("POST", "/oauth/revoke", json!({"token": text})),
                ("POST", "/oauth/introspect", json!({"token": text})),
                ("POST", "/users/token", json!({"username": text, "password": text})),
            ] {
                answers.push(app.send_as(method, path, &control, Some(&body)));
            }
            for answer in answers {
                assert!(answer.status < 500, "{text:?}: {answer:?}");
            }
        }
        assert!(taken > 3, "some of them are names: {taken}");
        assert_eq!(app.get_as("/v1/users/me", &control).status, 200, "the control");
        app.store.read(|tx| tx.audit().list(None, 10_000)).unwrap();
    }
}

#[test]
fn i07_names_of_the_product_are_nobodys() {
    let app = spawn_app(Database::Memory);
    for name in ["admin", "ADMIN", "root", "null", "undefined", ".well-known", "support", "adrnin", "r00t", "security"]
    {
        assert_eq!(code(&register(&app, name)), "reserved", "{name}");
    }
    // Too short for a name, and kept as well.
    assert_eq!(code(&register(&app, "me")), "too_short");
    for name in ["administer", "rootless", "supportive"] {
        assert_eq!(register(&app, name).status, 201, "{name}");
    }
}

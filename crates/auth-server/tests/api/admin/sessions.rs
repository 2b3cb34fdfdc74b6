//! The sessions of others.

use serde_json::json;

use super::{actor, admin, line, lines_of, read, subject, user};
use crate::helpers::{Database, on_each_database, spawn_app};

on_each_database! {
    fn sessions_of_an_account_are_seen_and_ended(database: Database) {
        let app = spawn_app(database);
        let root = admin(&app, "carol");
        let id = app.register("alice")["id"].as_str().unwrap().to_owned();
        let [a, b, c] = [app.tokens("alice"), app.tokens("alice"), app.tokens("alice")];
        app.register("bobby");
        let bob = app.tokens("bobby");
        let path = format!("{}/sessions", user(&id));
        let listed = read(&app, &root, &path);
        assert_eq!(listed["next_cursor"], json!(null));
        let mut ids: Vec<&str> = listed["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
        ids.sort_unstable();
        let mut expected = [a.session(), b.session(), c.session()];
        expected.sort_unstable();
        assert_eq!(ids, expected);
        assert!(listed["data"].as_array().unwrap().iter().all(|one| one["current"] == false));
        let own = read(&app, &root, &format!("{}/sessions", user(&subject(&root))));
        assert_eq!(own["data"][0]["current"], true);

        let end = |session: &str| app.send_as("DELETE", &format!("{path}/{session}"), &root.access, None);
        let ended = line("session_ended", Some("revoked"), &actor(&root));
        let (reply, lines) = lines_of(&app, || end(&a.session()));
        assert_eq!((reply.status, lines), (204, vec![ended.clone()]));
        app.get_as("/v1/forward-auth", &a.access).problem(401, "token_invalid");
        app.refresh(&a.refresh).problem(401, "token_invalid");
        // W-03: what is not of this account is not there.
        for other in [a.session(), bob.session(), root.session(), "x".to_owned()] {
            end(&other).problem(404, "not_found");
        }
        assert_eq!(app.get_as("/v1/users/me", &bob.access).status, 200);
        assert_eq!(app.get_as("/v1/users/me", &b.access).status, 200);

        let (reply, lines) = lines_of(&app, || app.send_as("DELETE", &path, &root.access, None));
        assert_eq!((reply.status, lines), (204, vec![ended.clone(), ended]));
        for tokens in [&b, &c] {
            app.get_as("/v1/forward-auth", &tokens.access).problem(401, "token_invalid");
        }
        assert_eq!(read(&app, &root, &path)["data"], json!([]));
        assert_eq!(app.send_as("DELETE", &path, &root.access, None).status, 204, "none is all");
        assert_eq!(app.get_as("/v1/users/me", &bob.access).status, 200);
    }
}

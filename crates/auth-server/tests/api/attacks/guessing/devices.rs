//! Devices that the account knows.

use super::*;
use auth_core::service::ServiceSettings;
use auth_server::state::HttpSettings;

/// What a sign-in gave: the member and the cookie's value.
#[track_caller]
fn device(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{reply:?}");
    let token = reply.json()["device_token"].as_str().unwrap().to_owned();
    let cookie = reply.header("set-cookie").unwrap();
    assert!(cookie.starts_with(&format!("__Secure-auth_device={token};")), "{cookie}");
    token
}

fn sign_in_with(app: &TestApp, name: &str, password: &str, device: &str) -> Reply {
    app.post_json(TOKEN, &json!({"username": name, "password": password, "device_token": device}))
}

fn sign_in_by_cookie(app: &TestApp, name: &str, password: &str, cookies: &str, body_token: Option<&str>) -> Reply {
    let mut body = json!({"username": name, "password": password});
    if let Some(token) = body_token {
        body["device_token"] = json!(token);
    }
    let headers = [("Content-Type", "application/json"), ("Cookie", cookies)];
    app.request("POST", TOKEN, &headers, body.to_string().as_bytes())
}

on_each_database! {
    fn l14_a_known_device_signs_in_whatever_an_attacker_does(database: Database) {
        let app = spawn_app(database);
        app.register("alice");
        let token = device(&app.sign_in("alice", PASSWORD));
        guess_to_the_end(&app, "alice");
        for _ in 0..200 {
            assert_eq!(guess(&app, "alice"), (429, None));
        }
        assert_eq!(refused(&app.sign_in("alice", PASSWORD)), None, "strangers are shut out");
        let token = device(&sign_in_with(&app, "alice", PASSWORD, &token));
        let cookies = format!("a=b; __Secure-auth_device={token}; c=d");
        device(&sign_in_by_cookie(&app, "alice", PASSWORD, &cookies, None));
        device(&sign_in_by_cookie(&app, "alice", PASSWORD, &cookies, Some(&token)));
        let form = format!("username=alice&password=correct+horse+battery+staple&device_token={token}");
        device(&app.post_form(TOKEN, &form));
    }

    /// Another host of the same site can set a cookie of the same name, which may come first: junk, or a stranger's.
    fn a_cookie_that_was_planted_beside_the_browsers_own_hides_it_from_nobody(database: Database) {
        let app = spawn_app(database);
        app.register("alice");
        app.register("mallory");
        let (own, planted) = (device(&app.sign_in("alice", PASSWORD)), device(&app.sign_in("mallory", PASSWORD)));
        guess_to_the_end(&app, "alice");
        assert_eq!(guess(&app, "alice"), (429, None));
        let named = |tokens: &[&str]| {
            let pairs: Vec<String> = tokens.iter().map(|token| format!("__Secure-auth_device={token}")).collect();
            pairs.join("; ")
        };
        for cookies in [&["x", own.as_str()][..], &[&planted, &own], &["", &planted, "x", &own], &[&own, &planted]] {
            device(&sign_in_by_cookie(&app, "alice", PASSWORD, &named(cookies), None));
            device(&sign_in_by_cookie(&app, "alice", PASSWORD, &named(cookies), Some(&own)));
        }
        let foreign = named(&["x", planted.as_str()]);
        assert_eq!(refused(&sign_in_by_cookie(&app, "alice", PASSWORD, &foreign, None)), None, "and opens nothing");
        device(&sign_in_by_cookie(&app, "alice", PASSWORD, &foreign, Some(&own)));
    }

    fn a_stolen_device_token_is_worth_ten_guesses(database: Database) {
        let app = spawn_app(database);
        app.register("alice");
        let stolen = device(&app.sign_in("alice", PASSWORD));
        let own = device(&sign_in_with(&app, "alice", PASSWORD, &stolen));
        guess_to_the_end(&app, "alice");
        let checks = app.hasher.checks();
        for number in 0..50 {
            let status = sign_in_with(&app, "alice", "wrong", &stolen).status;
            assert_eq!(status, if number < 10 { 401 } else { 429 }, "{number}");
            if number % 4 == 0 && number < 10 {
                // An owner who has not kept the latest one: his success is none of the thief's.
                device(&sign_in_with(&app, "alice", PASSWORD, &stolen));
            }
        }
        assert_eq!(app.hasher.checks() - checks, 10 + 3);
        device(&sign_in_with(&app, "alice", PASSWORD, &own));
    }

    /// Silently: the answers are those to a stranger.
    fn a_token_that_is_not_this_accounts_counts_as_none(database: Database) {
        let app = spawn_app(database);
        app.register("alice");
        app.register("mallory");
        let token = device(&app.sign_in("mallory", PASSWORD));
        let stranger = app.sign_in("alice", "wrong");
        for device in [token.as_str(), "", "auth_dt_", "x", &token[..token.len() - 1]] {
            let reply = sign_in_with(&app, "alice", "wrong", device);
            if reply.status == 401 {
                assert_eq!(crate::attacks::but_its_id(&reply), crate::attacks::but_its_id(&stranger));
            }
        }
        assert_eq!(refused(&sign_in_with(&app, "alice", PASSWORD, &token)), Some(1));
        assert_eq!(sign_in_with(&app, "mallory", PASSWORD, &token).status, 200, "positive control");
    }
}

/// A browser that others use as well, a cookie that a neighbouring site planted before ours, a program with a cookie jar.
#[test]
fn of_a_member_and_several_cookies_the_one_of_this_account_counts() {
    let app = spawn_app(Database::Memory);
    app.register("alice");
    app.register("mallory");
    let (own, others) = (device(&app.sign_in("alice", PASSWORD)), device(&app.sign_in("mallory", PASSWORD)));
    guess_to_the_end(&app, "alice");
    let name = "__Secure-auth_device";
    for (cookies, member) in [
        (format!("{name}={others}"), Some(own.as_str())),
        (format!("{name}=junk"), Some(own.as_str())),
        (format!("{name}={own}"), Some(others.as_str())),
        (format!("{name}={own}"), Some("junk")),
        (format!("{name}={others}; {name}=junk; {name}={own}"), None),
    ] {
        device(&sign_in_by_cookie(&app, "alice", PASSWORD, &cookies, member));
    }
    let planted = format!("{name}=junk; ").repeat(100);
    assert_eq!(sign_in_by_cookie(&app, "alice", PASSWORD, &planted, Some(&own)).status, 200);
    // A cookie without the prefix may come from anybody, and is none.
    let shadow = format!("auth_device={own}");
    assert_eq!(refused(&sign_in_by_cookie(&app, "alice", PASSWORD, &shadow, Some(&others))), None);
}

#[test]
fn a_change_of_password_gives_the_device_that_asks_another_cookie() {
    let app = spawn_app(Database::Memory);
    app.register("alice");
    let reply = app.sign_in("alice", PASSWORD);
    let (old, bearer) = (device(&reply), format!("Bearer {}", crate::helpers::Tokens::of(&reply).access));
    let change = |current: &str, new: &str, site: &str| {
        let headers =
            [("Content-Type", "application/json"), ("Authorization", bearer.as_str()), ("Sec-Fetch-Site", site)];
        let body = json!({"current_password": current, "new_password": new}).to_string();
        app.request("PUT", "/v1/users/me/password", &headers, body.as_bytes())
    };
    let (next, another) = ("another battery staple", "yet another battery");
    assert_eq!(change("wrong", next, "same-origin").header("set-cookie"), None);
    let crossed = change(PASSWORD, another, "cross-site");
    assert_eq!((crossed.status, crossed.header("set-cookie")), (403, None));
    let reply = change(PASSWORD, next, "same-origin");
    assert_eq!(reply.status, 204);
    let cookie = reply.header("set-cookie").unwrap().to_owned();
    let (pair, rest) = cookie.split_once(';').unwrap();
    assert_eq!(rest, " Path=/v1/users/token; Max-Age=7776000; HttpOnly; SameSite=Strict; Secure");
    guess_to_the_end(&app, "alice");
    assert_eq!(refused(&sign_in_with(&app, "alice", next, &old)), None, "it was of the old password");
    device(&sign_in_by_cookie(&app, "alice", next, pair, None));
}

#[test]
fn the_cookie_goes_to_the_route_of_sign_ins_alone_and_no_page_reads_it() {
    let app = spawn_app(Database::Memory);
    app.register("alice");
    let reply = app.sign_in("alice", PASSWORD);
    let rest = reply.header("set-cookie").unwrap().split_once(';').unwrap().1.to_owned();
    assert_eq!(rest, " Path=/v1/users/token; Max-Age=7776000; HttpOnly; SameSite=Strict; Secure");
    assert_eq!(app.refresh(&app.tokens("alice").refresh).header("set-cookie"), None);
    let tutorial = app.post_json("/users/token", &json!({"username": "alice", "password": PASSWORD}));
    assert_eq!(tutorial.json().get("device_token"), None, "the tutorial's body is as it was");
    let rest = tutorial.header("set-cookie").unwrap().split_once(';').unwrap().1.to_owned();
    assert_eq!(rest, " Path=/users/token; Max-Age=7776000; HttpOnly; SameSite=Strict; Secure");

    let http = HttpSettings::new("http://localhost:8080/auth");
    let plain = Setup { http, service: ServiceSettings::new("https://auth.test"), ..Setup::default() }.spawn();
    plain.register("alice");
    let cookie = plain.sign_in("alice", PASSWORD).header("set-cookie").unwrap().to_owned();
    assert!(cookie.starts_with("auth_device=auth_dt_"), "{cookie}");
    assert!(cookie.ends_with("; Path=/auth/v1/users/token; Max-Age=7776000; HttpOnly; SameSite=Strict"), "{cookie}");
}

#[test]
fn a_browser_of_the_tutorial_is_a_known_device_too() {
    let app = spawn_app(Database::Memory);
    app.register("alice");
    let sign_in = |cookie: &str| {
        let body = json!({"username": "alice", "password": PASSWORD}).to_string();
        app.request(
            "POST",
            "/users/token",
            &[("Content-Type", "application/json"), ("Cookie", cookie)],
            body.as_bytes(),
        )
    };
    let reply = sign_in("a=b");
    let cookie = reply.header("set-cookie").unwrap().split_once(';').unwrap().0.to_owned();
    guess_to_the_end(&app, "alice");
    assert_eq!((sign_in("a=b").status, sign_in(&cookie).status), (429, 200));
}

/// Another site can make a browser sign in as the attacker no more than it can make it forget whom it knows.
#[test]
fn a_sign_in_that_another_site_sends_sets_no_cookie() {
    let app = spawn_app(Database::Memory);
    app.register("mallory");
    let send = |site: &str| {
        let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", site)];
        let body = format!("username=mallory&password={}", PASSWORD.replace(' ', "+"));
        app.request("POST", TOKEN, &headers, body.as_bytes())
    };
    for site in ["cross-site", "same-site", "same-origin, none", ""] {
        let reply = send(site);
        reply.problem(403, "foreign_page");
        assert_eq!(reply.header("set-cookie"), None);
    }
    for site in ["same-origin", "none"] {
        device(&send(site));
    }
}

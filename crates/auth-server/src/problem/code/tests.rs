use std::fmt::Write as _;

use super::*;

#[test]
fn a_code_is_spelled_one_way() {
    for code in Code::ALL {
        assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        assert_eq!(Code::parse(code.as_str()), Some(*code));
        assert_eq!(code.status().as_u16(), code.entry().status);
    }
    assert_eq!(Code::parse("Busy"), None);
}

#[test]
fn bare_statuses_find_a_code_of_their_class() {
    for status in (400..600).filter_map(|status| StatusCode::from_u16(status).ok()) {
        assert_eq!(Code::of_status(status).status().is_client_error(), status.is_client_error(), "{status}");
    }
}

#[test]
fn the_manual_names_every_code() {
    let manual = include_str!("../../../../../docs/API.md");
    for code in Code::ALL {
        assert!(manual.contains(&format!("`{}`", code.as_str())), "{code:?}");
    }
}

/// The whole table, as a reviewer should see it change: code, status, status on the tutorial's routes, error of RFC 6749,
/// title.
#[test]
fn the_table_is_what_was_agreed() {
    let tutorial = Dialect { tutorial: true, ..Dialect::STANDARD };
    let mut table = String::new();
    for code in Code::ALL {
        let Entry { status, oauth, title, .. } = code.entry();
        let there = tutorial.status(*code).as_u16();
        writeln!(table, "{:<22} {status} {there} {oauth:<23} {title}", code.as_str()).unwrap();
    }
    assert_eq!(table, TABLE, "\n{table}");
}

const TABLE: &str = "\
bad_request            400 400 invalid_request         The request cannot be read
invalid_json           400 400 invalid_request         The body is not valid JSON
not_an_object          400 400 invalid_request         The body is not a JSON object
duplicate_member       400 400 invalid_request         A member is there twice
too_deep               400 400 invalid_request         The body is nested too deeply
invalid_form           400 400 invalid_request         The form cannot be read
invalid_authorization  400 400 invalid_request         More than one credential was sent
invalid_cursor         400 400 invalid_request         The cursor is not one of this list
unsupported_grant_type 400 400 unsupported_grant_type  This grant type is not known here
token_missing          401 400 invalid_request         An access token is needed
token_invalid          401 400 invalid_grant           The token is not valid
invalid_client         401 400 invalid_client          Who asks is not known
refresh_token_reused   401 400 invalid_grant           The refresh token was used before
invalid_credentials    401 400 invalid_grant           The name or the password is wrong
account_disabled       403 403 invalid_grant           The account is disabled
current_password_wrong 403 403 access_denied           The current password is wrong
foreign_page           403 403 invalid_request         A page of another site sent the request
registration_closed    403 403 access_denied           Registration is closed
insufficient_scope     403 403 access_denied           This is for administrators
not_found              404 404 invalid_request         There is nothing here
method_not_allowed     405 405 invalid_request         The method is not allowed here
request_timeout        408 408 invalid_request         The body came too slowly
username_taken         409 422 invalid_request         The name is taken
last_admin             409 422 invalid_request         The last administrator stays
key_waiting            409 422 invalid_request         The next key is published already
shared_secret_signs    409 422 invalid_request         Tokens are signed under a shared secret
too_many_keys          409 422 invalid_request         Too many signing keys verify
body_too_large         413 413 invalid_request         The body is too large
uri_too_long           414 414 invalid_request         The URL is too long
unsupported_media_type 415 415 invalid_request         The body is of a type that is not taken here
validation_failed      422 400 invalid_request         The request breaks a rule
weak_password          422 400 invalid_request         The password cannot be chosen
too_many_attempts      429 429 temporarily_unavailable There were too many attempts
headers_too_large      431 431 invalid_request         The headers are too large
internal_error         500 500 server_error            The server failed
busy                   503 503 temporarily_unavailable The server is busy
unavailable            503 503 temporarily_unavailable The database does not answer
not_ready              503 503 temporarily_unavailable The server is not ready
";

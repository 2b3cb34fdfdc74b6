//! The closed list of problems, and the one table from code to status, title, cause and remedy.

use actix_web::http::StatusCode;

/// What one code means, to machines and to people.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The status outside of the tutorial's routes.
    pub status: u16,
    /// The `error` member of token routes (RFC 6749, section 5.2).
    pub oauth: &'static str,
    /// What happened, in a few words; never changes with the request.
    pub title: &'static str,
    /// What brings it about.
    pub cause: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

macro_rules! codes {
    ($($variant:ident $text:literal $status:literal $oauth:literal $title:literal $cause:literal $remedy:literal;)+) => {
        /// The stable name of a problem, the same in every version.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, utoipa::ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Code {
            $(#[doc = $cause] $variant,)+
        }

        impl Code {
            /// Each code, by status.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The code as clients see it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// Its row of the table.
            pub const fn entry(self) -> Entry {
                match self {
                    $(Self::$variant => Entry {
                        status: $status, oauth: $oauth, title: $title, cause: $cause, remedy: $remedy,
                    },)+
                }
            }
        }
    };
}

codes! {
    BadRequest "bad_request" 400 "invalid_request" "The request cannot be read"
        "The request breaks a rule of HTTP, or its body ended early."
        "Send the request again, complete and by RFC 9112.";
    InvalidJson "invalid_json" 400 "invalid_request" "The body is not valid JSON"
        "The body is empty, not JSON (RFC 8259), not UTF-8, or has something after its end."
        "Send one JSON object and nothing else.";
    NotAnObject "not_an_object" 400 "invalid_request" "The body is not a JSON object"
        "The body is JSON, and an array, a string, a number, a boolean or null."
        "Send a JSON object, with members in any order.";
    DuplicateMember "duplicate_member" 400 "invalid_request" "A member is there twice"
        "Two members of an object, or two parameters of a form, have one name."
        "Send each name once.";
    TooDeep "too_deep" 400 "invalid_request" "The body is nested too deeply"
        "Objects and arrays are nested more than sixteen deep."
        "Send a flat object.";
    InvalidForm "invalid_form" 400 "invalid_request" "The form cannot be read"
        "The form is not `application/x-www-form-urlencoded` with percent-encoded UTF-8."
        "Encode names and values as the URL Standard says; every HTTP library does.";
    InvalidAuthorization "invalid_authorization" 400 "invalid_request" "More than one credential was sent"
        "The request has two `Authorization` headers (RFC 6750, section 2)."
        "Send one.";
    InvalidCursor "invalid_cursor" 400 "invalid_request" "The cursor is not one of this list"
        "`cursor` was made up, cut, or given out for another list or other filters, or under a root key that is gone."
        "Begin at the first page; take `next_cursor` over as it is, with the same filters.";
    UnsupportedGrantType "unsupported_grant_type" 400 "unsupported_grant_type" "This grant type is not known here"
        "`grant_type` names a grant that this server does not offer."
        "Send `grant_type=password` or `grant_type=refresh_token`; `/.well-known/oauth-authorization-server` lists what there is.";
    TokenMissing "token_missing" 401 "invalid_request" "An access token is needed"
        "The request has no `Authorization: Bearer` header. Tokens in the URL or in a body do not count."
        "Sign in, and send the access token in the `Authorization` header.";
    TokenInvalid "token_invalid" 401 "invalid_grant" "The token is not valid"
        "The token is malformed, expired or not one of this server's, or its session or account has ended."
        "Refresh where an access token is refused; sign in again where a refresh token is.";
    InvalidClient "invalid_client" 401 "invalid_client" "Who asks is not known"
        "The request has no `Authorization` header, two of them, or one that is wrong: an id or a secret that `introspection.clients` does not have, or an access token that is not valid."
        "Send one: `Basic` with the id and the secret of a configured service, or `Bearer` with an access token of the account whose tokens are asked about.";
    RefreshTokenReused "refresh_token_reused" 401 "invalid_grant" "The refresh token was used before"
        "Its successor was used already, or `session.retry_window` is over: somebody has a copy. The session was ended, for both."
        "Sign in again. Keep the latest refresh token only, in one place that all tabs and threads share.";
    InvalidCredentials "invalid_credentials" 401 "invalid_grant" "The name or the password is wrong"
        "There is no such account, it has no password, or the password is another; which of these is not told."
        "Check both and try again.";
    AccountDisabled "account_disabled" 403 "invalid_grant" "The account is disabled"
        "The password is right, and an administrator has disabled the account."
        "Ask an administrator.";
    CurrentPasswordWrong "current_password_wrong" 403 "access_denied" "The current password is wrong"
        "What was asked for needs the account's password, and the one that was sent is another, or was changed meanwhile."
        "Check it and try again.";
    ForeignPage "foreign_page" 403 "invalid_request" "A page of another site sent the request"
        "The browser says by `Sec-Fetch-Site` or `Origin` that a page sent this which is neither the server's own nor of an origin in `cors.allowed_origins`. Nothing was looked at, and nothing counted."
        "Where the page is yours, add its origin to `cors.allowed_origins` and send the request by `fetch`.";
    RegistrationClosed "registration_closed" 403 "access_denied" "Registration is closed"
        "Accounts are made by the operator here (`registration.mode`)."
        "Ask the operator for an account.";
    InsufficientScope "insufficient_scope" 403 "access_denied" "This is for administrators"
        "The token is good, and its account does not have the role `admin` now, whatever the token says."
        "Ask an administrator; the first one is made by the operator, with `auth-server user create NAME --admin`.";
    NotFound "not_found" 404 "invalid_request" "There is nothing here"
        "No route has this path, or what the path names is not there or not yours. Paths are compared byte for byte: case, slashes and escapes count."
        "Compare the path with `/openapi.json`.";
    MethodNotAllowed "method_not_allowed" 405 "invalid_request" "The method is not allowed here"
        "The path exists, and does not answer this method."
        "Use one of the methods that the `Allow` header names.";
    RequestTimeout "request_timeout" 408 "invalid_request" "The body came too slowly"
        "The body did not arrive within its time (`server.body_timeout`)."
        "Send the request again over a better connection.";
    UsernameTaken "username_taken" 409 "invalid_request" "The name is taken"
        "An account has this name, perhaps in another spelling, or one that looks like it."
        "Choose another name.";
    LastAdmin "last_admin" 409 "invalid_request" "The last administrator stays"
        "Without this account there would be no active administrator."
        "Make another active account an administrator first.";
    KeyWaiting "key_waiting" 409 "invalid_request" "The next key is published already"
        "A signing key waits for its time; a second one behind it would be of no use."
        "Wait, or send `{\"activate\": \"now\"}` to let the one that waits sign at once.";
    SharedSecretSigns "shared_secret_signs" 409 "invalid_request" "Tokens are signed under a shared secret"
        "The secret comes from the configuration (`token.hs256_secret`), and so does its successor."
        "Configure another secret on every instance.";
    TooManyKeys "too_many_keys" 409 "invalid_request" "Too many signing keys verify"
        "Eight keys verify beside the one that signs, each until its last token has died."
        "Wait; a key that somebody else has is retired by the operator, with `auth-server keys retire`.";
    BodyTooLarge "body_too_large" 413 "invalid_request" "The body is too large"
        "The body has more bytes than the server takes (`server.body_limit`)."
        "Send a smaller body.";
    UriTooLong "uri_too_long" 414 "invalid_request" "The URL is too long"
        "The path and query have more than 4 KiB."
        "Send data in the body, not in the URL.";
    UnsupportedMediaType "unsupported_media_type" 415 "invalid_request" "The body is of a type that is not taken here"
        "`Content-Type` is missing, there twice, or names another type, charset or encoding than the route takes."
        "Send the type that `detail` names.";
    ValidationFailed "validation_failed" 422 "invalid_request" "The request breaks a rule"
        "Members are missing, unknown, of a wrong type, or not allowed; `errors` lists all of them."
        "Mend what `errors` lists; `/v1/settings` tells the rules for names and passwords.";
    WeakPassword "weak_password" 422 "invalid_request" "The password cannot be chosen"
        "The password is too short or too long, one of those that are tried first, or the account's own name."
        "Choose a longer one: a few random words are good.";
    TooManyAttempts "too_many_attempts" 429 "temporarily_unavailable" "There were too many attempts"
        "Too many sign-ins or registrations came from this network, or too many passwords were tried for this name or in this session. The password was not looked at; a name that nobody has is answered alike."
        "Try again after the seconds that `Retry-After` names. Where there is none, waiting does not help: sign in from a device that you have used before, sign in anew where a session asked for the password, or ask an administrator.";
    HeadersTooLarge "headers_too_large" 431 "invalid_request" "The headers are too large"
        "The request's headers have more than 32 KiB in all."
        "Send fewer or smaller headers; cookies are the usual reason.";
    InternalError "internal_error" 500 "server_error" "The server failed"
        "Something went wrong that no request should bring about."
        "Try again; tell the operator the `request_id`, under which the log has the reason.";
    Busy "busy" 503 "temporarily_unavailable" "The server is busy"
        "More sign-ins or queries wait than can be answered in time, or the server is stopping."
        "Try again after the seconds that `Retry-After` names.";
    Unavailable "unavailable" 503 "temporarily_unavailable" "The database does not answer"
        "The database cannot be reached, is locked, or has no space, or it was not heard for so long (`session.revocation_bound`) that no token can be trusted."
        "Try again after the seconds that `Retry-After` names; the operator finds the reason in the log.";
    NotReady "not_ready" 503 "temporarily_unavailable" "The server is not ready"
        "A check failed; `checks` says which."
        "Look at the failing check and the log; the server recovers by itself when its cause is gone.";
}

impl Code {
    /// The status outside of the tutorial's routes.
    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.entry().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The code of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }

    /// The code of an error that the framework answered by a bare status.
    pub fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            408 => Self::RequestTimeout,
            413 => Self::BodyTooLarge,
            414 => Self::UriTooLong,
            415 => Self::UnsupportedMediaType,
            429 => Self::TooManyAttempts,
            431 => Self::HeadersTooLarge,
            400..=499 => Self::BadRequest,
            503 => Self::Unavailable,
            _ => Self::InternalError,
        }
    }
}

/// How a group of routes words its problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// Adds the `error` member of RFC 6749.
    pub oauth: bool,
    /// Adds `message`, and answers with the statuses of the tutorial.
    pub tutorial: bool,
}

impl Dialect {
    /// Problem documents as they are.
    pub const STANDARD: Self = Self { oauth: false, tutorial: false };

    /// The status of a code. The tutorial says 400 for whatever is wrong with what was sent, and 422 for a taken name.
    pub fn status(self, code: Code) -> StatusCode {
        match code.status() {
            StatusCode::UNAUTHORIZED | StatusCode::UNPROCESSABLE_ENTITY if self.tutorial => StatusCode::BAD_REQUEST,
            StatusCode::CONFLICT if self.tutorial => StatusCode::UNPROCESSABLE_ENTITY,
            status => status,
        }
    }
}

#[cfg(test)]
mod tests;

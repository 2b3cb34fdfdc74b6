//! What attackers try, sent to the server: the rows of a catalogue of published attacks, by which the tests are numbered
//! (`docs/CONTRIBUTING.md`): J tokens, P passwords, I names, E who has an account, L guessing. The verifier itself is tried in
//! `auth-core/tests/attacks`; here it is shown that every route asks it and that all refusals look alike. `web` has the rows
//! about HTTP itself.

mod claims;
mod confusion;
mod equal;
mod forms;
mod guessing;
mod headers;
mod keys;
mod names;
mod naughty;
mod passwords;
mod presented;
mod quick;
mod web;

use std::cell::RefCell;

use auth_core::StoreExt as _;
use auth_core::entropy::{Entropy as _, SystemEntropy};
use auth_core::root_keys::Purpose;
use auth_core::secret::{Secret, SecretBytes};
use auth_core::service::KeySettings;
use auth_core::session::Session;
use auth_core::token::Algorithm;
use auth_server::state::HttpSettings;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use serde_json::{Value, json};

use crate::helpers::{Connection, Reply, Setup, TestApp, Tokens, head, token_part};

const FORWARD_AUTH: &str = "/v1/forward-auth";
const ME: &str = "/v1/users/me";
const REFUSED: &str = "Bearer realm=\"auth\", error=\"invalid_token\"";
const SERVICE: &str = "q7Rk2mXw9ZtLb4VdYs8NcJh3GfPa6TeU";

fn encode(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}

fn decode(text: &str) -> Vec<u8> {
    Base64UrlUnpadded::decode_vec(text).unwrap()
}

fn with(mut object: Value, member: &str, value: impl Into<Value>) -> Value {
    object.as_object_mut().unwrap().insert(member.to_owned(), value.into());
    object
}

fn without(mut object: Value, member: &str) -> Value {
    object.as_object_mut().unwrap().remove(member).unwrap();
    object
}

fn hs256(secret: &[u8], message: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes()).as_ref().to_vec()
}

fn es256(pkcs8: &SecretBytes, message: &str) -> Vec<u8> {
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.expose()).unwrap();
    pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap().as_ref().to_vec()
}

/// The private part of a key of this server, from its store.
fn private(app: &TestApp, id: &str) -> SecretBytes {
    let keys = app.store.read(|tx| tx.keys().all()).unwrap();
    let key = keys.into_iter().find(|key| key.id.as_str() == id).unwrap();
    app.root_keys.open(Purpose::SigningKey, id, &key.private.unwrap()).unwrap()
}

/// A server, somebody who is signed in, and what a service is told that asks about tokens.
struct Stage {
    app: TestApp,
    /// Of one session that nothing here may end.
    tokens: Tokens,
    secret: Vec<u8>,
    before: Session,
    /// The answers to a token that is nonsense, one for each path.
    nonsense: Vec<Reply>,
    connection: RefCell<Connection>,
}

impl Stage {
    /// A server whose shared secret the test knows: whatever is signed with it, only our own checks can refuse.
    fn shared() -> Self {
        let mut random = [0; 32];
        SystemEntropy.fill(&mut random).unwrap();
        let secret = encode(random);
        let shared_secret = Some(Secret::new(&secret));
        let keys = KeySettings { shared_secret, ..KeySettings::new(Algorithm::Hs256) };
        Self { secret: secret.into_bytes(), ..Self::of(Setup { keys, ..Setup::default() }) }
    }

    fn with(algorithm: Algorithm) -> Self {
        Self::of(Setup { keys: KeySettings::new(algorithm), ..Setup::default() })
    }

    fn of(setup: Setup) -> Self {
        let clients = vec![("api".to_owned(), Secret::new(SERVICE))];
        let app = Setup { http: HttpSettings { clients, ..setup.http }, ..setup }.spawn();
        app.register("alice");
        let tokens = app.tokens("alice");
        let before = app.session(&tokens);
        let connection = RefCell::new(Connection::open(app.address));
        let mut stage = Self { app, tokens, secret: Vec::new(), before, nonsense: Vec::new(), connection };
        stage.nonsense = [FORWARD_AUTH, ME].map(|path| stage.get(path, "Bearer x")).into();
        stage.unharmed();
        stage
    }

    fn header(&self) -> Value {
        token_part(&self.tokens.access, 0)
    }

    fn claims(&self) -> Value {
        token_part(&self.tokens.access, 1)
    }

    /// Any bytes as header and payload, under the server's own secret.
    fn token(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
        let message = format!("{}.{}", encode(header), encode(payload));
        format!("{message}.{}", encode(hs256(&self.secret, &message)))
    }

    fn signed(&self, header: &Value, claims: &Value) -> String {
        self.token(header.to_string(), claims.to_string())
    }

    fn send(&self, request: &[u8]) -> Reply {
        let mut connection = self.connection.borrow_mut();
        connection.write(request);
        connection.read()
    }

    fn get(&self, path: &str, authorization: &str) -> Reply {
        self.send(&head("GET", path, &[("Authorization", authorization)], None))
    }

    /// Sends a token in a body, where it may have any letters.
    fn post(&self, path: &str, token: &str) -> Reply {
        let service = format!("Basic {}", Base64::encode_string(format!("api:{SERVICE}").as_bytes()));
        let headers = [("Authorization", service.as_str()), ("Content-Type", "application/json")];
        let body = json!({"token": token}).to_string();
        self.send(&[head("POST", path, &headers, Some(body.len())), body.into_bytes()].concat())
    }

    /// Good for every route that asks.
    #[track_caller]
    fn accepted(&self, token: &str) {
        let bearer = format!("Bearer {token}");
        assert_eq!(self.get(FORWARD_AUTH, &bearer).status, 204, "{token}");
        assert_eq!(self.get(ME, &bearer).status, 200, "{token}");
        assert_eq!(self.post("/oauth/introspect", token).json()["active"], true, "{token}");
    }

    /// Refused by every route that asks, with the answer that nonsense gets.
    #[track_caller]
    fn refused(&self, token: &str) {
        if fits_a_header(token) {
            for (path, nonsense) in [FORWARD_AUTH, ME].into_iter().zip(&self.nonsense) {
                is_refused(&self.get(path, &format!("Bearer {token}")), nonsense, token);
            }
        }
        self.inactive(token);
    }

    /// In a body: worth nothing, and nothing ends by it.
    #[track_caller]
    fn inactive(&self, token: &str) {
        let told = self.post("/oauth/introspect", token);
        assert_eq!((told.status, told.text()), (200, r#"{"active":false}"#), "{token}");
        let done = self.post("/oauth/revoke", token);
        assert_eq!((done.status, done.text()), (200, ""), "{token}");
    }

    /// The session that all this was about is as it was, and so is its token.
    #[track_caller]
    fn unharmed(&self) {
        self.accepted(&self.tokens.access);
        assert_eq!(self.app.session(&self.tokens), self.before);
    }
}

/// Whether HTTP brings this text as it is: no control letters, and no space at the end, which is cut.
fn fits_a_header(token: &str) -> bool {
    !token.is_empty() && !token.ends_with(' ') && !token.contains(|letter: char| letter.is_ascii_control())
}

/// A problem without what differs from request to request.
fn but_its_id(reply: &Reply) -> Value {
    without(reply.json(), "request_id")
}

/// The one answer to tokens that are no good, whatever is the matter with them.
#[track_caller]
fn is_refused(reply: &Reply, nonsense: &Reply, token: &str) {
    let shown: String = token.chars().take(400).collect();
    assert_eq!(reply.status, 401, "{shown}");
    reply.problem(401, "token_invalid");
    assert_eq!(reply.header("www-authenticate"), Some(REFUSED), "{shown}");
    assert_eq!(but_its_id(reply), but_its_id(nonsense), "{shown}");
    assert_eq!(reply.header_names(), nonsense.header_names(), "{shown}");
}

use actix_web::test::{TestRequest, call_service, init_service};

use super::*;
use crate::request::refresh;

async fn status(routes: Routes, request: TestRequest) -> (u16, Option<String>) {
    let app = init_service(App::new().configure(|app| routes.configure(app))).await;
    let response = call_service(&app, request.to_request()).await;
    let retry = response.headers().get(header::RETRY_AFTER).map(|value| value.to_str().unwrap().to_owned());
    (response.status().as_u16(), retry)
}

fn body(request: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(request).unwrap();
    text.split_once("\r\n\r\n").unwrap().1.as_bytes().to_vec()
}

#[actix_web::test]
async fn the_usual_way_knows_a_right_password_from_a_wrong_one() {
    let hasher = Argon2Hasher::new(Argon2Params::default(), 1, Arc::new(SystemEntropy)).unwrap();
    let hash = hasher.hash(&Password::new(PASSWORD)).unwrap().expose().to_owned();
    let routes = Routes::Usual(Arc::new(HashMap::from([(username(1), hash)])));
    let right = body(&crate::request::sign_in(1));
    let wrong = String::from_utf8(right.clone()).unwrap().replace(PASSWORD, "another one").into_bytes();
    for (body, expected) in
        [(right, 200), (wrong, 401), (body(&crate::request::sign_in(2)), 401), (body(&refresh("x")), 400)]
    {
        let request = TestRequest::post().uri("/v1/users/token").set_payload(body);
        assert_eq!(status(routes.clone(), request).await.0, expected);
    }
}

#[actix_web::test]
async fn a_refusal_names_a_time_and_leaves_the_other_routes_alone() {
    let request = TestRequest::post().uri("/v1/users/token").set_payload("{}");
    assert_eq!(status(Routes::Refuse(7), request).await, (503, Some("7".to_owned())));
    assert_eq!(status(Routes::Refuse(7), TestRequest::get().uri("/readyz")).await, (204, None));
}

#[actix_web::test]
async fn only_the_control_that_checks_refuses_a_token() {
    let request = || TestRequest::get().uri("/v1/forward-auth").insert_header(("authorization", "Bearer a.b.c"));
    assert_eq!(status(Routes::Bare, request()).await.0, 204);
    let signature = Signature::parse("HS256", "c2VjcmV0").unwrap();
    assert_eq!(status(Routes::Verify(Arc::new(signature)), request()).await.0, 401);
    assert!(Signature::parse("RS256", "c2VjcmV0").is_err() && Signature::parse("ES256", "c2VjcmV0").is_err());
}

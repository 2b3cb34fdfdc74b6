//! A panic in a handler is one failed request, not a lost connection.

use std::panic::AssertUnwindSafe;

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use futures_util::FutureExt as _;

use crate::problem::Problem;

/// Wraps a resource, not the application: a second handle to a request that is still to be routed makes the router panic.
pub(crate) async fn catch_panics(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let handle = request.request().clone();
    // What a handler leaves behind it leaves to nobody: state behind locks is not kept across requests here.
    match AssertUnwindSafe(async move { next.call(request).await }).catch_unwind().await {
        Ok(response) => response.map(ServiceResponse::map_into_boxed_body),
        Err(_) => Ok(ServiceResponse::from_err(Problem::internal("a handler panicked"), handle)),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, HttpResponse, web};

    use super::*;

    async fn careless(request: actix_web::HttpRequest) -> HttpResponse {
        assert!(request.query_string().is_empty(), "on purpose");
        HttpResponse::Ok().finish()
    }

    #[actix_web::test]
    async fn a_panic_is_an_answer_and_the_next_request_is_served() {
        let resource = web::resource("/").route(web::get().to(careless)).wrap(from_fn(catch_panics));
        let app = init_service(App::new().service(resource)).await;
        let failed = call_service(&app, TestRequest::with_uri("/?x").to_request()).await;
        assert_eq!(failed.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(failed.response().error().is_some_and(|error| error.as_error::<Problem>().is_some()));
        let next = call_service(&app, TestRequest::with_uri("/").to_request()).await;
        assert_eq!(next.status(), StatusCode::OK);
    }
}

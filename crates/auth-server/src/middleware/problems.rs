//! Every error becomes a problem document here: ours, and the framework's own.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::CONTENT_TYPE;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpResponse, web};

use crate::problem::{Code, Problem, render};
use crate::state::AppState;

pub(crate) async fn problems(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let state = request.app_data::<web::Data<AppState>>().cloned();
    let response = next.call(request).await?;
    let Some(state) = state.filter(|_| response.status().is_client_error() || response.status().is_server_error())
    else {
        return Ok(response.map_into_boxed_body());
    };
    let (request, response) = response.into_parts();
    let foreign = Problem::new(Code::of_status(response.status()));
    let problem = response.error().and_then(Error::as_error::<Problem>).unwrap_or(&foreign);
    let rendered: HttpResponse = render(problem, &request, &state);
    debug_assert!(rendered.headers().contains_key(CONTENT_TYPE), "a problem has a type");
    let answer = ServiceResponse::new(request, rendered);
    answer.request().extensions_mut().insert(problem.code());
    Ok(answer)
}

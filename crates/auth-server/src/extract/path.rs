//! Ids in paths.

use std::str::FromStr;

use actix_web::HttpRequest;

use crate::problem::{Code, Problem};

/// The id that a path names. A text that is none names nothing, as an id does that nobody has.
pub(crate) fn path_id<T: FromStr>(request: &HttpRequest, name: &str) -> Result<T, Problem> {
    let id = request.match_info().get(name).and_then(|id| id.parse().ok());
    id.ok_or_else(|| Problem::new(Code::NotFound))
}

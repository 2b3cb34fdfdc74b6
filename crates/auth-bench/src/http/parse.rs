//! From bytes to a response.

use std::io::{Error, ErrorKind};

use httparse::Status;

/// More headers than the server ever sends.
const MOST_HEADERS: usize = 32;

/// What a load generator looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Seconds, where `Retry-After` names some.
    pub(crate) retry_after: Option<u64>,
    /// Whether the connection takes another request.
    pub(crate) keeps_alive: bool,
    pub(crate) body: Vec<u8>,
}

/// How the body of a response ends (RFC 9112, section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    None,
    Chunked,
    Bytes(usize),
    UntilClose,
}

/// Reads one response off the front of `bytes`: the response and its length, or `None` while some of it is missing.
/// `at_end` says that no more bytes will come.
///
/// # Errors
/// [`Error`] for what is no response, and for one that was cut off.
pub(crate) fn parse(bytes: &[u8], at_end: bool) -> Result<Option<(Response, usize)>, Error> {
    let parsed = head(bytes)?.map(|(response, length, head)| body(bytes, response, length, head, at_end));
    match parsed.transpose()?.flatten() {
        None if at_end => Err(Error::new(ErrorKind::UnexpectedEof, "the connection ended in the middle of a response")),
        whole => Ok(whole),
    }
}

fn head(bytes: &[u8]) -> Result<Option<(Response, Length, usize)>, Error> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut parsed = httparse::Response::new(&mut headers);
    let Status::Complete(end) = parsed.parse(bytes).map_err(|error| invalid(&error.to_string()))? else {
        return Ok(None);
    };
    let status = parsed.code.unwrap_or(0);
    let mut response = Response { status, retry_after: None, keeps_alive: parsed.version == Some(1), body: Vec::new() };
    let mut length = Length::UntilClose;
    for header in parsed.headers.iter() {
        let text = std::str::from_utf8(header.value).unwrap_or_default().trim();
        if header.name.eq_ignore_ascii_case("content-length") && length != Length::Chunked {
            length = Length::Bytes(text.parse().map_err(|_| invalid("the length is no number"))?);
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") && text.eq_ignore_ascii_case("chunked") {
            length = Length::Chunked;
        } else if header.name.eq_ignore_ascii_case("connection") {
            response.keeps_alive = !text.eq_ignore_ascii_case("close");
        } else if header.name.eq_ignore_ascii_case("retry-after") {
            response.retry_after = text.parse().ok();
        }
    }
    match status {
        100..200 => return Err(invalid("an interim response that nobody asked for")),
        204 | 304 => length = Length::None,
        _ => {}
    }
    Ok(Some((response, length, end)))
}

fn body(
    bytes: &[u8],
    mut response: Response,
    length: Length,
    head: usize,
    at_end: bool,
) -> Result<Option<(Response, usize)>, Error> {
    let rest = bytes.get(head..).unwrap_or_default();
    let used = match length {
        Length::None => 0,
        Length::Bytes(length) => {
            let Some(body) = rest.get(..length) else { return Ok(None) };
            response.body.extend_from_slice(body);
            length
        }
        Length::Chunked => {
            let Some(used) = chunks(rest, &mut response.body)? else { return Ok(None) };
            used
        }
        Length::UntilClose if at_end => {
            response.keeps_alive = false;
            response.body.extend_from_slice(rest);
            rest.len()
        }
        Length::UntilClose => return Ok(None),
    };
    Ok(Some((response, head + used)))
}

/// Appends the chunks to `body`, and says how long they were. Trailers are not read: nothing of ours sends any.
fn chunks(bytes: &[u8], body: &mut Vec<u8>) -> Result<Option<usize>, Error> {
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let size = httparse::parse_chunk_size(rest).map_err(|_| invalid("a chunk without a size"))?;
        let Status::Complete((line, size)) = size else { return Ok(None) };
        let size = usize::try_from(size).map_err(|_| invalid("a chunk beyond all memory"))?;
        let Some((chunk, end)) = rest.get(line..).and_then(|rest| rest.split_at_checked(size)) else { return Ok(None) };
        match end.get(..2) {
            None => return Ok(None),
            Some(b"\r\n") => {}
            Some(_) => return Err(invalid("a chunk that does not end where it says")),
        }
        body.extend_from_slice(chunk);
        at += line + size + 2;
        if size == 0 {
            return Ok(Some(at));
        }
    }
}

fn invalid(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, what.to_owned())
}

#[cfg(test)]
mod tests;

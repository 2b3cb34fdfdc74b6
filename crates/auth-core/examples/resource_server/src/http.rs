//! Just enough of HTTP for an example. A real service has a client and a server already.

use std::io::{BufRead as _, BufReader, Error, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// Nobody waits for the other side for longer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest message that is read, in bytes: more than any key set that is taken.
const MOST: u64 = 1_024 * 1_024;

/// The body behind an address such as `http://127.0.0.1:8080/keys`.
///
/// # Errors
/// Where there is no answer, or another one than 200.
pub(crate) fn get(address: &str) -> Result<Vec<u8>, String> {
    let rest = address.strip_prefix("http://").ok_or("this example speaks plain HTTP only")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let answer = exchange(host, path).map_err(|error| format!("{address}: {error}"))?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or("an answer without an end of its head")?;
    let (head, body) = answer.split_at(end);
    if !head.starts_with(b"HTTP/1.1 200 ") && !head.starts_with(b"HTTP/1.0 200 ") {
        return Err(format!("{address}: {}", String::from_utf8_lossy(head).lines().next().unwrap_or_default()));
    }
    Ok(body.get(4..).unwrap_or_default().to_vec())
}

/// By HTTP 1.0, in which no answer comes in chunks and the end of the connection is the end of the body.
fn exchange(host: &str, path: &str) -> Result<Vec<u8>, Error> {
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET /{path} HTTP/1.0\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(MOST).read_to_end(&mut answer)?;
    Ok(answer)
}

/// The bearer token of a request, where it has one.
///
/// # Errors
/// Where the request does not come.
pub(crate) fn bearer(stream: &TcpStream) -> Result<Option<String>, Error> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut token = None;
    for line in BufReader::new(stream.take(MOST)).lines() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or_default();
        if name.eq_ignore_ascii_case("authorization") {
            token = value.trim().strip_prefix("Bearer ").map(str::to_owned);
        }
    }
    Ok(token)
}

/// Answers a request, and ends the connection.
///
/// # Errors
/// Where the client has gone.
pub(crate) fn answer(mut stream: &TcpStream, status: &str, more: &str, body: &str) -> Result<(), Error> {
    write!(
        stream,
        "HTTP/1.1 {status}\r\n{more}Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

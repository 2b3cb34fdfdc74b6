//! What the framework itself says of bytes that are no request: a status and nothing else.
//!
//! It goes straight to the socket, and no middleware sees it. It is always the last of its connection, and has no body, so it
//! is known by how a buffer ends.

use crate::problem::Code;

/// What it may say (actix-http 3.20, `h1/dispatcher.rs`, `poll_request`).
const WORDS: [(&[u8], Code); 3] = [
    (b" 400 Bad Request\r\n", Code::BadRequest),
    (b" 431 Request Header Fields Too Large\r\n", Code::HeadersTooLarge),
    (b" 500 Internal Server Error\r\n", Code::InternalError),
];
const VERSIONS: [&[u8]; 2] = [b"HTTP/1.1", b"HTTP/1.0"];
/// `date: Thu, 01 Jan 1970 00:00:00 GMT`, with both line ends (RFC 9110, section 5.6.7).
const DATE: usize = 6 + 29 + 4;

/// Where in the buffer such a refusal begins, and what it says.
pub(super) fn find(buffer: &[u8]) -> Option<(usize, Code)> {
    let head = buffer.strip_suffix(b" GMT\r\n\r\n")?;
    let (head, date) = head.split_at_checked((head.len() + 8).checked_sub(DATE)?)?;
    if !date.starts_with(b"date: ") {
        return None;
    }
    let head = ["connection: close\r\n", "connection: keep-alive\r\n"]
        .iter()
        .find_map(|line| head.strip_suffix(line.as_bytes()))
        .unwrap_or(head);
    let head = head.strip_suffix(b"content-length: 0\r\n")?;
    let (head, code) = WORDS.iter().find_map(|(words, code)| Some((head.strip_suffix(*words)?, *code)))?;
    VERSIONS.iter().find_map(|version| Some((head.strip_suffix(*version)?.len(), code)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATED: &str = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n";

    #[test]
    fn refusals_are_known_alone_and_behind_a_reply() {
        for (status, code) in [
            ("400 Bad Request", Code::BadRequest),
            ("431 Request Header Fields Too Large", Code::HeadersTooLarge),
            ("500 Internal Server Error", Code::InternalError),
        ] {
            for before in ["", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"] {
                for connection in ["", "connection: close\r\n"] {
                    for version in ["1.0", "1.1"] {
                        let text =
                            format!("{before}HTTP/{version} {status}\r\ncontent-length: 0\r\n{connection}{DATED}");
                        assert_eq!(find(text.as_bytes()), Some((before.len(), code)), "{text}");
                    }
                }
            }
        }
    }

    #[test]
    fn nothing_else_is_one() {
        for text in [
            String::new(),
            DATED.to_owned(),
            format!("HTTP/1.1 400 Bad Request\r\n{DATED}"),
            format!("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nx-request-id: a\r\n{DATED}"),
            format!("HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n{DATED}{{}}"),
            format!("HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n{DATED}"),
            format!("HTTP/2.0 400 Bad Request\r\ncontent-length: 0\r\n{DATED}"),
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n".to_owned(),
            " GMT\r\n\r\n".to_owned(),
        ] {
            assert_eq!(find(text.as_bytes()), None, "{text}");
        }
    }
}

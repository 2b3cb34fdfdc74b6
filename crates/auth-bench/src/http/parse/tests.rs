use super::*;

const PLAIN: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nretry-after: 7\r\n\r\nbody";
const CHUNKED: &[u8] =
    b"HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n";
const EMPTY: &[u8] = b"HTTP/1.1 204 No Content\r\ncontent-length: 9\r\n\r\n";

fn whole(bytes: &[u8]) -> (Response, usize) {
    parse(bytes, false).unwrap().unwrap()
}

fn refused(bytes: &[u8], at_end: bool) -> ErrorKind {
    parse(bytes, at_end).unwrap_err().kind()
}

#[test]
fn a_response_is_read_by_its_length() {
    let (response, used) = whole(PLAIN);
    assert_eq!((response.status, response.retry_after, response.keeps_alive), (200, Some(7), true));
    assert_eq!((response.body.as_slice(), used), (b"body".as_slice(), PLAIN.len()));
}

#[test]
fn chunks_are_joined() {
    let (response, used) = whole(CHUNKED);
    assert_eq!(response.status, 503);
    assert_eq!((response.body.as_slice(), used), (b"abc0123456789".as_slice(), CHUNKED.len()));
}

#[test]
fn some_have_no_body_whatever_they_say() {
    assert_eq!(whole(EMPTY).1, EMPTY.len());
    let unchanged = b"HTTP/1.1 304 Not Modified\r\n\r\n";
    assert_eq!(whole(unchanged).1, unchanged.len());
}

#[test]
fn one_response_is_taken_off_and_the_next_stays() {
    for first in [PLAIN, CHUNKED, EMPTY] {
        let both = [first, PLAIN].concat();
        let (_, used) = whole(&both);
        assert_eq!(used, first.len());
        assert_eq!(whole(&both[used..]).0, whole(PLAIN).0);
    }
}

#[test]
fn a_response_that_comes_byte_by_byte_is_awaited_to_its_last() {
    for bytes in [PLAIN, CHUNKED, EMPTY] {
        for length in 0..bytes.len() {
            assert_eq!(parse(&bytes[..length], false).unwrap(), None, "{length}");
            assert_eq!(refused(&bytes[..length], true), ErrorKind::UnexpectedEof, "{length}");
        }
        assert!(parse(bytes, true).unwrap().is_some());
    }
}

#[test]
fn a_response_without_a_length_ends_with_its_connection() {
    let bytes = b"HTTP/1.1 200 OK\r\n\r\nto the end";
    assert_eq!(parse(bytes, false).unwrap(), None);
    let (response, used) = parse(bytes, true).unwrap().unwrap();
    assert_eq!((response.body.as_slice(), used, response.keeps_alive), (b"to the end".as_slice(), bytes.len(), false));
}

#[test]
fn a_connection_that_closes_takes_no_other_request() {
    let closing = |version: &str, header: &str| {
        whole(format!("HTTP/{version} 200 OK\r\n{header}content-length: 0\r\n\r\n").as_bytes()).0.keeps_alive
    };
    assert!(closing("1.1", ""));
    assert!(closing("1.1", "connection: keep-alive\r\n"));
    assert!(!closing("1.1", "Connection: Close\r\n"));
    assert!(!closing("1.0", ""));
}

#[test]
fn what_is_no_response_is_refused() {
    for bytes in [
        b"GET / HTTP/1.1\r\n\r\n".as_slice(),
        b"HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabcde\r\n",
    ] {
        assert_eq!(refused(bytes, false), ErrorKind::InvalidData, "{}", String::from_utf8_lossy(bytes));
    }
}

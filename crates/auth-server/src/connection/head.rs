//! What the bytes of a head are held to before the framework sees them: how many they are, and how its lines end.
//!
//! actix-http 3.20 keeps 128 KiB of a head before it is looked at, and takes a line feed alone for the end of a line. Whoever
//! stands before us may take it for a part of the line, and would have let a header pass that it never saw (RFC 9112,
//! section 2.2, leaves the choice to the reader).
//!
//! What comes while a request is answered is not looked at: it may be that request's body. No proxy sends another one before it
//! has the answer, so that no head that a proxy wrote goes by.

use crate::problem::Code;

/// The most bytes of a head: 4 KiB of path and query and 32 KiB of headers (`middleware/limits.rs`), and what stands between.
const MOST: usize = 40 * 1_024;

/// The head that is waited for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Head {
    /// Its bytes so far.
    bytes: usize,
    /// Those of the line that has not ended.
    line: usize,
    /// The byte before the next one.
    last: Option<u8>,
    /// A line was there that was not empty: empty ones before it are skipped (RFC 9112, section 2.2).
    is_begun: bool,
    /// What comes is a body, or another request.
    is_over: bool,
}

impl Head {
    /// Reads on; what is wrong with the head, where something is.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Option<Code> {
        let mut rest = bytes;
        while !self.is_over
            && let Some((line, after)) =
                rest.iter().position(|byte| *byte == b'\n').and_then(|at| rest.split_at_checked(at))
        {
            if line.last().copied().or(self.last) != Some(b'\r') {
                return Some(Code::BadRequest);
            }
            let is_empty = self.line + line.len() == 1;
            self.is_over = is_empty && self.is_begun;
            self.is_begun |= !is_empty;
            self.bytes += line.len() + 1;
            (self.line, self.last) = (0, Some(b'\n'));
            rest = after.get(1..).unwrap_or_default();
        }
        if !self.is_over {
            self.bytes += rest.len();
            self.line += rest.len();
        }
        self.pass(rest);
        (self.bytes > MOST).then_some(Code::HeadersTooLarge)
    }

    /// Lets bytes pass that are of no head.
    pub(super) fn pass(&mut self, bytes: &[u8]) {
        self.last = bytes.last().copied().or(self.last);
    }

    /// Another one is waited for.
    pub(super) fn begin_anew(&mut self) {
        *self = Self { last: self.last, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In one piece, and byte by byte.
    #[track_caller]
    fn judged(text: &[u8], found: Option<Code>) {
        let shown = String::from_utf8_lossy(text.get(..text.len().min(100)).unwrap());
        assert_eq!(Head::default().read(text), found, "{shown:?}");
        let mut head = Head::default();
        let pieces = text.iter().find_map(|byte| head.read(&[*byte]));
        assert_eq!(pieces, found, "{shown:?} in pieces");
    }

    #[test]
    fn a_line_ends_by_both_of_its_bytes() {
        for text in [
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n{\n}",
            "POST / HTTP/1.1\r\nHost: x\r\n\r\n\n\n\n",
            "GET / HTTP/1.1\r\nX: \r\r\n",
            "GET",
            "",
        ] {
            judged(text.as_bytes(), None);
        }
        for text in [
            "GET / HTTP/1.1\nHost: x\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\n\n",
            "GET / HTTP/1.1\r\nX: a\nTransfer-Encoding: chunked\r\n\r\n",
            "\nGET / HTTP/1.1\r\n",
            "\r\n\nGET / HTTP/1.1\r\n",
        ] {
            judged(text.as_bytes(), Some(Code::BadRequest));
        }
    }

    #[test]
    fn a_head_has_an_end() {
        let with = |bytes: usize| {
            let rest = bytes - "GET / HTTP/1.1\r\nX: \r\n\r\n".len();
            format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(rest))
        };
        judged(with(MOST).as_bytes(), None);
        judged(format!("{}{}", with(MOST), "body\n".repeat(100)).as_bytes(), None);
        judged(with(MOST + 1).as_bytes(), Some(Code::HeadersTooLarge));
        judged("x".repeat(MOST + 1).as_bytes(), Some(Code::HeadersTooLarge));
        judged("\r\n".repeat(MOST).as_bytes(), Some(Code::HeadersTooLarge));
    }

    #[test]
    fn another_head_begins_anew_behind_whatever_was_there() {
        let mut head = Head::default();
        assert_eq!(head.read(b"POST / HTTP/1.1\r\n\r\n{\n}"), None);
        head.begin_anew();
        head.pass(b"\n\n\r");
        // The half of a line end that came before.
        assert_eq!(head.read(b"\nGET / HTTP/1.1\r\n\r\n\n"), None);
        head.begin_anew();
        head.pass(&vec![b'x'; MOST]);
        assert_eq!(head.read(b"GET / HTTP/1.1\r\nX: y\n"), Some(Code::BadRequest));
    }
}

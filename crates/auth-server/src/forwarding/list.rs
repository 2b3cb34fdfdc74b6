//! The hops of one header line, the nearest first. `None` is one that cannot be read.
//!
//! A line is read from its end: what a proxy of ours wrote is there, and nothing that a client wrote before it, such as
//! half a quoted string, changes how it is read.

use std::net::IpAddr;

use super::node;

/// The hops of a line.
pub(super) type Hops<'l> = Box<dyn Iterator<Item = Option<IpAddr>> + 'l>;

/// `X-Forwarded-For: client, proxy`.
pub(super) fn usual(line: &str) -> Hops<'_> {
    Box::new(line.rsplit(',').map(|hop| node::address(trim(hop))))
}

/// `Forwarded: for=client;proto=https, for="[2001:db8::1]:80"` (RFC 7239, section 4).
pub(super) fn standard(line: &str) -> Hops<'_> {
    Box::new(Elements(Some(line)).map(|element| node::address(parameter(element?, "for")?)))
}

/// The hops of a line that may hold anything: of what is no ASCII, the element cannot be read, nor any before it.
pub(super) fn hops<'l>(line: &'l [u8], read: fn(&'l str) -> Hops<'l>) -> Hops<'l> {
    let end = line.rsplit(|byte| !byte.is_ascii()).next().unwrap_or(line);
    let text = std::str::from_utf8(end).unwrap_or_default();
    match text.split_once(',') {
        _ if end.len() == line.len() => read(text),
        Some((_, elements)) => Box::new(read(elements).chain([None])),
        None => Box::new(std::iter::once(None)),
    }
}

/// Optional white space (RFC 9110, section 5.6.3).
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// The elements of a list from its end; `None` is one whose quotes do not close, and the last.
struct Elements<'l>(Option<&'l str>);

impl<'l> Iterator for Elements<'l> {
    type Item = Option<&'l str>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.0.take()?;
        let mut is_quoted = false;
        for (at, byte) in rest.bytes().enumerate().rev() {
            match byte {
                b'"' if !(is_quoted && is_escaped(rest, at)) => is_quoted = !is_quoted,
                b',' if !is_quoted => {
                    let (before, element) = rest.split_at_checked(at)?;
                    self.0 = Some(before);
                    return Some(element.strip_prefix(','));
                }
                _ => {}
            }
        }
        Some((!is_quoted).then_some(rest))
    }
}

/// Whether an odd number of backslashes stands before it.
fn is_escaped(text: &str, at: usize) -> bool {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// A parameter's value, where it is there once and all of the element can be read.
fn parameter<'l>(element: &'l str, wanted: &str) -> Option<&'l str> {
    let (mut rest, mut found) = (trim(element), None);
    loop {
        let (name, after) = rest.split_once('=')?;
        let (value, after) = match after.strip_prefix('"') {
            // An address has nothing to escape, and of other parameters the value is not wanted.
            Some(quoted) => closing(quoted)?,
            None => after.split_at_checked(after.find(';').unwrap_or(after.len()))?,
        };
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !is_name || name.eq_ignore_ascii_case(wanted) && found.replace(value).is_some() {
            return None;
        }
        match trim(after).strip_prefix(';') {
            Some(more) => rest = trim(more),
            None => return found.filter(|_| trim(after).is_empty()),
        }
    }
}

/// A quoted string, behind its opening quote, and what comes behind the closing one.
fn closing(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().enumerate().find(|(at, byte)| *byte == b'"' && !is_escaped(text, *at))?.0;
    Some((text.get(..end)?, text.get(end + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(hops: Hops<'_>) -> Vec<Option<String>> {
        hops.map(|hop| hop.map(|hop| hop.to_string())).collect()
    }

    #[test]
    fn elements_are_read_from_the_end_and_parameters_by_name() {
        for (line, hops) in [
            ("for=192.0.2.1", &[Some("192.0.2.1")][..]),
            ("for=192.0.2.1, for=192.0.2.2", &[Some("192.0.2.2"), Some("192.0.2.1")]),
            ("For=\"[2001:db8::17]:4711\";proto=http; by=203.0.113.43", &[Some("2001:db8::17")]),
            ("by=\"a,b;for=c\" ; FOR=192.0.2.1 ,\tfor=192.0.2.2", &[Some("192.0.2.2"), Some("192.0.2.1")]),
            ("host=\"a\\\", for=192.0.2.9\";for=192.0.2.1", &[Some("192.0.2.1")]),
            ("for=unknown, for=_hidden, for=\"_hidden:80\"", &[None, None, None]),
            ("for=\"192.0.2.1", &[None]),
            // Half a quoted string of somebody else's.
            ("for=\"x, for=192.0.2.1", &[Some("192.0.2.1"), None]),
            ("for=\", for=\"192.0.2.1:80\"", &[Some("192.0.2.1"), None]),
            ("for=192.0.2.1;for=192.0.2.2", &[None]),
            ("proto=https", &[None]),
            ("", &[None]),
            ("for", &[None]),
            ("for=192.0.2.1,", &[None, Some("192.0.2.1")]),
            ("for=192.0.2.1;", &[None]),
            ("for=\"192.0.2.1\"x", &[None]),
            ("=x;for=192.0.2.1", &[None]),
            ("for =192.0.2.1", &[None]),
            ("for=\"192.0.2.1\\\\\"", &[None]),
        ] {
            let wanted: Vec<Option<String>> = hops.iter().map(|hop| hop.map(str::to_owned)).collect();
            assert_eq!(read(standard(line)), wanted, "{line}");
        }
    }

    #[test]
    fn what_is_no_text_hides_nothing_behind_it() {
        for (line, found) in [
            (&b"192.0.2.1"[..], &[Some("192.0.2.1")][..]),
            (b"\xff, 192.0.2.1,192.0.2.2", &[Some("192.0.2.2"), Some("192.0.2.1"), None]),
            (b"192.0.2.9,\xff192.0.2.1", &[None]),
            (b"192.0.2.1\xc3\xa9", &[None]),
            (b"192.0.2.9\xff, x\xff, 192.0.2.1", &[Some("192.0.2.1"), None]),
        ] {
            let wanted: Vec<Option<String>> = found.iter().map(|hop| hop.map(str::to_owned)).collect();
            assert_eq!(read(hops(line, usual)), wanted, "{line:?}");
        }
    }

    #[test]
    fn the_usual_header_is_a_list_of_addresses() {
        let hops = read(usual("a, 192.0.2.1 ,,\t[2001:db8::1]:443,192.0.2.2:80"));
        let wanted = [Some("192.0.2.2"), Some("2001:db8::1"), None, Some("192.0.2.1"), None];
        assert_eq!(hops, wanted.map(|hop| hop.map(str::to_owned)));
    }
}

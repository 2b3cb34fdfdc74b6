use proptest::prelude::*;

use super::*;

const PROXY: &str = "10.0.0.1";

fn proxies() -> Vec<Network> {
    ["10.0.0.0/8", "2001:db8:ffff::/48"].iter().map(|text| text.parse().unwrap()).collect()
}

/// What is made of these header lines from that peer.
fn from(peer: &str, lines: &[(&str, &str)]) -> (String, Heard) {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(name.parse().unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    let (address, heard) = client(peer.parse().unwrap(), &headers, &proxies());
    (address.to_string(), heard)
}

fn is(address: &str, heard: Heard) -> (String, Heard) {
    (address.to_owned(), heard)
}

const X: &str = "x-forwarded-for";
const F: &str = "forwarded";

#[test]
fn the_nearest_hop_that_is_no_proxy_of_ours_is_the_client() {
    for (lines, client) in [
        (&[(X, "192.0.2.1")][..], "192.0.2.1"),
        (&[(X, "203.0.113.9, 192.0.2.1")], "192.0.2.1"),
        (&[(X, "203.0.113.9, 192.0.2.1, 10.1.1.1")], "192.0.2.1"),
        (&[(X, "203.0.113.9"), (X, "192.0.2.1"), (X, "10.1.1.1, 10.1.1.2")], "192.0.2.1"),
        (&[(X, "unknown, 192.0.2.1:4711")], "192.0.2.1"),
        (&[(X, "\u{e9}"), (X, "192.0.2.1")], "192.0.2.1"),
        (&[(X, "\u{e9}, 192.0.2.1")], "192.0.2.1"),
        (&[(X, "::ffff:192.0.2.1")], "192.0.2.1"),
        (&[(X, "::ffff:10.9.9.9, 10.1.1.1")], "10.9.9.9"),
        (&[(X, "2001:db8::7, [2001:db8:ffff::1]:80")], "2001:db8::7"),
        (&[(F, "for=192.0.2.1;proto=https")], "192.0.2.1"),
        (&[(F, "for=\"x"), (F, "for=192.0.2.1, for=10.1.1.1")], "192.0.2.1"),
        (&[(F, "for=192.0.2.1"), (X, "203.0.113.9, 192.0.2.1")], "192.0.2.1"),
    ] {
        assert_eq!(from(PROXY, lines), is(client, Heard::Believed), "{lines:?}");
    }
}

#[test]
fn l08_what_cannot_be_read_or_contradicts_itself_says_nothing() {
    let endless = vec![PROXY; 33].join(",");
    for lines in [
        &[(X, "")][..],
        &[(X, "a")],
        &[(X, "192.0.2.1,")],
        &[(X, "192.0.2.1, unknown")],
        &[(X, "192.0.2.1"), (X, "\u{e9}")],
        &[(X, "192.0.2.1, , 10.1.1.1")],
        &[(X, "192.0.2.1, fe80::1%eth0")],
        &[(X, "192.0.2.1:http")],
        &[(X, &endless)],
        &[(F, "for=unknown")],
        &[(F, "for=_hidden, for=10.1.1.1")],
        &[(F, "for=\"192.0.2.1")],
        &[(F, "proto=https")],
        // A proxy that writes one header hands the other on as it came.
        &[(F, "for=203.0.113.9"), (X, "192.0.2.1")],
        &[(F, "for=nonsense"), (X, "192.0.2.1")],
        &[(F, "for=192.0.2.1"), (X, "nonsense")],
    ] {
        assert_eq!(from(PROXY, lines), is(PROXY, Heard::Doubted), "{lines:?}");
    }
}

#[test]
fn l07_nobody_else_speaks_for_an_address() {
    for peer in ["192.0.2.1", "2001:db8::1", "11.0.0.1", "127.0.0.1"] {
        for lines in
            [&[(X, "203.0.113.9")][..], &[(F, "for=203.0.113.9")], &[(F, "for=203.0.113.9"), (X, "203.0.113.9")]]
        {
            assert_eq!(from(peer, lines), is(peer, Heard::Untrusted), "{lines:?}");
        }
        assert_eq!(from(peer, &[]), is(peer, Heard::Nothing));
    }
    assert_eq!(from("::ffff:10.0.0.1", &[(X, "192.0.2.1")]), is("192.0.2.1", Heard::Believed));
}

#[test]
fn w23_headers_that_look_alike_say_nothing() {
    for name in
        ["x_forwarded_for", "x-forwarded_for", "x_forwarded-for", "x-real-ip", "client-ip", "via", "x-forwarded"]
    {
        assert_eq!(from(PROXY, &[(name, "192.0.2.1")]), is(PROXY, Heard::Nothing), "{name}");
    }
}

proptest! {
    /// Whatever a client writes, it is before what our proxy writes.
    #[test]
    fn nothing_that_a_client_writes_moves_its_address(
        text in "[ -~]{0,40}",
        near in "(for=|\"|,|;|192\\.0\\.2\\.7|10\\.0\\.0\\.1|\\\\| |é){0,12}",
        own in any::<u32>().prop_map(std::net::Ipv4Addr::from_bits),
    ) {
        prop_assume!(!is_proxy(own.into(), &proxies()));
        for spoofed in [&text, &near] {
            for (name, hop) in [(X, own.to_string()), (F, format!("for={own}")), (F, format!("for=\"{own}:80\";by=\"x,y\""))] {
                let one = format!("{spoofed}, {hop}");
                prop_assert_eq!(from(PROXY, &[(name, &one)]), is(&own.to_string(), Heard::Believed));
                prop_assert_eq!(from(PROXY, &[(name, spoofed), (name, &hop)]), is(&own.to_string(), Heard::Believed));
            }
        }
    }

    #[test]
    fn any_text_is_an_address_that_it_names_or_the_peer(text in any::<String>()) {
        let Ok(value) = HeaderValue::from_bytes(text.as_bytes()) else { return Ok(()) };
        for name in [X_FORWARDED_FOR, FORWARDED] {
            let mut headers = HeaderMap::new();
            headers.append(name, value.clone());
            let (address, heard) = client(PROXY.parse().unwrap(), &headers, &proxies());
            prop_assert_eq!(heard == Heard::Doubted, address.to_string() == PROXY);
        }
    }
}

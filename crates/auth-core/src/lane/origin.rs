//! Whom a job is for, as far as fairness goes.

use std::net::IpAddr;

use crate::attempts::counted_address;

/// Whom a job is for: origins take turns, and one that floods a lane crowds out no other. A client is told by its IPv4
/// address or by its IPv6 network of 64 bits, which is what one customer gets (RFC 6177). Jobs without one share a turn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin(Kind);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Kind {
    #[default]
    Nobody,
    V4(u32),
    /// The upper 64 bits.
    V6(u128),
}

impl From<IpAddr> for Origin {
    fn from(address: IpAddr) -> Self {
        Self(match counted_address(address) {
            IpAddr::V4(v4) => Kind::V4(v4.to_bits()),
            IpAddr::V6(v6) => Kind::V6(v6.to_bits() >> 64),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_its_ipv4_address_or_its_ipv6_network() {
        let origin = |text: &str| Origin::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(origin("::ffff:192.0.2.7"), origin("192.0.2.7"));
        assert_ne!(origin("192.0.2.8"), origin("192.0.2.7"));
        assert_eq!(origin("64:ff9b::192.0.2.7"), origin("192.0.2.7"), "through a translator");
        assert_eq!(origin("2001:db8:1:2::1"), origin("2001:db8:1:2:ffff::2"));
        assert_ne!(origin("2001:db8:1:3::1"), origin("2001:db8:1:2::1"));
        assert_ne!(origin("0.0.0.0"), Origin::default());
    }
}

//! Networks of addresses, as configuration names them (`192.0.2.0/24`, `2001:db8::/32`, or one address), and those that a client is
//! counted by.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// An address and how many of its first bits count (RFC 4632, section 3.1; RFC 4291, section 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

/// A text that is no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// What stands before the slash.
    #[error("it is not an IP address")]
    Address,
    /// What stands behind it.
    #[error("its prefix is not a number of bits that such an address has")]
    Prefix,
    /// `192.0.2.1/24`: one of the two is a slip, and nobody knows which.
    #[error("its address has bits behind the prefix")]
    HostBits,
}

impl Network {
    /// Whether it is all of IPv4, or all of IPv6.
    pub fn is_everything(&self) -> bool {
        self.bits == 0
    }

    /// The network of `bits` that an address is in. An IPv4 address that is written as IPv6 is the IPv4 one.
    pub fn around(address: IpAddr, bits: u8) -> Self {
        let (network, bits) = match address.to_canonical() {
            IpAddr::V4(address) => (v4(address, bits.min(32)).map(IpAddr::V4), bits.min(32)),
            IpAddr::V6(address) => (v6(address, bits.min(128)).map(IpAddr::V6), bits.min(128)),
        };
        Self { address: network.unwrap_or(address), bits }
    }

    /// Whether the address is one of the network's. An IPv4 address that is written as IPv6 is the IPv4 one.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => Some(own) == v4(other, self.bits),
            (IpAddr::V6(own), IpAddr::V6(other)) => Some(own) == v6(other, self.bits),
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let written: IpAddr = address.parse().map_err(|_| NetworkError::Address)?;
        let most = if written.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) if bits.len() <= 3 && bits.bytes().all(|byte| byte.is_ascii_digit()) => bits.parse().ok(),
            Some(_) => None,
            None => Some(most),
        };
        let bits: u8 = bits.filter(|bits| *bits <= most).ok_or(NetworkError::Prefix)?;
        // `::ffff:192.0.2.0/120` is `192.0.2.0/24`; one that is wider than all of IPv4 names no IPv4 address.
        let (address, bits) = match (written.to_canonical(), bits.checked_sub(96)) {
            (IpAddr::V4(v4), Some(bits)) if written.is_ipv6() => (IpAddr::V4(v4), bits),
            _ => (written, bits),
        };
        let masked = match address {
            IpAddr::V4(address) => v4(address, bits).map(IpAddr::V4),
            IpAddr::V6(address) => v6(address, bits).map(IpAddr::V6),
        };
        if masked == Some(address) { Ok(Self { address, bits }) } else { Err(NetworkError::HostBits) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

/// The first bits of an address; none where it has not so many.
fn v4(address: Ipv4Addr, bits: u8) -> Option<Ipv4Addr> {
    let rest = 32_u32.checked_sub(bits.into())?;
    Some(Ipv4Addr::from_bits(address.to_bits() & u32::MAX.checked_shl(rest).unwrap_or(0)))
}

fn v6(address: Ipv6Addr, bits: u8) -> Option<Ipv6Addr> {
    let rest = 128_u32.checked_sub(bits.into())?;
    Some(Ipv6Addr::from_bits(address.to_bits() & u128::MAX.checked_shl(rest).unwrap_or(0)))
}

/// An address as clients are told apart: an IPv4 address that is written as IPv6, or that a translator wrote under the
/// well-known prefix `64:ff9b::/96` (RFC 6052, section 2.1), is the IPv4 one. All of IPv4 would be one network else.
///
/// For counting alone: whom one trusts is told by the address that is there.
pub fn counted_address(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => match v6.segments() {
            [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)).into(),
            _ => IpAddr::V6(v6),
        },
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// What a client is counted by, the widest first, each with how many times the rate is its own. IPv4: the address. IPv6: the
/// network of 64 bits, which is what one customer has, and that of 48, which is what one site may get (RFC 6177).
pub(crate) fn counted(address: IpAddr) -> Vec<(Network, u32)> {
    match counted_address(address) {
        v4 @ IpAddr::V4(_) => vec![(Network::around(v4, 32), 1)],
        v6 @ IpAddr::V6(_) => vec![(Network::around(v6, 48), 10), (Network::around(v6, 64), 1)],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn network(text: &str) -> Network {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn a_network_is_its_first_bits() {
        for (text, inside, outside) in [
            ("192.0.2.7", &["192.0.2.7", "::ffff:192.0.2.7"][..], &["192.0.2.6", "::192.0.2.7", "::"][..]),
            ("192.0.2.0/24", &["192.0.2.0", "192.0.2.255"], &["192.0.1.255", "192.0.3.0", "2001:db8::1"]),
            ("192.0.2.128/25", &["192.0.2.128"], &["192.0.2.127"]),
            ("0.0.0.0/0", &["255.255.255.255", "0.0.0.0"], &["::1"]),
            ("::/0", &["::1", "ff::"], &["1.2.3.4", "::ffff:1.2.3.4"]),
            ("2001:db8::/33", &["2001:db8:7fff::"], &["2001:db8:8000::"]),
            ("::1", &["::1"], &["127.0.0.1", "::2"]),
            ("::ffff:192.0.2.0/120", &["192.0.2.9"], &["192.0.3.0", "::192.0.2.9"]),
        ] {
            for address in inside {
                assert!(network(text).contains(address.parse().unwrap()), "{address} in {text}");
            }
            for address in outside {
                assert!(!network(text).contains(address.parse().unwrap()), "{address} in {text}");
            }
        }
    }

    #[test]
    fn what_is_no_network_is_told_why() {
        for (text, error) in [
            ("", NetworkError::Address),
            ("localhost", NetworkError::Address),
            ("192.0.2", NetworkError::Address),
            ("192.0.2.07", NetworkError::Address),
            ("[::1]", NetworkError::Address),
            ("fe80::1%eth0", NetworkError::Address),
            ("192.0.2.1/33", NetworkError::Prefix),
            ("192.0.2.1/", NetworkError::Prefix),
            ("192.0.2.0/+24", NetworkError::Prefix),
            ("192.0.2.0/255.255.255.0", NetworkError::Prefix),
            ("::/129", NetworkError::Prefix),
            ("::/999", NetworkError::Prefix),
            ("192.0.2.1/24", NetworkError::HostBits),
            ("2001:db8::1/64", NetworkError::HostBits),
        ] {
            assert_eq!(text.parse::<Network>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_client_is_counted_by_its_address_or_by_its_networks() {
        let texts = |text: &str| {
            counted(text.parse().unwrap())
                .into_iter()
                .map(|(network, times)| format!("{network} {times}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(texts("::ffff:192.0.2.7"), ["192.0.2.7/32 1"]);
        assert_eq!(texts("64:ff9b::192.0.2.7"), ["192.0.2.7/32 1"]);
        for other in ["64:ff9b:1::192.0.2.7", "64:ff9b::1:192.0.2.7", "64:ff9c::192.0.2.7"] {
            assert_eq!(texts(other).len(), 2, "{other}");
        }
        let trusted = network("192.0.2.0/24");
        assert!(!trusted.contains("64:ff9b::192.0.2.7".parse().unwrap()), "it is counted as one, and trusted as none");
        assert_eq!(texts("2001:db8:1:2:3:4:5:6"), ["2001:db8:1::/48 10", "2001:db8:1:2::/64 1"]);
    }

    proptest! {
        #[test]
        fn a_network_holds_its_addresses_and_reads_what_it_writes(bits in 0_u8..=128, raw in any::<u128>(), other in any::<u128>()) {
            let address = v6(Ipv6Addr::from_bits(raw), bits).unwrap();
            // An IPv4 address in IPv6's clothes is another network, and has a row above.
            prop_assume!(address.to_ipv4_mapped().is_none());
            let network = network(&format!("{address}/{bits}"));
            prop_assert_eq!(network.to_string().parse(), Ok(network));
            prop_assert!(network.contains(address.into()));
            let same = bits == 0 || (raw ^ other) >> (128 - bits) == 0;
            let other = Ipv6Addr::from_bits(other);
            prop_assert_eq!(network.contains(other.into()), same && other.to_ipv4_mapped().is_none());
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), near in "[0-9a-f:./]{0,24}") {
            let _ = (text.parse::<Network>(), near.parse::<Network>());
        }
    }
}

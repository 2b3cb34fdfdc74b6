//! Networks: what a client's address is counted by, and which addresses are not.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A network in CIDR notation, such as `10.0.0.0/8` or `2001:db8::/32`; an address alone is a network of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Network {
    base: IpAddr,
    bits: u8,
}

/// A text that is not a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// Not an address, or not a number of bits that it has.
    #[error("not a network such as 10.0.0.0/8 or 2001:db8::/32")]
    Malformed,
    /// Something is set behind the prefix: a slip, for nobody knows which of the two was meant.
    #[error("the address has bits behind its prefix")]
    HostBits,
}

impl Network {
    /// The network of `bits` that an address is in. An IPv4 address in IPv6's clothes is one of IPv4.
    pub fn around(address: IpAddr, bits: u8) -> Self {
        let address = address.to_canonical();
        let bits = bits.min(width(address));
        Self { base: masked(address, bits), bits }
    }

    /// Whether the address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.base.is_ipv4() && masked(address, self.bits) == self.base
    }
}

const fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn masked(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits.min(32))).unwrap_or(0);
            IpAddr::V4((v4.to_bits() & mask).into())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits.min(128))).unwrap_or(0);
            IpAddr::V6((v6.to_bits() & mask).into())
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
        let address: IpAddr = address.parse().map_err(|_| NetworkError::Malformed)?;
        // The form of IPv4 inside IPv6 has another prefix, and it is not clear which one is meant.
        if address.to_canonical() != address {
            return Err(NetworkError::Malformed);
        }
        let bits = match bits {
            None => width(address),
            Some(bits) if (1..=3).contains(&bits.len()) && bits.bytes().all(|digit| digit.is_ascii_digit()) => {
                bits.parse().map_err(|_| NetworkError::Malformed)?
            }
            Some(_) => return Err(NetworkError::Malformed),
        };
        if bits > width(address) {
            return Err(NetworkError::Malformed);
        }
        let network = Self::around(address, bits);
        if network.base == address { Ok(network) } else { Err(NetworkError::HostBits) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.bits)
    }
}

/// What a client is counted by, the widest first, each with how many times the rate is its own. IPv4: the address. IPv6: the
/// network of 64 bits, which is what one customer has, and that of 48, which is what one site may get (RFC 6177).
pub(crate) fn counted(address: IpAddr) -> Vec<(Network, u32)> {
    match address.to_canonical() {
        v4 @ IpAddr::V4(_) => vec![(Network::around(v4, 32), 1)],
        v6 @ IpAddr::V6(_) => vec![(Network::around(v6, 48), 10), (Network::around(v6, 64), 1)],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_holds_its_addresses_and_no_others() {
        for (network, inside, outside) in [
            ("127.0.0.0/8", "127.255.0.1", "128.0.0.1"),
            ("192.0.2.7", "::ffff:192.0.2.7", "192.0.2.8"),
            ("0.0.0.0/0", "203.0.113.9", "2001:db8::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
            ("::1/128", "::1", "::2"),
            ("::/0", "2001:db8::1", "::ffff:192.0.2.7"),
        ] {
            let network: Network = network.parse().unwrap();
            assert!(network.contains(address(inside)) && !network.contains(address(outside)), "{network}");
        }
    }

    #[test]
    fn what_is_not_a_network_is_refused() {
        for text in [
            "",
            "/",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10/8",
            "::/129",
            "::/0128",
            "a",
            "::ffff:10.0.0.0/104",
        ] {
            assert_eq!(text.parse::<Network>(), Err(NetworkError::Malformed), "{text}");
        }
        assert_eq!("10.0.0.1/8".parse::<Network>(), Err(NetworkError::HostBits));
    }

    #[test]
    fn a_client_is_counted_by_its_address_or_by_its_networks() {
        let texts = |text: &str| {
            counted(address(text)).into_iter().map(|(network, times)| format!("{network} {times}")).collect::<Vec<_>>()
        };
        assert_eq!(texts("::ffff:192.0.2.7"), ["192.0.2.7/32 1"]);
        assert_eq!(texts("2001:db8:1:2:3:4:5:6"), ["2001:db8:1::/48 10", "2001:db8:1:2::/64 1"]);
    }

    proptest! {
        #[test]
        fn a_network_reads_what_it_writes(bits: u128, prefix in 0_u8..=128, v4: u32) {
            for network in [Network::around(IpAddr::V6(bits.into()), prefix), Network::around(IpAddr::V4(v4.into()), prefix)] {
                prop_assert_eq!(network.to_string().parse(), Ok(network));
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,20}|[0-9a-f:./]{0,24}") {
            let _ = text.parse::<Network>();
        }
    }
}

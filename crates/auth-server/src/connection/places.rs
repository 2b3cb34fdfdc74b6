//! How many connections one address has open, and one site.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use auth_core::lane::Origin;

use auth_core::attempts::{Network, counted_address};

/// How many there may be at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shares {
    /// Of one IPv4 address or IPv6 /64, which is what one customer has.
    pub(crate) address: usize,
    /// Of one IPv6 /48, which is what one site may get (RFC 6177), and holds 65,536 of the others.
    pub(crate) site: usize,
}

impl Shares {
    /// Of so many connections in all: four sites have all of them.
    pub(crate) fn of(connections: usize, address: usize) -> Self {
        Self { address, site: (connections / 4).max(address) }
    }
}

/// Counts open connections, over all workers.
#[derive(Debug)]
pub(crate) struct Places {
    shares: Shares,
    /// Many people come by these: they are not counted.
    exempt: Vec<Network>,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    addresses: HashMap<Origin, usize>,
    sites: HashMap<Network, usize>,
}

impl Places {
    pub(crate) fn new(shares: Shares, exempt: Vec<Network>) -> Arc<Self> {
        Arc::new(Self { shares, exempt, open: Mutex::default() })
    }

    /// A place for a connection from there, unless it has as many as one may have.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        if self.exempt.iter().any(|network| network.contains(address)) {
            return Some(Place(None));
        }
        let origin = Origin::from(address);
        let address = counted_address(address);
        let site = Some(Network::around(address, 48)).filter(|_| address.is_ipv6());
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if !take(&mut open.addresses, origin, self.shares.address) {
            return None;
        }
        if site.is_some_and(|site| !take(&mut open.sites, site, self.shares.site)) {
            give_back(&mut open.addresses, origin);
            return None;
        }
        Some(Place(Some(Held { places: Arc::clone(self), origin, site })))
    }
}

fn take<K: Eq + Hash>(open: &mut HashMap<K, usize>, key: K, limit: usize) -> bool {
    let count = open.get(&key).copied().unwrap_or(0);
    if count < limit {
        open.insert(key, count + 1);
    }
    count < limit
}

fn give_back<K: Eq + Hash>(open: &mut HashMap<K, usize>, key: K) {
    if let Entry::Occupied(mut count) = open.entry(key) {
        *count.get_mut() -= 1;
        // Who has none takes no memory.
        if *count.get() == 0 {
            count.remove();
        }
    }
}

/// One open connection; free again once it is dropped.
#[derive(Debug)]
pub(crate) struct Place(Option<Held>);

#[derive(Debug)]
struct Held {
    places: Arc<Places>,
    origin: Origin,
    site: Option<Network>,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(Held { places, origin, site }) = &self.0 {
            let mut open = places.open.lock().unwrap_or_else(PoisonError::into_inner);
            give_back(&mut open.addresses, *origin);
            if let Some(site) = site {
                give_back(&mut open.sites, *site);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(places: &Arc<Places>, address: &str) -> Option<Place> {
        places.take(address.parse().unwrap())
    }

    fn shares(address: usize, site: usize) -> Shares {
        Shares { address, site }
    }

    fn is_empty(places: &Arc<Places>) -> bool {
        let open = places.open.lock().unwrap();
        open.addresses.is_empty() && open.sites.is_empty()
    }

    #[test]
    fn one_address_has_so_many_and_gets_another_when_one_is_closed() {
        let places = Places::new(shares(2, 100), Vec::new());
        let mut held: Vec<_> = (0..2).map(|_| take(&places, "192.0.2.1").unwrap()).collect();
        assert!(take(&places, "192.0.2.1").is_none());
        assert!(take(&places, "::ffff:192.0.2.1").is_none(), "the same in other clothes");
        assert!(take(&places, "192.0.2.2").is_some());
        held.pop();
        held.push(take(&places, "192.0.2.1").unwrap());
        assert!(take(&places, "192.0.2.1").is_none());
        drop(held);
        assert!(is_empty(&places), "who has none takes no memory");
    }

    #[test]
    fn one_network_of_64_bits_is_one_customer() {
        let places = Places::new(shares(1, 100), Vec::new());
        let _held = take(&places, "2001:db8::1").unwrap();
        assert!(take(&places, "2001:db8::2").is_none());
        assert!(take(&places, "2001:db8:0:1::1").is_some());
    }

    #[test]
    fn one_site_of_48_bits_has_a_share_however_many_networks_it_is_made_of() {
        let places = Places::new(shares(2, 3), Vec::new());
        let mut held: Vec<_> = (0..3).map(|site| take(&places, &format!("2001:db8:0:{site}::1")).unwrap()).collect();
        for another in ["2001:db8:0:3::1", "2001:db8:0:ffff::1", "2001:db8:0:1::1"] {
            assert!(take(&places, another).is_none(), "{another}");
        }
        assert!(take(&places, "2001:db8:1::1").is_some(), "the next site");
        let one: Vec<_> = (0..5).filter_map(|_| take(&places, "192.0.2.1")).collect();
        assert_eq!(one.len(), 2, "IPv4 has no sites");
        held.pop();
        held.push(take(&places, "2001:db8:0:3::1").unwrap());
        assert!(take(&places, "2001:db8:0:4::1").is_none());
        drop((held, one));
        assert!(is_empty(&places), "a refusal takes no place either");
    }

    #[test]
    fn a_site_has_a_quarter_and_no_less_than_an_address() {
        for (connections, address, site) in [(10_000, 1_000, 2_500), (1_000, 1_000, 1_000), (3, 1, 1)] {
            assert_eq!(Shares::of(connections, address).site, site);
        }
    }

    #[test]
    fn proxies_are_not_counted() {
        let places = Places::new(shares(1, 1), vec!["192.0.2.0/24".parse().unwrap()]);
        let held: Vec<_> = (0..10).map(|_| take(&places, "192.0.2.1").unwrap()).collect();
        assert!(is_empty(&places));
        drop(held);
        assert!(take(&places, "192.0.3.1").is_some());
    }
}

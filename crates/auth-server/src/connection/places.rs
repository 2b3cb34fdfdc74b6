//! How many connections one address has open.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use auth_core::lane::Origin;

use auth_core::attempts::Network;

/// Counts open connections by IPv4 address or IPv6 /64, over all workers.
#[derive(Debug)]
pub(crate) struct Places {
    limit: usize,
    /// Many people come by these: they are not counted.
    exempt: Vec<Network>,
    open: Mutex<HashMap<Origin, usize>>,
}

impl Places {
    pub(crate) fn new(limit: usize, exempt: Vec<Network>) -> Arc<Self> {
        Arc::new(Self { limit, exempt, open: Mutex::default() })
    }

    /// A place for a connection from there, unless it has as many as one may have.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        if self.exempt.iter().any(|network| network.contains(address)) {
            return Some(Place(None));
        }
        let origin = Origin::from(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.get(&origin).copied().unwrap_or(0);
        if count >= self.limit {
            return None;
        }
        open.insert(origin, count + 1);
        Some(Place(Some((Arc::clone(self), origin))))
    }

    fn give_back(&self, origin: Origin) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match open.get_mut(&origin) {
            Some(count) if *count > 1 => *count -= 1,
            // Who has none takes no memory.
            _ => drop(open.remove(&origin)),
        }
    }
}

/// One open connection; free again once it is dropped.
#[derive(Debug)]
pub(crate) struct Place(Option<(Arc<Places>, Origin)>);

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((places, origin)) = &self.0 {
            places.give_back(*origin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(places: &Arc<Places>, address: &str) -> Option<Place> {
        places.take(address.parse().unwrap())
    }

    #[test]
    fn one_address_has_so_many_and_gets_another_when_one_is_closed() {
        let places = Places::new(2, Vec::new());
        let mut held: Vec<_> = (0..2).map(|_| take(&places, "192.0.2.1").unwrap()).collect();
        assert!(take(&places, "192.0.2.1").is_none());
        assert!(take(&places, "::ffff:192.0.2.1").is_none(), "the same in other clothes");
        assert!(take(&places, "192.0.2.2").is_some());
        held.pop();
        held.push(take(&places, "192.0.2.1").unwrap());
        assert!(take(&places, "192.0.2.1").is_none());
        drop(held);
        assert!(places.open.lock().unwrap().is_empty(), "who has none takes no memory");
    }

    #[test]
    fn one_network_of_64_bits_is_one_customer() {
        let places = Places::new(1, Vec::new());
        let _held = take(&places, "2001:db8::1").unwrap();
        assert!(take(&places, "2001:db8::2").is_none());
        assert!(take(&places, "2001:db8:0:1::1").is_some());
    }

    #[test]
    fn proxies_are_not_counted() {
        let places = Places::new(1, vec!["192.0.2.0/24".parse().unwrap()]);
        let held: Vec<_> = (0..10).map(|_| take(&places, "192.0.2.1").unwrap()).collect();
        assert!(places.open.lock().unwrap().is_empty());
        drop(held);
        assert!(take(&places, "192.0.3.1").is_some());
    }
}

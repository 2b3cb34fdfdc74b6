//! Which peers the log has been told of, whose word on a client's address was not believed.
//!
//! One line for all time would be used up by the first stranger who sends such a header, and the proxy that somebody forgot
//! to trust would never be named. One for each request would be as many as a stranger likes.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many peers are named each hour: more than anybody has proxies that are forgotten.
const MOST: usize = 16;
const EVERY: Duration = Duration::from_secs(3_600);

/// The peers of this hour, which begins with the first of them.
#[derive(Debug, Default)]
pub(crate) struct Told(Mutex<(Option<Instant>, Vec<IpAddr>)>);

impl Told {
    /// Whether the log is to be told of this peer.
    pub(crate) fn is_news(&self, peer: IpAddr, now: Instant) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, peers) = &mut *told;
        if since.is_none_or(|since| now.saturating_duration_since(since) >= EVERY) {
            *since = Some(now);
            peers.clear();
        }
        let is_news = peers.len() < MOST && !peers.contains(&peer);
        if is_news {
            peers.push(peer);
        }
        is_news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_peer_is_told_once_an_hour_and_not_without_end() {
        let (told, start) = (Told::default(), Instant::now());
        let peer = |number: u8| IpAddr::from([192, 0, 2, number]);
        assert!(told.is_news(peer(1), start));
        assert!(!told.is_news(peer(1), start + EVERY / 2));
        assert!(told.is_news(peer(2), start + EVERY / 2), "the first one does not use it up");
        assert_eq!((3..=255).filter(|number| told.is_news(peer(*number), start)).count(), MOST - 2);
        assert!(told.is_news(peer(255), start + EVERY), "nor do many, for longer than an hour");
        assert!(told.is_news(peer(1), start + EVERY));
    }
}

//! Whose request it is, where a proxy says so.
//!
//! The address is the peer's. Where the peer is a proxy of ours (`server.trusted_proxies`), it is what the proxies say: of
//! the hops that `Forwarded` (RFC 7239) or `X-Forwarded-For` name, the nearest that is no proxy of ours, for whatever stands
//! before it anybody may have written. No other header says anything.
//!
//! A header that cannot be read that far says nothing, and so do two that disagree: a proxy writes one of the two and hands
//! the other on as the client sent it, and which is which cannot be known. The address is the peer's then, so that a client
//! gains no address by it but one that it shares with everybody who tries.

mod list;
mod node;
mod told;

use std::net::IpAddr;

use actix_web::http::header::{FORWARDED, HeaderMap, HeaderName, HeaderValue, X_FORWARDED_FOR};

use auth_core::attempts::Network;

pub(crate) use told::Told;

/// More hops than anybody has proxies; what stands before them is not looked at.
const MAX_HOPS: usize = 32;

/// What became of what a request said about its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// It said nothing.
    Nothing,
    /// A proxy of ours said it.
    Believed,
    /// Somebody else said it.
    Untrusted,
    /// A proxy of ours said it, and it cannot be read, or contradicts itself.
    Doubted,
}

/// The client's address, by its peer's and the headers of its request.
pub(crate) fn client(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> (IpAddr, Heard) {
    let peer = peer.to_canonical();
    let named = |name: &HeaderName| headers.contains_key(name);
    match (named(&FORWARDED), named(&X_FORWARDED_FOR)) {
        (false, false) => (peer, Heard::Nothing),
        _ if !is_proxy(peer, proxies) => (peer, Heard::Untrusted),
        (standard, usual) => {
            let standard = standard.then(|| nearest(&values(headers, &FORWARDED), list::standard, proxies));
            let usual = usual.then(|| nearest(&values(headers, &X_FORWARDED_FOR), list::usual, proxies));
            match (standard, usual) {
                (Some(Some(one)), Some(Some(other))) if one == other => (one, Heard::Believed),
                (Some(Some(only)), None) | (None, Some(Some(only))) => (only, Heard::Believed),
                _ => (peer, Heard::Doubted),
            }
        }
    }
}

fn is_proxy(address: IpAddr, proxies: &[Network]) -> bool {
    proxies.iter().any(|network| network.contains(address))
}

/// The nearest hop that is no proxy of ours; where all are, the farthest. None where that cannot be told.
fn nearest<'h>(values: &[&'h HeaderValue], hops: fn(&'h str) -> list::Hops<'h>, proxies: &[Network]) -> Option<IpAddr> {
    // The lines of one name are one list (RFC 9110, section 5.3), and its end is nearest.
    let mut all = values.iter().rev().flat_map(|value| list::hops(value.as_bytes(), hops));
    let mut farthest = None;
    for hop in all.by_ref().take(MAX_HOPS) {
        let hop = hop?.to_canonical();
        if !is_proxy(hop, proxies) {
            return Some(hop);
        }
        farthest = Some(hop);
    }
    farthest.filter(|_| all.next().is_none())
}

fn values<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Vec<&'h HeaderValue> {
    headers.get_all(name).collect()
}

#[cfg(test)]
mod tests;

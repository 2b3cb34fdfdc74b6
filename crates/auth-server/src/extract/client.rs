//! Who speaks, as far as HTTP tells.

use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use actix_web::dev::Payload;
use actix_web::http::header::USER_AGENT;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, web};
use auth_core::audit::Actor;
use auth_core::lane::Origin;
use auth_core::service::RequestContext;

use super::RequestId;
use crate::config::ClientIp;
use crate::forwarding::{self, Heard};
use crate::problem::Problem;
use crate::state::AppState;

/// What is kept of an address: all of it, its network (24 bits of IPv4, 48 of IPv6), or nothing.
pub(crate) fn keep(mode: ClientIp, address: IpAddr) -> Option<IpAddr> {
    match (mode, address.to_canonical()) {
        (ClientIp::Off, _) => None,
        (ClientIp::Full, address) => Some(address),
        (ClientIp::Truncated, IpAddr::V4(v4)) => Some(Ipv4Addr::from_bits(v4.to_bits() & (u32::MAX << 8)).into()),
        (ClientIp::Truncated, IpAddr::V6(v6)) => Some(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 80)).into()),
    }
}

/// The client's address, as the middleware found it; where it did not, the peer's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClientAddress(Option<IpAddr>);

impl ClientAddress {
    /// By the peer, and by what proxies of ours say. Counts what is not believed, and tells the log of each peer now and then.
    pub(crate) fn find(request: &HttpRequest, state: &AppState) -> Self {
        if let Some(found) = request.extensions().get::<Self>().copied() {
            return found;
        }
        let Some(peer) = request.peer_addr() else { return Self(None) };
        let (address, heard) = forwarding::client(peer.ip(), request.headers(), &state.http.trusted_proxies);
        if state.metrics.forwarded(heard, peer.ip()) {
            warn(heard, keep(state.http.client_ip, peer.ip()));
        }
        let found = Self(Some(address));
        request.extensions_mut().insert(found);
        found
    }

    fn of(request: &HttpRequest) -> Self {
        let found = request.extensions().get::<Self>().copied();
        found.unwrap_or_else(|| Self(request.peer_addr().map(|peer| peer.ip())))
    }

    /// What is kept of it.
    pub(crate) fn kept(self, mode: ClientIp) -> Option<IpAddr> {
        self.0.and_then(|address| keep(mode, address))
    }
}

fn warn(heard: Heard, peer: Option<IpAddr>) {
    let peer = peer.map(tracing::field::display);
    if heard == Heard::Untrusted {
        tracing::warn!(
            peer,
            "a request says by Forwarded or X-Forwarded-For whom it is from, and its peer is no trusted proxy: it counts as the \
             peer's own, and so do all others that come that way; where the peer is a proxy of yours, set \
             server.trusted_proxies (AUTH_SERVER_TRUSTED_PROXIES)"
        );
    } else {
        tracing::warn!(
            peer,
            "what a trusted proxy says by Forwarded or X-Forwarded-For cannot be read, or the two disagree: the request counts as \
             the proxy's own; let the proxy write one of the two and remove the other"
        );
    }
}

/// Whose request it is, as far as fairness between clients goes: by the client's address, whatever the log may show of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) Origin);

impl Peer {
    pub(crate) fn of(request: &HttpRequest) -> Self {
        Self(ClientAddress::of(request).0.map(Origin::from).unwrap_or_default())
    }
}

impl FromRequest for Peer {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

/// Who asks, for fairness, for the audit log and for the session list.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) origin: Origin,
    pub(crate) context: RequestContext,
}

impl FromRequest for Client {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let state = request.app_data::<web::Data<AppState>>();
        let agent =
            request.headers().get(USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let context = RequestContext {
            ip: state.and_then(|state| ClientAddress::of(request).kept(state.http.client_ip)),
            address: ClientAddress::of(request).0,
            user_agent: agent,
            request_id: Some(RequestId::of(request).as_str().to_owned()),
            actor: Actor::Client,
        };
        ready(Ok(Self { origin: Peer::of(request).0, context }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_kept_as_told() {
        let kept = |mode, text: &str| keep(mode, text.parse().unwrap()).map(|ip| ip.to_string());
        assert_eq!(kept(ClientIp::Off, "192.0.2.7"), None);
        assert_eq!(kept(ClientIp::Full, "::ffff:192.0.2.7").as_deref(), Some("192.0.2.7"));
        assert_eq!(kept(ClientIp::Truncated, "192.0.2.7").as_deref(), Some("192.0.2.0"));
        assert_eq!(kept(ClientIp::Truncated, "2001:db8:1:2:3::4").as_deref(), Some("2001:db8:1::"));
    }
}

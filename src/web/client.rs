//! Where a request comes from, on the network. A proxy's word counts only when the proxy is one of ours.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use ipnet::IpNet;

use super::AppState;

/// The client's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client(pub IpAddr);

impl FromRequestParts<AppState> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Client, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |c| c.0.ip().to_canonical());
        Ok(Client(address(peer, &parts.headers, &state.deps.config.trusted_proxies)))
    }
}

/// The last address of `X-Forwarded-For` that no proxy of ours wrote about itself; the peer when it is no proxy of ours.
fn address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let ours = |ip: &IpAddr| trusted.iter().any(|net| net.contains(ip));
    if !ours(&peer) {
        return peer;
    }
    let lines = headers.get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok());
    let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    let mut last = peer;
    for hop in hops.iter().rev() {
        let Ok(ip) = hop.parse::<IpAddr>() else { return last };
        let ip = ip.to_canonical();
        last = ip;
        if !ours(&ip) {
            return ip;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_proxies_are_believed() {
        let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "198.51.100.9, 203.0.113.7".parse().expect("a value"));
        headers.append("x-forwarded-for", "10.0.0.2".parse().expect("a value"));
        let ours: Vec<IpNet> = vec!["10.0.0.0/8".parse().expect("a network")];
        assert_eq!(address(ip("10.0.0.1"), &headers, &ours), ip("203.0.113.7"));
        assert_eq!(address(ip("192.0.2.1"), &headers, &ours), ip("192.0.2.1"), "a stranger says anything");
        assert_eq!(address(ip("10.0.0.1"), &headers, &[]), ip("10.0.0.1"));
        let mut garbled = HeaderMap::new();
        garbled.append("x-forwarded-for", "unknown".parse().expect("a value"));
        assert_eq!(address(ip("10.0.0.1"), &garbled, &ours), ip("10.0.0.1"));
    }
}

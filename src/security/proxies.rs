//! Which proxies are believed when they say for whom they ask, and from where a request came then.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// Hops that are followed, at most. Chosen: no house has so many proxies one behind the other.
const HOPS: usize = 16;

/// The networks in which the house's own proxies stand. Empty: nobody is believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies(Vec<Network>);

/// An address, or a network in CIDR notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// The text is neither an address nor a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an address or a network")]
pub struct NotANetwork;

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse().map_err(|_| NotANetwork)?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NotANetwork)?;
        let whole = if address.is_ipv4() { 32 } else { 128 };
        let prefix: u8 = prefix.unwrap_or(whole);
        if let (IpAddr::V4(address), true) = (address.to_canonical(), address.is_ipv6()) {
            let prefix = prefix.checked_sub(96).filter(|prefix| *prefix <= 32).ok_or(NotANetwork)?;
            return Ok(Self { address: IpAddr::V4(address), prefix });
        }
        if prefix <= whole { Ok(Self { address, prefix }) } else { Err(NotANetwork) }
    }
}

impl Network {
    fn holds(self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let away = 32 - u32::from(self.prefix);
                u32::from(own).checked_shr(away) == u32::from(other).checked_shr(away)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let away = 128 - u32::from(self.prefix);
                u128::from(own).checked_shr(away) == u128::from(other).checked_shr(away)
            }
            _ => false,
        }
    }
}

impl FromIterator<Network> for Proxies {
    fn from_iter<I: IntoIterator<Item = Network>>(networks: I) -> Self {
        Self(networks.into_iter().collect())
    }
}

impl Proxies {
    /// From where a request came that `peer` has brought: the last address of `forwarded` (`X-Forwarded-For`, the
    /// nearest hop last) that no trusted proxy has. What somebody wrote who is not trusted is not read.
    pub fn client<'a>(&self, peer: IpAddr, forwarded: impl DoubleEndedIterator<Item = &'a str>) -> IpAddr {
        let mut client = peer;
        let hops = forwarded.rev().flat_map(|line| line.rsplit(',')).take(HOPS);
        for hop in hops {
            let is_trusted = self.0.iter().any(|network| network.holds(client));
            let Some(address) = address(hop.trim()).filter(|_| is_trusted) else { break };
            client = address;
        }
        client.to_canonical()
    }
}

/// An address as proxies write it, also with a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|found| found.ip()))
}

/// Under what the tries of an address are counted: IPv6 by its network of 64 bits, of which a single line has a whole
/// one to choose addresses from.
pub fn counted(address: IpAddr) -> impl fmt::Display {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

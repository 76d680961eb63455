//! Where Lariat may connect to: no address inside, none that means another one, no spelling that hides one.
//!
//! A URL is checked when it is given ([`GuardedUrl::parse`]); the addresses that its name stands for are checked
//! when it is used, inside the client's resolver ([`UrlPolicy::check_addresses`]), so that a name that changes its
//! mind between the two looks (DNS rebinding) gains nothing. Table: IANA special-purpose registries, as Svix has it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;

/// What an installation allows beyond https on port 443 to public addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UrlPolicy {
    /// Ports allowed besides 443.
    pub extra_ports: Vec<u16>,
    /// Lets loopback addresses through, on any port, also over http. Only the sandbox and tests set it.
    pub allow_loopback: bool,
}

/// Why a URL or an address is refused. Names the rule, never the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not a URL with a host.
    #[error("not an absolute URL with a host")]
    Unreadable,
    /// Not https.
    #[error("the URL must begin with https://")]
    Scheme,
    /// It holds a user name or a password.
    #[error("the URL must not hold a user name or a password")]
    Userinfo,
    /// It has a fragment, which no server would see.
    #[error("the URL must not have a fragment")]
    Fragment,
    /// The host is written otherwise than it is read: decimal, hexadecimal or octal addresses, `%`-escapes, other
    /// dots, Unicode names.
    #[error("the host must be written plainly: a name in ASCII (punycode), or an address in its usual form")]
    Spelling,
    /// The name means this machine or this network by convention.
    #[error("the host must be a public name")]
    Name,
    /// The port is not allowed.
    #[error("the port is not allowed: use 443, or allow the port in the configuration")]
    Port,
    /// The address, or one that the name stands for, is not a public one.
    #[error("the host has an address that is not public")]
    Address,
    /// The name stands for no address.
    #[error("the host has no address")]
    NoAddress,
}

/// A URL that passed the guard. Its addresses are still to be checked when it is used.
#[derive(Clone, PartialEq, Eq)]
pub struct GuardedUrl(Url);

impl GuardedUrl {
    /// Checks a URL as given by a person or a partner.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn parse(text: &str, policy: &UrlPolicy) -> Result<Self, Refused> {
        let url = Url::parse(text).map_err(|_| Refused::Unreadable)?;
        let host = url.host_str().ok_or(Refused::Unreadable)?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(Refused::Scheme);
        }
        let authority = authority(text).ok_or(Refused::Unreadable)?;
        if authority.contains('@') {
            return Err(Refused::Userinfo);
        }
        if url.fragment().is_some() {
            return Err(Refused::Fragment);
        }
        if !written_host(authority).eq_ignore_ascii_case(host) || host.ends_with('.') {
            return Err(Refused::Spelling);
        }
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
        let loopback = host == "localhost" || address.is_some_and(is_loopback);
        if policy.allow_loopback && loopback {
            return Ok(Self(url));
        }
        if url.scheme() != "https" {
            return Err(Refused::Scheme);
        }
        let port = url.port_or_known_default().ok_or(Refused::Port)?;
        if port != 443 && !policy.extra_ports.contains(&port) {
            return Err(Refused::Port);
        }
        match address {
            Some(address) => policy.check_addresses(&[address])?,
            None if is_local_name(host) => return Err(Refused::Name),
            None => {}
        }
        Ok(Self(url))
    }

    /// The URL.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// Whether `other` has the same scheme, host and port: only then may credentials for this go along.
    pub fn same_origin(&self, other: &Self) -> bool {
        self.0.origin() == other.0.origin()
    }
}

impl fmt::Debug for GuardedUrl {
    /// Only the host: a path may hold a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GuardedUrl({})", self.0.host_str().unwrap_or_default())
    }
}

impl UrlPolicy {
    /// Checks all addresses that a name stands for. One that is not public refuses all: a name that mixes both
    /// is not to be trusted.
    ///
    /// # Errors
    /// [`Refused::Address`], or [`Refused::NoAddress`] for an empty list.
    pub fn check_addresses(&self, addresses: &[IpAddr]) -> Result<(), Refused> {
        let allowed = |address: &IpAddr| !is_blocked(*address) || (self.allow_loopback && is_loopback(*address));
        if addresses.is_empty() {
            Err(Refused::NoAddress)
        } else if addresses.iter().all(allowed) {
            Ok(())
        } else {
            Err(Refused::Address)
        }
    }
}

/// What stands between `://` and the path, as it was written.
fn authority(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    rest.split(['/', '?', '#', '\\']).next()
}

fn written_host(authority: &str) -> &str {
    if authority.starts_with('[') {
        return authority.find(']').map_or(authority, |end| &authority[..=end]);
    }
    authority.split_once(':').map_or(authority, |(host, _)| host)
}

/// Names without a dot, and those that RFC 6761, RFC 6762 and ICANN keep for inside use.
fn is_local_name(host: &str) -> bool {
    let inside = ["localhost", "local", "internal", "home.arpa", "lan", "intranet", "onion"];
    !host.contains('.') || inside.iter().any(|name| host.ends_with(&format!(".{name}")))
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// IPv4 networks that are not public: (network, prefix length in bits).
const BLOCKED_V4: [(Ipv4Addr, u32); 16] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
    (Ipv4Addr::new(255, 255, 255, 255), 32),
];

/// IPv6 networks that are not public, or that carry an IPv4 address: (network, prefix length in bits).
const BLOCKED_V6: [(Ipv6Addr, u32); 15] = [
    (Ipv6Addr::UNSPECIFIED, 96),
    (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96),
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48),
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0), 48),
    (Ipv6Addr::new(0x2001, 0x10, 0, 0, 0, 0, 0, 0), 28),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    (Ipv6Addr::new(0x5f00, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8),
];

fn is_blocked(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            BLOCKED_V4.iter().any(|(network, prefix)| (address.to_bits() ^ network.to_bits()) >> (32 - prefix) == 0)
        }
        IpAddr::V6(address) => BLOCKED_V6
            .iter()
            .any(|(network, prefix)| (address.to_bits() ^ network.to_bits()) >> (128 - prefix) == 0),
    }
}

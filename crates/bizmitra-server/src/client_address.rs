//! Whose request it is, as far as addresses can tell.
//!
//! `X-Forwarded-For` is believed only from configured proxies, and only from its right end: each proxy appends the address
//! it saw, so what lies left of the first address that is not a proxy of ours was written by the client. `Forwarded`
//! (RFC 7239) is not read: a proxy writes one of the two headers and passes the other one on as the client sent it.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::HeaderMap;
use ipnet::IpNet;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// What limits count and the auth log names: an IPv4 address, or the /64 of an IPv6 address, because a single customer
/// has 2^64 of those.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ClientAddress(IpAddr);

impl From<IpAddr> for ClientAddress {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(v4) => IpAddr::V4(v4),
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
        })
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(v4) => write!(f, "{v4}"),
            IpAddr::V6(v6) => write!(f, "{v6}/64"),
        }
    }
}

/// Whether `address` is a configured proxy; an IPv4 address in IPv6 clothes is that IPv4 address.
pub(crate) fn is_proxy(address: IpAddr, proxies: &[IpNet]) -> bool {
    let address = address.to_canonical();
    proxies.iter().any(|net| net.contains(&address))
}

/// Whether a request says that it was forwarded.
pub(crate) fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.contains_key(FORWARDED_FOR)
}

/// The client behind `peer`: the first address from the right that is not a proxy of ours. Without such an address, or at
/// the first entry that is none, it is the last proxy that could be believed.
pub(crate) fn client_of(peer: IpAddr, headers: &HeaderMap, proxies: &[IpNet]) -> ClientAddress {
    let mut hops = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .rev()
        .flat_map(|value| value.as_bytes().rsplit(|byte| *byte == b','));
    let mut client = peer;
    while is_proxy(client, proxies) {
        match hops.next().and_then(read_hop) {
            Some(hop) => client = hop,
            None => break,
        }
    }
    client.into()
}

/// An address, with a port or without, as proxies write it.
fn read_hop(bytes: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(bytes).ok()?.trim_matches([' ', '\t']);
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    text.parse()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
        .or_else(|| bracketed().map(IpAddr::V6))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn proxies() -> Vec<IpNet> {
        ["127.0.0.1/32", "10.0.0.0/8", "fd00::/8"]
            .map(|net| net.parse().unwrap())
            .to_vec()
    }

    fn client(peer: &str, lines: &[&[u8]]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(line).unwrap());
        }
        client_of(peer.parse().unwrap(), &headers, &proxies()).to_string()
    }

    #[test]
    fn the_word_of_a_peer_that_is_no_proxy_of_ours_counts_nothing() {
        assert_eq!(client("203.0.113.9", &[b"192.0.2.1"]), "203.0.113.9");
        assert_eq!(client("2001:db8::9", &[b"192.0.2.1"]), "2001:db8::/64");
    }

    #[test]
    fn behind_a_proxy_the_rightmost_stranger_is_the_client() {
        for (lines, expected) in [
            (vec![b"198.51.100.7".as_slice()], "198.51.100.7"),
            (vec![b"192.0.2.1, 198.51.100.7"], "198.51.100.7"),
            (vec![b"192.0.2.1,198.51.100.7 ,\t10.1.2.3"], "198.51.100.7"),
            (
                vec![b"192.0.2.1", b"198.51.100.7", b"10.1.2.3"],
                "198.51.100.7",
            ),
            (vec![b"198.51.100.7:40312"], "198.51.100.7"),
            (vec![b"2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
            (vec![b"[2001:db8:1:2::6]"], "2001:db8:1:2::/64"),
            (vec![b"[2001:db8:1:2::6]:443"], "2001:db8:1:2::/64"),
            (vec![b"::ffff:198.51.100.7"], "198.51.100.7"),
            (vec![b"198.51.100.7, ::ffff:10.1.2.3"], "198.51.100.7"),
            (vec![b"198.51.100.7, fd00::1"], "198.51.100.7"),
        ] {
            assert_eq!(client("127.0.0.1", &lines), expected);
            assert_eq!(client("::ffff:127.0.0.1", &lines), expected);
        }
    }

    #[test]
    fn a_malformed_entry_ends_the_walk_at_the_last_proxy() {
        for bad in [
            "unknown",
            "_hidden",
            "",
            ",",
            "198.51.100",
            "198.51.100.7.1",
            "0x7f.1",
            "[::1",
            "fe80::1%eth0",
            "198.51.100.7;",
            "\"198.51.100.7\"",
            "localhost",
            "198.51.100.07",
        ] {
            let line = format!("192.0.2.1, {bad}");
            assert_eq!(
                client("127.0.0.1", &[line.as_bytes()]),
                "127.0.0.1",
                "{bad}"
            );
            let through = format!("192.0.2.1, {bad}, 10.1.2.3");
            assert_eq!(
                client("127.0.0.1", &[through.as_bytes()]),
                "10.1.2.3",
                "{bad}"
            );
        }
        assert_eq!(
            client("127.0.0.1", &[b"192.0.2.1", b"\xff\xfe"]),
            "127.0.0.1"
        );
        assert_eq!(client("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(client("127.0.0.1", &[b"10.0.0.1, 10.0.0.2"]), "10.0.0.1");
    }

    #[test]
    fn addresses_of_one_64_count_as_one_and_mapped_ones_as_ipv4() {
        let counted = |text: &str| ClientAddress::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(
            counted("2001:db8:1:2::1"),
            counted("2001:db8:1:2:ffff:ffff:ffff:ffff")
        );
        assert_ne!(counted("2001:db8:1:2::1"), counted("2001:db8:1:3::1"));
        assert_eq!(counted("::ffff:192.0.2.1"), counted("192.0.2.1"));
        assert_ne!(counted("192.0.2.1"), counted("192.0.2.2"));
    }

    proptest! {
        /// Whatever a client writes, with one honest proxy in front it is the address that the proxy saw.
        #[test]
        fn whatever_a_client_writes_the_address_that_the_proxy_saw_counts(
            written in proptest::collection::vec("[ -~\\t]{0,60}", 0..6),
            seen: u32,
        ) {
            let seen = IpAddr::from(seen.to_be_bytes());
            prop_assume!(!is_proxy(seen, &proxies()));
            let mut lines: Vec<String> = written;
            let last = lines.pop().unwrap_or_default();
            lines.push(if last.is_empty() { seen.to_string() } else { format!("{last}, {seen}") });
            let bytes: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
            prop_assert_eq!(client("127.0.0.1", &bytes), seen.to_string());
        }
    }
}

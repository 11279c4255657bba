//! The server's address, as a person typed or scanned it.

use std::net::IpAddr;

use reqwest::Url;

/// Why an address is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not a host with an optional port.
    #[error("not a server address")]
    Invalid,
    /// Plain http to anything but this machine.
    #[error("the address must start with https")]
    NotHttps,
    /// TLS cannot be set up on this device.
    #[error("no secure connections can be made")]
    NoTls,
}

/// A checked address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) url: Url,
    /// `scheme://host[:port]`.
    pub(crate) origin: String,
    pub(crate) https: bool,
}

impl Address {
    /// `https://host[:port]`; `http` for the loopback only; without a scheme https is meant.
    pub(crate) fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let url = if text.contains("://") {
            Url::parse(text)
        } else {
            Url::parse(&format!("https://{text}"))
        };
        let url = url.map_err(|_| AddressError::Invalid)?;
        let host = url
            .host_str()
            .filter(|host| !host.is_empty())
            .ok_or(AddressError::Invalid)?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !bare || !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Invalid);
        }
        let https = match url.scheme() {
            "https" => true,
            "http" if is_loopback(host) => false,
            "http" => return Err(AddressError::NotHttps),
            _ => return Err(AddressError::Invalid),
        };
        let origin = url.origin().ascii_serialization();
        Ok(Self { url, origin, https })
    }
}

fn is_loopback(host: &str) -> bool {
    let ip = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_becomes_an_origin() {
        for (text, origin) in [
            ("https://Api.Example.com", "https://api.example.com"),
            ("https://api.example.com:443/", "https://api.example.com"),
            (" api.example.com:8443 ", "https://api.example.com:8443"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://127.9.9.9:8080", "http://127.9.9.9:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("http://localhost:8080", "http://localhost:8080"),
        ] {
            assert_eq!(Address::parse(text).unwrap().origin, origin, "{text}");
        }
    }

    #[test]
    fn plain_http_is_for_the_loopback_only() {
        for text in [
            "http://example.com",
            "http://10.0.0.1",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
        ] {
            assert_eq!(Address::parse(text), Err(AddressError::NotHttps), "{text}");
        }
    }

    #[test]
    fn an_address_with_more_than_a_host_is_refused() {
        for text in [
            "",
            "https://",
            "ftp://example.com",
            "https://a@example.com",
            "https://example.com/x",
            "https://example.com?x",
            "a b",
        ] {
            assert_eq!(Address::parse(text), Err(AddressError::Invalid), "{text}");
        }
    }
}

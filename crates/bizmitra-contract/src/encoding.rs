//! Bytes in JSON: base64url without padding (RFC 4648, section 5) for keys, signatures, hashes and payloads.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A byte string of any length.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, description = "base64url without padding (RFC 4648, section 5)"))]
pub struct Bytes(pub Vec<u8>);

/// 32 bytes: a public key, a hash, a salt or a nonce.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, description = "32 bytes, base64url without padding"))]
pub struct Bytes32(pub [u8; 32]);

/// 64 bytes: an Ed25519 signature (RFC 8032, section 5.1.6).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, description = "64 bytes, base64url without padding"))]
pub struct Bytes64(pub [u8; 64]);

/// Text that is not the base64url of the expected number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncodingError;

impl std::fmt::Display for EncodingError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not base64url of the expected length")
    }
}

impl std::error::Error for EncodingError {}

fn decode(text: &str) -> Result<Vec<u8>, EncodingError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| EncodingError)
}

macro_rules! wire {
    ($name:ident, $bytes:ident => $into:expr) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&URL_SAFE_NO_PAD.encode(&self.0))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({} bytes)"), self.0.len())
            }
        }

        impl std::str::FromStr for $name {
            type Err = EncodingError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let $bytes = decode(text)?;
                $into.map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    };
}

wire!(Bytes, bytes => Ok::<_, EncodingError>(bytes));
wire!(Bytes32, bytes => <[u8; 32]>::try_from(bytes).map_err(|_| EncodingError));
wire!(Bytes64, bytes => <[u8; 64]>::try_from(bytes).map_err(|_| EncodingError));

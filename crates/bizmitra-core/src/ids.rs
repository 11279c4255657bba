//! Identifiers of the domain, a type each.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )*};
}

id! {
    /// A company.
    CompanyId;
    /// A person.
    EmployeeId;
    /// An enrolled device.
    DeviceId;
    /// An outbox item and the record in it: UUIDv7, minted when the form opens.
    ItemId;
    /// One hash chain of one store.
    ChainId;
    /// A server time statement.
    AnchorId;
    /// A place with a geofence.
    SiteId;
    /// A working time pattern.
    ShiftId;
}

impl ItemId {
    /// A UUIDv7 (RFC 9562, section 5.7) from the wall clock and ten random bytes.
    pub fn mint(wall_ms: i64, random: [u8; 10]) -> Self {
        let millis = u64::try_from(wall_ms).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }
}

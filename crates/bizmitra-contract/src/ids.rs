//! Identifiers of the wire: UUIDs with a type each, so that a site cannot stand where a person must.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
    /// A company; the first half of every key on the server.
    CompanyId;
    /// A person employed by one company.
    EmployeeId;
    /// An enrolled device: random (UUIDv4), made by the server.
    DeviceId;
    /// An outbox item and the record in it: UUIDv7, made by the device when the form opens; the server's unique key for ever.
    ItemId;
    /// One unbroken hash chain of one store of one device.
    ChainId;
    /// A server time statement that later records refer to.
    AnchorId;
    /// A place with a geofence.
    SiteId;
    /// A working time pattern.
    ShiftId;
    /// A file's bytes as they travel: UUIDv7, made by the device; unique for its person.
    BlobId;
    /// One request; echoed by the server, so that an answer of somebody else is recognised.
    RequestId;
}

//! How much one address and one device may ask for.
//!
//! Two rules decide everything here. *Nobody pays for a stranger:* a device's budget is touched only after its signature
//! was verified, and a verified request never meets the budget of its address, so a flood from the same office or the same
//! carrier keeps no phone from signing in. *An address is many people:* its budgets are made for all phones of an office
//! that come back at nine.
//!
//! What an address pays for is work for strangers: activation codes, challenges without a signature, bad signatures. The
//! last is counted after the check, because only the check tells a bad signature from a good one.

mod bucket;
mod ledger;

use bizmitra_contract::ids::DeviceId;

use bucket::Budget;
pub use bucket::Wait;
use ledger::Ledger;

use crate::client_address::ClientAddress;

/// Addresses times kinds of work, and devices times kinds, that are remembered: some megabytes.
const REMEMBERED: usize = 1 << 16;

/// What an address is counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum AddressWork {
    /// Asking about an activation code, or using one.
    Activation,
    /// An activation code that was not right.
    WrongCode,
    /// A login challenge that no device signed.
    Challenge,
    /// A request without a valid device signature.
    BadSignature,
    /// A line about a limit in the auth log, so that a flood cannot fill a disk.
    LimitLine,
}

/// What a device is counted for, always by its valid signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum DeviceWork {
    /// Any request.
    Request,
    /// A sign-in that was refused although the device key signed it.
    RefusedLogin,
}

/// The books of one server.
pub(crate) struct Limits {
    devices_per_address: u32,
    addresses: Ledger<(ClientAddress, AddressWork)>,
    devices: Ledger<(DeviceId, DeviceWork)>,
}

impl Limits {
    /// Budgets for addresses that up to `devices_per_address` devices share.
    pub(crate) fn new(devices_per_address: u32) -> Self {
        Self {
            devices_per_address: devices_per_address.max(1),
            addresses: Ledger::new(REMEMBERED),
            devices: Ledger::new(REMEMBERED),
        }
    }

    /// Connections one address may hold, and all together.
    pub(crate) fn connections(&self) -> (usize, usize) {
        let devices = usize::try_from(self.devices_per_address).unwrap_or(usize::MAX);
        (devices.saturating_mul(2), devices.saturating_mul(8))
    }

    /// Spends one unit of an address.
    pub(crate) fn spend(
        &self,
        address: ClientAddress,
        work: AddressWork,
        now_ms: i64,
    ) -> Result<(), Wait> {
        let budget = self.budget_of_address(work);
        self.addresses.spend((address, work), budget, now_ms)
    }

    /// Whether an address has a unit left.
    pub(crate) fn check(
        &self,
        address: ClientAddress,
        work: AddressWork,
        now_ms: i64,
    ) -> Result<(), Wait> {
        let budget = self.budget_of_address(work);
        self.addresses.check(&(address, work), budget, now_ms)
    }

    /// Spends one unit of a device whose signature holds.
    pub(crate) fn spend_of_device(
        &self,
        device: DeviceId,
        work: DeviceWork,
        now_ms: i64,
    ) -> Result<(), Wait> {
        self.devices
            .spend((device, work), budget_of_device(work), now_ms)
    }

    /// Whether a device has a unit left.
    pub(crate) fn check_device(
        &self,
        device: DeviceId,
        work: DeviceWork,
        now_ms: i64,
    ) -> Result<(), Wait> {
        self.devices
            .check(&(device, work), budget_of_device(work), now_ms)
    }

    fn budget_of_address(&self, work: AddressWork) -> Budget {
        let devices = self.devices_per_address;
        match work {
            // Two requests each, and once more after a lost answer.
            AddressWork::Activation => Budget::new(devices.saturating_mul(4), devices),
            // One in four mistypes. Then six a minute: of 2^20 tags, five tries each, that is a year and a half.
            AddressWork::WrongCode => Budget::new((devices / 4).max(10), 6),
            AddressWork::Challenge | AddressWork::BadSignature => {
                Budget::new(devices.saturating_mul(2), devices)
            }
            AddressWork::LimitLine => Budget::new(20, 6),
        }
    }
}

fn budget_of_device(work: DeviceWork) -> Budget {
    match work {
        // A phone that was offline for a month sends its backlog at once; later files come in pieces.
        DeviceWork::Request => Budget::new(1_200, 600),
        DeviceWork::RefusedLogin => Budget::new(20, 1),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv6Addr};

    use super::*;

    const NOON: i64 = 1_795_404_600_000;

    fn address(number: u128) -> ClientAddress {
        // Each number is a /64 of its own.
        ClientAddress::from(IpAddr::from(Ipv6Addr::from_bits(
            (0x2001_0db8 << 96) + (number << 64),
        )))
    }

    #[test]
    fn a_flood_from_many_addresses_takes_bounded_memory_and_none_of_the_devices() {
        let limits = Limits::new(250);
        let device = DeviceId(uuid::Uuid::from_u128(7));
        limits
            .spend_of_device(device, DeviceWork::Request, NOON)
            .unwrap();
        for number in 0..3 * REMEMBERED as u128 {
            limits
                .spend(address(number), AddressWork::BadSignature, NOON)
                .unwrap();
        }
        assert_eq!(limits.addresses.len(), REMEMBERED);
        assert_eq!(limits.devices.len(), 1);
    }

    #[test]
    fn looking_remembers_nothing() {
        let limits = Limits::new(250);
        for number in 0..100 {
            limits
                .check(address(number), AddressWork::WrongCode, NOON)
                .unwrap();
        }
        assert_eq!(limits.addresses.len(), 0);
    }

    #[test]
    fn the_busiest_address_is_not_forgotten_first() {
        let limits = Limits::new(1);
        let flooder = address(u128::from(u32::MAX));
        while limits.spend(flooder, AddressWork::Challenge, NOON).is_ok() {}
        for number in 0..REMEMBERED as u128 - 1 {
            limits
                .spend(address(number), AddressWork::Challenge, NOON)
                .unwrap();
        }
        assert!(limits.check(flooder, AddressWork::Challenge, NOON).is_err());
        for number in 0..REMEMBERED as u128 - 1 {
            limits
                .spend(address(number << 20), AddressWork::Challenge, NOON)
                .ok();
        }
        assert!(limits.check(flooder, AddressWork::Challenge, NOON).is_err());
    }
}

//! What the server says of this device, signed: a lease, or an order to wipe. Nothing of it counts unsigned.

use bizmitra_contract as contract;
use contract::enrolment::DeviceState;
use contract::statement::{self, SignedStatement};

use super::{WireError, decode, open_statement};
use crate::enrolment::{EndReason, Enrolment};
use crate::ids::DeviceId;

/// A lease for this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseRead {
    /// How long it holds, from now on.
    pub valid_for_ms: u64,
}

/// An order for this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WipeRead {
    /// Why it is over.
    pub reason: EndReason,
    /// Since when, by the server's clock.
    pub ended_at_ms: i64,
}

/// Where the device stands with its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A manager has to approve.
    Pending,
    /// In use, for so long.
    Active(LeaseRead),
    /// Paused.
    Suspended,
    /// Over.
    Over(WipeRead),
}

/// Reads a lease.
///
/// # Errors
/// When our server did not sign it as a lease for this very device, in answer to this very challenge.
pub fn open_lease(
    statement: &SignedStatement,
    enrolment: &Enrolment,
    device: DeviceId,
    challenge: &str,
) -> Result<LeaseRead, WireError> {
    let lease: statement::Lease = decode(open_statement(
        statement,
        "lease",
        enrolment.company,
        &enrolment.server_key,
    )?)?;
    if lease.device.0 != device.0 || lease.challenge != challenge {
        return Err(WireError::Mismatch);
    }
    Ok(LeaseRead {
        valid_for_ms: lease.valid_for_ms,
    })
}

/// Reads an order to wipe.
///
/// # Errors
/// When our server did not sign it as an order for this very device of this company.
pub fn open_wipe(
    statement: &SignedStatement,
    enrolment: &Enrolment,
    device: DeviceId,
) -> Result<WipeRead, WireError> {
    let order: statement::WipeOrder = decode(open_statement(
        statement,
        "wipe",
        enrolment.company,
        &enrolment.server_key,
    )?)?;
    if order.device.0 != device.0 || order.company.0 != enrolment.company.0 {
        return Err(WireError::Mismatch);
    }
    Ok(WipeRead {
        reason: match order.reason {
            statement::EndReason::Lost => EndReason::Lost,
            statement::EndReason::Replaced => EndReason::Replaced,
            statement::EndReason::Revoked | statement::EndReason::Unknown => EndReason::Revoked,
        },
        ended_at_ms: order.ended_at_ms,
    })
}

/// A state as the server names it, with the statement that must go with it. Without that it is nobody's word: a device is
/// neither opened nor wiped by a bare word in an answer.
pub(super) fn read_standing(
    state: DeviceState,
    (lease, wipe): (Option<&SignedStatement>, Option<&SignedStatement>),
    enrolment: &Enrolment,
    device: DeviceId,
    challenge: &str,
) -> Result<Standing, WireError> {
    match state {
        DeviceState::Pending => Ok(Standing::Pending),
        DeviceState::Suspended => Ok(Standing::Suspended),
        DeviceState::Active => lease
            .ok_or(WireError::Signature)
            .and_then(|lease| open_lease(lease, enrolment, device, challenge))
            .map(Standing::Active),
        DeviceState::Revoked | DeviceState::Lost | DeviceState::Replaced => wipe
            .ok_or(WireError::Signature)
            .and_then(|wipe| open_wipe(wipe, enrolment, device))
            .map(Standing::Over),
        // A state this version does not know must not open anything, and must not end anything either.
        DeviceState::Unknown => Err(WireError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use contract::encoding::{Bytes, Bytes64};
    use contract::ids;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::enrolment::Stage;
    use crate::ids::{ChainId, CompanyId, EmployeeId};
    use crate::keys::{KeyPair, Message};
    use crate::seal::OpeningKey;
    use zeroize::Zeroizing;

    const COMPANY: Uuid = Uuid::from_u128(1);
    const OTHER: Uuid = Uuid::from_u128(77);
    const DEVICE: DeviceId = DeviceId(Uuid::from_u128(4));

    fn server() -> KeyPair {
        KeyPair::from_seed(&[42; 32])
    }

    fn enrolment() -> Enrolment {
        Enrolment {
            origin: "https://bizmitra.example".into(),
            company: CompanyId(COMPANY),
            company_name: "Sahyadri Foods".into(),
            employee: EmployeeId(Uuid::from_u128(2)),
            employee_name: "Ravi".into(),
            server_key: server().public(),
            successions: Vec::new(),
            pin_digits: (6, 6),
            notice_version: "2026-11".into(),
            device_key: KeyPair::from_seed(&[1; 32]).public(),
            presence_key: KeyPair::from_seed(&[2; 32]).public(),
            locked_key: OpeningKey::from_seed(Zeroizing::new([3; 32])).public(),
            sealing_key: None,
            chain: ChainId(Uuid::from_u128(9)),
            replaces: None,
            stage: Stage::Active { device: DEVICE },
        }
    }

    /// As the server would sign it, but for what the test changes.
    fn signed(
        key: &KeyPair,
        company: Uuid,
        kind: &str,
        payload: &impl serde::Serialize,
    ) -> SignedStatement {
        let payload = serde_json::to_vec(payload).unwrap();
        let message = Message::new("bz/statement/v1", CompanyId(company))
            .field(kind.as_bytes())
            .field(&payload);
        SignedStatement {
            kind: kind.into(),
            key_id: server().public().key_id(),
            sig: Bytes64(key.sign(message.bytes())),
            payload: Bytes(payload),
        }
    }

    fn order(company: Uuid, device: Uuid) -> statement::WipeOrder {
        statement::WipeOrder {
            company: ids::CompanyId(company),
            device: ids::DeviceId(device),
            reason: statement::EndReason::Lost,
            ended_at_ms: 5,
        }
    }

    fn lease(device: Uuid) -> statement::Lease {
        statement::Lease {
            device: ids::DeviceId(device),
            challenge: "asked".into(),
            issued_at_ms: 5,
            valid_for_ms: 6,
        }
    }

    #[test]
    fn an_order_of_our_server_for_this_device_is_read() {
        let good = signed(&server(), COMPANY, "wipe", &order(COMPANY, DEVICE.0));
        let wanted = WipeRead {
            reason: EndReason::Lost,
            ended_at_ms: 5,
        };
        assert_eq!(open_wipe(&good, &enrolment(), DEVICE), Ok(wanted));
    }

    #[test]
    fn an_order_that_is_unsigned_foreign_or_for_another_device_is_nothing() {
        let server = server();
        let stranger = KeyPair::from_seed(&[43; 32]);
        let good = signed(&server, COMPANY, "wipe", &order(COMPANY, DEVICE.0));
        let unsigned = SignedStatement {
            sig: Bytes64([0; 64]),
            ..good.clone()
        };
        let other_key_id = SignedStatement {
            key_id: stranger.public().key_id(),
            ..good.clone()
        };
        let cases = [
            ("unsigned", unsigned),
            ("under another key's name", other_key_id),
            (
                "signed by a stranger",
                signed(&stranger, COMPANY, "wipe", &order(COMPANY, DEVICE.0)),
            ),
            (
                "of another company, as it was signed there",
                signed(&server, OTHER, "wipe", &order(OTHER, DEVICE.0)),
            ),
            (
                "of another company, signed as of this one",
                signed(&server, COMPANY, "wipe", &order(OTHER, DEVICE.0)),
            ),
            (
                "of this company, signed as of another one",
                signed(&server, OTHER, "wipe", &order(COMPANY, DEVICE.0)),
            ),
            (
                "replayed from another device",
                signed(&server, COMPANY, "wipe", &order(COMPANY, OTHER)),
            ),
            (
                "a lease in an order's place",
                signed(&server, COMPANY, "lease", &order(COMPANY, DEVICE.0)),
            ),
            (
                "no order at all",
                signed(&server, COMPANY, "wipe", &json!({ "device": DEVICE.0 })),
            ),
            ("nothing", signed(&server, COMPANY, "wipe", &json!(null))),
        ];
        for (what, statement) in cases {
            assert!(
                open_wipe(&statement, &enrolment(), DEVICE).is_err(),
                "{what}"
            );
        }
        // Every byte counts.
        for at in 0..good.payload.0.len() {
            let mut changed = good.clone();
            changed.payload.0[at] ^= 1;
            assert!(open_wipe(&changed, &enrolment(), DEVICE).is_err(), "{at}");
        }
        for at in 0..64 {
            let mut changed = good.clone();
            changed.sig.0[at] ^= 1;
            assert!(open_wipe(&changed, &enrolment(), DEVICE).is_err(), "{at}");
        }
    }

    #[test]
    fn a_lease_counts_for_its_device_only_and_only_as_a_lease() {
        let read = |kind: &str, device| {
            open_lease(
                &signed(&server(), COMPANY, kind, &lease(device)),
                &enrolment(),
                DEVICE,
                "asked",
            )
        };
        let wanted = LeaseRead { valid_for_ms: 6 };
        assert_eq!(read("lease", DEVICE.0), Ok(wanted));
        assert!(read("lease", OTHER).is_err());
        assert!(read("wipe", DEVICE.0).is_err() && read("anchor", DEVICE.0).is_err());
    }

    #[test]
    fn a_lease_of_before_played_again_answers_another_challenge_and_is_nothing() {
        let old = signed(&server(), COMPANY, "lease", &lease(DEVICE.0));
        assert!(open_lease(&old, &enrolment(), DEVICE, "asked").is_ok());
        for challenge in ["asked again", "", "ask", "asked "] {
            assert!(open_lease(&old, &enrolment(), DEVICE, challenge).is_err());
        }
    }

    #[test]
    fn a_bare_word_neither_opens_nor_ends_a_device() {
        let (enrolment, server) = (enrolment(), server());
        let good_lease = signed(&server, COMPANY, "lease", &lease(DEVICE.0));
        let good_order = signed(&server, COMPANY, "wipe", &order(COMPANY, DEVICE.0));
        let read =
            |state, lease, wipe| read_standing(state, (lease, wipe), &enrolment, DEVICE, "asked");
        assert!(matches!(
            read(DeviceState::Active, Some(&good_lease), None),
            Ok(Standing::Active(_))
        ));
        assert!(read(DeviceState::Active, None, None).is_err());
        assert!(read(DeviceState::Active, Some(&good_order), None).is_err());
        for over in [
            DeviceState::Revoked,
            DeviceState::Lost,
            DeviceState::Replaced,
        ] {
            assert!(read(over, None, None).is_err());
            assert!(read(over, Some(&good_lease), Some(&good_lease)).is_err());
            assert!(matches!(
                read(over, None, Some(&good_order)),
                Ok(Standing::Over(_))
            ));
        }
        assert!(read(DeviceState::Unknown, Some(&good_lease), Some(&good_order)).is_err());
        assert_eq!(
            read(DeviceState::Suspended, None, None),
            Ok(Standing::Suspended)
        );
    }
}

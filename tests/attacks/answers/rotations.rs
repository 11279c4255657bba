//! Successions of the server's key that are none: the device goes on with the key it knows, and takes nothing under another.

use bizmitra_contract::encoding::{Bytes32, Bytes64};
use bizmitra_contract::ids;
use bizmitra_contract::statement::{SignedStatement, Succession};
use bizmitra_core::enrolment::Enrolment;
use bizmitra_core::ids::DeviceId;
use bizmitra_core::keys::PublicKey;
use bizmitra_core::wire::{Standing, WireError, decode_batch, decode_device_state};
use ed25519_dalek::{Signer as _, SigningKey};
use libtest_mimic::Trial;
use serde_json::json;
use uuid::Uuid;

use crate::answers::made::{
    COMPANY, DEVICE, REQUEST, batch, enrolment, key_id, receipt, sent, server, sign_receipt,
    statement,
};
use crate::curve::{forgeries, point};
use crate::device::message;
use crate::support::check;

pub fn trials() -> Vec<Trial> {
    let mut trials = vec![
        check(
            "a device that missed two rotations follows them, and takes leases, receipts and orders of the newest key only",
            good,
        ),
        check(
            "a lease, a receipt and a wipe order under the next key are nothing before its succession is known",
            before_it_is_known,
        ),
        check(
            "a receipt by the old key is nothing once its successor is known",
            by_the_old_key,
        ),
        check(
            "a list of before, played again after a further rotation, brings no old key back",
            played_again,
        ),
        check(
            "a succession that the current key signs to a key that was left brings it not back",
            back_to_a_left_key,
        ),
    ];
    for (words, bend) in SUCCESSIONS {
        trials.push(check(
            format!("a succession {words} is not followed"),
            move || {
                let mut bent = succession(COMPANY, &server(), &next());
                bend(&mut bent);
                let (after, _) = told(enrolment(), &[bent], &lease(&next()));
                assert_eq!(after, enrolment());
            },
        ));
    }
    for (form, (name, _)) in forgeries(&[7; 64]).into_iter().enumerate() {
        trials.push(check(
            format!("a succession's signature {name} is not followed"),
            move || {
                for of_new in [false, true] {
                    let mut bent = succession(COMPANY, &server(), &next());
                    let sig = if of_new {
                        &mut bent.key_sig
                    } else {
                        &mut bent.former_sig
                    };
                    *sig = Bytes64(forgeries(&sig.0)[form].1);
                    let (after, _) = told(enrolment(), &[bent], &lease(&next()));
                    assert_eq!(after, enrolment());
                }
            },
        ));
    }
    trials
}

type Bend = fn(&mut Succession);

const SUCCESSIONS: &[(&str, Bend)] = &[
    ("by a stranger", |bent| {
        let old = bent.former;
        *bent = succession(COMPANY, &stranger(), &next());
        bent.former = old;
    }),
    ("of a stranger's own line", |bent| {
        *bent = succession(COMPANY, &stranger(), &next());
    }),
    ("for another company", |bent| {
        *bent = succession(Uuid::from_u128(11), &server(), &next());
    }),
    ("at another time", |bent| bent.since_ms += 1),
    ("to another key than was signed", |bent| {
        bent.key = Bytes32(stranger().verifying_key().to_bytes());
    }),
    ("that the new key did not sign", |bent| {
        bent.key_sig = bent.former_sig;
    }),
    ("that the old key did not sign", |bent| {
        bent.former_sig = bent.key_sig;
    }),
    ("to a key of low order", |bent| {
        bent.key = Bytes32(point(
            "0100000000000000000000000000000000000000000000000000000000000000",
        ));
    }),
    ("to itself", |bent| {
        *bent = succession(COMPANY, &server(), &server());
    }),
];

fn next() -> SigningKey {
    SigningKey::from_bytes(&[44; 32])
}

fn newest() -> SigningKey {
    SigningKey::from_bytes(&[45; 32])
}

fn stranger() -> SigningKey {
    SigningKey::from_bytes(&[46; 32])
}

fn succession(company: Uuid, old: &SigningKey, new: &SigningKey) -> Succession {
    let (former, key) = (old.verifying_key(), new.verifying_key());
    let since_ms: i64 = 1_795_404_000_000;
    let signed = message(
        "bz/succession/v1",
        ids::CompanyId(company),
        &[former.as_bytes(), key.as_bytes(), &since_ms.to_be_bytes()],
    );
    Succession {
        former: Bytes32(former.to_bytes()),
        key: Bytes32(key.to_bytes()),
        since_ms,
        former_sig: Bytes64(old.sign(&signed).to_bytes()),
        key_sig: Bytes64(new.sign(&signed).to_bytes()),
    }
}

fn lease(key: &SigningKey) -> SignedStatement {
    let lease =
        json!({"device": DEVICE, "challenge": REQUEST, "issued_at_ms": 5, "valid_for_ms": 6});
    statement(key, COMPANY, "bz/statement/v1", "lease", &lease)
}

/// What a device makes of an answer about itself.
fn told(
    enrolment: Enrolment,
    successions: &[Succession],
    lease: &SignedStatement,
) -> (Enrolment, Result<Standing, WireError>) {
    let answer = json!({
        "device": DEVICE, "state": "active", "fingerprint": "", "lease": lease, "successions": successions,
    });
    let body = serde_json::to_vec(&answer).unwrap();
    decode_device_state(&body, enrolment, DeviceId(DEVICE), REQUEST)
}

fn line() -> [Succession; 2] {
    [
        succession(COMPANY, &server(), &next()),
        succession(COMPANY, &next(), &newest()),
    ]
}

fn rotated() -> Enrolment {
    let (after, standing) = told(enrolment(), &line(), &lease(&newest()));
    assert!(matches!(standing, Ok(Standing::Active(_))));
    after
}

/// How many items an answer confirms, with everything in it signed by this key.
fn confirmed(enrolment: &Enrolment, key: &SigningKey) -> Result<usize, WireError> {
    let mut receipt = receipt();
    sign_receipt(key, COMPANY, "bz/receipt/v1", &mut receipt);
    let mut answer = batch(&receipt);
    let anchor = json!({"anchor_id": Uuid::from_u128(9), "device": DEVICE, "server_time_ms": 5});
    answer["anchor"] = json!(statement(
        key,
        COMPANY,
        "bz/statement/v1",
        "anchor",
        &anchor
    ));
    answer["lease"] = json!(lease(key));
    let order = json!({"company": COMPANY, "device": DEVICE, "reason": "lost", "ended_at_ms": 5});
    answer["wipe"] = json!(statement(key, COMPANY, "bz/statement/v1", "wipe", &order));
    let body = serde_json::to_vec(&answer).unwrap();
    decode_batch(&body, REQUEST, &sent(), enrolment, DeviceId(DEVICE)).map(|read| {
        assert!(read.lease.is_some() && read.wipe.is_some());
        read.items.len()
    })
}

fn good() {
    let after = rotated();
    assert_eq!(after.server_key.key_id(), key_id(&newest()));
    assert_eq!(
        after.pinned_key(),
        PublicKey(server().verifying_key().to_bytes())
    );
    assert_eq!(after.successions.len(), 2);
    assert_eq!(confirmed(&after, &newest()), Ok(1));
    // Told one by one it is the same.
    let line = line();
    let (once, _) = told(enrolment(), &line[..1], &lease(&next()));
    assert_eq!(confirmed(&once, &next()), Ok(1));
    assert_eq!(told(once, &line, &lease(&newest())).0, after);
}

fn before_it_is_known() {
    assert_eq!(confirmed(&enrolment(), &server()), Ok(1));
    assert_eq!(confirmed(&enrolment(), &next()), Err(WireError::OtherKey));
    let (after, standing) = told(enrolment(), &[], &lease(&next()));
    assert_eq!(after, enrolment());
    assert_eq!(standing, Err(WireError::OtherKey));
    // Under the name of the known key it is a bad signature, not a reason to ask.
    let mut renamed = lease(&next());
    renamed.key_id = key_id(&server());
    assert_eq!(
        told(enrolment(), &[], &renamed).1,
        Err(WireError::Signature)
    );
}

fn by_the_old_key() {
    for old in [server(), next()] {
        assert_eq!(confirmed(&rotated(), &old), Err(WireError::OtherKey));
    }
}

fn played_again() {
    let line = line();
    for list in [&line[..1], &line[1..], &line, &[]] {
        let (after, standing) = told(rotated(), list, &lease(&next()));
        assert_eq!(after, rotated());
        assert_eq!(standing, Err(WireError::OtherKey));
    }
}

fn back_to_a_left_key() {
    for left in [server(), next()] {
        let back = succession(COMPANY, &newest(), &left);
        let (after, standing) = told(rotated(), &[back], &lease(&left));
        assert_eq!(after, rotated());
        assert_eq!(standing, Err(WireError::OtherKey));
    }
}

//! Answers that are not our server's: every signed part altered, every field of a receipt, statements of other kinds, for
//! others, by others. The device takes none of it for true.

mod made;
mod rotations;

use bizmitra_contract::encoding::{Bytes, Bytes32, Bytes64};
use bizmitra_contract::statement::{Receipt, SignedStatement};
use bizmitra_contract::{ids, signing};
use bizmitra_core::ids::{DeviceId, ItemId};
use bizmitra_core::keys::PublicKey;
use bizmitra_core::outbox::Outcome;
use bizmitra_core::wire::{BatchRead, WireError, decode_batch, decode_enrolment, decode_login};
use bizmitra_device::platform::OsEntropy;
use ed25519_dalek::SigningKey;
use libtest_mimic::Trial;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::answers::made::{
    COMPANY, DEVICE, ITEM, REQUEST, anchor, batch, changes, enrolment, key_id, page, read_batch,
    read_changes, receipt, sent, server, sign_receipt, statement,
};
use crate::curve::{SMALL_ORDER, empty_signature, forgeries, point};
use crate::support::check;

pub fn trials() -> Vec<Trial> {
    let mut trials = vec![
        check(
            "the answers from which all these were made are read as they are",
            good,
        ),
        check(
            "an answer to another request changes nothing",
            another_request,
        ),
        check(
            "a verdict about an item that was not sent makes the whole answer worthless",
            not_sent,
        ),
        check("a statement cut anywhere is worth nothing", cut),
        check(
            "a statement with any one byte altered is worth nothing",
            any_byte,
        ),
    ];
    for (words, bend) in RECEIPTS {
        trials.push(check(
            format!("a receipt {words} confirms nothing"),
            move || unconfirmed(*bend),
        ));
    }
    for (form, (name, _)) in forgeries(&[7; 64]).into_iter().enumerate() {
        trials.push(check(
            format!("a receipt's signature {name} confirms nothing"),
            move || {
                unconfirmed_by(|receipt| receipt.sig = Bytes64(forgeries(&receipt.sig.0)[form].1));
            },
        ));
        trials.push(check(
            format!("a statement's signature {name} is worth nothing"),
            move || {
                let mut bent = changes(&page());
                bent.sig = Bytes64(forgeries(&bent.sig.0)[form].1);
                worthless(&bent);
            },
        ));
    }
    for (words, bend) in STATEMENTS {
        trials.push(check(
            format!("a page of the feed {words} is worth nothing"),
            move || {
                let mut bent = changes(&page());
                bend(&mut bent);
                worthless(&bent);
            },
        ));
    }
    for (words, bend) in PAGES {
        trials.push(check(
            format!("a signed page of the feed {words} is not taken"),
            move || {
                let mut bent = page();
                bend(&mut bent);
                worthless(&changes(&bent));
            },
        ));
    }
    for (name, encoding) in SMALL_ORDER {
        trials.push(check(
            format!("a server key that is {name} vouches for nothing"),
            move || {
                let key = PublicKey(point(encoding));
                for sig in [empty_signature(), [0; 64]] {
                    assert!(!key.verifies(b"anything", &sig));
                }
            },
        ));
    }
    trials.extend(rotations::trials());
    trials
}

fn worthless(bent: &SignedStatement) {
    assert!(read_changes(&serde_json::to_vec(bent).unwrap()).is_err());
}

fn good() {
    let read = read_batch(&batch(&receipt())).unwrap();
    assert!(matches!(
        &read[..],
        [(ItemId(ITEM), BatchRead::Outcome(Outcome::Acked { .. }))]
    ));
    assert_eq!(
        read_changes(&serde_json::to_vec(&changes(&page())).unwrap()),
        Ok(1)
    );
}

fn another_request() {
    let mut answer = batch(&receipt());
    answer["req_id"] = json!(Uuid::from_u128(66));
    assert_eq!(read_batch(&answer), Err(WireError::Mismatch));
    let mut answer = batch(&receipt());
    answer["anchor"] = json!(anchor(Uuid::from_u128(33)));
    assert_eq!(read_batch(&answer), Err(WireError::Mismatch));
    for body in ["", "{}", "null", "[]", "<html></html>", "\u{feff}{}"] {
        let sent = sent();
        assert!(
            decode_batch(
                body.as_bytes(),
                REQUEST,
                &sent,
                &enrolment(),
                DeviceId(DEVICE)
            )
            .is_err()
        );
        assert!(decode_enrolment(body.as_bytes(), &enrolment(), &OsEntropy).is_err());
        assert!(decode_login(body.as_bytes(), &enrolment(), DeviceId(DEVICE)).is_err());
        assert!(read_changes(body.as_bytes()).is_err());
    }
}

fn not_sent() {
    let mut answer = batch(&receipt());
    let mut stranger = answer["results"][0].clone();
    stranger["id"] = json!(Uuid::from_u128(55));
    answer["results"].as_array_mut().unwrap().push(stranger);
    assert_eq!(read_batch(&answer), Err(WireError::Mismatch));
}

type BendReceipt = fn(&mut Receipt);

const RECEIPTS: &[(&str, BendReceipt)] = &[
    ("of another item", |receipt| {
        receipt.item = ids::ItemId(Uuid::from_u128(55))
    }),
    ("over another hash", |receipt| {
        receipt.record_hash = Bytes32([8; 32])
    }),
    ("of another time", |receipt| receipt.received_at_ms += 1),
    ("of another chain", |receipt| {
        receipt.chain_id = ids::ChainId(Uuid::from_u128(44))
    }),
    ("of another head", |receipt| receipt.head_seq += 1),
    ("of another head's hash", |receipt| {
        receipt.head_hash = Bytes32([8; 32])
    }),
    ("under another key's name", |receipt| {
        receipt.key_id = "0000000000000000".to_owned()
    }),
    ("under its key's name in capitals", |receipt| {
        receipt.key_id.make_ascii_uppercase()
    }),
    ("of another item, signed for it", |receipt| {
        receipt.item = ids::ItemId(Uuid::from_u128(55));
        sign_receipt(&server(), COMPANY, signing::RECEIPT, receipt);
    }),
    ("over another hash, signed for it", |receipt| {
        receipt.record_hash = Bytes32([8; 32]);
        sign_receipt(&server(), COMPANY, signing::RECEIPT, receipt);
    }),
    ("of another chain, signed for it", |receipt| {
        receipt.chain_id = ids::ChainId(Uuid::from_u128(44));
        sign_receipt(&server(), COMPANY, signing::RECEIPT, receipt);
    }),
    ("of another server", |receipt| {
        sign_receipt(
            &SigningKey::from_bytes(&[43; 32]),
            COMPANY,
            signing::RECEIPT,
            receipt,
        )
    }),
    ("of another server under our server's name", |receipt| {
        sign_receipt(
            &SigningKey::from_bytes(&[43; 32]),
            COMPANY,
            signing::RECEIPT,
            receipt,
        );
        receipt.key_id = key_id(&server());
    }),
    ("signed for another company", |receipt| {
        sign_receipt(&server(), Uuid::from_u128(11), signing::RECEIPT, receipt)
    }),
    ("signed for another purpose", |receipt| {
        sign_receipt(&server(), COMPANY, signing::STATEMENT, receipt)
    }),
];

fn unconfirmed(bend: BendReceipt) {
    unconfirmed_by(bend);
}

fn unconfirmed_by(bend: impl Fn(&mut Receipt)) {
    let mut bent = receipt();
    bend(&mut bent);
    assert_eq!(
        read_batch(&batch(&bent)).unwrap(),
        [],
        "the item is unchanged, as if the answer was lost"
    );
}

type BendStatement = fn(&mut SignedStatement);

const STATEMENTS: &[(&str, BendStatement)] = &[
    ("of another kind", |statement| {
        statement.kind = "anchor".to_owned()
    }),
    ("under another key's name", |statement| {
        statement.key_id = "0000000000000000".to_owned()
    }),
    ("with another payload", |statement| {
        statement.payload = Bytes(b"{}".to_vec())
    }),
    ("with a space behind its payload", |statement| {
        statement.payload.0.push(b' ')
    }),
    ("of another server", |bent| {
        *bent = statement(
            &SigningKey::from_bytes(&[43; 32]),
            COMPANY,
            signing::STATEMENT,
            "changes",
            &page(),
        )
    }),
    ("of another server under our server's name", |bent| {
        *bent = statement(
            &SigningKey::from_bytes(&[43; 32]),
            COMPANY,
            signing::STATEMENT,
            "changes",
            &page(),
        );
        bent.key_id = key_id(&server());
    }),
    ("signed for another company", |bent| {
        *bent = statement(
            &server(),
            Uuid::from_u128(11),
            signing::STATEMENT,
            "changes",
            &page(),
        )
    }),
    ("signed for another purpose", |bent| {
        *bent = statement(&server(), COMPANY, signing::RECEIPT, "changes", &page())
    }),
    ("that is signed as an anchor", |bent| {
        *bent = statement(&server(), COMPANY, signing::STATEMENT, "anchor", &page())
    }),
];

type BendPage = fn(&mut Value);

const PAGES: &[(&str, BendPage)] = &[
    ("for another device", |page| {
        page["device"] = json!(Uuid::from_u128(33))
    }),
    ("for another place in the feed", |page| {
        page["since"] = json!("MS4x")
    }),
    ("without its device", |page| {
        drop(page.as_object_mut().unwrap().remove("device"))
    }),
    ("without its place", |page| {
        drop(page.as_object_mut().unwrap().remove("since"))
    }),
];

fn cut() {
    let whole = serde_json::to_vec(&changes(&page())).unwrap();
    for end in 0..whole.len() {
        assert!(
            read_changes(&whole[..end]).is_err(),
            "{end} of {}",
            whole.len()
        );
    }
}

fn any_byte() {
    let whole = serde_json::to_vec(&changes(&page())).unwrap();
    for at in 0..whole.len() {
        let mut bent = whole.clone();
        bent[at] ^= 1;
        assert!(
            read_changes(&bent).is_err(),
            "byte {at}: {}",
            String::from_utf8_lossy(&bent)
        );
    }
}

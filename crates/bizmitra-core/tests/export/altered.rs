//! Changes of single values, and of every byte.

use bizmitra_core::export::{Bytes, Export, Finding, Fixed, ServerSaid, Verdict, verify};
use bizmitra_core::ids::{ChainId, CompanyId, EmployeeId, ItemId};
use uuid::Uuid;

use super::story::*;

/// Changes the check-out (index 2) and returns all findings.
fn changed(change: impl FnOnce(&mut Export)) -> Vec<(usize, Finding)> {
    let Story { mut export, .. } = story();
    change(&mut export);
    findings(&export)
}

#[test]
fn each_altered_value_of_a_record_blames_that_record_and_says_which() {
    let other = Uuid::from_u128(0xBAD);
    let bytes = |export: &mut Export| {
        let Bytes(bytes) = export.records[2].bytes.as_mut().unwrap();
        let at = bytes.len() - 20;
        bytes[at] ^= 1;
    };
    assert_eq!(changed(bytes), [(2, Finding::Bytes)]);
    let hash = changed(|export| export.records[2].hash.0[0] ^= 1);
    assert_eq!(hash, [(2, Finding::Bytes)]);
    let prev = changed(|export| export.records[2].prev_hash.0[0] ^= 1);
    assert_eq!(prev, [(2, Finding::Envelope("prev_hash"))]);
    let id = changed(|export| export.records[2].id = ItemId(other));
    assert_eq!(id, [(2, Finding::Envelope("id"))]);
    let chain = changed(|export| export.records[2].chain_id = ChainId(other));
    assert_eq!(chain, [(2, Finding::Envelope("chain_id"))]);
    for seq in [0, 2, 4, 9, u64::MAX] {
        let seq = changed(|export| export.records[2].seq = seq);
        assert_eq!(seq, [(2, Finding::Envelope("seq"))]);
    }
    let gone = changed(|export| export.records[2].bytes = None);
    // Evidence and withdrawal of a tap that cannot be read are not blamed for it.
    assert_eq!(gone, [(2, Finding::NoBytes)]);
}

#[test]
fn content_taken_out_of_the_file_is_not_called_sound_nor_altered() {
    let Story { mut export, .. } = story();
    export.records[2].bytes = None;
    let report = verify(&export, None);
    assert_eq!(report.records[2].verdict(), Verdict::Unreadable);
    assert!(!report.is_sound() && report.is_incomplete());
    // What its hash, signatures and receipt say still counts.
    export.records[2].hash.0[0] ^= 1;
    let report = verify(&export, None);
    assert_eq!(report.records[2].verdict(), Verdict::Signature);
    assert!(!report.is_sound() && !report.is_incomplete());
}

#[test]
fn another_company_or_person_owns_none_of_the_records() {
    let company = changed(|export| export.company = CompanyId(Uuid::from_u128(0xBAD)));
    for index in 0..5 {
        assert!(company.contains(&(index, Finding::OtherOwner("company"))));
        assert!(company.contains(&(index, Finding::DeviceSignature)));
    }
    let person = changed(|export| export.employee = EmployeeId(Uuid::from_u128(0xBAD)));
    assert_eq!(person.len(), 5);
    assert!(
        person
            .iter()
            .all(|(_, f)| *f == Finding::OtherOwner("person"))
    );
}

#[test]
fn each_altered_value_of_a_receipt_makes_it_no_receipt() {
    let changes: [fn(&mut Export); 8] = [
        |export| export.records[2].receipts[0].item = ItemId(Uuid::from_u128(0xBAD)),
        |export| export.records[2].receipts[0].record_hash.0[0] ^= 1,
        |export| export.records[2].receipts[0].received_at_ms -= 1,
        |export| export.records[2].receipts[0].received_at_ms = i64::MIN,
        |export| export.records[2].receipts[0].chain_id = ChainId(Uuid::from_u128(0xBAD)),
        |export| export.records[2].receipts[0].head_seq = u64::MAX,
        |export| export.records[2].receipts[0].head_hash.0[0] ^= 1,
        |export| export.records[2].receipts[0].sig.0[40] ^= 1,
    ];
    for change in changes {
        assert_eq!(changed(change), [(2, Finding::ReceiptSignature)]);
    }
    let key = changed(|export| export.records[2].receipts[0].key_id = "0".repeat(16));
    assert_eq!(key, [(2, Finding::ReceiptKey)]);
}

#[test]
fn a_receipt_of_another_record_confirms_nothing() {
    let Story { mut export, .. } = story();
    let (of_first, of_third) = (
        export.records[0].receipts.clone(),
        export.records[2].receipts.clone(),
    );
    export.records[0].receipts = of_third.clone();
    export.records[2].receipts = of_first;
    export.records[4].receipts = of_third;
    let report = verify(&export, None);
    for index in [0, 2, 4] {
        assert_eq!(
            report.records[index].findings,
            [Finding::ReceiptOf("record")]
        );
        assert_eq!(report.records[index].verdict(), Verdict::Receipt);
        assert_eq!(report.records[index].received_at_ms, None);
    }
}

#[test]
fn a_genuine_receipt_for_other_content_or_another_chain_is_refused_too() {
    let Story {
        ssk, mut export, ..
    } = story();
    let head = (3, export.records[2].hash.0);
    let mut twin = export.records[2].clone();
    twin.hash = Fixed([5; 32]);
    export.records[2].receipts = vec![ssk.receipt(&twin, head)];
    assert_eq!(findings(&export), [(2, Finding::ReceiptOf("content"))]);
    let mut twin = export.records[2].clone();
    twin.chain_id = ChainId(Uuid::from_u128(0xBAD));
    export.records[2].receipts = vec![ssk.receipt(&twin, head)];
    assert_eq!(findings(&export), [(2, Finding::ReceiptOf("chain"))]);
    let many = vec![ssk.receipt(&export.records[2], head); 5];
    export.records[2].receipts = many;
    assert_eq!(findings(&export), [(2, Finding::ManyReceipts)]);
}

#[test]
fn bytes_that_no_version_of_a_record_explains_are_not_called_verified() {
    let nested = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000)).into_bytes();
    let Story { device, export, .. } = story();
    let Bytes(good) = export.records[4].bytes.clone().unwrap();
    let good = String::from_utf8(good).unwrap();
    let newer = good.replacen("\"v\":1", "\"v\":2", 1).into_bytes();
    let twice = good.replacen("{", "{\"wall_ms\":1,", 1).into_bytes();
    let huge = good.replacen("\"seq\":5", "\"seq\":1e999", 1).into_bytes();
    for bytes in [nested, newer, twice, huge, Vec::new(), vec![0xFF; 64]] {
        let mut export = export.clone();
        sign_again(&device, &mut export.records[4], bytes);
        export.chains[0].hash = export.records[4].hash;
        assert_eq!(findings(&export), [(4, Finding::Unreadable)]);
    }
}

/// What the file says about itself and nobody signed.
fn without_claims(export: &Export) -> Export {
    Export {
        made_at_ms: 0,
        app_version: String::new(),
        company_name: String::new(),
        employee_name: String::new(),
        server_said: ServerSaid::default(),
        ..export.clone()
    }
}

#[test]
fn whichever_byte_of_the_file_is_changed_it_is_noticed() {
    let Story { export, .. } = story();
    let file = export.encode().unwrap().into_bytes();
    assert!(verify(&export, None).is_sound());
    let mut noticed = 0;
    for at in 0..file.len() {
        let mut changed = file.clone();
        changed[at] = match file[at] {
            b'9' => b'0',
            b'z' => b'a',
            b'Z' => b'A',
            byte => byte + 1,
        };
        let Ok(read) = Export::decode(&changed) else {
            noticed += 1;
            continue;
        };
        if without_claims(&read) == without_claims(&export) {
            continue;
        }
        let report = verify(&read, None);
        assert!(
            !report.is_sound(),
            "byte {at}: {}",
            String::from_utf8_lossy(&changed)
        );
        noticed += 1;
    }
    assert!(noticed > file.len() * 9 / 10, "{noticed} of {}", file.len());
}

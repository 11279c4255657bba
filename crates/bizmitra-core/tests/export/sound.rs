//! What holds, and what is said about it.

use bizmitra_core::attendance::{Action, Grade};
use bizmitra_core::export::{Export, Finding, Graded, Kind, Verdict, verify};
use bizmitra_core::keys::PublicKey;
use bizmitra_core::link::KeyPrint;
use bizmitra_core::store::{ChainEnd, ChainHead};

use super::story::*;

#[test]
fn what_was_recorded_and_receipted_is_confirmed_and_the_last_record_waits() {
    let Story { ssk, export, .. } = story();
    let read = Export::decode(export.encode().unwrap().as_bytes()).unwrap();
    assert_eq!(read, export, "the file is what was written");
    let report = verify(&read, None);
    assert!(report.is_sound(), "{report:?}");
    let verdicts: Vec<Verdict> = report.records.iter().map(|r| r.verdict()).collect();
    let c = Verdict::Confirmed;
    assert_eq!(verdicts, [c, c, c, c, Verdict::Unconfirmed]);
    assert_eq!(report.summary().count(c), 4);
    let first = &report.records[0];
    assert_eq!(first.received_at_ms, Some(MORNING_MS + 700));
    let stated = first.stated.as_ref().unwrap();
    assert_eq!((stated.kind, stated.wall_ms), (Kind::CheckIn, MORNING_MS));
    assert_eq!(
        report.servers[0].print,
        KeyPrint::of(&PublicKey(ssk.public())).to_string()
    );
    assert_eq!(report.devices.len(), 1);
}

#[test]
fn an_expected_server_key_is_insisted_on() {
    let Story { ssk, export, .. } = story();
    let ours = KeyPrint::of(&PublicKey(ssk.public()));
    assert!(verify(&export, Some(&ours)).is_sound());
    let other = KeyPrint::of(&PublicKey([8; 32]));
    let report = verify(&export, Some(&other));
    assert!(!report.is_sound());
    assert_eq!(report.servers[0].expected, Some(false));
    // A file without any key is not of the expected server either.
    let empty = Export {
        bindings: Vec::new(),
        chains: Vec::new(),
        records: Vec::new(),
        ..export
    };
    assert!(verify(&empty, None).is_sound());
    assert!(!verify(&empty, Some(&ours)).is_sound());
}

/// A record, and one of the chain that was begun after it, which names this end.
fn begun_anew(end: impl FnOnce(&Device) -> ChainEnd) -> Export {
    let ssk = Ssk::new();
    let mut device = Device::new(1);
    let before = device.tap(Action::CheckIn);
    let lost_store = super::story::end(&device.head);
    let follows = Some(end(&device));
    device.head = ChainHead {
        follows,
        ..start(77)
    };
    let after = device.tap(Action::CheckOut);
    let later = device.tap(Action::CheckIn);
    let mut export = export_of(&ssk, &[&device], vec![before, after, later]);
    export.chains.insert(0, lost_store);
    export
}

fn last_of(device: &Device) -> ChainEnd {
    ChainEnd {
        chain: device.head.chain,
        seq: device.head.seq,
        hash: device.head.hash,
    }
}

#[test]
fn a_salvaged_store_goes_on_in_a_second_chain_that_names_the_end_of_the_first() {
    let export = begun_anew(last_of);
    let report = verify(&export, None);
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.chains.len(), 2);
    assert_eq!(report.chains[0].follows, None);
    let first = export.records[0].chain_id;
    assert_eq!(report.chains[1].follows, Some((first, 1)));
    // One record alone verifies, although what it goes on from is not in the file.
    let mut alone = export.clone();
    alone.records.remove(0);
    alone.chains.remove(0);
    assert!(verify(&alone, None).is_sound());
}

#[test]
fn a_chain_that_goes_on_from_what_the_file_contradicts_or_lacks_is_named() {
    let other = begun_anew(|device| ChainEnd {
        hash: [9; 32],
        ..last_of(device)
    });
    assert_eq!(findings(&other), [(1, Finding::Follows)]);
    let later = begun_anew(|device| ChainEnd {
        seq: 2,
        ..last_of(device)
    });
    assert_eq!(findings(&later), [(1, Finding::FollowsMissing(2))]);
    let itself = begun_anew(|device| ChainEnd {
        chain: start(77).chain,
        ..last_of(device)
    });
    assert_eq!(findings(&itself), [(1, Finding::Follows)]);
}

#[test]
fn a_device_that_was_bound_twice_verifies_under_both_bindings() {
    let ssk = Ssk::new();
    let (mut first, mut second) = (Device::new(1), Device::new(2));
    let records = vec![first.tap(Action::CheckIn), second.tap(Action::CheckOut)];
    let export = export_of(&ssk, &[&first, &second], records);
    assert!(verify(&export, None).is_sound());
    // Without the keys of the first binding nothing can be said of what it recorded.
    let mut forgotten = export;
    forgotten.bindings.remove(0);
    assert_eq!(
        verify(&forgotten, None).records[0].verdict(),
        Verdict::Signature
    );
    assert_eq!(
        verify(&forgotten, None).records[1].verdict(),
        Verdict::Unconfirmed
    );
}

#[test]
fn what_the_server_said_is_shown_and_can_contradict_but_never_confirm() {
    let Story { mut export, .. } = story();
    let said = |tap, differs| Graded {
        tap,
        grade: Some(Grade::A),
        tolerance_ms: Some(1_000),
        differs,
    };
    let (check_in, undone) = (export.records[0].id, export.records[4].id);
    export.server_said.own = vec![said(check_in, false), said(undone, false)];
    let report = verify(&export, None);
    assert!(report.is_sound());
    assert_eq!(report.records[0].graded, Some((Grade::A, Some(1_000))));
    assert_eq!(report.records[4].verdict(), Verdict::Unconfirmed);
    export.server_said.own[0].differs = true;
    let report = verify(&export, None);
    assert_eq!(report.records[0].verdict(), Verdict::Differs);
    assert!(!report.is_sound());
}

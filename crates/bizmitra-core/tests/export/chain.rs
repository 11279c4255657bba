//! Dropped, doubled, moved and forged records.

use bizmitra_core::attendance::Action;
use bizmitra_core::export::{Finding, Fixed, Graded, Verdict, verify};
use bizmitra_core::ids::ItemId;
use uuid::Uuid;

use super::story::*;

#[test]
fn a_record_dropped_from_the_middle_leaves_a_gap_that_is_named() {
    let Story { mut export, .. } = story();
    export.records.remove(1);
    assert_eq!(
        findings(&export),
        [(1, Finding::Missing { from: 2, to: 2 })]
    );
    assert_eq!(verify(&export, None).records[1].verdict(), Verdict::Gap);
    export.records.remove(0);
    assert_eq!(
        findings(&export),
        [(0, Finding::Missing { from: 1, to: 2 })]
    );
}

#[test]
fn a_tap_dropped_with_its_place_leaves_what_belonged_to_it_behind() {
    let Story { mut export, .. } = story();
    export.records.remove(2);
    assert_eq!(
        findings(&export),
        [
            (2, Finding::Missing { from: 3, to: 3 }),
            (2, Finding::AboutMissing),
            (3, Finding::AboutMissing),
        ]
    );
}

#[test]
fn records_dropped_from_the_end_are_missed_by_the_devices_word_or_by_a_receipt() {
    let Story {
        ssk, mut export, ..
    } = story();
    export.records.truncate(3);
    let missing = Finding::EndMissing { from: 4, to: 5 };
    let report = verify(&export, None);
    assert_eq!(others(&report), [missing]);
    assert!(!report.is_sound());
    // The device's word is not signed and may be changed too; a receipt that names a later head may not.
    export.chains[0].seq = 3;
    export.chains[0].hash = export.records[2].hash;
    assert!(
        verify(&export, None).is_sound(),
        "that much a file cannot show"
    );
    let late = ssk.receipt(&export.records[0], (5, [7; 32]));
    export.records[0].receipts = vec![late];
    assert_eq!(others(&verify(&export, None)), [missing]);
}

#[test]
fn a_file_that_does_not_say_where_its_chain_ends_is_not_whole() {
    let Story { mut export, .. } = story();
    export.chains.clear();
    assert_eq!(others(&verify(&export, None)), [Finding::NoEnd]);
}

#[test]
fn a_whole_chain_that_was_dropped_is_missed() {
    let Story { mut export, .. } = story();
    export.server_said.own = vec![Graded {
        tap: export.records[0].id,
        grade: None,
        tolerance_ms: None,
        differs: false,
    }];
    export.records.clear();
    assert_eq!(
        others(&verify(&export, None)),
        [
            Finding::EndMissing { from: 1, to: 5 },
            Finding::TapsMissing(1)
        ]
    );
}

#[test]
fn a_last_record_that_the_device_does_not_know_is_noticed() {
    let Story { mut export, .. } = story();
    export.chains[0].hash = Fixed([1; 32]);
    assert_eq!(others(&verify(&export, None)), [Finding::OtherEnd]);
    export.chains[0].seq = 2;
    assert_eq!(others(&verify(&export, None)), [Finding::OtherEnd]);
}

#[test]
fn records_out_of_order_and_twice_are_told_apart() {
    let Story { mut export, .. } = story();
    export.records.swap(1, 2);
    assert_eq!(findings(&export), [(2, Finding::Late)]);
    assert_eq!(verify(&export, None).records[2].verdict(), Verdict::Order);
    export.records.swap(1, 2);
    let again = export.records[1].clone();
    export.records.insert(2, again);
    assert_eq!(findings(&export), [(2, Finding::Twice)]);
}

#[test]
fn two_records_at_one_place_are_a_fork_and_both_are_named() {
    let Story {
        mut device,
        mut export,
        ..
    } = story();
    // The same device went back to its second record and went on differently, as a restored copy would.
    device.head.seq = 2;
    device.head.hash = export.records[1].hash.0;
    let rival = device.tap(Action::BreakStart);
    export.records.insert(3, rival);
    assert_eq!(
        findings(&export),
        [(2, Finding::SamePlace), (3, Finding::SamePlace)]
    );
    assert_eq!(verify(&export, None).records[3].verdict(), Verdict::Fork);
}

#[test]
fn a_record_that_follows_another_one_than_the_file_has_is_a_fork() {
    let Story {
        mut device,
        mut export,
        ..
    } = story();
    device.head.seq = 4;
    device.head.hash = [6; 32];
    export.records[4] = device.tap(Action::BreakStart);
    export.chains[0] = end(&device.head);
    assert_eq!(findings(&export), [(4, Finding::Link)]);
    // The first of a chain follows nothing.
    let ssk = Ssk::new();
    let mut device = Device::new(2);
    device.head.hash = [6; 32];
    let first = device.tap(Action::CheckIn);
    let export = export_of(&ssk, &[&device], vec![first]);
    assert_eq!(findings(&export), [(0, Finding::Link)]);
}

#[test]
fn a_server_that_held_another_record_at_a_place_is_found_out_by_its_own_receipt() {
    let Story {
        ssk, mut export, ..
    } = story();
    let receipt = ssk.receipt(&export.records[3], (2, [7; 32]));
    export.records[3].receipts = vec![receipt];
    assert_eq!(findings(&export), [(3, Finding::Head(2))]);
    assert_eq!(verify(&export, None).records[3].verdict(), Verdict::Fork);
}

#[test]
fn the_last_possible_number_of_a_chain_overflows_nothing() {
    let ssk = Ssk::new();
    let mut device = Device::new(1);
    device.head.seq = u64::MAX - 1;
    let mut last = device.tap(Action::CheckIn);
    last.receipts = vec![ssk.receipt(&last, (u64::MAX, last.hash.0))];
    let export = export_of(&ssk, &[&device], vec![last]);
    let to = u64::MAX - 1;
    assert_eq!(findings(&export), [(0, Finding::Missing { from: 1, to })]);
}

#[test]
fn evidence_counts_for_a_tap_that_the_person_signed_and_for_nothing_else() {
    let ssk = Ssk::new();
    let mut device = Device::new(1);
    let check_in = device.tap(Action::CheckIn);
    let first = device.evidence(check_in.id);
    let of_evidence = device.evidence(first.id);
    let of_nothing = device.evidence(ItemId(Uuid::from_u128(0xBAD)));
    let records = vec![check_in, first, of_evidence, of_nothing];
    let export = export_of(&ssk, &[&device], records);
    assert_eq!(
        findings(&export),
        [(2, Finding::AboutNoTap), (3, Finding::AboutMissing)]
    );
}

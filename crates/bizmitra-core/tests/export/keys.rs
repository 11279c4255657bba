//! Signatures that are missing, wrong, another's or too clever, and keys that were exchanged.

use bizmitra_core::attendance::Action;
use bizmitra_core::export::{Export, ExportedSig, Finding, Fixed, Verdict, verify};
use bizmitra_core::record::Author;

use super::story::*;

/// Order of the group of edwards25519 (RFC 8032, section 5.1), little endian.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

fn changed(change: impl FnOnce(&mut Export)) -> Vec<(usize, Finding)> {
    let Story { mut export, .. } = story();
    change(&mut export);
    findings(&export)
}

#[test]
fn a_signature_taken_away_is_missed() {
    let device = changed(|export| drop(export.records[0].sigs.remove(0)));
    assert_eq!(device, [(0, Finding::DeviceUnsigned)]);
    let person = changed(|export| drop(export.records[4].sigs.remove(1)));
    assert_eq!(person, [(4, Finding::PresenceUnsigned)]);
    let all = changed(|export| export.records[1].sigs.clear());
    assert_eq!(all, [(1, Finding::DeviceUnsigned)]);
}

#[test]
fn a_tap_that_the_device_alone_signed_is_not_the_persons_and_carries_no_evidence() {
    let ssk = Ssk::new();
    let mut device = Device::new(1);
    let alone = Author {
        presence: None,
        ..device.author.clone()
    };
    let forged = device.append_as(&alone, &tap(Action::CheckIn));
    let located = device.evidence(forged.id);
    let export = export_of(&ssk, &[&device], vec![forged, located]);
    assert_eq!(
        findings(&export),
        [(0, Finding::PresenceUnsigned), (1, Finding::AboutNoTap)]
    );
}

#[test]
fn exchanged_and_altered_signatures_do_not_hold() {
    let exchanged = changed(|export| {
        let sigs = &mut export.records[0].sigs;
        let first = sigs[0].sig;
        sigs[0].sig = sigs[1].sig;
        sigs[1].sig = first;
    });
    assert_eq!(
        exchanged[..2],
        [
            (0, Finding::DeviceSignature),
            (0, Finding::PresenceSignature)
        ]
    );
    let of_another_record =
        changed(|export| export.records[1].sigs = vec![export.records[0].sigs[0].clone()]);
    assert_eq!(of_another_record, [(1, Finding::DeviceSignature)]);
    let algorithm = changed(|export| export.records[1].sigs[0].alg = "none".to_owned());
    assert_eq!(algorithm, [(1, Finding::DeviceSignature)]);
}

#[test]
fn a_signature_of_nobody_and_a_crowd_of_signatures_are_named() {
    let nobody = changed(|export| {
        export.records[1].sigs.push(ExportedSig {
            key_id: "00112233aabbccdd".to_owned(),
            alg: "ed25519".to_owned(),
            sig: Fixed([0; 64]),
        });
    });
    assert_eq!(nobody, [(1, Finding::StrangeSignature)]);
    let crowd = changed(|export| {
        let sig = export.records[1].sigs[0].clone();
        export.records[1].sigs = vec![sig; 1_000];
    });
    assert_eq!(crowd, [(1, Finding::StrangeSignature)]);
}

#[test]
fn a_malleable_signature_and_a_key_of_low_order_prove_nothing() {
    let malleable = changed(|export| {
        let Fixed(sig) = &mut export.records[1].sigs[0].sig;
        let mut carry = 0_u16;
        for (byte, order) in sig[32..].iter_mut().zip(ORDER) {
            let sum = u16::from(*byte) + u16::from(order) + carry;
            *byte = (sum & 0xFF) as u8;
            carry = sum >> 8;
        }
    });
    assert_eq!(malleable, [(1, Finding::DeviceSignature)]);
    // The neutral element: under it R = neutral, S = 0 would sign everything if it were let in.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let Story { mut export, .. } = story();
    export.bindings[0].device_key = Fixed(neutral);
    let mut sig = [0; 64];
    sig[0] = 1;
    export.records[1].sigs = vec![ExportedSig {
        key_id: bizmitra_core::keys::PublicKey(neutral).key_id(),
        alg: "ed25519".to_owned(),
        sig: Fixed(sig),
    }];
    assert!(findings(&export).contains(&(1, Finding::DeviceSignature)));
}

#[test]
fn keys_of_another_device_or_server_in_the_file_do_not_verify_it() {
    let Story {
        device, mut export, ..
    } = story();
    let other = Device::new(2);
    let fake = Ssk(ed25519_dalek::SigningKey::from_bytes(&[66; 32]));
    export.bindings[0] = bizmitra_core::export::Binding {
        device: device.author.device,
        ..other.binding(&fake)
    };
    let report = verify(&export, None);
    assert!(
        report
            .records
            .iter()
            .all(|r| r.verdict() == Verdict::Signature)
    );
    assert!(report.records[0].findings.contains(&Finding::ReceiptKey));
    export.bindings.clear();
    let report = verify(&export, None);
    assert!(report.records[0].findings.contains(&Finding::UnknownDevice));
}

#[test]
fn the_two_keys_of_a_device_exchanged_are_noticed_by_what_the_device_alone_signed() {
    let exchanged = changed(|export| {
        let binding = &mut export.bindings[0];
        std::mem::swap(&mut binding.device_key, &mut binding.presence_key);
    });
    assert_eq!(
        exchanged,
        [(1, Finding::DeviceUnsigned), (3, Finding::DeviceUnsigned)]
    );
    // Where the person signed everything only the fingerprint tells.
    let Story { mut export, .. } = story();
    let before = verify(&export, None).devices[0].fingerprint.clone();
    let binding = &mut export.bindings[0];
    std::mem::swap(&mut binding.device_key, &mut binding.presence_key);
    assert_ne!(verify(&export, None).devices[0].fingerprint, before);
}

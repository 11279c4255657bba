//! Receipts under several keys of one server, and successions that are none.

use bizmitra_core::attendance::Action;
use bizmitra_core::export::{Export, Finding, Fixed, Verdict, verify};
use bizmitra_core::ids::CompanyId;
use bizmitra_core::keys::PublicKey;
use bizmitra_core::link::KeyPrint;
use bizmitra_core::succession::Succession;
use ed25519_dalek::{Signer as _, SigningKey};
use uuid::Uuid;

use super::story::*;

fn ssk(number: u8) -> Ssk {
    Ssk(SigningKey::from_bytes(&[number; 32]))
}

/// `bz/succession/v1 || 0 || company || (length || field)*`, as the page about exports writes it down.
fn succession(of: CompanyId, (old, new): (&Ssk, &Ssk), signers: (&Ssk, &Ssk)) -> Succession {
    let since_ms = MORNING_MS;
    let mut message = b"bz/succession/v1\0".to_vec();
    message.extend(of.0.as_bytes());
    for field in [
        old.public().as_slice(),
        &new.public(),
        &since_ms.to_be_bytes(),
    ] {
        message.extend((field.len() as u32).to_be_bytes());
        message.extend(field);
    }
    Succession {
        former: Fixed(old.public()),
        key: Fixed(new.public()),
        since_ms,
        former_sig: Fixed(signers.0.0.sign(&message).to_bytes()),
        key_sig: Fixed(signers.1.0.sign(&message).to_bytes()),
    }
}

fn good(old: &Ssk, new: &Ssk) -> Succession {
    succession(company(), (old, new), (old, new))
}

/// Three taps, receipted before, between and after two rotations.
fn rotated() -> (Export, [Ssk; 3]) {
    let keys = [ssk(9), ssk(10), ssk(11)];
    let mut device = Device::new(1);
    let mut records: Vec<_> = [Action::CheckIn, Action::BreakStart, Action::BreakEnd]
        .map(|action| device.tap(action))
        .into();
    for (record, key) in records.iter_mut().zip(&keys) {
        record.receipts = vec![key.receipt(record, (record.seq, record.hash.0))];
    }
    let mut export = export_of(&keys[0], &[&device], records);
    export.bindings[0].successions = vec![good(&keys[0], &keys[1]), good(&keys[1], &keys[2])];
    (export, keys)
}

fn verdicts(export: &Export) -> Vec<Verdict> {
    let report = verify(export, None);
    report.records.iter().map(|r| r.verdict()).collect()
}

#[test]
fn receipts_before_between_and_after_two_rotations_hold() {
    let (export, keys) = rotated();
    let read = Export::decode(export.encode().unwrap().as_bytes()).unwrap();
    assert_eq!(read, export);
    let report = verify(&read, None);
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(verdicts(&read), [Verdict::Confirmed; 3]);
    assert_eq!(report.servers.len(), 3);
    // Whichever of the keys somebody knows, it vouches for the others.
    for key in &keys {
        let print = KeyPrint::of(&PublicKey(key.public()));
        assert!(verify(&export, Some(&print)).is_sound());
    }
    let stranger = KeyPrint::of(&PublicKey(ssk(66).public()));
    assert!(!verify(&export, Some(&stranger)).is_sound());
}

#[test]
fn a_key_that_nobody_signed_in_confirms_nothing_and_makes_the_file_unsound() {
    let (sound, [first, second, third]) = rotated();
    let fake = ssk(66);
    let pair = (&second, &third);
    let bad = [
        ("missing", None),
        (
            "signed by a stranger",
            Some(succession(company(), pair, (&fake, &third))),
        ),
        (
            "not signed by the new key",
            Some(succession(company(), pair, (&second, &fake))),
        ),
        (
            "of another company",
            Some(succession(CompanyId(Uuid::from_u128(9)), pair, pair)),
        ),
        ("from a key that was left", Some(good(&first, &third))),
        ("back to a key that was left", Some(good(&second, &first))),
    ];
    for (what, succession) in bad {
        let mut export = sound.clone();
        let is_missing = succession.is_none();
        let list = &mut export.bindings[0].successions;
        list.truncate(1);
        list.extend(succession);
        let report = verify(&export, None);
        assert!(!report.is_sound(), "{what}");
        assert_eq!(
            findings(&export),
            [(2, Finding::ReceiptKey)],
            "{what}: the receipts of before still hold"
        );
        assert_eq!(
            report.findings.contains(&Finding::Succession),
            !is_missing,
            "{what}"
        );
    }
}

#[test]
fn the_companys_own_key_does_not_vouch_for_a_key_that_only_claims_to_be_before_it() {
    // Somebody makes up a server, and a succession of it to the company's real key.
    let (made_up, real) = (ssk(66), ssk(9));
    let mut device = Device::new(1);
    let mut record = device.tap(Action::CheckIn);
    record.receipts = vec![made_up.receipt(&record, (1, record.hash.0))];
    let mut export = export_of(&made_up, &[&device], vec![record]);
    export.bindings[0].successions = vec![succession(
        company(),
        (&made_up, &real),
        (&made_up, &made_up),
    )];
    let expected = KeyPrint::of(&PublicKey(real.public()));
    let report = verify(&export, Some(&expected));
    assert!(!report.is_sound());
    assert!(report.findings.contains(&Finding::OtherServer));
}

#[test]
fn any_byte_of_a_succession_counts() {
    let (sound, _) = rotated();
    let bend: [fn(&mut Succession, usize); 4] = [
        |s, at| s.former.0[at] ^= 1,
        |s, at| s.key.0[at] ^= 1,
        |s, at| s.former_sig.0[at] ^= 1,
        |s, at| s.key_sig.0[at] ^= 1,
    ];
    for (bend, length) in bend.into_iter().zip([32, 32, 64, 64]) {
        for at in 0..length {
            let mut export = sound.clone();
            bend(&mut export.bindings[0].successions[0], at);
            assert!(!verify(&export, None).is_sound(), "{at}");
        }
    }
}

//! What is done to the good record: around it, to its signatures, and in the words that its own device signs.

use bizmitra_contract::blob::MAX_PER_ITEM;
use bizmitra_contract::encoding::{Bytes32, Bytes64};
use bizmitra_contract::ids::{BlobId, ChainId, CompanyId, DeviceId, EmployeeId, ItemId};
use bizmitra_contract::record::Record;
use bizmitra_contract::signing;
use bizmitra_contract::sync::BatchItem;
use ed25519_dalek::Signer as _;
use uuid::Uuid;

use super::Scene;
use crate::device::{TestDevice, keys, message};

/// Makes the bent item from the scene.
pub type Bend = fn(&Scene) -> BatchItem;

/// Builds on the good item.
pub fn with(scene: &Scene, change: impl FnOnce(&mut BatchItem)) -> BatchItem {
    let mut item = scene.good.clone();
    change(&mut item);
    item
}

/// What stands around the payload.
pub const ENVELOPES: &[(&str, Bend)] = &[
    ("under another id", |s| {
        with(s, |item| item.id = ItemId(Uuid::now_v7()))
    }),
    ("of an unknown kind", |s| {
        with(s, |item| item.kind = "selfie".to_owned())
    }),
    ("of an empty kind", |s| with(s, |item| item.kind.clear())),
    ("of version 0", |s| with(s, |item| item.v = 0)),
    ("of a version to come", |s| {
        with(s, |item| item.v = u32::MAX)
    }),
    ("of another content type", |s| {
        with(s, |item| item.content_type = "text/plain".to_owned())
    }),
    ("in another chain", |s| {
        with(s, |item| item.chain_id = ChainId(Uuid::new_v4()))
    }),
    ("at another place", |s| with(s, |item| item.seq += 1)),
    ("at place 0", |s| with(s, |item| item.seq = 0)),
    ("at the last place there is", |s| {
        with(s, |item| item.seq = u64::MAX)
    }),
    ("behind another record", |s| {
        with(s, |item| item.prev_hash = Bytes32([9; 32]))
    }),
    ("under another hash", |s| {
        with(s, |item| item.hash = Bytes32([9; 32]))
    }),
    ("with the hash of nothing", |s| {
        with(s, |item| item.hash = Bytes32([0; 32]))
    }),
    ("without its payload", |s| {
        with(s, |item| item.payload.0.clear())
    }),
    ("with a byte behind its payload", |s| {
        with(s, |item| item.payload.0.push(b' '))
    }),
    ("with its payload twice", |s| {
        with(s, |item| item.payload.0.extend(item.payload.0.clone()))
    }),
    ("with more files than a record may have", |s| {
        with(s, |item| {
            item.blobs = (0..=MAX_PER_ITEM).map(|_| BlobId(Uuid::now_v7())).collect();
        })
    }),
];

/// Who signed.
pub const SIGNATURES: &[(&str, Bend)] = &[
    ("without signatures", |s| with(s, |item| item.sigs.clear())),
    ("without the device's signature", |s| {
        with(s, |item| drop(item.sigs.remove(0)))
    }),
    ("without the person's signature", |s| {
        with(s, |item| drop(item.sigs.remove(1)))
    }),
    ("with the two signatures exchanged", |s| {
        with(s, |item| {
            let first = item.sigs[0].sig;
            item.sigs[0].sig = item.sigs[1].sig;
            item.sigs[1].sig = first;
        })
    }),
    ("with the two key names exchanged", |s| {
        with(s, |item| {
            let first = item.sigs[0].key_id.clone();
            item.sigs[0].key_id = item.sigs[1].key_id.clone();
            item.sigs[1].key_id = first;
        })
    }),
    ("signed twice by the device instead of the person", |s| {
        with(s, |item| item.sigs[1] = item.sigs[0].clone())
    }),
    ("with a second, wrong signature of the device", |s| {
        with(s, |item| {
            let mut second = item.sigs[0].clone();
            second.sig.0[5] ^= 1;
            item.sigs.push(second);
        })
    }),
    ("with a second, wrong signature of the person", |s| {
        with(s, |item| {
            let mut second = item.sigs[1].clone();
            second.sig.0[5] ^= 1;
            item.sigs.insert(0, second);
        })
    }),
    ("with a thousand signatures", |s| {
        with(s, |item| item.sigs = vec![item.sigs[0].clone(); 1_000])
    }),
    ("signed by another algorithm", |s| {
        with(s, |item| item.sigs[0].alg = "none".to_owned())
    }),
    ("signed by an algorithm without a name", |s| {
        with(s, |item| item.sigs[1].alg.clear())
    }),
    ("signed by an algorithm in capitals", |s| {
        with(s, |item| item.sigs[0].alg = "ED25519".to_owned())
    }),
    ("with an altered signature of the device", |s| {
        with(s, |item| item.sigs[0].sig.0[63] ^= 1)
    }),
    ("with an altered signature of the person", |s| {
        with(s, |item| item.sigs[1].sig.0[0] ^= 1)
    }),
    ("with zeros as signature of the person", |s| {
        with(s, |item| item.sigs[1].sig = Bytes64([0; 64]))
    }),
    ("signed by a stranger's device key", |s| {
        resigned(s, keys("stranger").0, s.ravi.upk.clone())
    }),
    ("signed by a stranger's person key", |s| {
        resigned(s, s.ravi.dik.clone(), keys("stranger").1)
    }),
    ("signed by a colleague's device", |s| {
        resigned(s, s.asha.dik.clone(), s.asha.upk.clone())
    }),
    ("signed for another company", |s| {
        signed_over(s, signing::RECORD_SIGNATURE, s.dev.company)
    }),
    ("signed for another purpose: a receipt", |s| {
        signed_over(s, signing::RECEIPT, s.ravi.company)
    }),
    ("signed for another purpose: a login", |s| {
        signed_over(s, signing::LOGIN, s.ravi.company)
    }),
    ("signed for another purpose: an enrolment", |s| {
        signed_over(s, signing::ENROL, s.ravi.company)
    }),
    ("signed for another purpose: a statement", |s| {
        signed_over(s, signing::STATEMENT, s.ravi.company)
    }),
    ("signed over the bare hash", |s| {
        let sign = |key: &ed25519_dalek::SigningKey| Bytes64(key.sign(&s.good.hash.0).to_bytes());
        with(s, |item| {
            item.sigs[0].sig = sign(&s.ravi.dik);
            item.sigs[1].sig = sign(&s.ravi.upk);
        })
    }),
];

/// The good item under other keys, each under the name of the key that it should be.
fn resigned(
    scene: &Scene,
    dik: ed25519_dalek::SigningKey,
    upk: ed25519_dalek::SigningKey,
) -> BatchItem {
    let other = TestDevice {
        dik,
        upk,
        ..scene.ravi.clone()
    };
    let mut item = other.item_of_bytes(&scene.record, plain(scene), true);
    for (sig, own) in item.sigs.iter_mut().zip(&scene.good.sigs) {
        sig.key_id = own.key_id.clone();
    }
    item
}

/// The good item, its own keys' signatures over something else.
fn signed_over(scene: &Scene, purpose: &str, company: CompanyId) -> BatchItem {
    let signed = message(purpose, company, &[&scene.good.hash.0]);
    with(scene, |item| {
        item.sigs[0].sig = Bytes64(scene.ravi.dik.sign(&signed).to_bytes());
        item.sigs[1].sig = Bytes64(scene.ravi.upk.sign(&signed).to_bytes());
    })
}

fn plain(scene: &Scene) -> Vec<u8> {
    serde_json::to_vec(&scene.record).unwrap()
}

/// What a device may say, well signed by its own keys.
pub const CONTENTS: &[(&str, Bend)] = &[
    ("in another company's name", |s| {
        stated(s, |record| record.company = s.dev.company)
    }),
    ("in the name of a company that is not there", |s| {
        stated(s, |record| record.company = CompanyId(Uuid::nil()))
    }),
    ("in a colleague's name", |s| {
        stated(s, |record| record.employee = s.asha.employee)
    }),
    ("in the name of another company's person", |s| {
        stated(s, |record| record.employee = s.dev.employee)
    }),
    ("in the name of nobody", |s| {
        stated(s, |record| record.employee = EmployeeId(Uuid::nil()))
    }),
    ("in the name of a colleague's device", |s| {
        stated(s, |record| record.device = s.asha.device)
    }),
    ("in the name of another company's device", |s| {
        stated(s, |record| record.device = s.dev.device)
    }),
    ("in the name of no device", |s| {
        stated(s, |record| record.device = DeviceId(Uuid::nil()))
    }),
    ("of place 0", |s| stated(s, |record| record.seq = 0)),
    ("of place 1 behind another record", |s| {
        stated(s, |record| record.prev_hash = Bytes32([1; 32]))
    }),
    ("of place 2 behind nothing", |s| {
        stated(s, |record| record.seq = 2)
    }),
    ("of another version", |s| stated(s, |record| record.v = 2)),
    ("that is no JSON", |s| raw(s, b"\xff\xfe".to_vec())),
    ("that is empty JSON", |s| raw(s, b"{}".to_vec())),
    ("that is a list", |s| raw(s, b"[]".to_vec())),
    ("that is a deep nest", |s| {
        raw(s, [vec![b'['; 10_000], vec![b']'; 10_000]].concat())
    }),
    ("that is a number without end", |s| {
        raw(s, vec![b'9'; 10_000])
    }),
    ("cut in half", |s| {
        let bytes = plain(s);
        raw(s, bytes[..bytes.len() / 2].to_vec())
    }),
    ("with a byte order mark", |s| {
        raw(s, [b"\xef\xbb\xbf".to_vec(), plain(s)].concat())
    }),
    ("with a second object behind it", |s| {
        raw(s, [plain(s), b"{}".to_vec()].concat())
    }),
    ("that names its person twice", |s| {
        twice(s, "employee", &s.asha.employee.to_string())
    }),
    ("that names its company twice", |s| {
        twice(s, "company", &s.dev.company.to_string())
    }),
    ("that names its device twice", |s| {
        twice(s, "device", &s.asha.device.to_string())
    }),
];

/// The good record with other words, signed by its own device's keys.
fn stated(scene: &Scene, change: impl FnOnce(&mut Record)) -> BatchItem {
    let mut record = scene.record.clone();
    change(&mut record);
    let bytes = serde_json::to_vec(&record).unwrap();
    scene.ravi.item_of_bytes(&record, bytes, true)
}

fn raw(scene: &Scene, bytes: Vec<u8>) -> BatchItem {
    scene.ravi.item_of_bytes(&scene.record, bytes, true)
}

fn twice(scene: &Scene, field: &str, value: &str) -> BatchItem {
    let text = String::from_utf8(plain(scene)).unwrap();
    raw(
        scene,
        text.replacen('{', &format!("{{\"{field}\":\"{value}\","), 1)
            .into_bytes(),
    )
}

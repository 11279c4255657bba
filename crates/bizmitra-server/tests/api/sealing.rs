//! What devices seal to their company.

use bizmitra_contract::changes::{Change, ChangesPage, kind};
use bizmitra_contract::encoding::Bytes32;
use bizmitra_contract::paths;
use bizmitra_contract::record::{RecordBody, Tap};
use bizmitra_contract::sealing::SealingKey;
use bizmitra_contract::statement::SignedStatement;
use bizmitra_contract::sync::{BatchItem, Verdict, VerdictCode};
use bizmitra_server::admin;

use crate::batch::one;
use crate::device::TestDevice;
use crate::world::{MONDAY_NINE_MS, World};

fn check_in() -> RecordBody {
    RecordBody::CheckIn(Tap {
        shift: None,
        day: None,
    })
}

#[tokio::test]
async fn a_payload_opens_only_with_the_envelope_it_was_sealed_for() {
    let world = World::new();
    let mut device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let record = device.record(MONDAY_NINE_MS, check_in());
    let bytes = serde_json::to_vec(&record).unwrap();
    let good = device.item(&record, true);
    // Whoever has the public key can seal anything: what is inside must still be what the envelope says and what was signed.
    type Alter = fn(&mut BatchItem);
    let envelopes: [(&str, Alter); 5] = [
        ("id", |item| item.id.0 = uuid::Uuid::now_v7()),
        ("chain", |item| item.chain_id.0 = uuid::Uuid::now_v7()),
        ("seq", |item| item.seq += 1),
        ("prev_hash", |item| item.prev_hash = Bytes32([9; 32])),
        ("hash", |item| item.hash = Bytes32([9; 32])),
    ];
    for (name, alter) in envelopes {
        let mut moved = good.clone();
        alter(&mut moved);
        let mut resealed = moved.clone();
        device.seal_into(&mut resealed, &bytes);
        for item in [&moved, &resealed] {
            let result = one(device.deliver(&world, &[item]).await);
            assert_eq!(
                (result.verdict, result.code),
                (Verdict::Rejected, Some(VerdictCode::Validation)),
                "{name}"
            );
        }
    }
    let mut other_words = good.clone();
    device.seal_into(&mut other_words, &[bytes.as_slice(), b" "].concat());
    let result = one(device.deliver(&world, &[&other_words]).await);
    assert_eq!(result.code, Some(VerdictCode::Validation));
    assert_eq!(
        one(device.deliver(&world, &[&good]).await).verdict,
        Verdict::Applied
    );
}

#[tokio::test]
async fn damaged_payloads_are_rejected_at_each_byte_and_length() {
    let world = World::new();
    let mut device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let good = device.check_in(MONDAY_NINE_MS);
    let length = good.payload.0.len();
    let places = (0..60).chain([length / 2, length - 1]);
    let mut bad = Vec::new();
    for at in places {
        let mut flipped = good.clone();
        flipped.payload.0[at] ^= 1;
        let mut cut = good.clone();
        cut.payload.0.truncate(at);
        bad.extend([flipped, cut]);
    }
    let results = device
        .deliver(&world, &bad.iter().take(100).collect::<Vec<_>>())
        .await;
    for (item, result) in bad.iter().zip(&results) {
        let key_id = item.payload.0.get(1..9);
        let expected = if item.payload.0.first() == Some(&1)
            && item.payload.0.len() >= 9
            && key_id != good.payload.0.get(1..9)
        {
            // Another key id: its key could still be put back.
            Verdict::Blocked
        } else {
            Verdict::Rejected
        };
        assert_eq!(result.verdict, expected);
    }
    assert!(world.attendance(world.ravi).is_empty());
}

#[tokio::test]
async fn what_is_sealed_to_another_company_is_not_opened() {
    let world = World::new();
    let mut ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let dev = TestDevice::enrol(&world, world.dev, "Dev").await;
    let own = ravi.sealing_key;
    ravi.sealing_key = dev.sealing_key;
    let record = ravi.record(MONDAY_NINE_MS, check_in());
    let foreign = ravi.item(&record, true);
    let result = one(ravi.deliver(&world, &[&foreign]).await);
    assert_eq!(result.verdict, Verdict::Blocked, "no key of this company");
    assert!(result.receipt.is_none());
    ravi.sealing_key = own;
    let item = ravi.item_of_bytes(&record, serde_json::to_vec(&record).unwrap(), true);
    assert_eq!(
        one(ravi.deliver(&world, &[&item]).await).verdict,
        Verdict::Applied
    );
}

#[tokio::test]
async fn after_a_rotation_the_feed_names_the_new_key_and_the_old_one_still_opens() {
    let world = World::new();
    let mut device = TestDevice::signed_in(&world, world.ravi, "Ravi").await;
    let before = device.check_in(MONDAY_NINE_MS);
    let old = device.sealing_key;
    let key_id = admin::rotate_sealing_key(&world.server, world.company).unwrap();
    let statement: SignedStatement = device.get(&world, paths::CHANGES).await.json();
    let page: ChangesPage = device.open(&statement, "changes");
    let named: Vec<&Change> = page
        .changes
        .iter()
        .filter(|change| change.kind == kind::SEALING_KEY)
        .collect();
    assert_eq!(named.len(), 1, "the newest only");
    let key: SealingKey = serde_json::from_value(named[0].value.clone()).unwrap();
    assert_eq!(key.key_id, key_id);
    assert_ne!(key.public_key.0, old);
    let next = TestDevice::enrol(&world, world.asha, "Asha").await;
    assert_eq!(
        next.sealing_key, key.public_key.0,
        "a new device seals to it"
    );
    device.sealing_key = key.public_key.0;
    let after = device.check_in(MONDAY_NINE_MS + 600_000);
    let results = device.deliver(&world, &[&before, &after]).await;
    assert_eq!(
        results
            .iter()
            .map(|result| result.verdict)
            .collect::<Vec<_>>(),
        [Verdict::Applied, Verdict::Applied]
    );
}

#[tokio::test]
async fn without_the_key_folder_an_item_waits_and_is_applied_when_the_key_is_back() {
    let world = World::new();
    let mut device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let item = device.check_in(MONDAY_NINE_MS);
    let folder = world
        .folder()
        .join(format!("keys/sealing-{}", world.company));
    let aside = world.folder().join("aside");
    std::fs::rename(&folder, &aside).unwrap();
    let waiting = one(device.deliver(&world, &[&item]).await);
    assert_eq!(
        (waiting.verdict, waiting.code),
        (Verdict::Blocked, Some(VerdictCode::DepMissing))
    );
    std::fs::rename(&aside, &folder).unwrap();
    assert_eq!(
        one(device.deliver(&world, &[&item]).await).verdict,
        Verdict::Applied
    );
}

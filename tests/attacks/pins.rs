//! PINs: every one of four digits on an extracted envelope, the counter under clocks and copies, and what is no PIN.

use bizmitra_core::clock::Entropy;
use bizmitra_core::ids::{CompanyId, EmployeeId};
use bizmitra_core::keys::{DeviceSecret, VaultKey};
use bizmitra_core::vault::{Envelope, EnvelopeContext, EnvelopeError, KdfParams, Pin, Unlock};
use bizmitra_device::platform::OsEntropy;
use bizmitra_tests::folder::{copy_of, put_back};
use bizmitra_tests::phone::{OTHER_PIN, PIN, Phone, pin};
use bizmitra_tests::world::World;
use libtest_mimic::Trial;
use uuid::Uuid;

use crate::support::{attack_on_devices, check};

/// The PIN of the extracted envelope.
const SECRET_PIN: usize = 7_294;
/// In the short run every so manyth PIN is tried, and the right one among them.
const STRIDE: usize = 37;

pub fn trials() -> Vec<Trial> {
    let mut trials = vec![
        check("a slice of the PINs of four digits opens no envelope without its device's secret", || sweep(STRIDE)),
        check("none of the ten thousand PINs of four digits opens an envelope without its device's secret", || sweep(1))
            .with_ignored_flag(true),
        attack_on_devices("the counter of a data folder that was put back is the keystore's", folder_put_back),
        attack_on_devices("a counter that is gone from the keystore counts as nine", twin_gone),
        attack_on_devices("a wrong PIN is counted although the process dies at once", dies),
        attack_on_devices("a hundred tries at the same moment are counted one by one", at_once),
    ];
    for (words, digits) in [
        ("that is empty", ""),
        ("with a letter more", "729461x"),
        ("with a digit more", "7294610"),
        ("with a digit less", "72946"),
        ("with a space", " 729461"),
        ("with a line's end", "729461\n"),
        ("with a zero byte", "729461\0"),
        ("in full-width digits", "７２９４６１"),
        ("with another sign for zero", "72946l"),
    ] {
        let sentence = format!("a PIN {words} does not open the vault and is counted as wrong");
        trials.push(attack_on_devices(sentence, move || odd(digits)));
    }
    trials
}

/// An envelope as a thief finds it: everything but the secret in the keystore.
pub fn extracted(secret: &DeviceSecret, digits: usize) -> Envelope {
    let context = EnvelopeContext {
        company: CompanyId(Uuid::from_u128(1)),
        employee: EmployeeId(Uuid::from_u128(2)),
        device: None,
        epoch: 1,
    };
    let key = VaultKey::from_bytes(random());
    let pin = Pin::new(format!("{digits:04}"));
    Envelope::seal(&key, &pin, secret, context, KdfParams::FLOOR, &OsEntropy).unwrap()
}

pub fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    OsEntropy.fill(&mut bytes);
    bytes
}

/// Both cores, each every other PIN.
fn sweep(stride: usize) {
    let right = DeviceSecret::from_bytes(random());
    let envelope = extracted(&right, SECRET_PIN);
    let own = Pin::new(format!("{SECRET_PIN:04}"));
    assert!(
        envelope.open(&own, &right).is_ok(),
        "with the secret the right PIN opens it"
    );
    let wrong = DeviceSecret::from_bytes(random());
    let tried: usize = std::thread::scope(|threads| {
        let halves = [0, 1].map(|half| {
            let (envelope, wrong) = (&envelope, &wrong);
            threads.spawn(move || {
                let mut tried = 0;
                for digits in (SECRET_PIN % stride..10_000)
                    .step_by(stride)
                    .skip(half)
                    .step_by(2)
                {
                    let opened = envelope.open(&Pin::new(format!("{digits:04}")), wrong);
                    assert_eq!(opened.err(), Some(EnvelopeError::Wrong), "{digits:04}");
                    tried += 1;
                }
                tried
            })
        });
        halves.into_iter().map(|half| half.join().unwrap()).sum()
    });
    assert_eq!(tried, (10_000 - SECRET_PIN % stride).div_ceil(stride));
}

async fn activated() -> (World, Phone, bizmitra_device::Device) {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone::new(&world, "a");
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    device.lock();
    (world, phone, device)
}

async fn folder_put_back() {
    let (_world, phone, device) = activated().await;
    device.close().await;
    let copy = copy_of(&phone.data).unwrap();
    let device = phone.reopen().await.unwrap();
    for _ in 0..3 {
        device.unlock(pin(OTHER_PIN)).await.unwrap();
    }
    device.close().await;
    put_back(copy.path(), &phone.data).unwrap();
    let device = phone.reopen().await.unwrap();
    assert_eq!(device.status().unwrap().tries_left, 7);
}

async fn twin_gone() {
    use bizmitra_core::keys::{Keystore as _, entry};
    let (_world, phone, device) = activated().await;
    device.close().await;
    phone.keystore.remove(entry::PIN_TRIES).unwrap();
    let device = phone.reopen().await.unwrap();
    assert_eq!(device.status().unwrap().tries_left, 1);
}

async fn dies() {
    let (_world, phone, device) = activated().await;
    let trying = tokio::spawn({
        let device = device.clone();
        async move { device.unlock(pin(OTHER_PIN)).await }
    });
    trying.await.unwrap().unwrap();
    drop(device);
    assert_eq!(
        phone.reopen().await.unwrap().status().unwrap().tries_left,
        9
    );
}

async fn at_once() {
    let (_world, _phone, device) = activated().await;
    let tries: Vec<_> = (0..100)
        .map(|_| {
            let device = device.clone();
            tokio::spawn(async move { device.unlock(pin(OTHER_PIN)).await.unwrap() })
        })
        .collect();
    let (mut checked, mut waiting) = (0, 0);
    for tried in tries {
        match tried.await.unwrap() {
            Unlock::Wrong { .. } => checked += 1,
            Unlock::Wait { .. } => waiting += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((checked, waiting), (4, 96));
    assert_eq!(device.status().unwrap().tries_left, 6);
}

async fn odd(digits: &'static str) {
    let (_world, _phone, device) = activated().await;
    let unlock = device.unlock(pin(digits)).await.unwrap();
    assert!(
        matches!(unlock, Unlock::Wrong { tries_left: 9, .. }),
        "{unlock:?}"
    );
    assert_eq!(device.unlock(pin(PIN)).await.unwrap(), Unlock::Open);
}

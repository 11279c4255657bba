//! Fingerprint or face: bent and foreign envelopes, wrong key material, successes without a key, and folders that were put back.

use std::path::Path;

use bizmitra_core::clock::Reading;
use bizmitra_core::ids::{CompanyId, DeviceId, EmployeeId};
use bizmitra_core::keys::{DeviceSecret, Keystore as _, Secret, VaultKey, entry};
use bizmitra_core::store::{Key, Store as _};
use bizmitra_core::vault::biometric::{
    BiometricEnvelope, BiometricError, Kept, OffReason, Pass, PinAgain, Prompt,
};
use bizmitra_core::vault::{EnvelopeContext, EnvelopeError, Unlock};
use bizmitra_device::keystores::MemoryKeystore;
use bizmitra_device::platform::OsEntropy;
use bizmitra_device::simulate::Step;
use bizmitra_device::{BiometricTurn, BiometricUnlock, Device, Phase};
use bizmitra_store::{SqlcipherStore, StoreKey};
use bizmitra_tests::folder::{copy_of, put_back};
use bizmitra_tests::phone::{OTHER_PIN, PIN, Phone, pin, unlock};
use bizmitra_tests::world::World;
use libtest_mimic::Trial;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::pins::random;
use crate::support::{attack_on_devices, check};

/// A change of a header.
type Bend = fn(&mut BiometricEnvelope);

const BENDS: &[(&str, Bend)] = &[
    ("company", |envelope| {
        envelope.context.company = CompanyId(Uuid::from_u128(99));
    }),
    ("person", |envelope| {
        envelope.context.employee = EmployeeId(Uuid::from_u128(99));
    }),
    ("device", |envelope| {
        envelope.context.device = Some(DeviceId(Uuid::from_u128(99)));
    }),
    ("device is missing", |envelope| {
        envelope.context.device = None
    }),
    ("epoch", |envelope| envelope.context.epoch += 1),
    ("epoch is the one before", |envelope| {
        envelope.context.epoch -= 1;
    }),
    ("version", |envelope| envelope.v = 2),
    ("wrapped key", |envelope| envelope.wrapped.push(0)),
    ("nonce", |envelope| envelope.nonce[0] ^= 1),
    ("sealed key", |envelope| envelope.sealed[0] ^= 1),
    ("tag", |envelope| {
        if let Some(last) = envelope.sealed.last_mut() {
            *last ^= 1;
        }
    }),
];

pub fn trials() -> Vec<Trial> {
    let mut trials = vec![
        check(
            "a biometric envelope that is cut at any length does not open",
            cut,
        ),
        check(
            "a biometric envelope with any byte changed does not open",
            any_byte,
        ),
        check("a biometric envelope with a field more is none", one_more),
        check(
            "no released key of another length or another bit opens a biometric envelope",
            wrong_keys,
        ),
        check(
            "the half of another turn does not open a biometric envelope",
            wrong_half,
        ),
        attack_on_devices(
            "the biometric envelope of another phone opens nothing here",
            of_another_phone,
        ),
        attack_on_devices(
            "a data folder of before a PIN change opens to no finger",
            before_a_new_pin,
        ),
        attack_on_devices(
            "a biometric envelope of the old PIN opens nothing, nor with its epoch rewritten and its half put back",
            of_the_old_pin,
        ),
        attack_on_devices(
            "a data folder of before it was turned off opens to no finger",
            before_off,
        ),
        attack_on_devices(
            "prompts are counted in the keystore and not in a folder that is put back",
            counted,
        ),
        attack_on_devices("a hundred prompts at the same moment show three", at_once),
        attack_on_devices(
            "an altered biometric envelope in the store shows no prompt",
            altered,
        ),
    ];
    for (words, bend) in BENDS {
        let sentence = format!(
            "a biometric envelope whose {words} changed does not open, nor with its canary mended"
        );
        trials.push(check(sentence, move || bent(*bend)));
    }
    for (words, bytes) in [
        ("no bytes", Vec::new()),
        ("zeros", vec![0; 32]),
        ("a yes", b"true".to_vec()),
        ("random bytes", random().to_vec()),
        ("a byte less", vec![7; 31]),
        ("a byte more", vec![7; 33]),
    ] {
        let sentence = format!("a biometric success with {words} unlocks nothing");
        trials.push(attack_on_devices(sentence, move || success(bytes)));
    }
    trials
}

struct Made {
    envelope: BiometricEnvelope,
    released: Secret,
    pass: Pass,
}

impl Made {
    fn new() -> Self {
        let context = EnvelopeContext {
            company: CompanyId(Uuid::from_u128(1)),
            employee: EmployeeId(Uuid::from_u128(2)),
            device: Some(DeviceId(Uuid::from_u128(3))),
            epoch: 7,
        };
        let (released, pass) = (Secret::new(random().to_vec()), half());
        let envelope = BiometricEnvelope::seal(
            &VaultKey::from_bytes(random()),
            &released,
            b"wrapped".to_vec(),
            &pass,
            context,
            &OsEntropy,
        )
        .unwrap();
        Self {
            envelope,
            released,
            pass,
        }
    }

    fn error(&self, envelope: &BiometricEnvelope) -> Option<EnvelopeError> {
        envelope
            .open(&self.released, &self.pass, &self.envelope.context)
            .err()
    }
}

fn half() -> Pass {
    let now = Reading {
        wall_ms: 0,
        elapsed_ms: 0,
        boot_id: "one".to_owned(),
        zone: "Asia/Kolkata".to_owned(),
        offset_min: 330,
    };
    Pass::begin(&OsEntropy, &now)
}

/// SHA-256 over header, nonce and sealed key: no secret in it, so whoever alters an envelope can mend it.
fn mend(envelope: &mut BiometricEnvelope) {
    let context = &envelope.context;
    let mut bytes = b"bz/biometric/v1".to_vec();
    bytes.extend(envelope.v.to_be_bytes());
    bytes.extend(context.company.0.as_bytes());
    bytes.extend(context.employee.0.as_bytes());
    bytes.push(u8::from(context.device.is_some()));
    bytes.extend(
        context
            .device
            .map_or(Uuid::nil(), |device| device.0)
            .as_bytes(),
    );
    bytes.extend(context.epoch.to_be_bytes());
    bytes.extend(Sha256::digest(&envelope.wrapped));
    bytes.extend(envelope.nonce);
    bytes.extend(&envelope.sealed);
    envelope.canary = Sha256::digest(bytes).into();
}

fn bent(bend: Bend) {
    let made = Made::new();
    assert_eq!(made.error(&made.envelope), None, "it opens as it is");
    let mut same = made.envelope.clone();
    mend(&mut same);
    assert_eq!(same, made.envelope, "this is how a canary is made");
    let mut bent = made.envelope.clone();
    bend(&mut bent);
    assert_eq!(made.error(&bent), Some(EnvelopeError::Damaged));
    mend(&mut bent);
    assert!(made.error(&bent).is_some());
    // Nor in the place that it claims.
    let there = bent.open(&made.released, &made.pass, &bent.context);
    assert!(there.is_err());
}

fn cut() {
    let made = Made::new();
    let bytes = serde_json::to_vec(&made.envelope).unwrap();
    for end in 0..bytes.len() {
        assert!(serde_json::from_slice::<BiometricEnvelope>(&bytes[..end]).is_err());
    }
}

fn any_byte() {
    let made = Made::new();
    let bytes = serde_json::to_vec(&made.envelope).unwrap();
    for at in 0..bytes.len() {
        for mask in [1, 0x20, 0x80] {
            let mut bent = bytes.clone();
            bent[at] ^= mask;
            let Ok(read) = serde_json::from_slice::<BiometricEnvelope>(&bent) else {
                continue;
            };
            if read != made.envelope {
                assert_eq!(made.error(&read), Some(EnvelopeError::Damaged), "byte {at}");
            }
        }
    }
}

fn one_more() {
    let mut value = serde_json::to_value(Made::new().envelope).unwrap();
    value["open"] = true.into();
    assert!(serde_json::from_value::<BiometricEnvelope>(value).is_err());
}

fn wrong_keys() {
    let made = Made::new();
    let right = made.released.expose();
    let mut wrong: Vec<Vec<u8>> = (0..32).map(|length| right[..length].to_vec()).collect();
    wrong.extend((0..256).map(|bit| {
        let mut bytes = right.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    }));
    wrong.push([right, &[0]].concat());
    for bytes in wrong {
        let opened = made
            .envelope
            .open(&Secret::new(bytes), &made.pass, &made.envelope.context);
        assert_eq!(opened.err(), Some(EnvelopeError::Wrong));
    }
}

fn wrong_half() {
    let made = Made::new();
    let opened = made
        .envelope
        .open(&made.released, &half(), &made.envelope.context);
    assert_eq!(opened.err(), Some(EnvelopeError::Wrong));
}

fn prompt() -> Prompt {
    Prompt {
        title: "Open Bizmitra".to_owned(),
        reason: "Sahyadri Foods".to_owned(),
        cancel: "Use PIN".to_owned(),
    }
}

async fn turn_on(device: &Device) {
    let turned = device.enable_biometrics(pin(PIN), prompt()).await.unwrap();
    assert_eq!(turned, BiometricTurn::On);
}

async fn touch(device: &Device) -> BiometricUnlock {
    device.unlock_by_biometrics(prompt()).await.unwrap()
}

/// A phone of Ravi's with biometrics on, locked.
async fn locked() -> (World, Phone, Device) {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone::new(&world, "a");
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    turn_on(&device).await;
    device.lock();
    (world, phone, device)
}

fn store(data: &Path, keystore: &MemoryKeystore) -> SqlcipherStore {
    let secret = keystore.load(entry::DEVICE_SECRET).unwrap().unwrap();
    let secret = DeviceSecret::from_secret(&secret).unwrap();
    let key = StoreKey::new(*secret.derive_store_key());
    SqlcipherStore::open(&data.join("bizmitra.db"), &key)
        .unwrap()
        .0
}

fn kept(phone: &Phone) -> BiometricEnvelope {
    let json = store(&phone.data, &phone.keystore)
        .get(Key::Biometric)
        .unwrap()
        .unwrap();
    match serde_json::from_slice(&json).unwrap() {
        Kept::On(envelope) => envelope,
        Kept::Off(reason) => panic!("off: {reason:?}"),
    }
}

fn keep(phone: &Phone, envelope: BiometricEnvelope) {
    let json = serde_json::to_vec(&Kept::On(envelope)).unwrap();
    store(&phone.data, &phone.keystore)
        .put(Key::Biometric, &json)
        .unwrap();
}

/// Opens nothing, whatever is said about it.
async fn nothing_opens(device: &Device) {
    let answer = touch(device).await;
    assert!(
        matches!(answer, BiometricUnlock::Off(_)),
        "{answer:?} instead of off"
    );
    assert_eq!(device.status().unwrap().phase, Phase::Locked);
}

async fn of_another_phone() {
    let (world, ravis, device) = locked().await;
    let company = world.company("Konkan Mills").unwrap();
    let dev = world.person(&company, "Dev Rane").unwrap();
    let devs = Phone::new(&world, "b");
    let other = devs.activated(&world.origin(), &dev).await.unwrap();
    turn_on(&other).await;
    other.close().await;
    device.close().await;
    keep(&ravis, kept(&devs));
    let device = ravis.reopen().await.unwrap();
    let shown = ravis.biometry.prompts();
    nothing_opens(&device).await;
    assert_eq!(ravis.biometry.prompts(), shown, "not even asked for");

    // Dev's whole phone in Ravi's folder: his half and his finger too, but not his header.
    device.close().await;
    let mut envelope = kept(&devs);
    let half = devs.keystore.load(entry::BIOMETRIC_PASS).unwrap().unwrap();
    ravis
        .keystore
        .save(entry::BIOMETRIC_PASS, half.expose())
        .unwrap();
    let rebound = Phone {
        biometry: devs.biometry.clone(),
        ..ravis.clone()
    };
    keep(&rebound, envelope.clone());
    let device = rebound.reopen().await.unwrap();
    nothing_opens(&device).await;
    device.close().await;
    // With the header of Ravi's and a canary that fits.
    rebound
        .keystore
        .save(entry::BIOMETRIC_PASS, half.expose())
        .unwrap();
    envelope.context = {
        let store = store(&rebound.data, &rebound.keystore);
        let json = store.get(Key::Enrolment).unwrap().unwrap();
        let enrolment: bizmitra_core::enrolment::Enrolment = serde_json::from_slice(&json).unwrap();
        EnvelopeContext {
            company: enrolment.company,
            employee: enrolment.employee,
            device: enrolment.device(),
            epoch: 1,
        }
    };
    mend(&mut envelope);
    keep(&rebound, envelope);
    nothing_opens(&rebound.reopen().await.unwrap()).await;
}

async fn before_a_new_pin() {
    let (_world, phone, device) = locked().await;
    device.close().await;
    let copy = copy_of(&phone.data).unwrap();
    let device = phone.reopen().await.unwrap();
    let changed = device.change_pin(pin(PIN), pin(OTHER_PIN)).await.unwrap();
    assert_eq!(changed, Unlock::Open);
    device.close().await;
    put_back(copy.path(), &phone.data).unwrap();
    nothing_opens(&phone.reopen().await.unwrap()).await;
}

async fn of_the_old_pin() {
    let (_world, phone, device) = locked().await;
    device.close().await;
    let mut old = kept(&phone);
    let half = phone.keystore.load(entry::BIOMETRIC_PASS).unwrap().unwrap();
    let device = phone.reopen().await.unwrap();
    device.change_pin(pin(PIN), pin(OTHER_PIN)).await.unwrap();
    device.close().await;
    for rewritten in [false, true] {
        if rewritten {
            old.context.epoch += 1;
            mend(&mut old);
        }
        phone
            .keystore
            .save(entry::BIOMETRIC_PASS, half.expose())
            .unwrap();
        keep(&phone, old.clone());
        let device = phone.reopen().await.unwrap();
        nothing_opens(&device).await;
        device.close().await;
    }
}

async fn before_off() {
    let (_world, phone, device) = locked().await;
    device.close().await;
    let copy = copy_of(&phone.data).unwrap();
    let device = phone.reopen().await.unwrap();
    unlock(&device).await.unwrap();
    device.disable_biometrics().await.unwrap();
    device.close().await;
    put_back(copy.path(), &phone.data).unwrap();
    let device = phone.reopen().await.unwrap();
    nothing_opens(&device).await;
    // Turned on again, the old envelope is none of the new half's.
    unlock(&device).await.unwrap();
    turn_on(&device).await;
    device.close().await;
    put_back(copy.path(), &phone.data).unwrap();
    nothing_opens(&phone.reopen().await.unwrap()).await;
}

async fn counted() {
    let (_world, phone, device) = locked().await;
    device.close().await;
    let copy = copy_of(&phone.data).unwrap();
    let device = phone.reopen().await.unwrap();
    for _ in 0..3 {
        phone.biometry.then(Step::Fail(BiometricError::NoMatch));
        touch(&device).await;
    }
    device.close().await;
    put_back(copy.path(), &phone.data).unwrap();
    let device = phone.reopen().await.unwrap();
    assert_eq!(
        touch(&device).await,
        BiometricUnlock::PinFirst(PinAgain::Prompts)
    );
}

async fn at_once() {
    let (_world, phone, device) = locked().await;
    for _ in 0..100 {
        phone.biometry.then(Step::Fail(BiometricError::NoMatch));
    }
    let shown = phone.biometry.prompts();
    let prompts: Vec<_> = (0..100)
        .map(|_| {
            let device = device.clone();
            tokio::spawn(async move { touch(&device).await })
        })
        .collect();
    for prompt in prompts {
        assert_ne!(prompt.await.unwrap(), BiometricUnlock::Open);
    }
    assert_eq!(phone.biometry.prompts() - shown, 3);
}

async fn altered() {
    let (_world, phone, device) = locked().await;
    device.close().await;
    let mut envelope = kept(&phone);
    envelope.sealed[0] ^= 1;
    keep(&phone, envelope);
    let device = phone.reopen().await.unwrap();
    let shown = phone.biometry.prompts();
    nothing_opens(&device).await;
    assert_eq!(phone.biometry.prompts(), shown);
}

async fn success(bytes: Vec<u8>) {
    let (_world, phone, device) = locked().await;
    phone.biometry.then(Step::Give(bytes));
    assert_eq!(
        touch(&device).await,
        BiometricUnlock::Off(Some(OffReason::KeyLost))
    );
    assert_eq!(device.status().unwrap().phase, Phase::Locked);
}

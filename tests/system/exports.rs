//! Exported files: made by a real device after real exchanges, checked without either.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bizmitra_cli::Args;
use bizmitra_contract::enrolment::Approval;
use bizmitra_core::attendance::Action;
use bizmitra_core::export::{Export, Report, Verdict, verify};
use bizmitra_core::link::KeyPrint;
use bizmitra_core::outbox::State;
use bizmitra_device::{Device, Phase};
use bizmitra_tests::phone::{
    OTHER_PIN, Phone, consent, pin, tap, unlock, wait, wait_entry, wait_status,
};
use bizmitra_tests::world::World;
use clap::Parser as _;
use ed25519_dalek::{Signature, VerifyingKey};
use rusqlite::Connection;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

fn report(file: &str) -> Report {
    verify(&Export::decode(file.as_bytes()).unwrap(), None)
}

/// Every tap with its evidence and its grade, and everything confirmed.
async fn settled(device: &Device) {
    let complete = || {
        let entries = device.day(None)?.entries;
        let all = entries
            .iter()
            .all(|entry| entry.evidence.is_some() && entry.grade.is_some());
        Ok(all.then_some(()))
    };
    wait(complete).await.unwrap();
    wait_status(device, |status| status.waiting == 0)
        .await
        .unwrap();
}

/// The command line in this process: exit code, what it said, and its message.
async fn cli(arguments: &[&str]) -> (u8, String, String) {
    let args = Args::try_parse_from(["bizmitra-cli"].iter().chain(arguments)).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut nobody = std::collections::VecDeque::<String>::new();
    let exit = bizmitra_cli::run(args, &mut nobody, &mut out, &mut err).await;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (exit.number(), text(out), text(err))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_verifies_by_a_reading_that_shares_no_code_with_ours() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let device = Phone::new(&world, "a")
        .activated(&world.origin(), &ravi)
        .await
        .unwrap();
    tap(&device, Action::CheckIn).unwrap();
    tap(&device, Action::CheckOut).unwrap();
    settled(&device).await;
    let file: Value = serde_json::from_str(&device.export().unwrap()).unwrap();
    assert_eq!(file["format"], "bizmitra-attendance-export");
    let bytes = |value: &Value| URL_SAFE_NO_PAD.decode(value.as_str().unwrap()).unwrap();
    let uuid = |value: &Value| {
        let uuid = uuid::Uuid::parse_str(value.as_str().unwrap()).unwrap();
        uuid.into_bytes().to_vec()
    };
    let message = |purpose: &str, fields: &[Vec<u8>]| {
        let mut message = [purpose.as_bytes(), &[0], &uuid(&file["company"])].concat();
        for field in fields {
            message.extend(u32::try_from(field.len()).unwrap().to_be_bytes());
            message.extend(field);
        }
        message
    };
    let holds = |key: &Value, message: &[u8], sig: &Value| {
        let key = VerifyingKey::from_bytes(&bytes(key).try_into().unwrap()).unwrap();
        let sig = Signature::from_slice(&bytes(sig)).unwrap();
        key.verify_strict(message, &sig).unwrap();
    };
    let binding = &file["bindings"][0];
    let records = file["records"].as_array().unwrap();
    assert_eq!(records.len(), 4, "two taps and their evidence");
    let mut previous = vec![0; 32];
    for (number, record) in records.iter().enumerate() {
        assert_eq!(record["seq"], number + 1);
        assert_eq!(bytes(&record["prev_hash"]), previous);
        let plain = bytes(&record["bytes"]);
        let stated: Value = serde_json::from_slice(&plain).unwrap();
        assert_eq!(
            stated["id"], record["id"],
            "the plain record is in the file"
        );
        let hash = Sha256::new()
            .chain_update(b"bz/record/v1")
            .chain_update(&plain)
            .finalize()
            .to_vec();
        assert_eq!(bytes(&record["hash"]), hash);
        let signed = message("bz/record-signature/v1", std::slice::from_ref(&hash));
        holds(&binding["device_key"], &signed, &record["sigs"][0]["sig"]);
        let receipt = &record["receipts"][0];
        let signed = message(
            "bz/receipt/v1",
            &[
                uuid(&receipt["item"]),
                hash.clone(),
                receipt["received_at_ms"]
                    .as_i64()
                    .unwrap()
                    .to_be_bytes()
                    .to_vec(),
                uuid(&receipt["chain_id"]),
                receipt["head_seq"].as_u64().unwrap().to_be_bytes().to_vec(),
                bytes(&receipt["head_hash"]),
            ],
        );
        holds(&binding["server_key"], &signed, &receipt["sig"]);
        previous = hash;
    }
    assert_eq!(bytes(&file["chains"][0]["hash"]), previous);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_tells_a_sound_file_from_an_altered_one_without_server_or_device() {
    let mut world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let device = Phone::new(&world, "a")
        .activated(&world.origin(), &ravi)
        .await
        .unwrap();
    consent(&device).unwrap();
    tap(&device, Action::CheckIn).unwrap();
    settled(&device).await;
    world.stop_server().await.unwrap();
    tap(&device, Action::CheckOut).unwrap();
    let exported = device.export().unwrap();
    device.close().await;

    let folder = world.folder.path();
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let sound = write("sound.json", &exported);
    let data = folder.join("no-device-here");
    let data = data.to_str().unwrap();
    let (exit, said, _) = cli(&["--data", data, "verify", &sound]).await;
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains("verified and confirmed") && said.contains("not yet confirmed"));
    assert!(said.contains("SOUND: ") && !said.contains("NOT SOUND"));
    assert!(
        said.contains("±") && said.contains("(unverified time)"),
        "{said}"
    );
    assert!(said.contains("not proven by this file"), "{said}");
    assert!(!Path::new(data).exists(), "it made no device");

    // Whoever knows the company's key insists on it.
    let printed = bizmitra_server::admin::server_key_print(world.server(), company.id).unwrap();
    assert!(
        said.contains(&printed),
        "both sides print the same fingerprint"
    );
    assert_eq!(
        cli(&["verify", &sound, "--server-key", &printed]).await.0,
        0
    );
    let other = KeyPrint::of(&bizmitra_core::keys::PublicKey([3; 32])).to_string();
    let (exit, said, _) = cli(&["verify", &sound, "--server-key", &other]).await;
    assert_eq!(exit, 7);
    assert!(said.contains("NOT THE EXPECTED ONE") && said.contains("NOT SOUND"));

    // One record is made half an hour earlier, by somebody who also corrects its hash.
    let mut file: Value = serde_json::from_str(&exported).unwrap();
    let record = &mut file["records"][1];
    let plain = URL_SAFE_NO_PAD
        .decode(record["bytes"].as_str().unwrap())
        .unwrap();
    let mut stated: Value = serde_json::from_slice(&plain).unwrap();
    stated["wall_ms"] = Value::from(stated["wall_ms"].as_i64().unwrap() - 1_800_000);
    let forged = serde_json::to_vec(&stated).unwrap();
    let hash = Sha256::new()
        .chain_update(b"bz/record/v1")
        .chain_update(&forged)
        .finalize();
    record["bytes"] = Value::from(URL_SAFE_NO_PAD.encode(&forged));
    record["hash"] = Value::from(URL_SAFE_NO_PAD.encode(hash));
    let altered = write("altered.json", &file.to_string());
    let (exit, said, _) = cli(&["verify", &altered, "--json"]).await;
    assert_eq!(exit, 7);
    let objects: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let verdict = |seq: u64| {
        let of = |object: &&Value| object["event"] == "record" && object["seq"] == seq;
        objects.iter().find(of).unwrap()["verdict"].clone()
    };
    assert_eq!(verdict(1), "confirmed");
    assert_eq!(verdict(2), "signature");
    let evidence = objects.iter().find(|object| object["seq"] == 3).unwrap();
    let found = evidence["findings"].to_string();
    assert!(
        found.contains("does not follow"),
        "it followed the record as it was: {found}"
    );
    let end = objects.last().unwrap();
    assert_eq!(end["event"], "verification");
    assert_eq!(end["sound"], false);

    // What is no export at all.
    let half: String = exported.chars().take(exported.len() / 2).collect();
    for (name, text, word) in [
        ("half.json", half.as_str(), "cut_off"),
        (
            "other.json",
            r#"{"format":"holiday","version":1}"#,
            "other_file",
        ),
        ("page.json", "<html>", "unreadable"),
        (
            "newer.json",
            exported
                .replacen("\"version\":1", "\"version\":2", 1)
                .as_str(),
            "other_version",
        ),
    ] {
        let path = write(name, text);
        let (exit, said, message) = cli(&["verify", &path, "--json"]).await;
        assert_eq!(exit, 7, "{name}: {said}");
        let error: Value = serde_json::from_str(said.trim()).unwrap();
        assert_eq!(error["code"], word, "{name}");
        assert!(message.contains("not verified"), "{message}");
    }
    let (exit, _, message) = cli(&["verify", "/no/such/file"]).await;
    assert_eq!(exit, 3, "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_files_own_text_cannot_steer_the_terminal_it_is_shown_on() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let device = Phone::new(&world, "a")
        .activated(&world.origin(), &ravi)
        .await
        .unwrap();
    let mut file: Value = serde_json::from_str(&device.export().unwrap()).unwrap();
    file["employee_name"] = "\u{1b}[2J\u{1b}[1;1HSOUND\u{7}\u{202e}".into();
    let path = world.folder.path().join("steer.json");
    std::fs::write(&path, file.to_string()).unwrap();
    let (_, said, _) = cli(&["verify", path.to_str().unwrap()]).await;
    file["\u{1b}[31m"] = 1.into();
    std::fs::write(&path, file.to_string()).unwrap();
    let (_, _, message) = cli(&["verify", path.to_str().unwrap()]).await;
    for text in [said, message] {
        let steers = |letter: char| (letter.is_control() && letter != '\n') || letter == '\u{202e}';
        assert!(!text.contains(steers), "{text:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn taps_of_the_persons_other_device_are_listed_as_what_the_server_said() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone::new(&world, "phone")
        .activated(&world.origin(), &ravi)
        .await
        .unwrap();
    let on_phone = tap(&phone, Action::CheckIn).unwrap();
    settled(&phone).await;
    let second = bizmitra_tests::world::Person {
        code: world
            .invite(company.id, ravi.id, Approval::Automatic)
            .unwrap(),
        ..ravi.clone()
    };
    let desktop = Phone::desktop(&world, "desktop")
        .activated(&world.origin(), &second)
        .await
        .unwrap();
    wait_entry(&desktop, on_phone.tap.id, |entry| entry.seq == 0)
        .await
        .unwrap();
    let report = report(&desktop.export().unwrap());
    assert!(report.records.is_empty() && report.is_sound());
    assert_eq!(
        report.chains.len(),
        1,
        "its own chain is there, and is said to be empty"
    );
    assert_eq!(report.elsewhere.len(), 1);
    assert_eq!(report.elsewhere[0].tap, on_phone.tap.id);
    assert_eq!(report.elsewhere[0].hash.0, on_phone.hash);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_a_binding_that_was_replaced_still_verify() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone::new(&world, "a");
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    tap(&device, Action::CheckIn).unwrap();
    settled(&device).await;
    device.lock();
    for _ in 0..10 {
        phone.clock.advance_ms(3_600_000);
        device.unlock(pin(OTHER_PIN)).await.unwrap();
    }
    assert_eq!(device.status().unwrap().phase, Phase::Destroyed);
    let code = world
        .invite(company.id, ravi.id, Approval::Automatic)
        .unwrap();
    device.check_code(&world.origin(), &code).await.unwrap();
    device.activate(pin(OTHER_PIN)).await.unwrap();
    tap(&device, Action::CheckOut).unwrap();
    settled(&device).await;
    let report = report(&device.export().unwrap());
    assert_eq!((report.devices.len(), report.chains.len()), (2, 2));
    let count = |verdict| report.summary().count(verdict);
    assert_eq!(count(Verdict::Confirmed), 2, "{report:?}");
    // Their content lay under the vault that was destroyed; hashes, signatures and receipts still hold.
    assert_eq!(count(Verdict::Unreadable), 2, "{report:?}");
    assert!(report.is_incomplete() && !report.is_sound());
    assert!(
        report
            .records
            .iter()
            .all(|record| record.received_at_ms.is_some())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_in_edited_on_the_server_is_in_the_file_as_a_copy_that_differs() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let device = Phone::new(&world, "a")
        .activated(&world.origin(), &ravi)
        .await
        .unwrap();
    let saved = tap(&device, Action::CheckIn).unwrap();
    settled(&device).await;
    let db = Connection::open(world.database()).unwrap();
    let late = saved.tap.wall_ms + 30 * 60_000;
    let changed = db
        .execute(
            "UPDATE change SET value = replace(value, ?1, ?2), seq = 1 + (SELECT max(seq) FROM change) WHERE kind = 'attendance'",
            (saved.tap.wall_ms.to_string(), late.to_string()),
        )
        .unwrap();
    assert_eq!(changed, 1);
    db.execute(
        "UPDATE company SET change_seq = (SELECT max(seq) FROM change)",
        [],
    )
    .unwrap();
    drop(db);
    device.sync_now().await.unwrap();
    wait_entry(&device, saved.tap.id, |entry| entry.alarm)
        .await
        .unwrap();
    let report = report(&device.export().unwrap());
    assert!(!report.is_sound());
    let tap = report
        .records
        .iter()
        .find(|record| record.id == saved.tap.id);
    assert_eq!(tap.unwrap().verdict(), Verdict::Differs);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_made_between_taps_is_never_torn() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let device = Phone::new(&world, "a")
        .activated(&world.origin(), &ravi)
        .await
        .unwrap();
    let runtime = tokio::runtime::Handle::current();
    std::thread::scope(|scope| {
        let taps = scope.spawn(|| {
            let _inside = runtime.enter();
            for number in 0..20 {
                let action = if number % 2 == 0 {
                    Action::CheckIn
                } else {
                    Action::CheckOut
                };
                tap(&device, action).unwrap();
            }
        });
        // Taps, evidence and receipts arrive while each file is made.
        let mut files = 0;
        while !taps.is_finished() || files == 0 {
            let report = report(&device.export().unwrap());
            assert!(report.is_sound(), "file {files}: {report:?}");
            files += 1;
        }
    });
    settled(&device).await;
    assert_eq!(
        report(&device.export().unwrap())
            .summary()
            .count(Verdict::Confirmed),
        40
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_exported_record_verifies_by_itself_and_the_others_are_said_to_be_missing() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone::new(&world, "a");
    let device = phone.activated(&world.origin(), &ravi).await.unwrap();
    tap(&device, Action::CheckIn).unwrap();
    let second = tap(&device, Action::CheckOut).unwrap();
    settled(&device).await;
    let one = report(&device.export_item(second.tap.id).unwrap());
    assert_eq!(one.records.len(), 1);
    assert_eq!(one.records[0].verdict(), Verdict::Gap);
    assert!(one.records[0].received_at_ms.is_some());
    assert!(!one.is_sound());
    // Everything of a store that was opened again is the same file, but for when it was made.
    let before = Export::decode(device.export().unwrap().as_bytes()).unwrap();
    device.close().await;
    let device = phone.reopen().await.unwrap();
    assert!(device.export().is_err(), "locked");
    unlock(&device).await.unwrap();
    let after = Export::decode(device.export().unwrap().as_bytes()).unwrap();
    assert_eq!(
        after,
        Export {
            made_at_ms: after.made_at_ms,
            ..before
        }
    );
    assert_eq!(device.entry(second.tap.id).unwrap().state, State::Acked);
}

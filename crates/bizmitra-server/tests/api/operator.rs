//! The operator's commands: the program itself, run on the data folder of a server that is open.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use bizmitra_contract::changes::Fence;
use bizmitra_contract::enrolment::{InvitationResponse, Platform};
use bizmitra_contract::ids::{CompanyId, EmployeeId, ShiftId, SiteId};
use bizmitra_contract::login::Role;
use bizmitra_contract::paths;
use bizmitra_server::admin;
use sha2::Digest as _;
use uuid::Uuid;

use crate::device::{TestDevice, check, enrolment};
use crate::upload_files::{File, KIB, append, begin, upload};
use crate::world::World;

const SITE: &[&str] = &["site", "add", "--name", "Pune gate"];
const NIGHT: &[&str] = &["shift", "add", "--name", "Night"];
const KIRAN: &[&str] = &["person", "add", "--name", "Kiran"];

fn run_in(folder: &Path, company: CompanyId, words: &[&str], more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bizmitra-server"))
        .args(words)
        .args(["--company", &company.to_string(), "--data"])
        .arg(folder)
        .args(more)
        .output()
        .unwrap()
}

/// What a command printed; it must have succeeded.
fn done(world: &World, words: &[&str], more: &[&str]) -> String {
    let output = run_in(world.folder(), world.company, words, more);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// What a command complained of; it must have failed and printed nothing.
fn refused(output: &Output) -> String {
    assert!(!output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The value on the line of a name.
fn value<'a>(text: &'a str, name: &str) -> &'a str {
    text.lines()
        .find_map(|line| line.strip_prefix(name))
        .unwrap_or_else(|| panic!("no {name} in {text}"))
        .trim()
}

/// Everything a refused command could have left behind.
fn left_behind(world: &World) -> (usize, usize, usize, usize) {
    let keys = world.folder().join("keys");
    let people: usize = [world.company, world.other_company]
        .iter()
        .map(|company| admin::people(&world.server, *company).unwrap().len())
        .sum();
    let key_files = fs::read_dir(&keys)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            if path.is_dir() {
                fs::read_dir(path).unwrap().count()
            } else {
                1
            }
        })
        .sum();
    (
        admin::sites(&world.server, world.company).unwrap().len(),
        admin::shifts(&world.server, world.company).unwrap().len(),
        people,
        key_files,
    )
}

/// Puts the world's clock on the time the program runs at.
fn follow_the_real_clock(world: &World) {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    world.advance_ms(i64::try_from(now.as_millis()).unwrap() - world.now_ms());
}

#[tokio::test]
async fn a_person_added_beside_a_running_server_can_enrol_at_it() {
    let world = World::new();
    follow_the_real_clock(&world);
    let southern = ["--latitude-deg", "-33.86", "--longitude-deg", "-70.5"];
    let site = done(
        &world,
        SITE,
        &[&southern[..], &["--radius-m", "1524"]].concat(),
    );
    let site: SiteId = value(&site, "site").parse().unwrap();
    let shift = done(
        &world,
        NIGHT,
        &["--start", "22:00", "--end", "06:00", "--days", "7,1,2"],
    );
    let shift: ShiftId = value(&shift, "shift").parse().unwrap();
    let person = done(
        &world,
        KIRAN,
        &["--shift", &shift.to_string(), "--site", &site.to_string()],
    );
    let kiran: EmployeeId = value(&person, "employee").parse().unwrap();
    let code = value(&person, "code");

    let sites = admin::sites(&world.server, world.company).unwrap();
    let site = sites.iter().find(|listed| listed.id == site).unwrap();
    assert_eq!(
        (site.name.as_str(), &site.fence),
        (
            "Pune gate",
            &Fence::Circle {
                latitude_deg: -33.86,
                longitude_deg: -70.5,
                radius_m: 1524.0
            }
        )
    );
    let shifts = admin::shifts(&world.server, world.company).unwrap();
    let shift = shifts.iter().find(|listed| listed.id == shift).unwrap();
    assert_eq!(
        (
            shift.start_min,
            shift.end_min,
            shift.grace_min,
            shift.days.as_slice(),
            shift.zone.as_str()
        ),
        (1320, 360, 10, &[7, 1, 2][..], "Asia/Kolkata")
    );

    let invitation: InvitationResponse = check(&world, code).await.json();
    assert_eq!(
        (invitation.company, invitation.employee),
        (world.company, kiran)
    );
    let request = enrolment(
        world.company,
        code,
        &invitation.nonce,
        "Kiran",
        Platform::Android,
    );
    let reply = world.post(paths::ENROLMENT, &request).await;
    assert!(reply.status.is_success(), "{:?}", reply.status);
}

#[tokio::test]
async fn every_role_can_be_made_and_is_listed_without_the_other_company() {
    let world = World::new();
    for role in ["site_manager", "admin", "privacy_officer"] {
        done(
            &world,
            &["person", "add", "--name", role],
            &["--role", role],
        );
    }
    done(&world, KIRAN, &[]);
    let listed: Vec<serde_json::Value> =
        serde_json::from_str(&done(&world, &["person", "list"], &["--json"])).unwrap();
    let role_of = |name: &str| {
        let person = listed.iter().find(|person| person["name"] == name);
        person.map(|person| person["role"].as_str().unwrap())
    };
    for role in ["site_manager", "admin", "privacy_officer"] {
        assert_eq!(role_of(role), Some(role));
    }
    assert_eq!(role_of("Kiran"), Some("employee"));
    assert_eq!(role_of("Dev"), None);
    let people = admin::people(&world.server, world.company).unwrap();
    assert_eq!(listed.len(), people.len());
    let officer = people
        .iter()
        .find(|(_, _, role)| *role == Role::PrivacyOfficer)
        .unwrap();
    let text = done(&world, &["person", "list"], &[]);
    assert_eq!(text.lines().count(), people.len());
    let line = format!("{} privacy officer privacy_officer", officer.0);
    assert!(text.lines().any(|listed| listed == line), "{text}");
}

#[tokio::test]
async fn bad_input_is_named_and_leaves_nothing() {
    let world = World::new();
    let before = left_behind(&world);
    let at = |latitude, longitude, radius| {
        vec![
            "--latitude-deg",
            latitude,
            "--longitude-deg",
            longitude,
            "--radius-m",
            radius,
        ]
    };
    let hours = |more: &[&'static str]| [&["--start", "22:00", "--end", "06:00"], more].concat();
    let cases = [
        (SITE, at("18.6", "73.8", "74.9"), "75 and 1524 metres"),
        (SITE, at("18.6", "73.8", "1524.1"), "75 and 1524 metres"),
        (SITE, at("18.6", "73.8", "-100"), "75 and 1524 metres"),
        (SITE, at("18.6", "73.8", "NaN"), "75 and 1524 metres"),
        (SITE, at("90.1", "73.8", "100"), "latitude"),
        (SITE, at("NaN", "73.8", "100"), "latitude"),
        (SITE, at("18.6", "-180.1", "100"), "longitude"),
        (SITE, at("north", "73.8", "100"), "--latitude-deg"),
        (
            &["site", "add", "--name", " "],
            at("18.6", "73.8", "100"),
            "name",
        ),
        (NIGHT, vec!["--start", "24:00", "--end", "06:00"], "--start"),
        (NIGHT, vec!["--start", "22:00", "--end", "6:00"], "--end"),
        (NIGHT, vec!["--start", "+9:00", "--end", "06:00"], "--start"),
        (NIGHT, hours(&["--days", "1,8"]), "days"),
        (NIGHT, hours(&["--days", "1,1"]), "days"),
        (NIGHT, hours(&["--days", "Mon"]), "--days"),
        (NIGHT, hours(&["--grace-min", "480"]), "grace"),
        (NIGHT, hours(&["--zone", "Asia/Poona"]), "zone"),
        (&["shift", "add", "--name", ""], hours(&[]), "name"),
        (KIRAN, vec!["--role", "boss"], "--role"),
        (KIRAN, vec!["--role", "unknown"], "--role"),
        (KIRAN, vec!["--shift", "morning"], "--shift"),
        (&["person", "add", "--name", "Ki\nran"], vec![], "name"),
    ];
    for (words, more, named) in cases {
        let complaint = refused(&run_in(world.folder(), world.company, words, &more));
        assert!(complaint.contains(named), "{more:?}: {complaint}");
    }
    assert_eq!(left_behind(&world), before);
}

#[tokio::test]
async fn unknown_ids_are_named_and_leave_nothing() {
    let world = World::new();
    let before = left_behind(&world);
    let stranger = Uuid::new_v4().to_string();
    let circle = "--latitude-deg 18.6 --longitude-deg 73.8 --radius-m 100";
    let hours = "--start 09:00 --end 17:00";
    let nowhere = CompanyId(stranger.parse().unwrap());
    for (words, more) in [
        (SITE, circle),
        (NIGHT, hours),
        (KIRAN, ""),
        (&["person", "list"], ""),
        (&["device", "list"], ""),
    ] {
        let more: Vec<_> = more.split_whitespace().collect();
        let complaint = refused(&run_in(world.folder(), nowhere, words, &more));
        let named = format!("no company {stranger}");
        assert!(complaint.contains(&named), "{words:?}: {complaint}");
    }
    // What is another company's is as unknown as what is nobody's.
    let sites = admin::sites(&world.server, world.company).unwrap();
    let shifts = admin::shifts(&world.server, world.company).unwrap();
    let (site, shift) = (sites[0].id.to_string(), shifts[0].id.to_string());
    for (company, more, named) in [
        (world.company, ["--site", &stranger], "no site"),
        (world.company, ["--shift", &stranger], "no shift"),
        (world.other_company, ["--site", &site], "no site"),
        (world.other_company, ["--shift", &shift], "no shift"),
    ] {
        let complaint = refused(&run_in(world.folder(), company, KIRAN, &more));
        let named = format!("{named} {}", more[1]);
        assert!(complaint.contains(&named), "{complaint}");
    }
    assert_eq!(left_behind(&world), before);
}

#[tokio::test]
async fn a_mistyped_data_folder_is_not_made() {
    let world = World::new();
    let mistyped = world.folder().join("mistyped");
    let complaint = refused(&run_in(&mistyped, world.company, KIRAN, &[]));
    assert!(complaint.contains("mistyped is not a data folder"));
    assert!(!mistyped.exists());
}

/// A device of Asha's, and its id as a word.
async fn a_phone(world: &World) -> (TestDevice, String) {
    let asha = TestDevice::enrol(world, world.asha, "Asha").await;
    let id = asha.device.to_string();
    (asha, id)
}

#[tokio::test]
async fn an_invitation_is_printed_as_code_link_and_qr_once_the_address_is_known() {
    let world = World::new();
    let asha = world.asha.to_string();
    let text = done(&world, &["invite", "--employee", &asha], &[]);
    assert!(text.contains("--server"), "never served from here: {text}");
    let more = ["--server", "https://Attendance.example.in/"];
    let text = done(&world, &["invite", "--employee", &asha], &more);
    let lines: Vec<&str> = text.lines().collect();
    let code = lines[0].replace('-', "");
    assert_eq!(code.len(), 10);
    let start = format!("bizmitra:?v=1&server=https://attendance.example.in&code={code}&key=");
    let key = lines[1]
        .strip_prefix(&start)
        .unwrap_or_else(|| panic!("{}", lines[1]));
    assert!(key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert!(lines.len() > 15 && lines[2..].iter().all(|line| line.chars().count() > 25));
    // The key is the one that the server shows to whoever checks the code.
    follow_the_real_clock(&world);
    let invitation: InvitationResponse = check(&world, lines[0]).await.json();
    let mut bytes = bizmitra_contract::signing::SERVER_KEY.as_bytes().to_vec();
    bytes.extend(invitation.server_key.0);
    assert!(hex::encode(sha2::Sha256::digest(&bytes)).starts_with(key));
    // Where the server was last served is known from then on.
    admin::note_origin(&world.server, "http://127.0.0.1:8787").unwrap();
    let text = done(&world, &["invite", "--employee", &asha], &[]);
    assert!(text.contains("server=http://127.0.0.1:8787&"), "{text}");
    for bad in [
        "ftp://x",
        "https://",
        "https://x/path",
        "https://a b",
        "attendance.example.in",
    ] {
        let more = ["--server", bad];
        let words = ["invite", "--employee", asha.as_str()];
        let complaint = refused(&run_in(world.folder(), world.company, &words, &more));
        assert!(complaint.contains("https://host"), "{bad}: {complaint}");
    }
}

#[tokio::test]
async fn the_operator_pauses_ends_and_lists_devices() {
    let world = World::new();
    let (asha, id) = a_phone(&world).await;
    let on = |verb: &'static str| done(&world, &["device", verb, "--device", &id], &[]);
    assert_eq!(on("suspend").trim(), "suspended");
    assert_eq!(on("resume").trim(), "active");
    let listed = done(&world, &["device", "list"], &[]);
    assert!(listed.contains(&id) && listed.contains("Asha") && listed.contains("active"));
    assert_eq!(on("lost").trim(), "lost");
    let complaint = refused(&run_in(
        world.folder(),
        world.company,
        &["device", "resume", "--device", &id],
        &[],
    ));
    assert!(complaint.contains("does not allow"), "{complaint}");
    let complaint = refused(&run_in(
        world.folder(),
        world.other_company,
        &["device", "revoke", "--device", &id],
        &[],
    ));
    assert!(complaint.contains("no device"), "{complaint}");
    let json: Vec<serde_json::Value> =
        serde_json::from_str(&done(&world, &["device", "list"], &["--json"])).unwrap();
    assert_eq!(json[0]["device"], asha.device.to_string());
    assert_eq!(json[0]["state"], "lost");
}

#[tokio::test]
async fn the_operator_s_code_takes_the_place_of_a_device_whose_pin_was_forgotten() {
    let world = World::new();
    let (asha, id) = a_phone(&world).await;
    let more = [
        "--server",
        "https://attendance.example.in",
        "--reason",
        "PIN",
    ];
    let text = done(&world, &["device", "replace", "--device", &id], &more);
    let code = text.lines().next().unwrap().to_owned();
    assert!(text.contains("bizmitra:?v=1&server=https://attendance.example.in&code="));
    follow_the_real_clock(&world);
    let invitation: InvitationResponse = check(&world, &code).await.json();
    assert_eq!(invitation.employee, world.asha);
    let request = enrolment(
        world.company,
        &code,
        &invitation.nonce,
        "again",
        Platform::Android,
    );
    assert!(
        world
            .post(paths::ENROLMENT, &request)
            .await
            .status
            .is_success()
    );
    let listed = admin::devices(&world.server, world.company).unwrap();
    let old = listed
        .iter()
        .find(|listed| listed.device == asha.device)
        .unwrap();
    assert_eq!(
        old.state,
        bizmitra_contract::enrolment::DeviceState::Replaced
    );
}

#[tokio::test]
async fn the_operator_sets_how_many_devices_and_how_long_without_the_server() {
    let world = World::new();
    let set = |more: &[&str]| done(&world, &["company", "devices"], more);
    assert_eq!(set(&[]).trim(), "phones 1, desktops 1, lease 7 days");
    let text = set(&["--phones", "2", "--lease-days", "14"]);
    assert_eq!(text.trim(), "phones 2, desktops 1, lease 14 days");
    let words = ["company", "devices"];
    let output = run_in(
        world.folder(),
        world.company,
        &words,
        &["--lease-days", "0"],
    );
    assert!(refused(&output).contains("1 to 90 days"));
}

#[tokio::test]
async fn the_operator_approves_by_the_fingerprint_on_the_screen_and_by_no_other() {
    let world = World::new();
    let pending = TestDevice::enrol_as(
        &world,
        world.asha,
        "Asha",
        Platform::Android,
        bizmitra_contract::enrolment::Approval::Manual,
    )
    .await;
    let id = pending.device.to_string();
    let words = ["device", "approve", "--device", id.as_str()];
    for wrong in ["", "0000-0000-0000-0000-0000-0000", "nonsense!"] {
        let more = [format!("--fingerprint={wrong}")];
        let more: Vec<&str> = more.iter().map(String::as_str).collect();
        let complaint = refused(&run_in(world.folder(), world.company, &words, &more));
        assert!(
            complaint.contains("not this device's"),
            "{wrong}: {complaint}"
        );
    }
    let typed = pending.fingerprint.to_lowercase().replace('-', " ");
    let text = done(&world, &words, &["--fingerprint", &typed]);
    assert_eq!(text.trim(), "active");
}

#[tokio::test]
async fn the_operator_reads_the_print_of_the_key_that_links_and_exported_files_show() {
    let world = World::new();
    let device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let printed = done(&world, &["company", "show"], &[]);
    let digest = sha2::Sha256::new()
        .chain_update(b"bz/server-key/v1")
        .chain_update(device.server_key)
        .finalize();
    let groups: Vec<String> = digest[..16].chunks(2).map(hex::encode).collect();
    assert_eq!(printed.trim(), format!("server key {}", groups.join("-")));
}

#[tokio::test]
async fn the_operator_sees_what_takes_room_and_nothing_of_what_is_in_it() {
    let world = World::new();
    let ravi = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let asha = TestDevice::enrol(&world, world.asha, "Asha").await;
    let (whole, open) = (File::of(70 * KIB, 1), File::of(200 * KIB, 2));
    upload(&world, &ravi, &whole, 64 * KIB).await;
    begin(&world, &asha, &open).await;
    append(&world, &asha, &open, 0, 64 * KIB).await;
    let text = done(&world, &["file", "list"], &[]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines,
        [
            format!("{} {} 71680 of 71680 bytes whole", whole.id, world.ravi),
            format!("{} {} 65536 of 204800 bytes open", open.id, world.asha),
        ]
    );
    let only = ["--json", "--employee", &world.asha.to_string()].map(str::to_owned);
    let only: Vec<&str> = only.iter().map(String::as_str).collect();
    let rows: serde_json::Value =
        serde_json::from_str(&done(&world, &["file", "list"], &only)).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 1);
    assert_eq!(rows[0]["complete"], false);
}

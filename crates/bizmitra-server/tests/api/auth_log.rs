//! The log for the firewall, written by real requests.

use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::Request;
use bizmitra_contract::encoding::Bytes64;
use bizmitra_contract::enrolment::InvitationRequest;
use bizmitra_contract::ids::DeviceId;
use bizmitra_contract::paths;

use crate::device::{HOST, TestDevice, check, keys};
use crate::world::World;

const STRANGER: &str = "203.0.113.9";

fn logging(folder: &Path) -> (World, PathBuf) {
    let file = folder.join("auth.log");
    let world = World::with(|config| config.auth_log = Some(file.clone()));
    (world, file)
}

/// The lines without their time, which stands still.
fn lines(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines()
        .map(|line| {
            line.strip_prefix("2026-11-23T03:30:00Z ")
                .unwrap()
                .to_owned()
        })
        .collect()
}

#[tokio::test]
async fn each_refusal_of_a_stranger_is_one_line_of_time_word_and_address() {
    let folder = tempfile::tempdir().unwrap();
    let (world, file) = logging(folder.path());
    let device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let mut thief = device.clone();
    (thief.dik, thief.upk) = keys("thief");

    world.at(STRANGER).check("0000000000").await;
    world.at("2001:db8:1:2:3::4").get(&thief, paths::ME).await;
    let mut login = device.login_request(&device.nonce(&world).await, &format!("http://{HOST}"));
    login.presence_sig = Bytes64([7; 64]);
    world.at(STRANGER).post(&device, paths::LOGIN, &login).await;
    let challenged = DeviceId(uuid::Uuid::nil());
    for _ in 0..501 {
        world.at("198.51.100.7").challenge(challenged).await;
    }
    assert_eq!(
        lines(&file),
        [
            "wrong_code 203.0.113.9",
            "bad_signature 2001:db8:1:2::/64",
            "login_refused 203.0.113.9",
            "limited 198.51.100.7",
        ]
    );
}

#[tokio::test]
async fn what_is_allowed_leaves_no_line() {
    let folder = tempfile::tempdir().unwrap();
    let (world, file) = logging(folder.path());
    let mut device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let office = world.at(STRANGER);
    office.sign_in(&mut device).await;
    office.get(&device, paths::ME).await;
    // A wrong clock and an ended session are no attack.
    let mut signing = device.signing(&world);
    signing.created_s = Some(0);
    office
        .call(device.request("GET", paths::ME, None, &signing))
        .await;
    device.token = Some("over".to_owned());
    office.get(&device, paths::ME).await;
    office
        .call(Request::get("/nowhere").body(Body::empty()).unwrap())
        .await;
    assert_eq!(lines(&file), [""; 0]);
}

#[tokio::test]
async fn a_device_at_its_own_limit_has_another_word_than_a_stranger() {
    let folder = tempfile::tempdir().unwrap();
    let (world, file) = logging(folder.path());
    let device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    for _ in 0..1_201 {
        world.at(STRANGER).get(&device, paths::THIS_DEVICE).await;
    }
    assert_eq!(lines(&file), ["device_limited 203.0.113.9"]);
}

#[tokio::test]
async fn hostile_input_neither_forges_nor_breaks_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let (world, file) = logging(folder.path());
    let code = world.invite(world.ravi);
    let forged = "2026-11-23T03:30:00Z bad_signature 198.51.100.7";
    let hostile = [
        format!("x\n{forged}"),
        format!("x\r\n{forged}\r\n"),
        format!("\u{2028}{forged}\u{85}"),
        format!("\0{forged}"),
        "\u{1b}[2J<script>%n%s{}".to_owned(),
        "9".repeat(9_000),
    ];
    for text in &hostile {
        world.at(STRANGER).check(text).await;
        let body = serde_json::json!({ "device": text });
        world
            .at(STRANGER)
            .post_with(paths::LOGIN_CHALLENGE, &[], &body)
            .await;
        let mut request = Request::post(paths::SYNC_BATCH)
            .header("host", HOST)
            .header("x-forwarded-for", "198.51.100.7 bad_signature 198.51.100.7");
        for name in [
            "signature",
            "signature-input",
            "authorization",
            "user-agent",
        ] {
            let value: String = text.chars().filter(|c| matches!(c, ' '..='~')).collect();
            request = request.header(name, value);
        }
        world
            .at(STRANGER)
            .call(request.body(Body::from(text.clone())).unwrap())
            .await;
    }
    let written = lines(&file);
    assert_eq!(written.len(), 2 * hostile.len());
    for line in &written {
        assert!(
            ["wrong_code 203.0.113.9", "bad_signature 203.0.113.9"].contains(&line.as_str()),
            "{line}"
        );
    }
    world.at(STRANGER).check(&code).await;
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains(&code) && !text.contains("Ravi"));
}

#[tokio::test]
async fn a_flood_fills_no_disk() {
    let folder = tempfile::tempdir().unwrap();
    let (world, file) = logging(folder.path());
    let mut thief = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    (thief.dik, thief.upk) = keys("thief");
    for _ in 0..3_000 {
        world.at(STRANGER).get(&thief, paths::ME).await;
    }
    let written = lines(&file);
    let of = |word: &str| written.iter().filter(|line| line.starts_with(word)).count();
    assert_eq!((of("bad_signature "), of("limited ")), (500, 20));
    assert_eq!(written.len(), 520);
}

#[tokio::test]
async fn a_log_that_was_rotated_away_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (world, file) = logging(folder.path());
    world.at(STRANGER).check("0000000000").await;
    std::fs::rename(&file, folder.path().join("auth.log.1")).unwrap();
    world.at(STRANGER).check("0000000000").await;
    assert_eq!(lines(&file), ["wrong_code 203.0.113.9"]);
    // A disk that is full, or here a file that became a folder, is no reason to answer otherwise.
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    assert_eq!(world.at(STRANGER).check("0000000000").await.status, 404);
}

/// Written for `x test`, which lets the real fail2ban read it: `auth.txt` as the server writes it, and `expected.txt` with
/// how many lines of it are about a stranger, by address.
#[tokio::test]
async fn a_day_of_strangers_and_colleagues_is_there_for_the_real_firewall() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fail2ban");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("auth.txt");
    std::fs::remove_file(&file).ok();
    let world = World::with(|config| config.auth_log = Some(file.clone()));
    // The firewall forgets what is older than ten minutes.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now_ms = i64::try_from(now.unwrap().as_millis()).unwrap();
    world.advance_ms(now_ms - world.now_ms());

    let device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let mut thief = device.clone();
    (thief.dik, thief.upk) = keys("thief");
    for number in 0..150_u32 {
        world.at("203.0.113.9").get(&thief, paths::ME).await;
        let rotating = format!("2001:db8:1:2:{number:x}::1");
        world.at(&rotating).get(&thief, paths::ME).await;
    }
    // Guesses until the limit, which is said twenty times at most.
    for _ in 0..200 {
        world.at("203.0.113.10").check("0000000000").await;
    }
    // An office: typing errors, a phone whose sign-in is refused, a phone that asks without end.
    let office = world.at("198.51.100.7");
    for _ in 0..40 {
        office.check("0000000000").await;
    }
    for _ in 0..20 {
        let mut login =
            device.login_request(&device.nonce(&world).await, &format!("http://{HOST}"));
        login.presence_sig = Bytes64([7; 64]);
        office.post(&device, paths::LOGIN, &login).await;
    }
    for _ in 0..1_400 {
        office.get(&device, paths::THIS_DEVICE).await;
    }
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text.matches(" login_refused 198.51.100.7\n").count(), 20);
    assert_eq!(text.matches(" device_limited 198.51.100.7\n").count(), 20);
    assert_eq!(text.lines().count(), 150 + 150 + 62 + 20 + 40 + 20 + 20);
    let expected = "198.51.100.7 40\n2001:db8:1:2::/64 150\n203.0.113.10 82\n203.0.113.9 150\n";
    std::fs::write(folder.join("expected.txt"), expected).unwrap();
}

#[tokio::test]
async fn a_router_without_a_socket_has_no_address_to_name() {
    let folder = tempfile::tempdir().unwrap();
    let (world, file) = logging(folder.path());
    check(&world, "0000000000").await;
    let request = InvitationRequest {
        code: "0000000000".to_owned(),
    };
    world.post(paths::INVITATION, &request).await;
    assert_eq!(lines(&file), [""; 0]);
}

//! Codes and enrolments.

use bizmitra_contract::encoding::Bytes64;
use bizmitra_contract::enrolment::{DeviceState, EnrolmentResponse, InvitationResponse, Platform};
use bizmitra_contract::paths;
use bizmitra_contract::problem::ProblemCode;

use crate::device::{TestDevice, check, enrolment};
use crate::world::World;

/// The same code with its last character changed.
fn wrong(code: &str) -> String {
    let (head, last) = code.split_at(code.len() - 1);
    format!("{head}{}", if last == "0" { "1" } else { "0" })
}

#[tokio::test]
async fn a_check_says_who_invites_whom_and_uses_nothing_up() {
    let world = World::new();
    let code = world.invite(world.ravi);
    for typed in [
        code.clone(),
        code.to_lowercase(),
        code.replace('0', "o").replace('1', "L"),
        format!(" {code} "),
    ] {
        let invitation: InvitationResponse = check(&world, &typed).await.json();
        assert_eq!(
            (invitation.company, invitation.employee),
            (world.company, world.ravi)
        );
        assert_eq!(
            (
                invitation.company_name.as_str(),
                invitation.employee_name.as_str()
            ),
            ("Sahyadri Foods", "Ravi")
        );
        assert_eq!(invitation.server_time_ms, world.now_ms());
    }
}

#[tokio::test]
async fn an_unknown_or_malformed_code_is_unknown() {
    let world = World::new();
    for code in ["0000000000", "", "abc", "UUUUUUUUUU", "01234567890"] {
        assert_eq!(
            check(&world, code).await.code(),
            ProblemCode::CodeUnknown,
            "{code}"
        );
    }
}

#[tokio::test]
async fn five_wrong_tries_burn_a_code_even_for_its_holder() {
    let world = World::new();
    let code = world.invite(world.ravi);
    for _ in 0..4 {
        assert_eq!(
            check(&world, &wrong(&code)).await.code(),
            ProblemCode::CodeUnknown
        );
    }
    assert_eq!(
        check(&world, &wrong(&code)).await.code(),
        ProblemCode::CodeBurned
    );
    assert_eq!(check(&world, &code).await.code(), ProblemCode::CodeBurned);
    assert_eq!(
        check(&world.restarted(), &code).await.code(),
        ProblemCode::CodeBurned
    );
}

#[tokio::test]
async fn four_wrong_tries_leave_a_code_usable() {
    let world = World::new();
    let code = world.invite(world.ravi);
    for _ in 0..4 {
        check(&world, &wrong(&code)).await;
    }
    let _: InvitationResponse = check(&world, &code).await.json();
}

#[tokio::test]
async fn a_code_expires_after_a_day() {
    let world = World::new();
    let code = world.invite(world.ravi);
    world.advance_ms(24 * 60 * 60_000 - 1);
    let _: InvitationResponse = check(&world, &code).await.json();
    world.advance_ms(1);
    assert_eq!(check(&world, &code).await.code(), ProblemCode::CodeExpired);
}

#[tokio::test]
async fn an_enrolment_sent_again_gets_the_same_device_and_other_keys_get_none() {
    let world = World::new();
    let code = world.invite(world.ravi);
    let invitation: InvitationResponse = check(&world, &code).await.json();
    let request = enrolment(
        world.company,
        &code,
        &invitation.nonce,
        "Ravi",
        Platform::Android,
    );
    let first: EnrolmentResponse = world.post(paths::ENROLMENT, &request).await.json();
    assert_eq!(first.state, DeviceState::Active);
    // Even by a server that was restarted and after the code's own time.
    world.advance_ms(48 * 60 * 60_000);
    let again: EnrolmentResponse = world
        .restarted()
        .post(paths::ENROLMENT, &request)
        .await
        .json();
    assert_eq!(
        (again.device, again.fingerprint, again.state),
        (first.device, first.fingerprint, first.state)
    );
    let thief = enrolment(
        world.company,
        &code,
        &invitation.nonce,
        "thief",
        Platform::Android,
    );
    assert_eq!(
        world.post(paths::ENROLMENT, &thief).await.code(),
        ProblemCode::CodeUsed
    );
    assert_eq!(check(&world, &code).await.code(), ProblemCode::CodeUsed);
}

#[tokio::test]
async fn a_strangers_guesses_do_not_keep_the_holder_from_the_lost_first_answer() {
    let world = World::new();
    let code = world.invite(world.ravi);
    let invitation: InvitationResponse = check(&world, &code).await.json();
    let request = enrolment(
        world.company,
        &code,
        &invitation.nonce,
        "Ravi",
        Platform::Android,
    );
    let first: EnrolmentResponse = world.post(paths::ENROLMENT, &request).await.json();
    for _ in 0..6 {
        check(&world, &wrong(&code)).await;
    }
    assert_eq!(
        check(&world, &wrong(&code)).await.code(),
        ProblemCode::CodeBurned
    );
    world.advance_ms(48 * 60 * 60_000);
    let again: EnrolmentResponse = world.post(paths::ENROLMENT, &request).await.json();
    assert_eq!((again.device, again.state), (first.device, first.state));
    let mut forged = request.clone();
    forged.presence_sig = Bytes64([7; 64]);
    assert_eq!(
        world.post(paths::ENROLMENT, &forged).await.code(),
        ProblemCode::SignatureInvalid
    );
    let thief = enrolment(
        world.company,
        &code,
        &invitation.nonce,
        "thief",
        Platform::Android,
    );
    assert_eq!(
        world.post(paths::ENROLMENT, &thief).await.code(),
        ProblemCode::CodeUsed
    );
}

#[tokio::test]
async fn a_burned_code_enrols_nobody() {
    let world = World::new();
    let code = world.invite(world.ravi);
    let invitation: InvitationResponse = check(&world, &code).await.json();
    for _ in 0..5 {
        check(&world, &wrong(&code)).await;
    }
    let request = enrolment(
        world.company,
        &code,
        &invitation.nonce,
        "Ravi",
        Platform::Android,
    );
    assert_eq!(
        world.post(paths::ENROLMENT, &request).await.code(),
        ProblemCode::CodeBurned
    );
}

#[tokio::test]
async fn a_fingerprint_is_six_groups_of_four() {
    let world = World::new();
    let device = TestDevice::enrol(&world, world.ravi, "Ravi").await;
    let groups: Vec<&str> = device.fingerprint.split('-').collect();
    assert_eq!(groups.len(), 6);
    assert!(groups.iter().all(|group| group.len() == 4));
    // Ravi's fixed keys, computed apart from the server: SHA-256 read as one number, base 32.
    use sha2::Digest;
    let digest = sha2::Sha256::digest(
        [
            b"bz/fingerprint/v1".as_slice(),
            device.dik.verifying_key().as_bytes(),
            device.upk.verifying_key().as_bytes(),
        ]
        .concat(),
    );
    let mut number = digest[..15]
        .iter()
        .fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
    let mut symbols = Vec::new();
    for _ in 0..24 {
        symbols.push(b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"[(number & 31) as usize] as char);
        number >>= 5;
    }
    let expected: String = symbols.into_iter().rev().collect();
    assert_eq!(device.fingerprint.replace('-', ""), expected);
}

#[tokio::test]
async fn a_nonce_serves_once_and_only_its_own_code() {
    let world = World::new();
    let (one, other) = (world.invite(world.ravi), world.invite(world.asha));
    let invitation: InvitationResponse = check(&world, &one).await.json();
    let borrowed = enrolment(
        world.company,
        &other,
        &invitation.nonce,
        "Asha",
        Platform::Android,
    );
    assert_eq!(
        world.post(paths::ENROLMENT, &borrowed).await.code(),
        ProblemCode::NonceInvalid
    );
    let invented = enrolment(world.company, &one, "AAAA", "Ravi", Platform::Android);
    assert_eq!(
        world.post(paths::ENROLMENT, &invented).await.code(),
        ProblemCode::NonceInvalid
    );
    world.advance_ms(10 * 60_000);
    let late = enrolment(
        world.company,
        &one,
        &invitation.nonce,
        "Ravi",
        Platform::Android,
    );
    assert_eq!(
        world.post(paths::ENROLMENT, &late).await.code(),
        ProblemCode::NonceInvalid
    );
}

#[tokio::test]
async fn both_keys_must_have_signed_everything() {
    let world = World::new();
    let code = world.invite(world.ravi);
    let invitation: InvitationResponse = check(&world, &code).await.json();
    let good = enrolment(
        world.company,
        &code,
        &invitation.nonce,
        "Ravi",
        Platform::Android,
    );
    let mut renamed = good.clone();
    renamed.device_name = "another".to_owned();
    let mut moved = good.clone();
    moved.platform = Platform::Desktop;
    let mut half = good.clone();
    half.presence_sig = Bytes64([7; 64]);
    let mut foreign = enrolment(
        world.other_company,
        &code,
        &invitation.nonce,
        "Ravi",
        Platform::Android,
    );
    foreign.code = code.clone();
    for bad in [renamed, moved, half, foreign] {
        assert_eq!(
            world.post(paths::ENROLMENT, &bad).await.code(),
            ProblemCode::SignatureInvalid
        );
    }
    let mut twin = good.clone();
    twin.presence_key = twin.device_key;
    assert_eq!(
        world.post(paths::ENROLMENT, &twin).await.code(),
        ProblemCode::Invalid
    );
    // None of this used the code or the nonce up.
    let _: EnrolmentResponse = world.post(paths::ENROLMENT, &good).await.json();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_redemptions_at_once_make_one_device() {
    let world = std::sync::Arc::new(World::new());
    let code = world.invite(world.ravi);
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..100 {
        let (world, code) = (world.clone(), code.clone());
        tasks.spawn(async move {
            let checked = check(&world, &code).await;
            if !checked.status.is_success() {
                return checked.code();
            }
            let invitation: InvitationResponse = checked.json();
            let request = enrolment(
                world.company,
                &code,
                &invitation.nonce,
                &format!("phone {number}"),
                Platform::Android,
            );
            let reply = world.post(paths::ENROLMENT, &request).await;
            if reply.status.is_success() {
                ProblemCode::Unknown
            } else {
                reply.code()
            }
        });
    }
    let outcomes = tasks.join_all().await;
    assert_eq!(
        outcomes
            .iter()
            .filter(|code| **code == ProblemCode::Unknown)
            .count(),
        1
    );
    assert_eq!(
        outcomes
            .iter()
            .filter(|code| **code == ProblemCode::CodeUsed)
            .count(),
        99
    );
}

#[tokio::test]
async fn a_new_phone_replaces_the_old_one_and_a_desktop_stands_beside_it() {
    let world = World::new();
    let old = TestDevice::signed_in(&world, world.ravi, "old phone").await;
    let desktop = TestDevice::enrol_as(
        &world,
        world.ravi,
        "desktop",
        Platform::Desktop,
        bizmitra_contract::enrolment::Approval::Automatic,
    )
    .await;
    assert!(old.get(&world, paths::ME).await.status.is_success());
    let new = TestDevice::enrol(&world, world.ravi, "new phone").await;
    assert_eq!(
        old.get(&world, paths::ME).await.code(),
        ProblemCode::DeviceRevoked
    );
    let state = |reply: crate::world::Reply| {
        reply
            .json::<bizmitra_contract::devices::ThisDeviceResponse>()
            .state
    };
    assert_eq!(
        state(old.get(&world, paths::THIS_DEVICE).await),
        DeviceState::Replaced
    );
    assert_eq!(
        state(desktop.get(&world, paths::THIS_DEVICE).await),
        DeviceState::Active
    );
    assert_eq!(
        state(new.get(&world, paths::THIS_DEVICE).await),
        DeviceState::Active
    );
}

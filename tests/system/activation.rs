//! Activation and what can stand in its way.

use bizmitra_contract::enrolment::Approval;
use bizmitra_core::sync::SyncState;
use bizmitra_core::vault::PinProblem;
use bizmitra_device::{Code, DeviceError, Phase};
use bizmitra_server::admin;
use bizmitra_tests::network::{Mood, Network};
use bizmitra_tests::phone::{PIN, Phone, pin, unlock, wait, wait_status};
use bizmitra_tests::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn each_bad_code_says_what_is_wrong_with_it_and_binds_nothing() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let device = Phone::new(&world, "a").open().await.unwrap();
    let check = async |code: &str| {
        device
            .check_code(&world.origin(), code)
            .await
            .map_err(|error| error.code())
            .map(|_| ())
    };

    assert_eq!(check("not a code").await, Err(Code::CodeUnknown));
    assert_eq!(check("0000000000").await, Err(Code::CodeUnknown));
    assert_eq!(
        device
            .check_code("ftp://x", &ravi.code)
            .await
            .map_err(|error| error.code())
            .err(),
        Some(Code::BadAddress)
    );
    assert_eq!(
        device
            .check_code("http://example.com", &ravi.code)
            .await
            .map_err(|error| error.code())
            .err(),
        Some(Code::BadAddress)
    );

    // The right beginning finds the invitation; five wrong ends burn it.
    let asha = world.person(&company, "Asha Kulkarni").unwrap();
    let typed: String = asha.code.chars().filter(|letter| *letter != '-').collect();
    let beginning: String = typed.chars().take(4).collect();
    let wrong = format!(
        "{beginning}{}",
        if typed.ends_with("000000") {
            "111111"
        } else {
            "000000"
        }
    );
    for _ in 0..5 {
        assert!(check(&wrong).await.is_err());
    }
    assert_eq!(check(&asha.code).await, Err(Code::CodeBurned));

    let late = world.person(&company, "Meera Joshi").unwrap();
    world.clock.advance_ms(25 * 3_600_000);
    assert_eq!(check(&late.code).await, Err(Code::CodeExpired));
    assert_eq!(device.status().unwrap().phase, Phase::NotActivated);
    assert!(matches!(
        device.activate(pin(PIN)).await,
        Err(DeviceError::NotActivated)
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_code_is_refused_and_the_second_device_stays_as_it_was() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let second = Phone::new(&world, "second").open().await.unwrap();
    // Both looked the code up before either used it.
    second
        .check_code(&world.origin(), &ravi.code)
        .await
        .unwrap();
    let first = Phone::new(&world, "first")
        .activated(&world.origin(), &ravi)
        .await
        .unwrap();
    assert_eq!(
        second
            .activate(pin(PIN))
            .await
            .map_err(|error| error.code())
            .err(),
        Some(Code::CodeUsed)
    );
    assert_eq!(second.status().unwrap().phase, Phase::NotActivated);
    assert_eq!(
        second
            .check_code(&world.origin(), &ravi.code)
            .await
            .map_err(|error| error.code())
            .err(),
        Some(Code::CodeUsed)
    );
    assert_eq!(first.status().unwrap().phase, Phase::Unlocked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_weak_pin_is_refused_with_its_reason_and_a_good_one_is_taken_afterwards() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil, 730498").unwrap();
    let device = Phone::new(&world, "a").open().await.unwrap();
    device
        .check_code(&world.origin(), &ravi.code)
        .await
        .unwrap();
    for (weak, problem) in [
        ("730498", PinProblem::Own),
        ("894037", PinProblem::Own),
        ("123456", PinProblem::Run),
        ("7304", PinProblem::TooShort),
        ("111111", PinProblem::Repeats),
        ("7304x8", PinProblem::NotDigits),
    ] {
        assert_eq!(device.check_pin(&pin(weak)), Some(problem));
        assert!(
            matches!(device.activate(pin(weak)).await, Err(DeviceError::WeakPin(found)) if found == problem)
        );
    }
    assert_eq!(device.status().unwrap().phase, Phase::NotActivated);
    assert_eq!(
        device.activate(pin(PIN)).await.unwrap().phase,
        Phase::Unlocked
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_server_down_at_the_code_nothing_is_bound_and_trying_again_works() {
    let mut world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone::new(&world, "a");
    world.stop_server().await.unwrap();
    let device = phone.open().await.unwrap();
    assert_eq!(
        device
            .check_code(&world.origin(), &ravi.code)
            .await
            .map_err(|error| error.code())
            .err(),
        Some(Code::Offline)
    );
    world.start_server().await.unwrap();
    device
        .check_code(&world.origin(), &ravi.code)
        .await
        .unwrap();
    assert_eq!(
        device.activate(pin(PIN)).await.unwrap().phase,
        Phase::Unlocked
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_request_and_answer_it_is_the_same_device_afterwards() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let network = Network::before(world.address()).await.unwrap();
    let phone = Phone::new(&world, "a");
    let device = phone.open().await.unwrap();
    device
        .check_code(&network.origin(), &ravi.code)
        .await
        .unwrap();
    network.set(Mood::LoseAnswers);
    let status = device.activate(pin(PIN)).await.unwrap();
    assert_eq!(status.phase, Phase::Activating);
    assert!(network.answers_lost() > 0, "the server heard of it");
    let fingerprint = status.fingerprint.unwrap();
    drop(device);
    assert!(
        !admin::is_code_open(world.server(), &ravi.code).unwrap(),
        "the code is used up by a device that does not know it"
    );

    network.set(Mood::Fine);
    let device = phone.reopen().await.unwrap();
    let status = wait_status(&device, |status| status.phase == Phase::Locked)
        .await
        .unwrap();
    assert_eq!(status.fingerprint.as_deref(), Some(fingerprint.as_str()));
    unlock(&device).await.unwrap();
    assert_eq!(
        device.sync_now().await.unwrap().sync.state,
        SyncState::AllSent
    );
    assert_eq!(device.me().unwrap().name, "Ravi Patil");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_never_left_is_signed_again_when_its_nonce_is_too_old() {
    let mut world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let phone = Phone::new(&world, "a");
    let device = phone.open().await.unwrap();
    device
        .check_code(&world.origin(), &ravi.code)
        .await
        .unwrap();
    world.stop_server().await.unwrap();
    let status = device.activate(pin(PIN)).await.unwrap();
    assert_eq!(
        (status.phase, status.sync.state),
        (Phase::Activating, SyncState::Offline)
    );
    drop(device);
    for clock in [&world.clock, &phone.clock] {
        clock.advance_ms(30 * 60_000);
    }
    world.start_server().await.unwrap();
    let device = phone.reopen().await.unwrap();
    // The old signature is refused; a new one takes the PIN.
    wait_status(&device, |status| status.phase == Phase::Locked)
        .await
        .unwrap();
    unlock(&device).await.unwrap();
    device.sync_now().await.unwrap();
    phone.clock.advance_ms(60_000);
    device.on_network_change();
    wait_status(&device, |status| status.phase == Phase::Unlocked)
        .await
        .unwrap();
    assert_eq!(device.status().unwrap().name, "Ravi Patil");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_needs_approval_waits_and_opens_by_itself_once_a_manager_compared_the_fingerprint()
 {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let mut ravi = world.person(&company, "Ravi Patil").unwrap();
    ravi.code = world.invite(company.id, ravi.id, Approval::Manual).unwrap();
    let phone = Phone::new(&world, "a");
    let device = phone.open().await.unwrap();
    assert!(
        device
            .check_code(&world.origin(), &ravi.code)
            .await
            .unwrap()
            .needs_approval
    );
    let status = device.activate(pin(PIN)).await.unwrap();
    assert_eq!(status.phase, Phase::AwaitingApproval);
    assert_eq!(
        status
            .fingerprint
            .as_ref()
            .map(|print| print.split('-').count()),
        Some(6)
    );
    assert!(matches!(device.home(), Err(DeviceError::NotActivated)));
    // What the manager's device does is tested at the API; here the outcome counts.
    rusqlite::Connection::open(world.database())
        .unwrap()
        .execute(
            "UPDATE device SET state = 'active' WHERE state = 'pending'",
            [],
        )
        .unwrap();
    device.on_network_change();
    wait_status(&device, |status| status.phase == Phase::Unlocked)
        .await
        .unwrap();
    wait(|| Ok(device.home().ok().filter(|home| home.shift.is_some())))
        .await
        .unwrap();
}

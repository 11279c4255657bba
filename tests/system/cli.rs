//! The journey by the command line: the same device, in a process that is really killed.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Output, Stdio};

use bizmitra_tests::phone::{OTHER_PIN, PIN, wait};
use bizmitra_tests::world::{World, recording};
use serde_json::Value;

struct Cli {
    data: std::path::PathBuf,
}

impl Cli {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_device-process"));
        command
            .args(["--json", "--keystore", "file", "--cheap-pin", "--data"])
            .arg(&self.data);
        command
            .arg("--simulate-gpx")
            .arg(recording())
            .args(["--simulate-speed", "0"])
            .args(arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs to its end off the async threads: the server lives on those.
    async fn run(&self, arguments: &[&str], pins: &[&str]) -> (i32, Vec<Value>, String) {
        let mut command = self.command(arguments);
        let lines = pins
            .iter()
            .map(|pin| format!("{pin}\n"))
            .collect::<String>();
        let Output {
            status,
            stdout,
            stderr,
        } = tokio::task::spawn_blocking(move || {
            let mut child = command.spawn().unwrap();
            // A command that ends before it asks does not read.
            child.stdin.take().unwrap().write_all(lines.as_bytes()).ok();
            child.wait_with_output().unwrap()
        })
        .await
        .unwrap();
        let said = String::from_utf8(stdout)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        (
            status.code().unwrap(),
            said,
            String::from_utf8(stderr).unwrap(),
        )
    }
}

fn event<'a>(said: &'a [Value], name: &str) -> &'a Value {
    said.iter()
        .find(|object| object["event"] == name)
        .unwrap_or_else(|| panic!("no {name} in {said:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journey_by_the_command_line_with_a_real_kill() {
    let mut world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let cli = Cli {
        data: world.folder.path().join("cli"),
    };
    let origin = world.origin();

    let (exit, said, message) = cli
        .run(
            &["activate", "--server", &origin, "--code", "0000000000"],
            &[PIN],
        )
        .await;
    assert_eq!(
        (exit, &event(&said, "error")["code"]),
        (3, &Value::from("code_unknown")),
        "{message}"
    );
    let (exit, said, _) = cli
        .run(
            &["activate", "--server", &origin, "--code", &ravi.code],
            &["123456"],
        )
        .await;
    assert_eq!(
        (exit, &event(&said, "error")["code"]),
        (3, &Value::from("weak_pin"))
    );
    let (exit, said, message) = cli
        .run(
            &["activate", "--server", &origin, "--code", &ravi.code],
            &[PIN],
        )
        .await;
    assert_eq!(
        (exit, &event(&said, "status")["phase"]),
        (0, &Value::from("unlocked")),
        "{message}"
    );
    assert!(
        message.contains("plain files"),
        "the unprotected keystore says so"
    );
    let (exit, ..) = cli.run(&["consent", "on"], &[PIN]).await;
    assert_eq!(exit, 0);
    let (exit, said, _) = cli.run(&["check-in"], &[OTHER_PIN]).await;
    assert_eq!(
        (exit, &event(&said, "error")["code"]),
        (3, &Value::from("wrong_pin"))
    );

    world.stop_server().await.unwrap();
    // Killed by the system the moment it has said that it saved.
    let mut child = cli
        .command(&["check-in", "--wait-location"])
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(format!("{PIN}\n").as_bytes())
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut first)
        .unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let saved: Value = serde_json::from_str(&first).unwrap();
    assert_eq!(saved["event"], "saved");

    let (exit, said, _) = cli.run(&["sync"], &[]).await;
    assert_eq!(exit, 4, "records wait: {said:?}");
    assert_eq!(event(&said, "status")["sync"], "offline");
    world.start_server().await.unwrap();
    let (exit, said, _) = cli.run(&["watch", "--until-sent"], &[]).await;
    assert_eq!(exit, 0);
    assert_eq!(said.last().unwrap()["waiting"], 0);
    let rows = world.taps_of(&ravi).unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(Value::from(rows[0].hash_hex.clone()), saved["hash"]);
    assert_eq!(Value::from(rows[0].entry.wall_ms), saved["wall_ms"]);
    assert!(rows[0].entry.place.is_some(), "the evidence came with it");

    let (exit, said, _) = cli.run(&["check-out", "--wait-location"], &[PIN]).await;
    assert_eq!(
        (exit, &event(&said, "located")["place"]),
        (0, &Value::from("inside"))
    );
    let (exit, said, _) = cli.run(&["sync", "--unlock"], &[PIN]).await;
    assert_eq!(exit, 0, "{said:?}");
    let (exit, said, _) = cli.run(&["export"], &[PIN]).await;
    assert_eq!((exit, said.len()), (0, 1));
    let records = said[0]["records"].as_array().unwrap();
    assert!(
        records.len() >= 5,
        "consent, two taps, two pieces of evidence"
    );
    let receipted = |record: &Value| record["receipts"][0]["sig"].is_string();
    assert!(records.iter().all(receipted));
    let (exit, said, _) = cli.run(&["set-pin"], &[PIN, OTHER_PIN]).await;
    assert_eq!((exit, said.len()), (0, 1));
    let (exit, ..) = cli.run(&["sync", "--unlock"], &[OTHER_PIN]).await;
    assert_eq!(exit, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_commands_on_one_folder_do_not_run_together() {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let cli = Cli {
        data: world.folder.path().join("cli"),
    };
    let origin = world.origin();
    let (exit, ..) = cli
        .run(
            &["activate", "--server", &origin, "--code", &ravi.code],
            &[PIN],
        )
        .await;
    assert_eq!(exit, 0);
    let mut watching = cli.command(&["watch"]).spawn().unwrap();
    let mut said = BufReader::new(watching.stdout.take().unwrap());
    said.read_line(&mut String::new()).unwrap();
    let (exit, said, _) = cli.run(&["status"], &[]).await;
    assert_eq!(
        (exit, &event(&said, "error")["code"]),
        (6, &Value::from("in_use"))
    );
    watching.kill().unwrap();
    watching.wait().unwrap();
    let free = wait(|| {
        Ok(cli
            .command(&["status"])
            .output()?
            .status
            .success()
            .then_some(()))
    })
    .await;
    free.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_activates_a_second_one_makes_a_new_pin_and_a_lost_device_is_wiped_by_the_command_line()
 {
    let world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let cli = Cli {
        data: world.folder.path().join("cli"),
    };
    let server = world.server();
    let link =
        bizmitra_server::admin::link(server, company.id, &ravi.code, &world.origin()).unwrap();
    let (exit, said, message) = cli.run(&["activate", "--code", &link], &[PIN]).await;
    assert_eq!(
        (exit, &event(&said, "status")["phase"]),
        (0, &Value::from("unlocked")),
        "{message}"
    );
    let device = || {
        let devices = bizmitra_server::admin::devices(server, company.id).unwrap();
        devices[0].device
    };
    let origin = world.origin();
    let again =
        bizmitra_server::admin::replace(server, company.id, device(), "PIN", &origin).unwrap();
    let (exit, said, message) = cli
        .run(&["activate", "--code", &again.link], &[OTHER_PIN])
        .await;
    assert_eq!(
        (exit, &event(&said, "status")["phase"]),
        (0, &Value::from("unlocked")),
        "{message}"
    );
    let (exit, said, _) = cli.run(&["check-in"], &[PIN]).await;
    assert_eq!(
        (exit, &event(&said, "error")["code"]),
        (3, &Value::from("wrong_pin"))
    );
    let lost = bizmitra_server::admin::DeviceDecision::ReportLost;
    bizmitra_server::admin::decide_about(server, company.id, device(), lost, "").unwrap();
    let (_, said, message) = cli.run(&["sync"], &[]).await;
    assert_eq!(event(&said, "status")["phase"], "wiped", "{message}");
    let (exit, said, _) = cli.run(&["check-in"], &[OTHER_PIN]).await;
    assert_eq!(
        (exit, &event(&said, "error")["code"]),
        (3, &Value::from("wiped"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_asked_for_offline_is_sent_later_and_stands_in_the_export() {
    let mut world = World::new().await.unwrap();
    let company = world.company("Sahyadri Foods").unwrap();
    let ravi = world.person(&company, "Ravi Patil").unwrap();
    let cli = Cli {
        data: world.folder.path().join("cli"),
    };
    let origin = world.origin();
    let activate = ["activate", "--server", &origin, "--code", &ravi.code];
    assert_eq!(cli.run(&activate, &[PIN]).await.0, 0);
    let (exit, said, _) = cli.run(&["check-in", "--without-location"], &[PIN]).await;
    assert_eq!(exit, 0);
    let tap = event(&said, "saved")["id"].as_str().unwrap().to_owned();
    assert_eq!(cli.run(&["watch", "--until-sent"], &[]).await.0, 0);
    let missing = ["correct", "--day", "2026-11-23", "--kind", "check-out"];
    let at = ["--at", "18:05", "--zone", "Asia/Kolkata"];
    let why = ["--why", "Forgot to check out."];
    let whole: Vec<&str> = [missing.as_slice(), &at, &why].concat();

    world.stop_server().await.unwrap();
    let (exit, said, _) = cli.run(&whole, &[PIN]).await;
    assert_eq!(
        (exit, &event(&said, "correction")["about"]),
        (0, &Value::Null)
    );
    let (exit, said, _) = cli.run(&["sync"], &[]).await;
    assert_eq!(
        (exit, &event(&said, "status")["waiting"]),
        (4, &Value::from(1))
    );
    world.start_server().await.unwrap();
    assert_eq!(cli.run(&["watch", "--until-sent"], &[]).await.0, 0);
    // Online too, about a tap that is there, whose day is known.
    let surplus = ["correct", "--tap", &tap, "--why", "Tapped by mistake."];
    let (exit, said, message) = cli.run(&surplus, &[PIN]).await;
    assert_eq!(exit, 0, "{message}");
    assert_eq!(
        event(&said, "correction")["about"],
        Value::from(tap.clone())
    );
    assert_eq!(cli.run(&["watch", "--until-sent"], &[]).await.0, 0);
    assert_eq!(world.taps_of(&ravi).unwrap().len(), 1);

    let file = world.folder.path().join("export.json");
    let file = file.to_str().unwrap();
    assert_eq!(cli.run(&["export", "--output", file], &[PIN]).await.0, 0);
    let (exit, said, _) = cli.run(&["verify", file], &[]).await;
    assert_eq!(exit, 0, "{said:?}");
    let asked: Vec<&Value> = said
        .iter()
        .filter(|object| object["kind"] == "correction")
        .collect();
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|object| object["verdict"] == "confirmed"));
    assert_eq!(asked[0]["should_be"]["kind"], "check_out");
    assert_eq!(asked[0]["should_be"]["wall_ms"], 1_795_437_300_000_i64);
    assert_eq!(asked[1]["about"], Value::from(tap));
    assert_eq!(asked[1]["should_be"], Value::Null);

    for (wrong, exit) in [
        (vec!["correct", "--why", "x"], 2),
        (vec!["correct", "--day", "2026-11-23", "--why", "x"], 2),
        (
            [
                "correct", "--day", "today", "--kind", "check-in", "--at", "9:00",
            ]
            .into_iter()
            .chain(why)
            .collect(),
            3,
        ),
        ([missing.as_slice(), &at, &["--why", " "]].concat(), 3),
        ([missing.as_slice(), &["--at", "25:00"], &why].concat(), 3),
    ] {
        let (found, said, message) = cli.run(&wrong, &[PIN]).await;
        assert_eq!(found, exit, "{wrong:?}: {said:?} {message}");
    }
}

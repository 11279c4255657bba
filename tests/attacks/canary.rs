//! Canaries: a PIN, a token, a position, a code and a name that occur nowhere else go through a whole day; afterwards
//! neither the data folder with its log, nor temporary files, nor logs of every level, nor the memory of the locked
//! process holds any of them in plain. The display name is on the unlock screen and therefore in memory.

mod memory;
mod recorder;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use bizmitra_tests::world::{Person, World};
use libtest_mimic::Trial;
use rusqlite::Connection;

use crate::canary::recorder::Recorder;
use crate::support::attack_on_devices;

const PIN: &str = "83920571";
const WRONG_PIN: &str = "61508394";
const NAME: &str = "Zyxovald Quimperley";
const COMPANY: &str = "Wrocklemyth Foods";
const LATITUDE: f64 = 45.452_931_778_2;
const LONGITUDE: f64 = 14.018_467_539_1;

pub fn trials() -> Vec<Trial> {
    vec![
        attack_on_devices(
            "after a whole day no canary lies in the data folder, in temporary files or in logs",
            on_disk,
        ),
        attack_on_devices(
            "the memory of a process that was used and then locked holds no canary",
            used_and_locked,
        ),
        attack_on_devices(
            "the memory of a process that was never unlocked holds no canary",
            never_unlocked,
        ),
        attack_on_devices(
            "the memory of an unlocked process holds the token: the search finds what is there",
            control,
        ),
    ]
}

/// What is looked for, each in every form that it could have.
struct Canaries(Vec<(&'static str, Vec<u8>)>);

impl Canaries {
    fn new(person: &Person, token: Option<&str>, with_names: bool) -> Self {
        let code: String = person
            .code
            .chars()
            .filter(|letter| *letter != '-')
            .collect();
        let mut all = vec![
            ("the PIN", PIN.into()),
            ("the wrong PIN", WRONG_PIN.into()),
            ("the code", code.into_bytes()),
            ("the code as shown", person.code.clone().into_bytes()),
            ("the latitude", LATITUDE.to_string().into_bytes()),
            ("the longitude", LONGITUDE.to_string().into_bytes()),
            ("the latitude as a number", LATITUDE.to_le_bytes().to_vec()),
            (
                "the longitude as a number",
                LONGITUDE.to_le_bytes().to_vec(),
            ),
        ];
        if let Some(token) = token {
            all.push(("the token", token.into()));
        }
        if with_names {
            all.push(("the name", NAME.into()));
            all.push(("the company", COMPANY.into()));
        }
        Self(all)
    }

    /// Those that occur in these bytes.
    fn find(&self, bytes: &[u8]) -> Vec<&'static str> {
        let occurs = |canary: &[u8]| {
            let first = canary[0];
            let mut rest = bytes;
            while let Some(at) = rest.iter().position(|byte| *byte == first) {
                if rest[at..].starts_with(canary) {
                    return true;
                }
                rest = &rest[at + 1..];
            }
            false
        };
        self.0
            .iter()
            .filter(|(_, canary)| occurs(canary))
            .map(|(name, _)| *name)
            .collect()
    }
}

/// An activated data folder, and what it takes to use it.
struct Scene {
    _world: World,
    recorder: Recorder,
    person: Person,
    folder: PathBuf,
    logs: Vec<u8>,
}

impl Scene {
    async fn new() -> Self {
        let world = World::new().await.unwrap();
        let company = world.company(COMPANY).unwrap();
        let db = Connection::open(world.database()).unwrap();
        db.execute(
            "UPDATE company SET pin_min_digits = 8, pin_max_digits = 8",
            [],
        )
        .unwrap();
        let person = world.person(&company, NAME).unwrap();
        let recorder = Recorder::before(&world.origin()).await;
        let folder = world.folder.path().join("canary");
        std::fs::create_dir_all(folder.join("tmp")).unwrap();
        std::fs::write(folder.join("position"), format!("{LATITUDE} {LONGITUDE}")).unwrap();
        let mut scene = Self {
            recorder,
            person,
            folder,
            logs: Vec::new(),
            _world: world,
        };
        let origin = scene.recorder.origin();
        let code = scene.person.code.clone();
        scene
            .cli(&["activate", "--server", &origin, "--code", &code], &[PIN])
            .await;
        scene
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("TMPDIR", self.folder.join("tmp"))
            .env("BIZMITRA_LOG", "trace")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn cli_command(&self, words: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_device-process"));
        command
            .args(["--json", "--keystore", "file", "--cheap-pin", "--data"])
            .arg(self.data())
            .args(words);
        command
    }

    /// Runs to its end, off the threads that the server lives on; what it logs is kept.
    async fn cli(&mut self, words: &[&str], pins: &[&str]) {
        let mut command = self.cli_command(words);
        let lines: String = pins.iter().map(|pin| format!("{pin}\n")).collect();
        let output = tokio::task::spawn_blocking(move || {
            let mut child = command.spawn().unwrap();
            child
                .stdin
                .take()
                .unwrap()
                .write_all(lines.as_bytes())
                .unwrap();
            child.wait_with_output().unwrap()
        })
        .await
        .unwrap();
        assert!(output.stderr.len() > 100, "it logs");
        self.logs.extend(output.stderr);
    }

    /// A process that stands still once it has said the first line with `word` in it.
    async fn standing(
        &self,
        mut command: Command,
        word: &'static str,
        pins: &'static str,
    ) -> Child {
        tokio::task::spawn_blocking(move || {
            let mut child = command.stderr(Stdio::null()).spawn().unwrap();
            let mut input = child.stdin.take().unwrap();
            input.write_all(pins.as_bytes()).unwrap();
            let mut out = BufReader::new(child.stdout.take().unwrap());
            let mut line = String::new();
            while !line.contains(word) {
                line.clear();
                assert!(
                    out.read_line(&mut line).unwrap() > 0,
                    "it ended instead of saying {word}"
                );
            }
            // Open until it is killed: the end of the input would end it.
            child.stdin = Some(input);
            child.stdout = Some(out.into_inner());
            child
        })
        .await
        .unwrap()
    }

    async fn used_and_locked(&self) -> Child {
        let mut command = self.command(env!("CARGO_BIN_EXE_locked-process"));
        command.arg(self.data()).arg(self.folder.join("position"));
        self.standing(command, "locked", concat!("83920571", "\n"))
            .await
    }
}

fn end(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        if entry.is_dir() {
            found.extend(files(&entry));
        } else {
            found.push(entry);
        }
    }
    found
}

async fn on_disk() {
    let mut scene = Scene::new().await;
    scene.cli(&["consent", "on"], &[PIN]).await;
    scene.cli(&["day"], &[WRONG_PIN]).await;
    scene.cli(&["check-in", "--wait-location"], &[PIN]).await;
    scene.cli(&["sync", "--unlock"], &[PIN]).await;
    scene.cli(&["undo"], &[PIN]).await;
    scene.cli(&["set-pin"], &[PIN, "94617250"]).await;
    scene.cli(&["set-pin"], &["94617250", PIN]).await;
    // With its log: the process that holds the store is alive.
    let child = scene.used_and_locked().await;
    let canaries = Canaries::new(&scene.person, Some(&scene.recorder.token()), true);
    let (mut looked_at, mut log) = (0, false);
    for file in files(&scene.data())
        .into_iter()
        .chain(files(&scene.folder.join("tmp")))
    {
        let bytes = std::fs::read(&file).unwrap();
        looked_at += bytes.len();
        log |= file.to_string_lossy().ends_with("-wal") && bytes.len() > 4_096;
        assert_eq!(canaries.find(&bytes), [""; 0], "{}", file.display());
    }
    assert!(
        looked_at > 100_000 && log,
        "{looked_at} bytes, with a log: {log}"
    );
    assert!(scene.logs.len() > 10_000, "the logs of every level");
    assert_eq!(canaries.find(&scene.logs), [""; 0], "in the logs");
    end(child);
}

async fn used_and_locked() {
    let scene = Scene::new().await;
    let child = scene.used_and_locked().await;
    let canaries = Canaries::new(&scene.person, Some(&scene.recorder.token()), false);
    // The connection is closed by a task of its own, a moment after the lock.
    let mut found = Vec::new();
    for _ in 0..30 {
        found = memory::search(child.id(), |bytes| canaries.find(bytes));
        if found.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    end(child);
    assert_eq!(found, [] as [String; 0]);
}

async fn never_unlocked() {
    let scene = Scene::new().await;
    let child = scene
        .standing(scene.cli_command(&["watch"]), "status", "")
        .await;
    let canaries = Canaries::new(&scene.person, Some(&scene.recorder.token()), false);
    let found = memory::search(child.id(), |bytes| canaries.find(bytes));
    end(child);
    assert_eq!(found, [] as [String; 0]);
}

async fn control() {
    let scene = Scene::new().await;
    let before = scene.recorder.tokens();
    let child = scene
        .standing(
            scene.cli_command(&["watch", "--unlock"]),
            "all_sent",
            concat!("83920571", "\n"),
        )
        .await;
    let token = scene.recorder.token_after(before).await;
    let canaries = Canaries::new(&scene.person, Some(&token), true);
    let found = memory::search(child.id(), |bytes| canaries.find(bytes)).join("\n");
    end(child);
    for canary in ["the token", "the name"] {
        assert!(found.contains(canary), "{found}");
    }
}

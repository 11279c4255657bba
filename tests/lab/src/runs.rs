//! Many worlds, and the bugs that some of them must catch.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use bizmitra_core::planted as core_planted;
use bizmitra_server::planted as server_planted;

use crate::Arguments;
use crate::network::{Carriage, network};
use crate::report::Sum;
use crate::template::Template;
use crate::trace;
use crate::worker::Worker;
use crate::world::{self, Outcome};

/// A bug of the device or of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bug {
    Device(core_planted::Bug),
    Server(server_planted::Bug),
}

impl Bug {
    fn all() -> Vec<Self> {
        let device = core_planted::Bug::ALL.into_iter().map(Self::Device);
        device
            .chain(server_planted::Bug::ALL.into_iter().map(Self::Server))
            .collect()
    }

    fn name(self) -> String {
        match self {
            Self::Device(bug) => format!("{bug:?}"),
            Self::Server(bug) => format!("Server{bug:?}"),
        }
    }

    fn plant(self) {
        match self {
            Self::Device(bug) => core_planted::plant(bug),
            Self::Server(bug) => server_planted::plant(bug),
        }
    }
}

fn prepare() -> Result<Template> {
    bizmitra_client::hostile::carry_with(Arc::new(Carriage(Arc::clone(network()))));
    runtime()?.block_on(Template::make())
}

/// One thread, time that passes only while everybody waits, and one further thread for what blocks.
fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .max_blocking_threads(1)
        .build()?)
}

fn run(template: &Template, seed: u64, bug: Option<Bug>, shown: bool) -> Result<Outcome> {
    if let Some(bug) = bug {
        bug.plant();
    }
    trace::begin(shown);
    let name = format!("world{seed}-{}", std::process::id());
    let runtime = runtime()?;
    let outcome = runtime.block_on(world::run(template, seed, &name));
    // Late requests may still be on their way.
    runtime.shutdown_background();
    crate::syscalls::outside(|| fs::remove_dir_all(template.folder().join(name)).ok());
    outcome
}

/// One world, told.
pub fn tell(seed: u64, bug: Option<&str>) -> Result<()> {
    let bug = bug
        .map(|name| {
            Bug::all()
                .into_iter()
                .find(|bug| bug.name() == name)
                .with_context(|| format!("no bug is called {name}"))
        })
        .transpose()?;
    let template = prepare()?;
    let outcome = run(&template, seed, bug, true)?;
    say(&format!("{outcome:#?}"));
    ensure!(
        outcome.problems.is_empty(),
        "{} problems",
        outcome.problems.len()
    );
    Ok(())
}

fn say(line: &str) {
    eprintln!("{line}");
}

/// Runs worlds of rising seeds until `next` gives none or `seen` says that it is enough.
fn many(
    template: &Template,
    jobs: usize,
    bug: Option<Bug>,
    mut next: impl FnMut() -> Option<u64>,
    mut seen: impl FnMut(u64, Outcome) -> bool,
) -> Result<()> {
    let mut running: Vec<(u64, Worker)> = Vec::new();
    let mut enough = false;
    loop {
        while !enough && running.len() < jobs.max(1) {
            let Some(seed) = next() else { break };
            let worker = Worker::start(|| {
                let outcome = run(template, seed, bug, false).unwrap_or_else(|error| Outcome {
                    problems: vec![format!("lab: {error:#}")],
                    ..Outcome::default()
                });
                serde_json::to_vec(&outcome).unwrap_or_default()
            })?;
            running.push((seed, worker));
        }
        if running.is_empty() {
            return Ok(());
        }
        let mut left = Vec::new();
        for (seed, mut worker) in running {
            match worker.poll() {
                None => left.push((seed, worker)),
                Some(said) => {
                    let outcome = serde_json::from_slice(&said).unwrap_or_else(|_| Outcome {
                        problems: vec!["stuck: the world ended without a word".to_owned()],
                        ..Outcome::default()
                    });
                    enough |= seen(seed, outcome);
                }
            }
        }
        running = left;
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Sound worlds first, then those with a bug each.
pub fn all(arguments: &Arguments) -> Result<()> {
    let template = prepare()?;
    let sum = sound(&template, arguments)?;
    let differing = repeat(&template, arguments)?;
    let bugs = if arguments.planted > 0 {
        Bug::all()
    } else {
        Vec::new()
    };
    let mut caught = Vec::new();
    for bug in &bugs {
        match catch(&template, arguments, *bug)? {
            Some((seed, problem)) => {
                let problem = problem.split(": ").next().unwrap_or_default().to_owned();
                caught.push(format!(
                    "{}: caught by world {seed} ({problem})",
                    bug.name()
                ));
                caught.iter().last().into_iter().for_each(|line| say(line));
            }
            None => say(&format!("{}: not caught", bug.name())),
        }
    }
    let line = sum.line(caught.len(), bugs.len());
    if let Some(file) = &arguments.report {
        fs::write(
            file,
            sum.page(&arguments.commit, &arguments.date, &caught, &line),
        )?;
    }
    say(&line);
    ensure!(
        differing == 0,
        "{differing} worlds were different the second time"
    );
    ensure!(
        caught.len() == bugs.len(),
        "{} bugs were not caught",
        bugs.len() - caught.len()
    );
    if let Some(first) = sum.failed.first() {
        bail!(
            "{} worlds failed, the first with seed {first}",
            sum.failed.len()
        );
    }
    Ok(())
}

/// Worlds without a bug of ours, until one of the limits is met.
fn sound(template: &Template, arguments: &Arguments) -> Result<Sum> {
    let began = Instant::now();
    let state = arguments.state.as_deref();
    let sum = RefCell::new(Sum::load(state, arguments.from)?);
    let last = arguments
        .seeds
        .map_or(u64::MAX, |seeds| arguments.from.saturating_add(seeds));
    let time = arguments.seconds.map_or(Duration::MAX, Duration::from_secs);
    let enough = |sum: &Sum| {
        sum.total.crashes >= arguments.crashes && sum.total.deliveries >= arguments.deliveries
    };
    many(
        template,
        arguments.jobs,
        None,
        || {
            let mut sum = sum.borrow_mut();
            if sum.next >= last || began.elapsed() >= time || enough(&sum) {
                return None;
            }
            sum.next += 1;
            Some(sum.next - 1)
        },
        |seed, outcome| {
            for problem in &outcome.problems {
                say(&format!("seed {seed}: {problem}"));
            }
            if !outcome.problems.is_empty() {
                say(&format!(
                    "replay: cargo xtask faults --suite lab --seed {seed}"
                ));
            }
            let mut sum = sum.borrow_mut();
            sum.add(seed, &outcome);
            if sum.seeds.is_multiple_of(100) {
                say(&sum.line(0, 0));
                if let Err(error) = sum.save(state) {
                    say(&format!("the state was not kept: {error:#}"));
                }
            }
            false
        },
    )?;
    let sum = sum.into_inner();
    sum.save(state)?;
    Ok(sum)
}

/// The first worlds once more, twice: their traces must be the same.
fn repeat(template: &Template, arguments: &Arguments) -> Result<usize> {
    let mut traces: BTreeMap<u64, String> = BTreeMap::new();
    let mut differing = 0;
    let mut runs = 0;
    many(
        template,
        arguments.jobs,
        None,
        || {
            runs += 1;
            (runs <= 2 * arguments.repeated).then_some(arguments.from + (runs - 1) / 2)
        },
        |seed, outcome| {
            if let Some(before) = traces.insert(seed, outcome.trace.clone())
                && before != outcome.trace
            {
                say(&format!(
                    "seed {seed}: trace {before}, then {}",
                    outcome.trace
                ));
                differing += 1;
            }
            false
        },
    )?;
    Ok(differing)
}

fn catch(template: &Template, arguments: &Arguments, bug: Bug) -> Result<Option<(u64, String)>> {
    let mut found = None;
    let mut seed = 0;
    many(
        template,
        arguments.jobs,
        Some(bug),
        || {
            seed += 1;
            (seed <= arguments.planted).then_some(seed)
        },
        |seed, outcome| {
            if let Some(problem) = outcome.problems.first()
                && found.is_none()
            {
                found = Some((seed, problem.clone()));
            }
            found.is_some()
        },
    )?;
    Ok(found)
}

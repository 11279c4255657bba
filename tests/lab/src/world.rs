//! One world: what happens to five phones and a server, drawn from a seed, and what must be true afterwards.

mod check;
mod mishap;

use std::time::Duration;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::clock::{self, now_ms};
use crate::disk::Disk;
use crate::network::{Weather, network};
use crate::phone::{End, Phone};
use crate::random::{Random, seed_all};
use crate::site::Site;
use crate::template::{BEGIN_MS, PHONES, Template};
use crate::trace;

/// With faults off, everything must have arrived after so long.
const LIVE_WITHIN_MS: u64 = 30 * 60_000;

/// Longer than the time between two looks for news.
const QUIET_MS: u64 = 150_000;
/// Longer than any wait between two tries to reach a server that was failing.
const LONGEST_WAIT_MS: u64 = 16 * 60_000;

/// What came of a world.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// Hash of all that happened.
    pub trace: String,
    /// Processes that died: killed at an operation, at a request, or with the power.
    pub crashes: u64,
    /// Of them by a power cut.
    pub power_cuts: u64,
    /// Of them while starting after another one.
    pub in_recovery: u64,
    /// Items that reached the server, each time.
    pub deliveries: u64,
    /// Exchanges.
    pub exchanges: u64,
    /// Of them with a wrong answer.
    pub wrong_answers: u64,
    /// Operations of disks that failed or found no room.
    pub disk_errors: u64,
    /// Restores of the server.
    pub restores: u64,
    /// Records that were promised.
    pub saved: u64,
    /// Virtual milliseconds.
    pub virtual_ms: u64,
    /// From faults off until everything had arrived.
    pub settled_ms: u64,
    /// What must not be. The first word says of which kind: lost, duplicated, corrupt, stuck.
    pub problems: Vec<String>,
}

/// A world while it runs.
pub struct World<'a> {
    template: &'a Template,
    random: Random,
    site: Site,
    phones: Vec<Phone>,
    /// Kinds of mishaps that this world has.
    kinds: u64,
    has_backup: bool,
    outcome: Outcome,
}

/// Runs the world of a seed.
///
/// # Errors
/// When the lab itself fails.
pub async fn run(template: &Template, seed: u64, name: &str) -> Result<Outcome> {
    let folders = template.copy(name)?;
    clock::begin_at(BEGIN_MS);
    seed_all(seed, PHONES);
    let disks: Vec<_> = (0..PHONES)
        .map(|number| Disk::attach(&folders.phone(number), Random::new(seed, 1 + number as u64)))
        .collect();
    network().begin(Random::new(seed, 50), disks.clone());
    let server_disk = Disk::attach(&folders.server(), Random::new(seed, 51));
    let mut random = Random::new(seed, 52);
    let phones = disks
        .into_iter()
        .enumerate()
        .map(|(number, disk)| {
            let prepared = template.phones[number].clone();
            Phone::new(number, folders.phone(number), disk, prepared)
        })
        .collect();
    let mut world = World {
        template,
        kinds: random.next() | random.next(),
        random,
        site: Site::new(folders.server(), folders.backup(), server_disk),
        phones,
        has_backup: false,
        outcome: Outcome::default(),
    };
    world.site.start();
    for phone in &mut world.phones {
        phone.start().await;
    }
    world.live().await?;
    world.settle().await?;
    world.check(&folders).await?;
    Ok(world.finish())
}

impl World<'_> {
    /// Days of mishaps.
    async fn live(&mut self) -> Result<()> {
        let steps = 30 + self.random.below(60);
        for _ in 0..steps {
            self.bury().await?;
            self.mishap().await?;
            let most = self.random.pick(&[50, 500, 5_000, 60_000]);
            tokio::time::sleep(Duration::from_millis(self.random.below(most))).await;
        }
        Ok(())
    }

    /// Whoever died starts again, if it can; it may die over it.
    async fn bury(&mut self) -> Result<()> {
        for number in 0..self.phones.len() {
            if self.phones[number].disk.is_dead() || self.phones[number].device.is_none() {
                self.start_again(number).await?;
            }
        }
        if self.site.disk.is_dead() || self.site.server().is_none() {
            self.start_server_again().await?;
        }
        Ok(())
    }

    fn end(&mut self) -> End {
        self.outcome.crashes += 1;
        if self.random.chance(50) {
            self.outcome.power_cuts += 1;
            End::PowerCut
        } else {
            End::Kill
        }
    }

    async fn start_again(&mut self, number: usize) -> Result<()> {
        for attempt in 0..4 {
            if self.phones[number].disk.is_dead() {
                let end = self.end();
                self.phones[number].stop(end).await?;
                if attempt > 0 {
                    self.outcome.in_recovery += 1;
                }
            }
            // One that is asleep for a while.
            if self.random.chance(20) {
                return Ok(());
            }
            let plan = self.plan_of_start();
            self.phones[number].disk.order(plan);
            if self.phones[number].start().await {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn start_server_again(&mut self) -> Result<()> {
        for attempt in 0..4 {
            if self.site.disk.is_dead() {
                let end = self.end();
                self.site.stop(end).await?;
                if attempt > 0 {
                    self.outcome.in_recovery += 1;
                }
            }
            if self.random.chance(20) {
                return Ok(());
            }
            let plan = self.plan_of_start();
            self.site.disk.order(plan);
            if self.site.start() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Faults off: everything must arrive by itself. A phone that is off is switched on, and that is all.
    async fn settle(&mut self) -> Result<()> {
        trace::note("faults off");
        network().set_weather(Weather::Fine);
        for disk in self
            .phones
            .iter()
            .map(|phone| &phone.disk)
            .chain([&self.site.disk])
        {
            disk.order(crate::disk::Plan::default());
            disk.leave_room(None);
        }
        let began = now_ms();
        let mut busy = began;
        // A restored server is noticed by a look for news, for which a phone may have to wait.
        let quiet_ms = if self.outcome.restores > 0 {
            LONGEST_WAIT_MS
        } else {
            QUIET_MS
        };
        while busy - began < LIVE_WITHIN_MS && now_ms() - busy < quiet_ms {
            self.switch_on().await?;
            tokio::time::sleep(Duration::from_secs(5)).await;
            if self.phones.iter().any(Phone::is_waiting) {
                busy = now_ms();
            }
        }
        self.outcome.settled_ms = busy - began;
        for number in 0..self.phones.len() {
            let phone = &self.phones[number];
            let said = phone.said();
            trace::note(&format!("phone {number}: {said}"));
            if phone.is_waiting() {
                self.problem(&format!("stuck: phone {number} after 30 minutes: {said}"));
            }
        }
        Ok(())
    }

    /// What died over its last request, or was off, starts; what is locked is opened.
    async fn switch_on(&mut self) -> Result<()> {
        if self.site.disk.is_dead() {
            let end = self.end();
            self.site.stop(end).await?;
        }
        if self.site.server().is_none() && !self.site.start() {
            self.problem("corrupt: the server does not start");
        }
        for number in 0..self.phones.len() {
            if self.phones[number].disk.is_dead() {
                let end = self.end();
                self.phones[number].stop(end).await?;
            }
            if self.phones[number].device.is_none() && !self.phones[number].start().await {
                self.problem(&format!("corrupt: phone {number} does not start"));
            }
            self.phones[number].unlock();
        }
        Ok(())
    }

    fn problem(&mut self, what: &str) {
        trace::note(what);
        self.outcome.problems.push(what.to_owned());
    }

    fn finish(mut self) -> Outcome {
        let counts = network().counts();
        self.outcome.deliveries = counts.deliveries;
        self.outcome.exchanges = counts.exchanges;
        self.outcome.wrong_answers = counts.wrong;
        if counts.impatient > 0 {
            self.problem("stuck: a batch was sent before the server's Retry-After");
        }
        let disks = self
            .phones
            .iter()
            .map(|phone| &phone.disk)
            .chain([&self.site.disk]);
        self.outcome.disk_errors = disks
            .map(|disk| disk.counts().failed + disk.counts().full)
            .sum();
        let disks = self
            .phones
            .iter()
            .map(|phone| &phone.disk)
            .chain([&self.site.disk]);
        for disk in disks {
            let counts = disk.counts();
            trace::note(&format!(
                "a disk: {} changes, {} syncs",
                counts.changes, counts.syncs
            ));
        }
        let problems: Vec<String> = self
            .phones
            .iter_mut()
            .flat_map(|phone| std::mem::take(&mut phone.problems))
            .collect();
        problems.iter().for_each(|problem| self.problem(problem));
        self.outcome.virtual_ms = now_ms() - BEGIN_MS;
        self.outcome.trace = trace::hash();
        self.outcome
    }
}

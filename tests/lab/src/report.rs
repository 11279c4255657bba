//! What many worlds came to, kept between runs, and the page that tells it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::world::Outcome;

/// Sums over worlds.
#[derive(Default, Serialize, Deserialize)]
pub struct Sum {
    /// Worlds.
    pub seeds: u64,
    /// The next world.
    pub next: u64,
    /// Their figures.
    pub total: Outcome,
    /// How often which kind of problem.
    pub kinds: BTreeMap<String, u64>,
    /// The longest until everything had arrived, with faults off.
    pub slowest_ms: u64,
    /// Seeds of worlds that had problems.
    pub failed: Vec<u64>,
}

impl Sum {
    /// What an earlier run came to, or nothing.
    pub fn load(file: Option<&Path>, from: u64) -> Result<Self> {
        match file.filter(|file| file.exists()) {
            Some(file) => Ok(serde_json::from_slice(&fs::read(file)?)?),
            None => Ok(Self {
                next: from,
                ..Self::default()
            }),
        }
    }

    /// For the next run.
    pub fn save(&self, file: Option<&Path>) -> Result<()> {
        if let Some(file) = file {
            let part = file.with_extension("part");
            fs::write(&part, serde_json::to_vec_pretty(self)?)?;
            fs::rename(part, file)?;
        }
        Ok(())
    }

    /// One more world.
    pub fn add(&mut self, seed: u64, outcome: &Outcome) {
        self.seeds += 1;
        let total = &mut self.total;
        total.crashes += outcome.crashes;
        total.power_cuts += outcome.power_cuts;
        total.in_recovery += outcome.in_recovery;
        total.deliveries += outcome.deliveries;
        total.exchanges += outcome.exchanges;
        total.wrong_answers += outcome.wrong_answers;
        total.disk_errors += outcome.disk_errors;
        total.restores += outcome.restores;
        total.saved += outcome.saved;
        total.virtual_ms += outcome.virtual_ms;
        self.slowest_ms = self.slowest_ms.max(outcome.settled_ms);
        for problem in &outcome.problems {
            let kind = problem.split(':').next().unwrap_or_default();
            *self.kinds.entry(kind.to_owned()).or_default() += 1;
        }
        if !outcome.problems.is_empty() {
            self.failed.push(seed);
        }
    }

    /// Problems of one kind.
    pub fn of(&self, kind: &str) -> u64 {
        self.kinds.get(kind).copied().unwrap_or(0)
    }

    /// The last line.
    pub fn line(&self, caught: usize, planted: usize) -> String {
        format!(
            "seeds={} crashes={} deliveries={} lost={} duplicated={} corrupt={} stuck={} planted_caught={caught}/{planted}",
            self.seeds,
            self.total.crashes,
            self.total.deliveries,
            self.of("lost"),
            self.of("duplicated"),
            self.of("corrupt"),
            self.of("stuck"),
        )
    }

    /// The page for `docs/`.
    pub fn page(&self, commit: &str, date: &str, caught: &[String], line: &str) -> String {
        let total = &self.total;
        let mut rows = vec![
            format!(
                "# Reliability\n\nMade by `cargo xtask faults --suite lab --full` on {date}, commit {commit}.\n"
            ),
            format!("```text\n{line}\n```\n"),
            "| what | how much |\n|---|---|".to_owned(),
            format!(
                "| worlds, five phones and a server each | {} (seeds up to {}) |",
                self.seeds,
                self.next.saturating_sub(1)
            ),
            format!("| processes that died | {} |", total.crashes),
            format!(
                "| of them with the power, unsynced sectors and names lost, torn or out of order | {} |",
                total.power_cuts
            ),
            format!(
                "| of them while starting after another crash | {} |",
                total.in_recovery
            ),
            format!(
                "| file operations that failed or found no room | {} |",
                total.disk_errors
            ),
            format!("| exchanges over the network | {} |", total.exchanges),
            format!("| of them with a wrong answer | {} |", total.wrong_answers),
            format!(
                "| deliveries of an item to the server | {} |",
                total.deliveries
            ),
            format!(
                "| restores of the server from a backup | {} |",
                total.restores
            ),
            format!("| taps that were told to be saved | {} |", total.saved),
            format!("| virtual hours | {} |", total.virtual_ms / 3_600_000),
            format!(
                "| longest until everything had arrived, faults off | {} s |",
                self.slowest_ms / 1000
            ),
            String::new(),
            "## Planted bugs\n".to_owned(),
        ];
        rows.extend(caught.iter().map(|bug| format!("* {bug}")));
        rows.push(include_str!("../LIMITS.md").to_owned());
        rows.join("\n")
    }
}

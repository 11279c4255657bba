//! What can happen to a world, and how often.

use std::time::Duration;

use anyhow::Result;
use bizmitra_server::admin;

use super::World;
use crate::disk::Plan;
use crate::network::{Weather, network};
use crate::trace;

const DAY_MS: u64 = 86_400_000;

/// Kinds that a world may be without: a fault that always comes can hide another one.
#[derive(Clone, Copy)]
enum Kind {
    PhoneDies,
    PhoneDisk,
    FullDisk,
    ServerDies,
    ServerDisk,
    Restore,
    Clocks,
    Weather,
    Recovery,
    Versions,
}

impl World<'_> {
    fn has(&self, kind: Kind) -> bool {
        self.kinds >> (kind as u32) & 1 == 1
    }

    /// Faults that wait for a process that starts after a crash.
    pub(super) fn plan_of_start(&mut self) -> Plan {
        let mut plan = Plan::default();
        if self.has(Kind::Recovery) && self.random.chance(30) {
            plan.die_in = Some(self.random.below(40));
        }
        if self.has(Kind::Recovery) && self.random.chance(5) {
            plan.fail_in = Some(self.random.below(30));
        }
        plan
    }

    /// One thing happens.
    pub(super) async fn mishap(&mut self) -> Result<()> {
        let number = self.random.index(self.phones.len());
        match self.random.below(100) {
            0..=39 => {
                let taps = self.random.pick(&[1, 1, 1, 4]);
                for _ in 0..taps {
                    self.phones[number].tap(&mut self.random);
                }
            }
            40..=43 => self.phones[number].undo(),
            44..=53 if self.has(Kind::PhoneDies) => {
                let most = self.random.pick(&[6, 20, 80]);
                let plan = Plan {
                    die_in: Some(self.random.below(most)),
                    ..Plan::default()
                };
                trace::note(&format!("phone {number}: {plan:?}"));
                self.phones[number].disk.order(plan);
            }
            54..=57 if self.has(Kind::PhoneDies) => {
                self.phones[number].disk.kill();
                self.start_again(number).await?;
            }
            58..=60 if self.has(Kind::Versions) => {
                self.phones[number].close().await?;
                if self.random.chance(50) {
                    self.phones[number].upgrade();
                }
                self.start_again(number).await?;
            }
            61..=63 if self.has(Kind::Clocks) => {
                let span = self.random.pick(&[60_000, 3_600_000, DAY_MS, 3 * DAY_MS]);
                let off = i64::try_from(self.random.below(span)).unwrap_or(0);
                let off = if self.random.chance(50) { -off } else { off };
                trace::note(&format!("phone {number}: clock off by {off} ms"));
                self.phones[number].clock.set_wall_off_by_ms(off);
            }
            64..=68 if self.has(Kind::PhoneDisk) => {
                let plan = self.plan_of_errors();
                trace::note(&format!("phone {number}: {plan:?}"));
                self.phones[number].disk.order(plan);
            }
            69..=71 if self.has(Kind::FullDisk) => {
                let room = self.random.chance(70).then(|| self.random.below(24_000));
                trace::note(&format!("phone {number}: room for {room:?}"));
                self.phones[number].disk.leave_room(room);
            }
            72..=78 if self.has(Kind::Weather) => {
                let percent = self.random.pick(&[5, 20, 50, 80]);
                let weather = self.random.pick(&[
                    Weather::Fine,
                    Weather::Bad(percent),
                    Weather::Bad(percent),
                    Weather::None,
                ]);
                trace::note(&format!("{weather:?}"));
                network().set_weather(weather);
            }
            79..=82 if self.has(Kind::ServerDies) => {
                let plan = Plan {
                    die_in: Some(self.random.below(40)),
                    ..Plan::default()
                };
                trace::note(&format!("server: {plan:?}"));
                self.site.disk.order(plan);
            }
            83..=84 if self.has(Kind::ServerDisk) => {
                let plan = self.plan_of_errors();
                trace::note(&format!("server: {plan:?}"));
                self.site.disk.order(plan);
            }
            85 if self.has(Kind::ServerDisk) => {
                let room = self.random.chance(60).then(|| self.random.below(24_000));
                trace::note(&format!("server: room for {room:?}"));
                self.site.disk.leave_room(room);
            }
            86..=88 if self.has(Kind::Restore) => self.back_up_or_restore().await?,
            89..=92 => {
                if let Some(device) = self.phones[number].device.clone() {
                    match self.random.below(3) {
                        0 => device.on_network_change(),
                        1 => device.on_background(),
                        _ => device.on_foreground(),
                    }
                }
            }
            93..=94 => {
                if let Some(device) = self.phones[number].device.clone() {
                    // A phone that dies over it never answers.
                    let synced =
                        tokio::time::timeout(Duration::from_secs(90), device.sync_now()).await;
                    trace::note(&format!("phone {number}: sync now {}", synced.is_ok()));
                }
            }
            95..=96 => {
                let minutes = self.random.pick(&[5, 20, 20, 60, 13 * 60]);
                if minutes > 60 {
                    // A night: the phones are locked.
                    let devices = self.phones.iter().filter_map(|phone| phone.device.as_ref());
                    devices.for_each(bizmitra_device::Device::on_background);
                }
                tokio::time::sleep(Duration::from_secs(60 * self.random.below(minutes))).await;
            }
            97 => {
                if let Some(server) = self.site.server() {
                    let rotated = admin::rotate_sealing_key(server, self.template.company);
                    trace::note(&format!("server: another sealing key {}", rotated.is_ok()));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn plan_of_errors(&mut self) -> Plan {
        let after = self.random.below(30);
        match self.random.below(3) {
            0 => Plan {
                fail_in: Some(after),
                ..Plan::default()
            },
            1 => Plan {
                fail_sync_in: Some(after / 4),
                ..Plan::default()
            },
            _ => Plan {
                fail_read_in: Some(after),
                ..Plan::default()
            },
        }
    }

    async fn back_up_or_restore(&mut self) -> Result<()> {
        if self.site.disk.is_dead() {
            return Ok(());
        }
        self.site.close().await?;
        if self.has_backup && self.random.chance(50) {
            self.site.restore()?;
            self.outcome.restores += 1;
        } else {
            self.site.back_up()?;
            self.has_backup = true;
        }
        self.start_server_again().await
    }
}

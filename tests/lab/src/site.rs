//! The server of a world: started, killed, cut from power, backed up and restored.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use bizmitra_server::{Server, ServerConfig, router};

use crate::clock::ServerClock;
use crate::disk::Disk;
use crate::network::network;
use crate::phone::{End, wait_for_files};
use crate::syscalls::outside;
use crate::trace;

/// The database's files: what a backup holds.
const DATABASE: &[&str] = &["bizmitra.db", "bizmitra.db-wal"];

/// The one server of a world.
pub struct Site {
    folder: PathBuf,
    backup: PathBuf,
    /// Its disk.
    pub disk: Arc<Disk>,
    server: Option<Server>,
}

impl Site {
    /// A server that is off.
    pub fn new(folder: PathBuf, backup: PathBuf, disk: Arc<Disk>) -> Self {
        Self {
            folder,
            backup,
            disk,
            server: None,
        }
    }

    /// Its inside, while it runs.
    pub fn server(&self) -> Option<&Server> {
        self.server.as_ref()
    }

    /// Starts it; `false` when it died over it or its disk failed.
    pub fn start(&mut self) -> bool {
        let opened = Server::open(ServerConfig::loopback(&self.folder), Arc::new(ServerClock));
        let said = opened
            .as_ref()
            .map(Server::epoch)
            .map_err(ToString::to_string);
        trace::note(&format!("server: start {said:?}"));
        let Ok(server) = opened else { return false };
        if self.disk.is_dead() {
            return false;
        }
        network().serve(Some((router(server.clone()), Arc::clone(&self.disk))));
        self.server = Some(server);
        true
    }

    /// Ends the process where it stands.
    pub async fn stop(&mut self, end: End) -> Result<()> {
        trace::note(&format!("server: {end:?}"));
        self.disk.kill();
        network().serve(None);
        self.server = None;
        wait_for_files(&self.disk)
            .await
            .context("a dead server's files")?;
        if end == End::PowerCut {
            self.disk.cut_power();
        }
        self.disk.revive();
        Ok(())
    }

    /// Ends it in order.
    pub async fn close(&mut self) -> Result<()> {
        network().serve(None);
        self.server = None;
        wait_for_files(&self.disk)
            .await
            .context("a closed server's files")
    }

    /// Copies its database while it is off.
    pub fn back_up(&self) -> Result<()> {
        trace::note("server: backup");
        outside(|| {
            fs::create_dir_all(&self.backup)?;
            for name in DATABASE {
                fs::remove_file(self.backup.join(name)).ok();
                if self.folder.join(name).exists() {
                    fs::copy(self.folder.join(name), self.backup.join(name))?;
                }
            }
            Ok(())
        })
    }

    /// Puts the backup in the place of its database while it is off; keys and marker stay.
    pub fn restore(&self) -> Result<()> {
        trace::note("server: restore");
        outside(|| -> Result<()> {
            for name in DATABASE {
                fs::remove_file(self.folder.join(name)).ok();
                if self.backup.join(name).exists() {
                    fs::copy(self.backup.join(name), self.folder.join(name))?;
                }
            }
            fs::remove_file(self.folder.join("bizmitra.db-shm")).ok();
            Ok(())
        })?;
        self.disk.take_over();
        Ok(())
    }
}

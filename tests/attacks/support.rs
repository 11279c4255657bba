//! What attacks share: a sentence with a runtime of its own, and everything that a server holds.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;

use libtest_mimic::Trial;
use rusqlite::{Connection, OpenFlags};
use tokio::runtime::{Builder, Runtime};

/// An attack that needs no runtime.
pub fn check(sentence: impl Into<String>, case: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(sentence, move || {
        case();
        Ok(())
    })
}

/// An attack on a router that is called without a socket.
pub fn attack<F: Future<Output = ()>>(
    sentence: impl Into<String>,
    case: impl FnOnce() -> F + Send + 'static,
) -> Trial {
    check(sentence, move || runtime().block_on(case()))
}

/// An attack among real devices and a real socket.
pub fn attack_on_devices<F: Future<Output = ()>>(
    sentence: impl Into<String>,
    case: impl FnOnce() -> F + Send + 'static,
) -> Trial {
    check(sentence, move || {
        let mut threads = Builder::new_multi_thread();
        let runtime = threads.worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(case());
    })
}

/// One thread is enough for a router.
pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Every row of every table of a server, to be compared: what a refused request leaves is this, to the byte.
pub fn everything(data: &Path) -> BTreeMap<String, Vec<String>> {
    let db =
        Connection::open_with_flags(data.join("bizmitra.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)
            .unwrap();
    let mut tables = db
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        .unwrap();
    let names: Vec<String> = tables
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert!(names.len() > 10, "the server's tables were found");
    names
        .into_iter()
        .map(|name| {
            let rows = rows_of(&db, &name);
            (name, rows)
        })
        .collect()
}

/// Every row of one table, in a fixed order.
pub fn rows_of(db: &Connection, table: &str) -> Vec<String> {
    let mut statement = db.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let columns = statement.column_count();
    let mut rows: Vec<String> = statement
        .query_map([], |row| {
            let cells: Result<Vec<_>, _> = (0..columns)
                .map(|column| row.get_ref(column).map(|cell| format!("{cell:?}")))
                .collect();
            cells.map(|cells| cells.join(" "))
        })
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    rows.sort();
    rows
}

/// The rows of what records write.
pub fn kept_records(data: &Path) -> Vec<Vec<String>> {
    let mut all = everything(data);
    [
        "ingest",
        "content",
        "chain",
        "tap",
        "evidence",
        "withdrawal",
        "consent",
        "change",
    ]
    .into_iter()
    .map(|table| all.remove(table).unwrap())
    .collect()
}

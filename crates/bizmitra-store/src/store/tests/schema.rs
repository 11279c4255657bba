//! `docs/schema.sql` says of every column what it means, and nothing else.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::*;

const DOCUMENTED: &str = include_str!("../../../../../docs/schema.sql");

/// `table.column type not-null primary-key-place` and `index on table: columns`.
fn shape(conn: &Connection) -> BTreeSet<String> {
    let mut statement = conn
        .prepare(
            "SELECT t.name || '.' || c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' ' || c.pk
             FROM sqlite_schema t JOIN pragma_table_xinfo(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'
             UNION ALL
             SELECT i.name || ' on ' || i.tbl_name || ': ' || group_concat(c.name, ', ')
                    || ' ' || coalesce(substr(i.sql, instr(i.sql, ' WHERE ')), '')
             FROM sqlite_schema i JOIN pragma_index_info(i.name) c WHERE i.type = 'index' GROUP BY i.name",
        )
        .unwrap();
    statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

#[test]
fn the_documented_schema_is_the_real_one() {
    let (_folder, store) = started();
    let documented = Connection::open_in_memory().unwrap();
    documented.execute_batch(DOCUMENTED).unwrap();
    let (real, documented) = (store.with_connection(shape), shape(&documented));
    assert!(real.len() > 40);
    assert_eq!(
        real.difference(&documented).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "missing in docs/schema.sql"
    );
    assert_eq!(
        documented.difference(&real).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "surplus in docs/schema.sql"
    );
}

#[test]
fn every_column_and_table_has_a_comment() {
    let columns = DOCUMENTED.lines().filter(|line| {
        line.starts_with("    ") && !line.trim_start().starts_with(|c: char| c.is_uppercase())
    });
    let mut seen = 0;
    for column in columns {
        let comment = column
            .split_once(" -- ")
            .map(|(_, comment)| comment.trim())
            .unwrap_or_default();
        assert!(comment.len() > 3, "no comment: {column}");
        seen += 1;
    }
    let (_folder, store) = started();
    let real: usize = store.with_connection(|conn| {
        conn.query_row(
            "SELECT count(*) FROM sqlite_schema t JOIN pragma_table_xinfo(t.name) WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'",
            [],
            |row| row.get(0),
        )
        .unwrap()
    });
    assert_eq!(seen, real, "one line a column");
    let lines: Vec<_> = DOCUMENTED.lines().collect();
    for pair in lines
        .windows(2)
        .filter(|pair| pair[1].starts_with("CREATE "))
    {
        assert!(pair[0].starts_with("-- "), "no comment above: {}", pair[1]);
    }
}

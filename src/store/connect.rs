//! Opens connections: folders, permissions, and the settings on which durability rests.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::store::fault::{Fault, Worked, foreign};
use crate::store::open::OpenOptions;
use crate::store::schema;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

/// How often the switch to WAL is tried while other processes open the same new file.
const WAL_TRIES: usize = 50;
/// The smallest page of a SQLite file, in bytes.
const SHORTEST_DATABASE: u64 = 512;
/// Statements kept compiled in each connection.
const STATEMENTS: usize = 64;
/// A WAL longer than this many bytes is moved into the file at the end; reading a shorter one costs an opening less
/// than a millisecond.
const WAL_REST_BYTES: u64 = 1024 * 1024;
/// The WAL is cut to this many bytes when it starts anew.
const WAL_KEEP_BYTES: i64 = 16 * 1024 * 1024;

/// Opens the connection that writes, making and migrating the file where needed.
pub(super) fn for_writing(path: &Path, options: &OpenOptions) -> Outcome<Connection> {
    if path.is_dir() {
        return Err(Failure::new(FailureKind::Io, format!("the store {} is a folder", path.display()))
            .hint("name a file, or set RHIZO_HOME to another folder"));
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        make_folder(folder).map_err(|error| denied(path, &error))?;
    }
    make_private(path).map_err(|error| denied(path, &error))?;
    // SQLite takes a file shorter than a page for an empty one and writes over it.
    let length = fs::metadata(path).map_err(|error| denied(path, &error))?.len();
    if (1..SHORTEST_DATABASE).contains(&length) {
        return Err(foreign(path));
    }
    prepare(path, options).map_err(|fault| fault.about(path))
}

/// Opens a connection that only reads a store which is open for writing already.
pub(super) fn for_reading(path: &Path, options: &OpenOptions) -> Worked<Connection> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(Duration::from_millis(options.busy_millis))?;
    connection.pragma_update(None, "query_only", true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    keep_wal(&connection)?;
    Ok(connection)
}

fn prepare(path: &Path, options: &OpenOptions) -> Worked<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_millis(options.busy_millis))?;
    schema::check_version(&connection, path)?;
    switch_to_wal(&connection)?;
    // NORMAL would lose acknowledged rows at a power cut: a WAL commit is not synced then.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update_and_check(None, "journal_size_limit", WAL_KEEP_BYTES, |_| Ok(()))?;
    keep_wal(&connection)?;
    // Without it every change of a bound value compiles the statement anew (SQLITE_ENABLE_STAT4 is on).
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    schema::migrate(&mut connection, path)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    if let Some(pages) = options.max_pages {
        connection.pragma_update_and_check(None, "max_page_count", i64::from(pages), |_| Ok(()))?;
    }
    Ok(connection)
}

/// Keeps the last connection from moving the WAL into the file and deleting it: that costs a short run five disk
/// syncs, two at its end and three at the next beginning. What is in the WAL is as durable as what is in the file.
fn keep_wal(connection: &Connection) -> Worked<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(())
}

/// Moves a long WAL into the file, so that the next opening need not read it.
pub(super) fn tidy(connection: &Connection, path: &Path) -> Worked<()> {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    if fs::metadata(wal).is_ok_and(|wal| wal.len() > WAL_REST_BYTES) {
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()))?;
    }
    Ok(())
}

/// SQLite does not wait for its busy timeout when the journal mode changes, so this waits for the lock itself.
fn switch_to_wal(connection: &Connection) -> Worked<()> {
    let mode = |sql: &str| connection.query_row(sql, (), |row| row.get::<_, String>(0));
    if mode("PRAGMA journal_mode")? == "wal" {
        return Ok(());
    }
    let mut last = None;
    for _ in 0..WAL_TRIES {
        match mode("PRAGMA journal_mode = WAL").map_err(Fault::from) {
            Ok(now) if now == "wal" => return Ok(()),
            Ok(now) => {
                return Err(Failure::new(FailureKind::Io, format!("the store's folder allows no WAL, only {now}"))
                    .hint("set RHIZO_HOME to a folder on a local disk")
                    .into());
            }
            Err(fault) if fault.is_busy() => last = Some(fault),
            Err(fault) => return Err(fault),
        }
        connection.execute_batch("BEGIN EXCLUSIVE; ROLLBACK")?;
    }
    last.map_or(Ok(()), Err)
}

/// Makes the folder and those above it for the owner only, each made known to the disk, so that a power cut does
/// not take away the folder of a synced file.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty());
    if let Some(above) = above {
        make_folder(above)?;
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        // Another process made it in between.
        Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => return Ok(()),
        made => made?,
    }
    #[cfg(unix)]
    File::open(above.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(())
}

/// Makes an empty file that only its owner can read; SQLite gives the WAL the same permissions.
///
/// A file that exists is not touched: closing a second descriptor of it would drop SQLite's locks in this process.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}

fn denied(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(FailureKind::Io, format!("the store {} cannot be made: {error}", path.display()))
        .hint("make its folder writable, or set RHIZO_HOME to a folder that is")
        .detail("path", path.display().to_string())
}

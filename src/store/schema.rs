//! The tables, as a list of migrations; a file remembers in `user_version` how many of them it has had.

use crate::core::failure::{Failure, FailureKind};
use crate::store::fault::{Worked, foreign};
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// Marks a SQLite file as ours: "rhzo" in ASCII.
const APPLICATION_ID: i64 = 0x7268_7a6f;

/// Each entry brings a store from its index to the next version. Entries are never edited, only added.
const MIGRATIONS: &[&str] = &[
    "
CREATE TABLE runs (
    id TEXT PRIMARY KEY NOT NULL,
    parent TEXT,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    task TEXT NOT NULL,
    version TEXT NOT NULL,
    depth INTEGER NOT NULL,
    settings TEXT, settings_blob TEXT,
    result TEXT, result_blob TEXT,
    failure TEXT,
    cost_nanos INTEGER,
    calls INTEGER NOT NULL DEFAULT 0,
    input_tokens INTEGER NOT NULL DEFAULT 0,
    output_tokens INTEGER NOT NULL DEFAULT 0,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    pid INTEGER NOT NULL,
    process TEXT NOT NULL
) STRICT;
CREATE INDEX runs_by_start ON runs (started_at);
CREATE INDEX runs_by_parent ON runs (parent) WHERE parent IS NOT NULL;

CREATE TABLE effects (
    run TEXT NOT NULL REFERENCES runs (id),
    seq INTEGER NOT NULL,
    frame TEXT NOT NULL,
    hash TEXT NOT NULL,
    occurrence INTEGER NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('intent', 'done', 'failed')),
    intent TEXT, intent_blob TEXT,
    result TEXT, result_blob TEXT,
    usage TEXT,
    cost_nanos INTEGER,
    worst_nanos INTEGER,
    attempts INTEGER NOT NULL DEFAULT 1,
    earlier_nanos INTEGER NOT NULL DEFAULT 0,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    UNIQUE (run, frame, hash, occurrence),
    UNIQUE (run, seq)
) STRICT;

CREATE TABLE events (
    run TEXT NOT NULL REFERENCES runs (id),
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    frame TEXT NOT NULL,
    body TEXT, body_blob TEXT,
    PRIMARY KEY (run, seq)
) STRICT;

CREATE TABLE blobs (
    id TEXT PRIMARY KEY NOT NULL,
    size INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;
",
    "
CREATE TABLE episodes (
    id TEXT PRIMARY KEY NOT NULL,
    at INTEGER NOT NULL,
    action TEXT NOT NULL,
    arm TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
",
    "
CREATE TABLE answers (
    key TEXT PRIMARY KEY NOT NULL,
    at INTEGER NOT NULL,
    body TEXT, body_blob TEXT
) STRICT;
CREATE INDEX answers_by_age ON answers (at);
",
    "
ALTER TABLE episodes ADD COLUMN namespace TEXT NOT NULL DEFAULT 'prod';
ALTER TABLE episodes ADD COLUMN role TEXT NOT NULL DEFAULT '';
ALTER TABLE episodes ADD COLUMN failure TEXT NOT NULL DEFAULT '';
ALTER TABLE episodes ADD COLUMN fingerprint TEXT NOT NULL DEFAULT '';
ALTER TABLE episodes ADD COLUMN model TEXT NOT NULL DEFAULT '';
ALTER TABLE episodes ADD COLUMN outcome TEXT NOT NULL DEFAULT 'unknown';
ALTER TABLE episodes ADD COLUMN verifier TEXT NOT NULL DEFAULT 'none';
ALTER TABLE episodes ADD COLUMN trust REAL NOT NULL DEFAULT 1.0;
ALTER TABLE episodes ADD COLUMN cost_nanos INTEGER NOT NULL DEFAULT 0;
ALTER TABLE episodes ADD COLUMN tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE episodes ADD COLUMN predicted REAL;
ALTER TABLE episodes ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
ALTER TABLE episodes ADD COLUMN run TEXT NOT NULL DEFAULT '';
UPDATE episodes SET
    namespace = coalesce(body ->> 'namespace', 'prod'),
    outcome = coalesce(body ->> 'outcome', 'unknown'),
    trust = coalesce(body ->> 'trust', 1.0),
    cost_nanos = coalesce(body ->> 'cost_nanos', 0),
    tokens = coalesce(body ->> 'tokens', 0),
    run = coalesce(body ->> 'run', ''),
    size = length(CAST(coalesce(body ->> 'situation', '') AS BLOB)),
    fingerprint = id;
CREATE INDEX episodes_by_task ON episodes (fingerprint, action, arm);
CREATE INDEX episodes_predicted ON episodes (namespace) WHERE predicted IS NOT NULL;
CREATE INDEX episodes_by_run ON episodes (run) WHERE run <> '';

CREATE TABLE utility (
    namespace TEXT NOT NULL,
    action TEXT NOT NULL,
    role TEXT NOT NULL,
    failure TEXT NOT NULL,
    arm TEXT NOT NULL,
    wins REAL NOT NULL,
    losses REAL NOT NULL,
    last_use INTEGER NOT NULL,
    PRIMARY KEY (namespace, action, role, failure, arm)
) STRICT, WITHOUT ROWID;

CREATE TABLE forgotten (
    id TEXT PRIMARY KEY NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE vectors (
    text TEXT NOT NULL,
    embedder TEXT NOT NULL,
    vector BLOB NOT NULL,
    PRIMARY KEY (embedder, text)
) STRICT, WITHOUT ROWID;
",
    // Who was asked, so that a run that goes on knows its spending by role and model; and where a copied answer is from.
    "
ALTER TABLE effects ADD COLUMN role TEXT NOT NULL DEFAULT '';
ALTER TABLE effects ADD COLUMN model TEXT NOT NULL DEFAULT '';
ALTER TABLE effects ADD COLUMN origin TEXT;
ALTER TABLE effects ADD COLUMN earlier_tokens INTEGER NOT NULL DEFAULT 0;
CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    source TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
",
    // By what id the provider knows a call, so that one without an end can be asked for.
    "
ALTER TABLE effects ADD COLUMN provider TEXT;
",
    // What a call may use at most in tokens, as `worst_nanos` in money: without a price it is all that a limit goes by.
    "
ALTER TABLE effects ADD COLUMN worst_tokens INTEGER NOT NULL DEFAULT 0;
",
    // How many calls a budget refused that the run went on past.
    "
ALTER TABLE runs ADD COLUMN refused INTEGER NOT NULL DEFAULT 0;
",
    // How many earlier attempts of a call have an end that nobody knows, and what of `earlier_nanos` is their worst case.
    "
ALTER TABLE effects ADD COLUMN unknown_calls INTEGER NOT NULL DEFAULT 0;
ALTER TABLE effects ADD COLUMN unknown_nanos INTEGER NOT NULL DEFAULT 0;
",
    // For how many requests of a call `worst_nanos` is; 0 where an earlier version did not say.
    "
ALTER TABLE effects ADD COLUMN requests INTEGER NOT NULL DEFAULT 0;
",
    // What of `worst_tokens` and `earlier_tokens` are answer tokens; earlier versions told all of them as prompt tokens.
    "
ALTER TABLE effects ADD COLUMN worst_output INTEGER NOT NULL DEFAULT 0;
ALTER TABLE effects ADD COLUMN earlier_output INTEGER NOT NULL DEFAULT 0;
",
    // Whether the run ended with what an effect came to, so that it has not gone past it; 2 if it has, in a copy that may lack
    // what tells so.
    "
ALTER TABLE effects ADD COLUMN raised INTEGER NOT NULL DEFAULT 0;
",
    // What of `earlier_tokens` and `earlier_output` goes with `unknown_nanos`; of older calls it is not known.
    "
ALTER TABLE effects ADD COLUMN unknown_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE effects ADD COLUMN unknown_output INTEGER NOT NULL DEFAULT 0;
",
    // Every run of a pipeline asks what was judged of it.
    "
CREATE INDEX runs_judging ON runs (kind) WHERE kind = 'intention';
",
    // How many answers of a call were of no use, and what they cost: another attempt forgets what the last one used.
    "
ALTER TABLE effects ADD COLUMN unusable INTEGER NOT NULL DEFAULT 0;
ALTER TABLE effects ADD COLUMN unusable_nanos INTEGER NOT NULL DEFAULT 0;
UPDATE effects SET unusable = 1, unusable_nanos = coalesce(cost_nanos, 0)
WHERE CASE WHEN json_valid(usage) THEN json_extract(usage, '$.unusable') END;
",
    // Whether a copied answer was left over when the run last came to an end.
    "
ALTER TABLE effects ADD COLUMN unused INTEGER NOT NULL DEFAULT 0;
",
    // In which part with a budget of its own an effect was made: frames do not tell. Of older ones it is not known.
    "
ALTER TABLE effects ADD COLUMN part TEXT;
",
    // Of attempts before the last: the answer tokens that nobody heard, and how many of them are estimated.
    "
ALTER TABLE effects ADD COLUMN earlier_unheard INTEGER NOT NULL DEFAULT 0;
ALTER TABLE effects ADD COLUMN earlier_estimated INTEGER NOT NULL DEFAULT 0;
",
];

/// Brings the file to this program's version, or says why it cannot be.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Worked<()> {
    if check_version(connection, path)? == MIGRATIONS.len() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Read again: another process may have migrated while this one waited for the lock.
    let version = check_version(&transaction, path)?;
    for migration in MIGRATIONS.iter().skip(version) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX))?;
    transaction.commit()?;
    Ok(())
}

/// The file's version; an error if it is another program's, or a newer one of ours.
pub(super) fn check_version(connection: &Connection, path: &Path) -> Worked<usize> {
    // One statement, so that all three are of one moment: another process may be migrating.
    let (application, version, tables): (i64, i64, i64) = connection.query_row(
        "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
         FROM pragma_application_id, pragma_user_version",
        (),
        |row| row.try_into(),
    )?;
    let is_new = application == 0 && version == 0 && tables == 0;
    if application != APPLICATION_ID && !is_new {
        return Err(foreign(path).into());
    }
    match usize::try_from(version) {
        Ok(version) if version <= MIGRATIONS.len() => Ok(version),
        _ => Err(Failure::new(
            FailureKind::Io,
            format!(
                "the store {} has schema version {version}, and this program knows up to {}",
                path.display(),
                MIGRATIONS.len()
            ),
        )
        .hint("use the newer rhizo that wrote it, or set RHIZO_HOME to another folder")
        .into()),
    }
}

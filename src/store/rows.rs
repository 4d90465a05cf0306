//! Between SQLite's signed integers and names and this program's types.

use crate::core::failure::Failure;
use crate::core::money::Money;
use crate::store::fault::{Worked, damaged};
use rusqlite::Row;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A number as SQLite keeps it; what does not fit becomes the largest that does.
pub(super) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The largest amount in nano-USD that one call can have cost: a million USD. What is larger was mistyped.
pub(super) const MOST_NANOS: i64 = 1_000_000 * 1_000_000_000;

/// The most tokens that one call can have used. What is more was mistyped.
pub(super) const MOST_TOKENS: u64 = 1_000_000_000;

/// The largest amount that all the calls of a run can have cost: a thousand times as much. What is larger is damage.
pub(super) const ABSURD_NANOS: i64 = 1000 * MOST_NANOS;

/// An amount in nano-USD as SQLite keeps it.
pub(super) fn nanos(amount: Option<Money>) -> Option<i64> {
    amount.map(|amount| int(amount.nanos()))
}

/// A number that is never negative.
pub(super) fn number(row: &Row<'_>, column: &str) -> Worked<u64> {
    Ok(optional_number(row, column)?.unwrap_or_default())
}

/// The same, or nothing.
pub(super) fn optional_number(row: &Row<'_>, column: &str) -> Worked<Option<u64>> {
    let Some(found) = row.get::<_, Option<i64>>(column)? else { return Ok(None) };
    let number = u64::try_from(found).map_err(|_| damaged(&format!("{column} is {found}")))?;
    Ok(Some(number))
}

/// A number that fits 32 bits.
pub(super) fn small(row: &Row<'_>, column: &str) -> Worked<u32> {
    let found = row.get::<_, i64>(column)?;
    Ok(u32::try_from(found).map_err(|_| damaged(&format!("{column} is {found}")))?)
}

/// An amount of money, or nothing.
pub(super) fn money(row: &Row<'_>, column: &str) -> Worked<Option<Money>> {
    Ok(optional_number(row, column)?.map(Money::from_nanos))
}

/// A name of a closed list (a status, a kind).
pub(super) fn name<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> Worked<T> {
    let found = row.get::<_, String>(column)?;
    let unknown = |_| damaged(&format!("{column} is `{found}`"));
    Ok(serde_json::from_value(Value::String(found.clone())).map_err(unknown)?)
}

/// A small value kept as JSON text, or nothing.
pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> Worked<Option<T>> {
    match row.get::<_, Option<String>>(column)? {
        Some(text) => Ok(Some(serde_json::from_str(&text)?)),
        None => Ok(None),
    }
}

/// All rows of a query, each made into a value.
pub(super) fn collect<T>(mut rows: rusqlite::Rows<'_>, make: impl Fn(&Row<'_>) -> Worked<T>) -> Worked<Vec<T>> {
    let mut made = Vec::new();
    while let Some(row) = rows.next()? {
        made.push(make(row)?);
    }
    Ok(made)
}

/// A failure of this program itself: a value that cannot be JSON.
pub(super) fn text<T: serde::Serialize>(value: &T) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| {
        Failure::new(crate::core::failure::FailureKind::Internal, format!("a value cannot be stored as JSON: {error}"))
    })
}

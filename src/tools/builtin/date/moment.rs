//! Reads moments and time zones in the forms that people and programs write.

use crate::core::failure::{Failure, FailureKind, Outcome};
use jiff::civil::Time;
use jiff::fmt::temporal::Pieces;
use jiff::fmt::{rfc2822, strtime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// The moment that `value` names, in the zone that it names, or in `zone`; without either in UTC.
///
/// With both, the moment is the one that `value` names and is told in `zone`. Fails with `Invalid`.
pub fn read(value: &str, format: Option<&str>, zone: Option<&TimeZone>) -> Outcome<Zoned> {
    let value = value.trim();
    if format.is_none() && is_doubtful(value) {
        let what = format!("`{value}` may be a year, a month or seconds since 1970");
        return Err(Failure::new(FailureKind::Invalid, what).hint(format!("write 2026-01-01, or @{value} for seconds")));
    }
    let found = match format {
        Some(format) => with_form(value, format, zone),
        None => free(value, zone),
    };
    let found = found.map_err(|reason| {
        Failure::new(FailureKind::Invalid, format!("`{value}` is not a date: {reason}")).hint(match format {
            Some(_) => "the form must describe all of the value, for example %Y-%m-%d %H:%M",
            None => "write 2026-03-01 or 2026-03-01T12:00:00+01:00, or give a form as in %d.%m.%Y",
        })
    })?;
    Ok(zone.map_or(found.clone(), |zone| found.with_time_zone(zone.clone())))
}

/// The zone of that name, offset, or `local`; fails with `NotFound`.
pub fn zone(name: &str) -> Outcome<TimeZone> {
    if name.eq_ignore_ascii_case("local") {
        return TimeZone::try_system()
            .map_err(|error| Failure::new(FailureKind::NotFound, format!("the time zone of this machine: {error}")));
    }
    if name.eq_ignore_ascii_case("utc") || name.eq_ignore_ascii_case("z") {
        return Ok(TimeZone::UTC);
    }
    if let Ok(found) = TimeZone::get(name) {
        return Ok(found);
    }
    let offset =
        strtime::parse("%:z", name).or_else(|_| strtime::parse("%z", name)).ok().and_then(|parsed| parsed.offset());
    offset.map(TimeZone::fixed).ok_or_else(|| {
        Failure::new(FailureKind::NotFound, format!("there is no time zone `{name}` on this machine"))
            .hint("for example Europe/Berlin, America/New_York, UTC, +02:00 or local")
    })
}

fn with_form(value: &str, format: &str, zone: Option<&TimeZone>) -> Result<Zoned, jiff::Error> {
    let parsed = strtime::parse(format, value)?;
    if parsed.offset().is_some() || parsed.iana_time_zone().is_some() {
        return parsed.to_zoned();
    }
    if let Ok(moment) = parsed.to_timestamp() {
        return Ok(moment.to_zoned(TimeZone::UTC));
    }
    let time = if parsed.hour().is_some() { parsed.to_time()? } else { Time::midnight() };
    parsed.to_date()?.to_datetime(time).to_zoned(zone.cloned().unwrap_or(TimeZone::UTC))
}

/// Whether a bare number is as long as a year, or a year with its month.
fn is_doubtful(value: &str) -> bool {
    matches!(value.len(), 4 | 6) && value.bytes().all(|byte| byte.is_ascii_digit())
}

fn free(value: &str, zone: Option<&TimeZone>) -> Result<Zoned, jiff::Error> {
    // Eight digits are a date of ISO 8601 without dashes, more or fewer are seconds; behind an `@` all are.
    let is_civil = value.len() == 8 && value.bytes().all(|byte| byte.is_ascii_digit());
    if let (Ok(seconds), false) = (value.strip_prefix('@').unwrap_or(value).parse::<i64>(), is_civil) {
        return Timestamp::from_second(seconds).map(|moment| moment.to_zoned(TimeZone::UTC));
    }
    let pieces = match Pieces::parse(value) {
        Ok(pieces) => pieces,
        Err(error) => return rfc2822::parse(value).map_err(|_| error),
    };
    if pieces.time_zone_annotation().is_some() {
        return value.parse();
    }
    let civil = pieces.date().to_datetime(pieces.time().unwrap_or_else(Time::midnight));
    let zone = match pieces.to_numeric_offset() {
        Some(offset) => TimeZone::fixed(offset),
        None => zone.cloned().unwrap_or(TimeZone::UTC),
    };
    civil.to_zoned(zone)
}

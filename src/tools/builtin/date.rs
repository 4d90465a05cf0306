//! `date`: the present, and reckoning with dates in time zones.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::tool::{EffectClass, Permission};
use crate::tools::tool::ToolContext;
use crate::tools::typed::{TypedTool, answers};
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{Span, SpanRound, Timestamp, Unit, Zoned};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub mod moment;

/// The longest form, in bytes: each part of one may be widened to 255 characters.
const FORM: usize = 1_000;

/// The tool.
pub struct Date;

/// What to do.
#[derive(Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Tells the present.
    #[default]
    Now,
    /// Reads `value`, in the form `format` if that is given.
    Parse,
    /// Writes `value`, or the present, in the form `format`.
    Format,
    /// Adds `span` to `value`, or to the present.
    Add,
    /// Tells how long it is from `value` to `to`, or to the present.
    Difference,
}

/// Its arguments.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// What to do.
    #[serde(default)]
    action: Action,
    /// A date or moment: `2026-03-01`, `2026-03-01T12:00:00+01:00`, RFC 2822, or seconds since 1970 (`@2026`).
    value: Option<String>,
    /// The end of a difference, in the same forms.
    to: Option<String>,
    /// What to add: `2 days`, `-1 month`, `3h 30m`, `P1DT2H`.
    span: Option<String>,
    /// A form as of strftime: `%Y-%m-%d %H:%M`.
    format: Option<String>,
    /// The time zone of the answer, and of values that name none: `Europe/Berlin`, `UTC`, `+02:00` or `local`.
    zone: Option<String>,
}

/// What it answers: a difference if that is asked for, else a moment.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Told {
    /// A moment.
    Moment(Moment),
    /// How long it is from one moment to another.
    Difference(Difference),
}

/// A moment in its time zone.
#[derive(Serialize, JsonSchema)]
pub struct Moment {
    /// In the form that was asked for.
    text: String,
    /// As of ISO 8601, with the offset of the zone.
    iso: String,
    /// As `2026-03-01`.
    date: String,
    /// As `12:00:00`.
    time: String,
    /// Its English name.
    weekday: String,
    year: i16,
    month: i8,
    day: i8,
    /// The name of the zone, or its offset.
    zone: String,
    /// Milliseconds since 1970.
    unix_millis: i64,
}

/// The time between two moments.
#[derive(Serialize, JsonSchema)]
pub struct Difference {
    /// For people: `2mo 3d`.
    text: String,
    /// In days of 24 hours.
    days: f64,
    seconds: f64,
}

impl TypedTool for Date {
    type Args = Args;
    type Answer = Told;
    const NAME: &'static str = "date";
    const SUMMARY: &'static str =
        "Tells the date and time, and parses, formats, adds and subtracts dates in time zones.";
    const RETURNS: &'static str = "\
        A map `{text, iso, date, time, weekday, year, month, day, zone, unix_millis}`, `text` being in the form \
        asked for; for a difference `{text, days, seconds}`.";
    const EFFECT: EffectClass = EffectClass::Read;
    const PERMISSION: Permission = Permission::Free;
    const TAGS: &'static [&'static str] =
        &["time", "now", "clock", "calendar", "day", "weekday", "duration", "timezone", "timestamp"];

    fn examples() -> Vec<(Value, &'static str)> {
        vec![
            (json!({}), "the present, in UTC"),
            (json!({"action": "parse", "value": "03/04/2026", "format": "%d/%m/%Y"}), "reads 3 April 2026"),
            (json!({"action": "format", "value": "2026-03-01", "format": "%A, %d %B %Y"}), "Sunday, 01 March 2026"),
            (json!({"action": "add", "value": "2026-01-31", "span": "1 month"}), "28 February"),
            (json!({"action": "difference", "value": "2026-01-01", "to": "2026-03-01"}), "2mo, 59 days"),
        ]
    }

    fn answer(args: &Value) -> Value {
        match args.get("action") {
            Some(Value::Null) => answers::<Told>(),
            Some(action) if action == "difference" => answers::<Difference>(),
            _ => answers::<Moment>(),
        }
    }

    async fn run(args: Args, _cx: &ToolContext) -> Outcome<Told> {
        let zone = args.zone.as_deref().map(moment::zone).transpose()?;
        if args.to.is_some() && !matches!(args.action, Action::Difference) {
            return Err(Failure::new(
                FailureKind::Invalid,
                "`to` is the end of a difference, which this action is not",
            )
            .hint("give `action` as difference; the time zone of the answer is `zone`"));
        }
        match args.action {
            Action::Now => described(&present(zone.as_ref()), args.format.as_deref()),
            Action::Parse => {
                let value = required(args.value.as_deref(), "value")?;
                described(&moment::read(value, args.format.as_deref(), zone.as_ref())?, None)
            }
            Action::Format => {
                let format = required(args.format.as_deref(), "format")?;
                described(&given(args.value.as_deref(), zone.as_ref())?, Some(format))
            }
            Action::Add => {
                let span = required(args.span.as_deref(), "span")?;
                let span: Span = span.parse().map_err(|error| {
                    invalid(&format!("`{span}` is not a span of time"), &error)
                        .hint("for example 2 days, -1 month, 3h 30m")
                })?;
                let sum = given(args.value.as_deref(), zone.as_ref())?.checked_add(span);
                described(&sum.map_err(|error| invalid("the sum is out of range", &error))?, args.format.as_deref())
            }
            Action::Difference => {
                let start = moment::read(required(args.value.as_deref(), "value")?, None, zone.as_ref())?;
                difference(&start, &given(args.to.as_deref(), zone.as_ref())?)
            }
        }
    }
}

fn present(zone: Option<&TimeZone>) -> Zoned {
    Timestamp::now().to_zoned(zone.cloned().unwrap_or(TimeZone::UTC))
}

fn given(value: Option<&str>, zone: Option<&TimeZone>) -> Outcome<Zoned> {
    value.map_or_else(|| Ok(present(zone)), |value| moment::read(value, None, zone))
}

fn required<'a>(value: Option<&'a str>, name: &str) -> Outcome<&'a str> {
    value.ok_or_else(|| Failure::new(FailureKind::Invalid, format!("this action needs `{name}`")))
}

fn described(moment: &Zoned, format: Option<&str>) -> Outcome<Told> {
    let form = format.unwrap_or("%Y-%m-%dT%H:%M:%S%.f%:z");
    if form.len() > FORM {
        return Err(Failure::new(FailureKind::Invalid, format!("the form has {} bytes, at most {FORM}", form.len())));
    }
    let text = strtime::format(form, moment).map_err(|error| invalid(&format!("the form `{form}`"), &error))?;
    Ok(Told::Moment(Moment {
        text,
        iso: moment.strftime("%Y-%m-%dT%H:%M:%S%.f%:z").to_string(),
        date: moment.date().to_string(),
        time: moment.strftime("%H:%M:%S").to_string(),
        weekday: moment.strftime("%A").to_string(),
        year: moment.year(),
        month: moment.month(),
        day: moment.day(),
        zone: moment.time_zone().iana_name().map_or_else(|| moment.offset().to_string(), str::to_owned),
        unix_millis: moment.timestamp().as_millisecond(),
    }))
}

fn difference(start: &Zoned, end: &Zoned) -> Outcome<Told> {
    let out_of_range = |error: jiff::Error| invalid("the difference", &error);
    // Months and days have the lengths that they have in the zone of the start.
    let end = end.with_time_zone(start.time_zone().clone());
    let span = start.until((Unit::Year, &end)).map_err(out_of_range)?;
    let rounded = SpanRound::new().smallest(Unit::Second).largest(Unit::Year).relative(start);
    let shown = span.round(rounded).map_err(out_of_range)?;
    let exact = start.duration_until(&end).as_secs_f64();
    Ok(Told::Difference(Difference { text: format!("{shown:#}"), days: exact / 86_400.0, seconds: exact }))
}

fn invalid(what: &str, error: &jiff::Error) -> Failure {
    Failure::new(FailureKind::Invalid, format!("{what}: {error}"))
}

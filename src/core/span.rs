//! How spans of time are written, by people as by servers.

use std::time::Duration;

/// The units with their seconds. A month has no fixed length: `m` is a minute everywhere.
const UNITS: [(&str, f64); 7] = [
    ("ms", 0.001),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3_600.0),
    ("d", 86_400.0),
    ("w", 7.0 * 86_400.0),
    ("y", 365.0 * 86_400.0),
];

/// A span: seconds (`2`, `1.5`), or numbers with units (`20ms`, `10 m`, `1h2m3.5s`, `12w`). `None` for anything else, and
/// for what is longer than a `Duration`.
pub fn span(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if let Ok(seconds) = rest.parse() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let (is_empty, mut whole) = (rest.is_empty(), 0.0);
    while !rest.is_empty() {
        let (number, behind) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit() && c != '.')?);
        let behind = behind.trim_start();
        let (unit, further) = behind.split_at(behind.find(|c: char| !c.is_alphabetic()).unwrap_or(behind.len()));
        let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
        whole += number.parse::<f64>().ok()? * seconds;
        rest = further.trim_start();
    }
    Duration::try_from_secs_f64(whole).ok().filter(|_| !is_empty)
}

#[cfg(test)]
mod tests {
    use super::span;
    use std::time::Duration;

    #[test]
    fn spans_in_every_form() {
        let day = 86_400_000;
        for (text, millis) in [
            ("2", Some(2_000)),
            (" 1.5 ", Some(1_500)),
            ("0", Some(0)),
            ("500ms", Some(500)),
            ("20 ms", Some(20)),
            ("30s", Some(30_000)),
            ("10m", Some(600_000)),
            ("10 m", Some(600_000)),
            ("1m30s", Some(90_000)),
            ("1h 2m 3.5s", Some(3_723_500)),
            ("1.5d", Some(36 * 3_600_000)),
            ("12w", Some(84 * day)),
            ("1y", Some(365 * day)),
            ("1y2w", Some(379 * day)),
            ("", None),
            (" ", None),
            ("d", None),
            ("soon", None),
            ("6mo", None),
            ("1 0m", None),
            ("1m30", None),
            ("1..5s", None),
            ("-1d", None),
            ("-3", None),
            ("NaN", None),
            ("inf", None),
            ("1e300", None),
            ("999999999999999999999999y", None),
        ] {
            assert_eq!(span(text), millis.map(Duration::from_millis), "{text}");
        }
    }
}

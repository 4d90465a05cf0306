//! What a server's headers say about trying again.
//!
//! Read are `retry-after-ms`, `retry-after` in seconds or as an HTTP date, and `x-should-retry`, as openai-python does.

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::HeaderMap;
use std::time::Duration;

/// A server's wish about the next attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Advice {
    /// How long to wait before it.
    pub wait: Option<Duration>,
    /// There should be none.
    pub never: bool,
}

impl Advice {
    /// Reads a refusal's headers. A date is compared with the server's own `date` if it sent one, so that a wrong
    /// clock does no harm, and else with `now`.
    pub fn read(headers: &HeaderMap, now: Timestamp) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        let seconds = |text: &str| text.parse().ok().and_then(|s| Duration::try_from_secs_f64(s).ok());
        let millis = |text: &str| text.parse().ok().and_then(|ms: f64| Duration::try_from_secs_f64(ms / 1e3).ok());
        let until = |text: &str| {
            let now = headers.get("date").and_then(|date| http_date(date.to_str().ok()?)).unwrap_or(now);
            Duration::try_from(http_date(text)?.duration_since(now)).ok()
        };
        let wait = text("retry-after-ms").and_then(millis);
        let wait = wait.or_else(|| text("retry-after").and_then(|text| seconds(text).or_else(|| until(text))));
        Self { wait: wait.filter(|wait| !wait.is_zero()), never: text("x-should-retry") == Some("false") }
    }
}

/// An HTTP date in its preferred form, which is one of RFC 2822's.
fn http_date(text: &str) -> Option<Timestamp> {
    const PARSER: DateTimeParser = DateTimeParser::new();
    PARSER.parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::Advice;
    use jiff::Timestamp;
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
    use std::time::Duration;

    #[test]
    fn reads_every_form() {
        let now: Timestamp = "1994-11-06T08:49:30Z".parse().unwrap();
        let check = |given: &[(&'static str, &'static str)], wait_millis: Option<u64>, never: bool| {
            let mut headers = HeaderMap::new();
            for (name, value) in given {
                headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            let expect = Advice { wait: wait_millis.map(Duration::from_millis), never };
            assert_eq!(Advice::read(&headers, now), expect, "{given:?}");
        };
        check(&[], None, false);
        check(&[("retry-after", "2")], Some(2_000), false);
        check(&[("retry-after", " 1.5 ")], Some(1_500), false);
        check(&[("retry-after", "0")], None, false);
        check(&[("retry-after", "-3")], None, false);
        check(&[("retry-after", "NaN")], None, false);
        check(&[("retry-after", "1e300")], None, false);
        check(&[("retry-after", "soon")], None, false);
        check(&[("retry-after-ms", "250"), ("retry-after", "9")], Some(250), false);
        check(&[("retry-after-ms", "x"), ("retry-after", "9")], Some(9_000), false);
        check(&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")], Some(7_000), false);
        check(&[("retry-after", "Sun, 06 Nov 1994 08:49:00 GMT")], None, false);
        let date = ("date", "Sun, 06 Nov 1994 08:49:35 GMT");
        check(&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"), date], Some(2_000), false);
        check(&[("x-should-retry", "false")], None, true);
        check(&[("x-should-retry", "true")], None, false);
    }
}

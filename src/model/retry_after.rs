//! What a server's headers say about trying again, and the forms in which servers write dates.
//!
//! Read are `retry-after-ms` and Azure's `x-ms-retry-after-ms`, `retry-after` in seconds, as a span or as an HTTP date
//! in any of its three forms (<https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7>), and `x-should-retry`, as
//! openai-python does.

use crate::core::span::span;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::tz::TimeZone;
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
        let millis = |text: &str| text.parse().ok().and_then(|ms: f64| Duration::try_from_secs_f64(ms / 1e3).ok());
        let until = |text: &str| Duration::try_from(http_date(text)?.duration_since(server_time(headers, now))).ok();
        let wait = text("retry-after-ms").and_then(millis);
        let wait = wait.or_else(|| text("x-ms-retry-after-ms").and_then(millis));
        let wait = wait.or_else(|| text("retry-after").and_then(|text| span(text).or_else(|| until(text))));
        Self { wait: wait.filter(|wait| !wait.is_zero()), never: text("x-should-retry") == Some("false") }
    }
}

/// The server's time by its `date` header, else `now`.
pub fn server_time(headers: &HeaderMap, now: Timestamp) -> Timestamp {
    headers.get("date").and_then(|date| http_date(date.to_str().ok()?)).unwrap_or(now)
}

/// An HTTP date: the preferred form, which is one of RFC 2822's, or the obsolete ones of RFC 850 and of C's asctime.
fn http_date(text: &str) -> Option<Timestamp> {
    const PARSER: DateTimeParser = DateTimeParser::new();
    let obsolete = || {
        let forms = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
        let civil = forms.iter().find_map(|form| DateTime::strptime(form, text).ok())?;
        TimeZone::UTC.to_timestamp(civil).ok()
    };
    PARSER.parse_timestamp(text).ok().or_else(obsolete)
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
        check(&[("retry-after", "1m30s")], Some(90_000), false);
        check(&[("x-ms-retry-after-ms", "40"), ("retry-after", "9")], Some(40), false);
        check(&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")], Some(7_000), false);
        check(&[("retry-after", "Sunday, 06-Nov-94 08:49:37 GMT")], Some(7_000), false);
        check(&[("retry-after", "Sun Nov  6 08:49:37 1994")], Some(7_000), false);
        check(&[("retry-after", "Sun, 06 Nov 1994 08:49:00 GMT")], None, false);
        let date = ("date", "Sun, 06 Nov 1994 08:49:35 GMT");
        check(&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"), date], Some(2_000), false);
        check(&[("x-should-retry", "false")], None, true);
        check(&[("x-should-retry", "true")], None, false);
    }
}

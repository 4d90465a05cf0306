//! What a server's headers say about how much it still takes: requests and tokens left, and when they come back.
//!
//! Read are OpenAI's `x-ratelimit-remaining-requests` and its like, which Groq, vLLM's gateways and litellm copy
//! (<https://platform.openai.com/docs/guides/rate-limits>), Anthropic's `anthropic-ratelimit-requests-remaining` and
//! its like (<https://docs.anthropic.com/en/api/rate-limits>), and the plain `x-ratelimit-remaining` of OpenRouter and
//! many proxies. What is done about them is decided in `rate`.

use crate::core::span::span;
use crate::model::retry_after::server_time;
use jiff::Timestamp;
use reqwest::header::HeaderMap;
use std::time::Duration;

/// What is left of one kind of allowance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// How many more are taken before the reset.
    pub remaining: u64,
    /// How many are taken per period, if the server said so.
    pub limit: Option<u64>,
    /// Until they are back, if the server said so.
    pub reset: Option<Duration>,
}

/// What is left, as far as the server said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowance {
    /// Requests.
    pub requests: Option<Left>,
    /// Tokens of prompts and answers together.
    pub tokens: Option<Left>,
    /// Tokens of prompts.
    pub input: Option<Left>,
    /// Tokens of answers.
    pub output: Option<Left>,
}

/// How a provider names `remaining`, `limit` and `reset` of one thing.
struct Names {
    remaining: &'static str,
    limit: &'static str,
    reset: &'static str,
}

const fn names(remaining: &'static str, limit: &'static str, reset: &'static str) -> Names {
    Names { remaining, limit, reset }
}

const REQUESTS: &[Names] = &[
    names("x-ratelimit-remaining-requests", "x-ratelimit-limit-requests", "x-ratelimit-reset-requests"),
    names(
        "anthropic-ratelimit-requests-remaining",
        "anthropic-ratelimit-requests-limit",
        "anthropic-ratelimit-requests-reset",
    ),
    names("x-ratelimit-remaining", "x-ratelimit-limit", "x-ratelimit-reset"),
];

const TOKENS: &[Names] = &[
    names("x-ratelimit-remaining-tokens", "x-ratelimit-limit-tokens", "x-ratelimit-reset-tokens"),
    names(
        "anthropic-ratelimit-tokens-remaining",
        "anthropic-ratelimit-tokens-limit",
        "anthropic-ratelimit-tokens-reset",
    ),
];

const INPUT: &[Names] = &[names(
    "anthropic-ratelimit-input-tokens-remaining",
    "anthropic-ratelimit-input-tokens-limit",
    "anthropic-ratelimit-input-tokens-reset",
)];

const OUTPUT: &[Names] = &[names(
    "anthropic-ratelimit-output-tokens-remaining",
    "anthropic-ratelimit-output-tokens-limit",
    "anthropic-ratelimit-output-tokens-reset",
)];

impl Allowance {
    /// Reads an answer's headers. A time of day is compared with the server's own `date` if it sent one.
    pub fn read(headers: &HeaderMap, now: Timestamp) -> Self {
        let now = server_time(headers, now);
        let least =
            |all: &[Names]| all.iter().filter_map(|names| left(headers, names, now)).min_by_key(|left| left.remaining);
        Self { requests: least(REQUESTS), tokens: least(TOKENS), input: least(INPUT), output: least(OUTPUT) }
    }
}

fn left(headers: &HeaderMap, names: &Names, now: Timestamp) -> Option<Left> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    // A negative rest is what a server says that has let more through than it should.
    let count = |text: &str| match text.parse::<i64>() {
        Ok(count) => Some(u64::try_from(count).unwrap_or(0)),
        Err(_) => None,
    };
    Some(Left {
        remaining: text(names.remaining).and_then(count)?,
        limit: text(names.limit).and_then(count),
        reset: text(names.reset).and_then(|text| reset(text, now)),
    })
}

/// The time until a reset: `1s`, `6m0s` or `20ms` (OpenAI), RFC 3339 (Anthropic), seconds (the IETF's draft), seconds
/// since 1970 (GitHub's form), milliseconds since 1970 (OpenRouter). One that has passed is no time.
fn reset(text: &str, now: Timestamp) -> Option<Duration> {
    /// Ten thousand days in seconds: a longer wait is no wait but a date.
    const DATES: f64 = 864_000_000.0;
    let until = |then: Timestamp| Some(Duration::try_from(then.duration_since(now)).unwrap_or_default());
    if let Ok(then) = text.parse::<Timestamp>() {
        return until(then);
    }
    let since_1970 = |seconds: f64| {
        let since = Duration::try_from_secs_f64(seconds).ok()?;
        until(Timestamp::UNIX_EPOCH.checked_add(since).ok()?)
    };
    match text.parse::<f64>() {
        Ok(millis) if millis > DATES * 1_000.0 => since_1970(millis / 1_000.0),
        Ok(seconds) if seconds > DATES => since_1970(seconds),
        _ => span(text),
    }
}

#[cfg(test)]
mod tests {
    use super::{Allowance, Left, reset};
    use jiff::Timestamp;
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
    use std::time::Duration;

    fn now() -> Timestamp {
        "2026-01-02T03:04:05Z".parse().unwrap()
    }

    #[test]
    fn resets_in_every_form() {
        for (text, millis) in [
            ("1s", Some(1_000)),
            ("6m0s", Some(360_000)),
            ("20ms", Some(20)),
            ("2m59.56s", Some(179_560)),
            ("1h2m3s", Some(3_723_000)),
            ("1d", Some(86_400_000)),
            ("0s", Some(0)),
            ("7", Some(7_000)),
            ("0.5", Some(500)),
            ("2026-01-02T03:04:06Z", Some(1_000)),
            ("2026-01-02T04:04:06+01:00", Some(1_000)),
            ("2026-01-02T03:04:04Z", Some(0)),
            ("1767323047", Some(2_000)),
            ("1767323047500", Some(2_500)),
            ("soon", None),
            ("-3", None),
            ("", None),
        ] {
            assert_eq!(reset(text, now()), millis.map(Duration::from_millis), "{text}");
        }
    }

    #[test]
    fn reads_the_headers_of_known_providers() {
        let read = |given: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in given {
                headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            Allowance::read(&headers, now())
        };
        let check = |given: &[(&'static str, &'static str)], requests: Option<Left>, tokens: Option<Left>| {
            assert_eq!(read(given), Allowance { requests, tokens, ..Allowance::default() }, "{given:?}");
        };
        let left = |remaining, limit, millis: Option<u64>| {
            Some(Left { remaining, limit, reset: millis.map(Duration::from_millis) })
        };
        check(&[], None, None);
        check(
            &[
                ("x-ratelimit-limit-requests", "60"),
                ("x-ratelimit-remaining-requests", "59"),
                ("x-ratelimit-reset-requests", "1s"),
                ("x-ratelimit-limit-tokens", "150000"),
                ("x-ratelimit-remaining-tokens", "149984"),
                ("x-ratelimit-reset-tokens", "6m0s"),
            ],
            left(59, Some(60), Some(1_000)),
            left(149_984, Some(150_000), Some(360_000)),
        );
        let anthropic = [
            ("anthropic-ratelimit-requests-remaining", "0"),
            ("anthropic-ratelimit-requests-reset", "2026-01-02T03:05:05Z"),
            ("anthropic-ratelimit-tokens-remaining", "9800"),
            ("anthropic-ratelimit-input-tokens-remaining", "9000"),
            ("anthropic-ratelimit-output-tokens-remaining", "800"),
            ("anthropic-ratelimit-output-tokens-reset", "2026-01-02T03:04:35Z"),
        ];
        let (requests, output) = (left(0, None, Some(60_000)), left(800, None, Some(30_000)));
        let (tokens, input) = (left(9_800, None, None), left(9_000, None, None));
        assert_eq!(read(&anthropic), Allowance { requests, tokens, input, output });
        check(
            &[("x-ratelimit-remaining", "-1"), ("x-ratelimit-reset", "1767323046000")],
            left(0, None, Some(1_000)),
            None,
        );
        check(&[("x-ratelimit-remaining-requests", "many")], None, None);
        let date = ("date", "Fri, 02 Jan 2026 03:04:00 GMT");
        check(
            &[
                ("anthropic-ratelimit-requests-remaining", "1"),
                ("anthropic-ratelimit-requests-reset", "2026-01-02T03:04:05Z"),
                date,
            ],
            left(1, None, Some(5_000)),
            None,
        );
    }
}

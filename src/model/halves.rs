//! Characters that come in halves: JSON escapes what is beyond U+FFFF as two of them, and a server that cuts its text by
//! tokens may write them into two events. No parser takes a half alone.
//!
//! Only escapes are looked at here; what the JSON means is the reader's business.

/// Bytes of an escaped half: `\uXXXX`.
const ESCAPE: usize = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    First,
    Second,
}

/// The half of a stream's events that waits for its other half.
#[derive(Debug, Default)]
pub struct Halves {
    /// The escape of the first half.
    first: Option<String>,
}

impl Halves {
    /// The JSON of the next event. A half at the end of a text waits for the event whose text begins with the other half;
    /// one that stands alone elsewhere becomes U+FFFD.
    pub fn event(&mut self, json: String) -> String {
        if !may_hold(&json) {
            return json;
        }
        let mut mended = Mended { waiting: self.first.take(), ..Mended::default() };
        mended.read(&json, true);
        let Mended { json, waiting, joined, kept } = mended;
        self.first = kept.or_else(|| waiting.filter(|_| !joined));
        json
    }
}

/// A document in which no half stands alone.
pub fn whole(body: Vec<u8>) -> Vec<u8> {
    match std::str::from_utf8(&body) {
        Ok(json) if may_hold(json) => {
            let mut mended = Mended::default();
            mended.read(json, false);
            mended.json.into_bytes()
        }
        _ => body,
    }
}

/// Whether there may be halves at all, which is rare.
fn may_hold(json: &str) -> bool {
    json.contains("\\ud") || json.contains("\\uD")
}

/// The half that is escaped at the beginning of a text.
fn half(text: &str) -> Option<Half> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    match u16::from_str_radix(digits, 16).ok()? {
        0xD800..=0xDBFF => Some(Half::First),
        0xDC00..=0xDFFF => Some(Half::Second),
        _ => None,
    }
}

/// What becomes of one JSON text.
#[derive(Default)]
struct Mended {
    json: String,
    /// A first half of an earlier text.
    waiting: Option<String>,
    /// Its other half was here.
    joined: bool,
    /// A first half for a later text.
    kept: Option<String>,
}

impl Mended {
    /// Reads all of it; `goes_on` says that another text may follow.
    fn read(&mut self, json: &str, goes_on: bool) {
        let mut rest = json;
        while let Some(at) = rest.find('\\') {
            let (plain, escaped) = rest.split_at(at);
            self.json.push_str(plain);
            rest = match half(escaped) {
                None => self.other(escaped),
                Some(Half::First) => self.first(escaped, goes_on),
                Some(Half::Second) => self.second(escaped, plain.ends_with('"')),
            };
        }
        self.json.push_str(rest);
    }

    /// Any other escape; what follows the backslash belongs to it, a second backslash and a quote too.
    fn other<'a>(&mut self, escaped: &'a str) -> &'a str {
        let length: usize = escaped.chars().take(2).map(char::len_utf8).sum();
        let (escape, rest) = escaped.split_at(length);
        self.json.push_str(escape);
        rest
    }

    fn first<'a>(&mut self, escaped: &'a str, goes_on: bool) -> &'a str {
        let (escape, rest) = escaped.split_at(ESCAPE);
        if half(rest) == Some(Half::Second) {
            let (other, rest) = rest.split_at(ESCAPE);
            self.json.push_str(escape);
            self.json.push_str(other);
            return rest;
        }
        if goes_on && rest.starts_with('"') {
            self.kept = Some(escape.to_owned());
        } else {
            self.json.push(char::REPLACEMENT_CHARACTER);
        }
        rest
    }

    fn second<'a>(&mut self, escaped: &'a str, begins: bool) -> &'a str {
        let (escape, rest) = escaped.split_at(ESCAPE);
        match self.waiting.as_ref().filter(|_| begins) {
            Some(first) => {
                self.json.push_str(first);
                self.json.push_str(escape);
                self.joined = true;
            }
            None => self.json.push(char::REPLACEMENT_CHARACTER),
        }
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::{Halves, whole};
    use serde_json::{Value, json};

    /// What a stream of events says.
    fn said(events: &[&str]) -> Vec<Value> {
        let mut halves = Halves::default();
        events.iter().map(|event| serde_json::from_str(&halves.event((*event).to_owned())).unwrap()).collect()
    }

    #[test]
    fn halves_in_two_events_are_joined() {
        assert_eq!(said(&[r#"["a \ud83d"]"#, r#"["\ude00 done"]"#]), [json!(["a "]), json!(["😀 done"])]);
        let events = [r#"["\uD83D"]"#, r#"["\uDE00\uD83D"]"#, r#"["\uDE01"]"#];
        assert_eq!(said(&events), [json!([""]), json!(["😀"]), json!(["😁"])]);
        // A token beside its text, and an event without text between the halves.
        let events = [r#"["\ud83d", "\ud83d"]"#, "{}", r#"["\ude00", "\ude00"]"#];
        assert_eq!(said(&events), [json!(["", ""]), json!({}), json!(["😀", "😀"])]);
    }

    #[test]
    fn a_half_alone_is_no_character() {
        let apart = said(&[r#"["\ud83d a", "b\ude00", "\"\ude00"]"#]);
        assert_eq!(apart, [json!(["\u{FFFD} a", "b\u{FFFD}", "\"\u{FFFD}"])]);
        assert_eq!(said(&[r#"["\ude00"]"#, r#"["\ud83d\n"]"#]), [json!(["\u{FFFD}"]), json!(["\u{FFFD}\n"])]);
        let document = whole(br#"{"text": "\ud83d", "more": "\ud83d\ude00"}"#.to_vec());
        assert_eq!(serde_json::from_slice::<Value>(&document).unwrap(), json!({"text": "\u{FFFD}", "more": "😀"}));
    }

    #[test]
    fn everything_else_stays() {
        for text in [r#"["\\ud83d", "\ud83d\ude00", "\u00e9", "\\\\ude00"]"#, r#"["\ud"#, r#"["\ud83"#, "\\", "é"] {
            assert_eq!(Halves::default().event(text.to_owned()), text);
            assert_eq!(whole(text.as_bytes().to_vec()), text.as_bytes());
        }
        assert_eq!(whole(b"\"\\ud83d\xff\"".to_vec()), b"\"\\ud83d\xff\"");
    }
}

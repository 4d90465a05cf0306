//! What a count must have to be believed, over servers that count well, in bytes, or not at all.

use super::Tally;
use crate::core::message::ChatRequest;
use crate::core::slack::Slack;
use crate::core::usage::Usage;
use std::time::Duration;

#[test]
fn a_counted_prompt_is_no_answer() {
    let mut tally = Tally::default();
    let prompt = Usage { input_tokens: 9, ..Usage::default() };
    tally.report(prompt, false);
    assert!(tally.is_empty());
    tally.report(prompt, true);
    assert!(!tally.is_empty());
}

#[test]
fn a_model_is_not_taken_for_much_faster_in_silence_than_it_was_heard_to_write() {
    // Bytes, the seconds in which they came, and the most tokens in another second.
    for (heard, seconds, expect) in
        [(0, 0, 4_000), (200, 2, 4_000), (400, 0, 4_000), (400, 2, 100), (400_000, 2, 4_000)]
    {
        let tally = Tally { heard, spoken: Duration::from_secs(seconds), ..Tally::default() };
        assert_eq!(tally.silent(Duration::from_secs(seconds + 1)), expect, "{heard} bytes in {seconds} s");
    }
}

/// Tokens billed for a text that the server counted as `told`, and whether they are estimated.
fn billed(text: &str, told: u64) -> (u64, bool) {
    let mut tally = Tally::default();
    tally.hear(text);
    tally.report(Usage { input_tokens: 9, output_tokens: told, ..Usage::default() }, true);
    let usage = tally.usage(&ChatRequest::default());
    assert_eq!(usage.input_tokens, 9);
    (usage.output_tokens, usage.estimated)
}

#[test]
fn counts_of_honest_tokenizers_are_believed() {
    // Tokens of o200k_base, counted with tiktoken where a figure is odd, else by the words.
    let hindi = "नमस्ते, मेरा नाम जीपीटी-4o है। मैं एक नए प्रकार का भाषा मॉडल हूँ।";
    for (text, told) in [
        ("internationalization", 3),
        // Labels of cl100k_base.
        ("Application", 1),
        ("Authentication", 1),
        ("Configuration", 1),
        ("Connection", 1),
        ("Environmental", 1),
        ("Authentication failed", 2),
        ("The quick brown fox jumps over the lazy dog.", 10),
        (hindi, 23),
        ("==================================================", 1),
        ("", 0),
        ("yes", 7),
    ] {
        assert_eq!(billed(text, told), (told, false), "{text}");
    }
}

#[test]
fn counts_above_what_was_sent_or_allowed_are_not() {
    let mut request = ChatRequest::default();
    request.sampling.max_tokens = Some(100);
    let held = request.token_bound(None);
    let bound = held + Slack::of(&request, None).input_tokens;
    for (input, output, expect) in [
        (bound, 170, (bound, 170, false)),
        (bound + 1, 170, (held, 170, true)),
        (bound, 171, (bound, 100, true)),
        (10 * bound, 1_000, (held, 100, true)),
        (1_000 * bound, 100_000, (held, 100, true)),
    ] {
        let mut tally = Tally::default();
        tally.hear("yes");
        tally.report(
            Usage { input_tokens: input, cached_input_tokens: 9, output_tokens: output, ..Usage::default() },
            true,
        );
        let usage = tally.usage(&request);
        assert_eq!((usage.input_tokens, usage.output_tokens, usage.estimated), expect, "{input} {output}");
        assert!(usage.cached_input_tokens <= usage.input_tokens);
        assert_eq!(tally.excess(&request).is_some(), usage.estimated);
    }
}

#[test]
fn counts_below_what_arrived_are_not() {
    for (text, told, expect) in [
        ("yes", 0, 1),
        ("Environmental", 0, 4),
        ("The quick brown fox jumps over the lazy dog.", 3, 11),
        ("1 2 3 4 5 6 7 8 9 10 11 12 13 14", 1, 8),
    ] {
        assert_eq!(billed(text, told), (expect, true), "{text}");
    }
}

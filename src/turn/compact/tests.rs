//! Histories that are too long, as they are sent; that runs go on with them is shown in `tests/turn/history.rs`.

use super::{OLD_ARGUMENTS, bound, compact};
use crate::core::message::{Message, Speaker, Thought, ToolRequest};
use crate::turn::history::History;
use crate::turn::stages::Kept;

/// Instructions and task of 1,000 bytes each, and turns with a call whose code and output have so many bytes.
fn history(turns: usize, bytes: usize) -> History {
    let text = |speaker| Message::new(speaker, "i".repeat(1_000));
    let mut history = History::new(vec![text(Speaker::System), text(Speaker::User)]);
    for turn in 1..=turns {
        let mut call = Message::new(Speaker::Assistant, "");
        let arguments = serde_json::json!({"code": "c".repeat(bytes)}).to_string();
        call.tool_requests = vec![ToolRequest { id: turn.to_string(), name: "rhai".into(), arguments }];
        call.thoughts = vec![Thought::Redacted { data: "t".repeat(10) }];
        let mut result = Message::new(Speaker::Tool, "o".repeat(bytes));
        result.answers = Some(turn.to_string());
        let messages = vec![call, result, Message::new(Speaker::User, format!("# Turn {}", turn + 1))];
        history.add(messages, Kept { variables: vec![format!("v{turn}"), "again".into()], results: 2 * turn });
    }
    history
}

/// The ids of calls and of results, each in order.
fn ids(messages: &[Message]) -> (Vec<&str>, Vec<&str>) {
    let calls = messages.iter().flat_map(|message| &message.tool_requests).map(|call| call.id.as_str());
    (calls.collect(), messages.iter().filter_map(|message| message.answers.as_deref()).collect())
}

#[test]
fn old_turns_shrink_while_that_is_enough() {
    let history = history(6, 2_000);
    assert_eq!(compact(&history, 50_000), history.messages);
    let sent = compact(&history, 20_000);
    assert!(bound(&sent) <= 20_000);
    assert_eq!((sent.len(), &sent[..2]), (20, &history.messages[..2]));
    assert_eq!(
        (sent[2].tool_requests[0].arguments.as_str(), &sent[2].thoughts),
        (OLD_ARGUMENTS, &history.messages[2].thoughts)
    );
    assert!(serde_json::from_str::<serde_json::Value>(OLD_ARGUMENTS).is_ok_and(|value| value["code"].is_string()));
    assert!(sent[3].text.starts_with("[shortened: earlier output; variables still hold it]"), "{}", sent[3].text);
    assert_eq!(sent[14..], history.messages[14..], "the latest two turns");
}

#[test]
fn turns_that_cannot_shrink_are_left_out_in_steps() {
    let (whole, mut steps, mut before) = (history(60, 600), 0, Vec::new());
    for turns in 1..=60 {
        let sent = compact(&history(turns, 600), 12_000);
        assert!(bound(&sent) <= 12_000, "{turns} turns");
        let latest = whole.messages[2..2 + 3 * turns].iter().rev().take(6);
        assert!(sent.iter().rev().zip(latest).all(|(sent, latest)| sent == latest), "{turns} turns");
        let (calls, results) = ids(&sent);
        assert_eq!(calls, results);
        steps += usize::from(!sent.starts_with(&before));
        before = sent;
    }
    assert!((10..=20).contains(&steps), "{steps}");
    let (calls, _) = ids(&before);
    let left_out = 60 - calls.len();
    let told = format!(
        "\n# Left out\nturns 1 to {left_out} are left out here for want of room; the session has all that they did; variables: \
         again, v{left_out}, "
    );
    assert!(before[1].text.contains(&told), "{}", before[1].text);
    assert!(before[1].text.ends_with(&format!("; out(1) to out({}) have what they gave\n", 2 * left_out)));
}

#[test]
fn names_that_are_too_many_are_counted() {
    let sent = compact(&history(300, 600), 12_000);
    assert!(sent[1].text.contains(" others before; out(1) to"), "{}", sent[1].text);
    assert!(sent[1].text.len() < 1_700, "{}", sent[1].text);
}

#[test]
fn the_latest_turn_loses_its_middle_where_it_does_not_fit() {
    let sent = compact(&history(4, 9_000), 5_000);
    assert!(bound(&sent) <= 5_000, "{}", bound(&sent));
    assert_eq!(ids(&sent), (vec!["4"], vec!["4"]));
    assert!(sent[3].text.contains("bytes left out"), "{}", sent[3].text);
}

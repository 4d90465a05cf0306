//! What is told of calls, batches and code.

use super::{Detail, Narrator, Telling};
use crate::core::event::{Event, EventRecord};
use crate::core::ids::{Frame, ModelId, RoleName, RunId};

fn hear(narrator: &mut Narrator, event: Event) -> Telling {
    let record = EventRecord { run: RunId::new("R"), seq: 0, at: 0, frame: Frame::root(), event };
    narrator.hear(&record, Detail::Steps)
}

fn started(call: u64) -> Event {
    Event::ModelStarted {
        call,
        model: ModelId::new("a/b"),
        role: RoleName::new("worker"),
        label: None,
        reason: String::new(),
    }
}

#[test]
fn one_answer_streams_and_many_are_counted() {
    let mut narrator = Narrator::default();
    let live = |text: &str| Telling::Live(text.to_owned());
    assert_eq!(hear(&mut narrator, started(1)), live("worker a/b ..."));
    assert_eq!(hear(&mut narrator, Event::ModelText { call: 1, text: "Hal".into() }), live("Hal"));
    assert_eq!(hear(&mut narrator, Event::ModelText { call: 1, text: "lo".into() }), live("Hallo"));
    assert_eq!(hear(&mut narrator, Event::ModelReset { call: 1 }), live("worker a/b ..."));
    assert_eq!(hear(&mut narrator, started(2)), live("2 calls"));
    assert_eq!(
        hear(&mut narrator, Event::BatchProgress { done: 1, failed: 1, of: 9, again: false }),
        live("batch 1 of 9, 1 failed · 2 calls")
    );
    narrator.forget();
    assert_eq!(hear(&mut narrator, Event::BatchProgress { done: 9, failed: 0, of: 9, again: true }), live(""));
}

#[test]
fn calls_are_shown_with_their_names() {
    let mut narrator = Narrator::default();
    let live = |text: &str| Telling::Live(text.to_owned());
    let named = |call, name: &str| match started(call) {
        Event::ModelStarted { call, model, role, reason, .. } => {
            Event::ModelStarted { call, model, role, reason, label: Some(name.to_owned()) }
        }
        other => other,
    };
    assert_eq!(hear(&mut narrator, named(1, "fox")), live("worker a/b: fox ..."));
    assert_eq!(hear(&mut narrator, named(2, "fox")), live("2 calls: fox"));
    assert_eq!(hear(&mut narrator, started(3)), live("3 calls: fox"));
    hear(&mut narrator, named(4, "hen"));
    hear(&mut narrator, named(5, &"cow".repeat(20)));
    let cut = format!("{}…", "cow".repeat(20).get(..40).unwrap());
    assert_eq!(hear(&mut narrator, named(6, "pig")), live(&format!("6 calls: fox, hen, {cut}, …")));
}

#[test]
fn every_line_of_a_childs_code_is_indented() {
    let mut narrator = Narrator::default();
    let mut hear = |run: &str, event| {
        let record = EventRecord { run: RunId::new(run), seq: 0, at: 0, frame: Frame::root(), event };
        narrator.hear(&record, Detail::All)
    };
    hear("R", Event::ChildStarted { child: RunId::new("C"), task: "t".into(), depth: 1 });
    let code = Event::CodeStarted { turn: 1, source: "a\n\nb\u{1b}[2J".into() };
    assert_eq!(hear("C", code), Telling::Line("    | a\n    | b\u{1b}[2J".to_owned()));
    let long = Event::CodeStarted { turn: 2, source: "a\nb\nc\nd\ne".into() };
    assert_eq!(hear("R", long), Telling::Line("  | a\n  | b\n  | c\n  | ... 2 more lines".to_owned()));
    let shown = "found: 6\nnew variables:\n  hits: array of 6".to_owned();
    let ended = Event::CodeFinished { turn: 2, shown, ok: true, millis: 1, stopped: None };
    assert_eq!(hear("R", ended), Telling::Line("  → found: 6".to_owned()));
}

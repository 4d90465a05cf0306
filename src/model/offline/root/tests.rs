//! Conversations and the programs that follow.

use super::reply;
use crate::core::message::{Message, Speaker};

fn root(task: &str, context: &str, later: &[&str]) -> Option<String> {
    let opening = format!("# Task\n{task}\n\n# Context\n{context}\n\n# Budget\n20 turns, 5 levels\n");
    let mut messages =
        vec![Message::new(Speaker::System, "End with FINAL(value)."), Message::new(Speaker::User, opening)];
    for observation in later {
        let own = reply(&messages)?;
        messages.push(Message::new(Speaker::Assistant, own));
        messages.push(Message::new(Speaker::User, *observation));
    }
    reply(&messages)
}

/// Checks the sentence and some lines of the next message.
fn check(task: &str, later: &[&str], sentence: &str, holds: &[&str]) {
    let text = root(task, "a.txt, 10 bytes", later).expect("a root");
    assert!(text.starts_with(sentence), "{task}: {text}");
    assert_eq!(text.matches("```").count(), 2, "{text}");
    for line in holds {
        assert!(text.lines().any(|found| found == *line), "{line} is not in {text}");
    }
}

const LOOK: &str = "I look";
const BROADEN: &str = "Nothing fits";
const ANSWER: &str = "I read";
const PLAIN: &str = "I end";
const HITS: &str = "# Turn 2 of 20\n## Output\nfound: 3\na.txt:1: x\n";
const NONE: &str = "# Turn 2 of 20\n## Output\nfound: 0\n";
const ERROR: &str = "# Turn 2 of 20\n## Output\n\n## Error\nline 3: no such function\n";

#[test]
fn other_conversations_are_not_a_root() {
    assert_eq!(reply(&[]), None);
    assert_eq!(reply(&[Message::new(Speaker::User, "# Task\nx\n\n# Context\nnone\n\n# Budget\n1")]), None);
    let system = Message::new(Speaker::System, "FINAL(");
    assert_eq!(reply(&[system, Message::new(Speaker::User, "Who?")]), None);
}

#[test]
fn the_step_follows_from_what_was_printed() {
    check("Who won?", &[], LOOK, &["let query = \"won\";", "let hits = context.search(query, 8);"]);
    check("Who won?", &[HITS], ANSWER, &["let replies = llm_batch(prompts);", "FINAL(answer);"]);
    check("Who won?", &[NONE], BROADEN, &["let pattern = \"(?i)\\\\bwon\";"]);
    check("Who won?", &[NONE, HITS], ANSWER, &[]);
    check("Who won?", &[NONE, NONE], ANSWER, &["let missing = \"nothing in the context matches: won\";"]);
    check("Who won?", &[ERROR], PLAIN, &["let hits = context.search(query, 5);"]);
    check("Who won?", &[HITS, ERROR], PLAIN, &[]);
    check("Who won?", &[HITS, ERROR, ERROR], PLAIN, &[]);
    check("Summarize it", &[NONE], ANSWER, &[]);
    let left = |calls: &str| format!("{HITS}\n## Status\nspent: 1 calls; left: $1, {calls}, 9 tokens; turns left: 3");
    check("Who won?", &[&left("5 calls")], ANSWER, &["let leaves = 3;"]);
    check("Who won?", &[&left("2 calls")], PLAIN, &[]);
    check("How many errors?", &[&left("1 calls")], PLAIN, &["FINAL(lead);"]);
}

#[test]
fn counts_and_lists_have_their_own_programs() {
    let count = "let pattern = \"(?i)\\\\berror(?:e?s)?\\\\b\";";
    check("How many errors?", &[], LOOK, &[count, "let many = \"matches of \\\"error\\\"\";"]);
    check("How many errors?", &[HITS], ANSWER, &[count, "let replies = llm_batch(prompts);"]);
    check("How many `errors`?", &[HITS], ANSWER, &["let pattern = \"\\\\berrors\\\\b\";", "FINAL(lead);"]);
    check(
        "How many documents have `x y`?",
        &[],
        LOOK,
        &["let by_document = true;", "let pattern = \"\\\\bx\\\\s+y\\\\b\";"],
    );
    check("List all ports", &[HITS], ANSWER, &["for item in first_of(items, 40) { answer += \"\\n\" + item; }"]);
    check("List all ports", &[NONE, NONE], ANSWER, &["let hits = context.search(query, 8);", "FINAL(answer);"]);
}

#[test]
fn the_last_turn_looks_and_answers() {
    check("Who won?", &["# Turn 2 of 2\n## Output\nfound: 0\n"], BROADEN, &["FINAL(answer);"]);
    let opening = "# Task\nWho won?\n\n# Context\na.txt\n\n# Budget\n1 turn left";
    let messages = [Message::new(Speaker::System, "FINAL("), Message::new(Speaker::User, opening)];
    let text = reply(&messages).expect("a root");
    assert!(text.contains("context.search") && text.contains("FINAL(answer);"), "{text}");
}

#[test]
fn without_a_context_the_task_is_the_text() {
    let text = root("Who won?\n\nAnn won. Bob lost.", "none", &[]).expect("a root");
    assert_eq!(text, "The context is empty, so I answer from the task.\n\n```rhai\nFINAL(\"Ann won.\");\n```\n");
    let text = root("What is 2+2?", "none", &[]).expect("a root");
    assert!(text.contains("FINAL(\"there is no text to quote from"), "{text}");
}

#[test]
fn a_value_of_a_form_is_a_text_or_a_count_or_not_given() {
    let check = |task: &str, schema: &str, later: &[&str], end: Option<&str>| {
        let typed = format!("{task}\n\n{}\n{schema}", crate::model::offline::prompt::FINAL_LINE);
        let text = root(&typed, "a.txt, 10 bytes", later);
        let found = text.as_deref().and_then(|text| text.lines().find(|line| line.starts_with("FINAL(")));
        assert_eq!((text.is_some(), found), (end.is_some(), end), "{task} {schema}");
    };
    let said = r#"{"type":"object","properties":{"said":{"type":"string"}},"required":["said"]}"#;
    check("Who won?", said, &[HITS], Some("FINAL(#{\"said\": answer});"));
    check("How many lines?", r#"{"type":"integer"}"#, &[], Some("FINAL(number);"));
    check("How many `errors`?", r#"{"properties":{"n":{"type":"integer"}}}"#, &[], Some("FINAL(#{\"n\": number});"));
    // Of a common thing the text may say the number itself.
    check("How many ships?", r#"{"type":"integer"}"#, &[], None);
    check("Who won?", r#"{"type":"array"}"#, &[], None);
}

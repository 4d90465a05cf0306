//! Tables of prompts and whole answers.

use super::{NO_TEXT, answer};
use crate::model::offline::prompt;

const BRIDGE: &str = "The old bridge was built of stone. It fell in a storm.\nThe new bridge opened in 1932 after \
    eight years of work. Its builder was Ann Lee.\nBoats pass below.\n";

const LOG: &str = "12:00 INFO start\n12:01 ERROR disk full\n12:02 INFO retry\n12:03 ERROR disk gone\n12:04 INFO end\n";

fn check(user: &str, expect: &str) {
    assert_eq!(answer(&prompt::read("", user)).as_deref(), Ok(expect), "{user:?}");
}

#[test]
fn quotes() {
    check(
        &format!("Question: When did the new bridge open?\n\nText from a.txt line 1:\n{BRIDGE}"),
        "The new bridge opened in 1932 after eight years of work.",
    );
    check(&format!("{BRIDGE}\nWho was the builder?"), "Its builder was Ann Lee.");
    check(&format!("What passes below?\n\n{BRIDGE}"), "Boats pass below.");
    check(&format!("Who sang?\n{BRIDGE}"), "nothing in the text matches: sang");
    check(&format!("What happened at 12:03 with \"disk gone\"?\n{LOG}"), "12:03 ERROR disk gone");
    check("What is the capital of France?", NO_TEXT);
    check("", NO_TEXT);
}

#[test]
fn counts() {
    check(&format!("How many ERROR lines are there?\n\n{LOG}"), "2 matches of \"ERROR\"");
    check(&format!("How many lines contain INFO?\n\n{LOG}"), "3 lines with \"INFO\"");
    check(&format!("How many lines are there?\n\n{LOG}"), "5 lines that are not blank");
    check(&format!("How many WARN lines are there?\n\n{LOG}"), "0 matches of \"WARN\"");
    check(
        &format!("How many lines contain \"error\"?\n\n{LOG}"),
        "2 lines with \"error\", in any case and as part of a word too",
    );
    check(
        "How many red cars are there?\n\nThe blue car and the green car were sold.",
        "2 matches of \"car\"; none of \"red car\"\n\nThe blue car and the green car were sold.",
    );
    check("How many words are in the text?\n\none two, three", "3 words");
    check(
        "How many people live in Paris?\n\nLyon is small.\nIn Paris live 2 million people.",
        "1 match of \"people\"\n\nIn Paris live 2 million people.",
    );
}

#[test]
fn lists() {
    check(&format!("List all ERROR lines\n\n{LOG}"), "12:01 ERROR disk full\n12:03 ERROR disk gone");
    check("Which ports are open?\n\nport 80 open\nport 22 closed\nfan on\nport 80 open", "port 80 open");
    check(&format!("List all flags\n\n{LOG}"), "nothing in the text matches: flag");
}

#[test]
fn summaries() {
    check(
        "Summarize: Tea grows on hills. Tea is picked by hand. # Tea. Hills of tea get rain. I like black cats.",
        "Tea grows on hills.\n\nTea is picked by hand.\n\nHills of tea get rain.",
    );
}

#[test]
fn of_several_documents_each_quotation_has_its_place() {
    let text = "Text from 2 documents:\n\n=== a.txt (2 lines) ===\nAnn built the bridge.\nBob paid for it.\n\n\
        === b.txt, from line 7 (1 line) ===\nAnn built the tower too.\n";
    check(
        &format!("Question: What did Ann build?\n\n{text}"),
        "\"Ann built the bridge.\" (a.txt:1)\n\"Ann built the tower too.\" (b.txt:7)",
    );
    check(&format!("Question: Who paid?\n\n{text}"), "\"Bob paid for it.\" (a.txt:2)");
    check(
        &format!("Question: List all \"Ann\" lines\n\n{text}"),
        "Ann built the bridge. (a.txt:1)\nAnn built the tower too. (b.txt:7)",
    );
    check(&format!("Question: How many lines contain \"Ann\"?\n\n{text}"), "2 lines with \"Ann\"");
    check(&format!("Question: How many lines are there?\n\n{text}"), "3 lines that are not blank");
}

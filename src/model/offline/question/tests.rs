//! Tables of questions and what they are read as.

use super::{Ask, Question, Unit};
use crate::model::offline::thing::Thing;

fn exact(terms: &[&str]) -> Thing {
    Thing::Exact(terms.iter().map(|&term| term.to_owned()).collect())
}

fn phrase(words: &[&str]) -> Thing {
    Thing::Phrase(words.iter().map(|&word| word.to_owned()).collect())
}

fn check(text: &str, ask: Ask, thing: Thing) {
    let question = Question::read(text);
    assert_eq!((question.ask, question.thing), (ask, thing), "{text:?}");
}

#[test]
fn counts() {
    check("How many ERROR lines are there?", Ask::Count(Unit::Matches), exact(&["ERROR"]));
    check("How many lines contain ERROR?", Ask::Count(Unit::Lines), exact(&["ERROR"]));
    check("how many lines are there?", Ask::Count(Unit::Lines), Thing::Unnamed);
    check("How many words are in the text?", Ask::Count(Unit::Words), Thing::Unnamed);
    check("How many documents are there?", Ask::Count(Unit::Documents), Thing::Unnamed);
    check("How many times does the word apple appear?", Ask::Count(Unit::Matches), phrase(&["apple"]));
    check("How many times is parse_header called?", Ask::Count(Unit::Matches), exact(&["parse_header"]));
    check("Count the failed requests, please", Ask::Count(Unit::Matches), phrase(&["failed", "request"]));
    check("What is the number of errors in HTTP code?", Ask::Count(Unit::Matches), phrase(&["error"]));
    check("How often does \"the end\" occur?", Ask::Count(Unit::Matches), exact(&["the end"]));
    check("How many EUR are there?", Ask::Count(Unit::Matches), exact(&["EUR"]));
    check("How many EUR lines does it have?", Ask::Count(Unit::Matches), exact(&["EUR"]));
    check("How many EUR did incident 17 cost?", Ask::Quote, exact(&["EUR"]));
    check("How many metres is it tall?", Ask::Quote, Thing::Unnamed);
    check("How many files mention `foo bar`?", Ask::Count(Unit::Documents), exact(&["foo bar"]));
}

#[test]
fn lists() {
    check("List all ports", Ask::List, phrase(&["port"]));
    check("Which errors occurred?", Ask::List, phrase(&["error"]));
    check("Which functions call parse_header?", Ask::List, exact(&["parse_header"]));
    check("What are all the cities?", Ask::List, phrase(&["city"]));
    check("Name all people who met Mr. Holmes", Ask::List, phrase(&["people"]));
    check("Which city is the capital?", Ask::Quote, Thing::Unnamed);
    check("How is the linked list built?", Ask::Quote, Thing::Unnamed);
}

#[test]
fn quotes_and_summaries() {
    check("Summarize the report", Ask::Summary, Thing::Unnamed);
    check("What are the key points?", Ask::Summary, Thing::Unnamed);
    check("Who is Ann's brother?", Ask::Quote, Thing::Unnamed);
    check("Who said 'don't go' and “no”?", Ask::Quote, exact(&["don't go", "no"]));
    check("What does src/main.rs do with FooBar?", Ask::Quote, exact(&["src/main.rs", "FooBar"]));
    check("WHAT IS THIS?", Ask::Quote, Thing::Unnamed);
    check("", Ask::Quote, Thing::Unnamed);
    check("\"", Ask::Quote, Thing::Unnamed);
}

#[test]
fn numbers_are_wanted_where_asked_for() {
    for (text, expect) in [("When did it open?", true), ("How much is it?", true), ("Who opened it?", false)] {
        assert_eq!(Question::read(text).wants_number, expect, "{text}");
    }
}

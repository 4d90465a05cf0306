//! The numbers that stand in a passage, and the one that stands nearest to the words of a question.
//!
//! A part of a date, a time, a version, a range or a name is no number, and neither is the 2 of "2 million".

use crate::context::rank::tokens;
use crate::context::stem::query_tokens;
use crate::model::offline::question::Question;
use crate::model::offline::thing::Thing;
use crate::model::offline::words::{normal, words};

/// Words that multiply the number before them.
const SCALES: [&str; 6] = ["hundred", "thousand", "million", "billion", "trillion", "dozen"];

/// A number as it can be parsed, and where it begins and ends, in bytes.
struct Found {
    start: usize,
    end: usize,
    text: String,
}

/// The number that stands nearest to a word of the question, the first of equals; those of the question itself are not
/// asked for.
pub fn nearest(passage: &str, question: &Question) -> Option<String> {
    let asked = query_tokens(&question.query());
    let is_asked = |text: &str| tokens(text).any(|token| asked.contains(&token));
    let places: Vec<usize> = words(passage).filter(|word| is_asked(word.text)).map(|word| word.start).collect();
    let distance = |at: usize| places.iter().map(|place| place.abs_diff(at)).min().unwrap_or(0);
    let others = numbers(passage).into_iter().filter(|number| !asked.contains(&number.text));
    others.min_by_key(|number| distance(number.start)).map(|number| number.text)
}

/// The number in front of a common thing, with all words that the question has for it: "126,000 people".
pub fn of_thing(passage: &str, thing: &Thing) -> Option<String> {
    let Thing::Phrase(named) = thing else { return None };
    let is_next = |number: &Found| {
        let rest = &passage[number.end..];
        let is_beside = words(rest).next().is_some_and(|word| rest[..word.start].trim().is_empty());
        is_beside && words(rest).take(named.len()).map(|word| normal(word.text)).eq(named.iter().cloned())
    };
    numbers(passage).into_iter().find(is_next).map(|number| number.text)
}

/// Whether a passage says a number, whatever it is of.
pub fn has_any(passage: &str) -> bool {
    passage.contains(|c: char| c.is_ascii_digit())
}

/// The numbers of a text in order: `1,234.5` becomes `1234.5`.
fn numbers(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].find(|c: char| c.is_ascii_digit()) {
        let start = at + next;
        let rest = &text[start..];
        let length = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').unwrap_or(rest.len());
        let run = rest[..length].trim_end_matches(['.', ',']);
        let (before, after) = (&text[..start], &rest[run.len()..]);
        if let Some(number) = plain(run).filter(|_| begins(before) && ends(after)) {
            let sign = if before.ends_with('-') { "-" } else { "" };
            found.push(Found { start, end: start + run.len(), text: format!("{sign}{number}") });
        }
        at = start + run.len();
    }
    found
}

/// A run of digits and marks without the commas of thousands; nothing if it may be a version, or several numbers.
fn plain(run: &str) -> Option<String> {
    let (whole, fraction) = run.split_once('.').unwrap_or((run, ""));
    let grouped = whole.find(',').is_none_or(|at| at <= 3) && whole.split(',').skip(1).all(|part| part.len() == 3);
    (grouped && !fraction.contains(['.', ','])).then(|| run.replace(',', ""))
}

/// Whether a number can begin after this text.
fn begins(before: &str) -> bool {
    let mut back = before.chars().rev();
    let (last, other) = (back.next(), back.next());
    match last {
        Some(':' | '/' | '–') => other.is_none_or(|c| !c.is_ascii_digit()),
        Some('-') => other.is_none_or(|c| !c.is_alphanumeric()),
        Some('.') => false,
        last => last.is_none_or(|c| !in_word(c)),
    }
}

/// Whether a number can end before this text.
fn ends(after: &str) -> bool {
    let mut ahead = after.chars();
    let (next, other) = (ahead.next(), ahead.next());
    let goes_on = match next {
        Some(':' | '/' | '–' | '-') => other.is_some_and(|c| c.is_ascii_digit()),
        next => next.is_some_and(in_word),
    };
    let scale = words(after).next().filter(|word| after[..word.start].trim().is_empty());
    !goes_on && scale.is_none_or(|word| !SCALES.contains(&word.text.to_lowercase().as_str()))
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::nearest;
    use crate::model::offline::question::Question;

    fn check(question: &str, passage: &str, expect: Option<&str>) {
        assert_eq!(nearest(passage, &Question::read(question)).as_deref(), expect, "{passage}");
    }

    #[test]
    fn the_nearest_number_is_quoted() {
        check("How tall is it?", "It opened in 1884 and is 31 metres tall.", Some("31"));
        check("When did it open?", "It opened in 1884 and is 31 metres tall.", Some("1884"));
        check("What cost it in 1902?", "In 1902 it cost 1,234.5 florins.", Some("1234.5"));
        check("What is the balance?", "The balance is -5.", Some("-5"));
        check("What is the total?", "{\"total\":1200}", Some("1200"));
        check("What is the price?", "price,4", Some("4"));
    }

    #[test]
    fn a_part_of_something_else_is_no_number() {
        for passage in [
            "The fare is due at 12:01.",
            "The fare is of 2020-01-05.",
            "The fare is that of GPT-5 and v2.",
            "The fare has the version 1.2.3.",
            "The fare is 2 million.",
            "The fares: 4,7",
            "The fare is unknown.",
        ] {
            check("What is the fare?", passage, None);
        }
    }
}

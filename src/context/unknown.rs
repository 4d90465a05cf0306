//! What is said of a document that is not there. It finds none.

use crate::core::failure::{Failure, FailureKind};
use crate::core::text::{nearest, one_line};
use std::cmp::Reverse;

/// How many names are told.
const SHOWN: usize = 8;
/// The longest name that is looked for in others, in bytes.
const LONGEST: usize = 200;

/// The failure for a document that is not there; `alike` are those that the name may mean.
pub(crate) fn unknown<'a>(name: &str, alike: &[&str], names: impl Iterator<Item = &'a str>) -> Failure {
    let mut names: Vec<&str> = names.collect();
    let failure = Failure::new(FailureKind::NotFound, format!("there is no document {:?}", one_line(name, LONGEST)));
    if !alike.is_empty() {
        return failure.hint(format!("which one? {}", listed(alike)));
    }
    match nearest(name, names.iter().copied()) {
        Some(near) => failure.hint(format!("did you mean {near:?}?")),
        None if names.is_empty() => failure.hint("the context has no documents"),
        None => {
            nearest_first(name, &mut names);
            failure.hint(format!("the documents are {}", listed(&names)))
        }
    }
}

/// Puts those in front that have the whole name in theirs, then those with most of its words; the rest stays in order.
fn nearest_first(name: &str, names: &mut [&str]) {
    if name.len() > LONGEST {
        return;
    }
    let typed = name.to_lowercase();
    let words: Vec<&str> = typed.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    names.sort_by_cached_key(|known| {
        let known = known.to_lowercase();
        Reverse((known.contains(&typed), words.iter().filter(|word| known.contains(**word)).count()))
    });
}

fn listed(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("{name:?}")).collect();
    let more = names.len().saturating_sub(SHOWN);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

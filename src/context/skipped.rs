//! What was left out of folders, as lines for people. It decides nothing.

use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How many files are told by name, and how many reasons of the others.
const NAMED: usize = 5;

/// Names and reasons as lines: the first files by name, the others counted by reason.
pub fn lines(skipped: &[(String, String)]) -> Vec<String> {
    let (named, rest) = skipped.split_at(skipped.len().min(NAMED));
    let named = named.iter().map(|(name, reason)| format!("skipped {name}: {reason}"));
    let counted = match rest {
        [] => None,
        [(_, reason)] => Some(format!("skipped 1 more file: {reason}")),
        many => Some(format!("skipped {} more files: {}", many.len(), reasons(many))),
    };
    named.chain(counted).collect()
}

fn reasons(skipped: &[(String, String)]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, reason) in skipped {
        *counts.entry(reason).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| Reverse(*count));
    let more = if counts.len() > NAMED { ", .." } else { "" };
    let shown: Vec<String> = counts.iter().take(NAMED).map(|(reason, count)| format!("{reason} ({count})")).collect();
    format!("{}{more}", shown.join(", "))
}

//! Inputs with a hidden structure: each is of a kind, and the kind decides which way of looking finds what a task asks for.
//! The root model of the server follows the best way that its first prompt shows, else one that follows from the task's words.
//!
//! The bench of learning and the test of it share this file. It measures and serves nothing.

use super::field::{PEOPLE, PLACES, hash, numbers};
use std::collections::HashSet;
use std::fmt::Write;

/// The one model, which plays the root.
pub(crate) const MODEL: &str = "scout";
/// Turns of a run: one that looks, one that answers or looks on in vain, and the last one.
pub(crate) const TURNS: usize = 3;
/// A right way fails once in so many tasks, and a wrong one works once in so many.
const SLIPS: u64 = 20;
/// Bytes of an input: more than is answered by one call.
const SIZE: usize = 40_000;

/// The ways of looking: as a memory names them, and as a root writes them.
const WAYS: [(&str, &str); 4] = [
    ("context.grep(_)", "context.grep(\"the\", 5)"),
    ("context.search(_, 8)", "context.search(\"what is asked for\", 8)"),
    ("context.tail(_)", "context.tail(2000)"),
    ("context.paragraphs()", "context.paragraphs()"),
];

/// A kind of input.
struct Kind {
    /// Its document.
    document: &'static str,
    /// What such a document is made of.
    line: &'static str,
    /// The way that finds what is asked for, by its place in `WAYS`.
    right: usize,
    /// How tasks on it are put.
    phrases: [&'static str; 3],
    /// What they are about.
    things: [&'static str; 6],
}

static KINDS: [Kind; 4] = [
    Kind {
        document: "turbine.log",
        line: "04:12:07 WARN the bearing of turbine seven runs hot",
        right: 2,
        phrases: ["which alarm was raised last by", "what was the final warning of", "what stopped"],
        things: ["the turbine", "the pump", "the compressor", "the crane", "the furnace", "the conveyor"],
    },
    Kind {
        document: "ledger.csv",
        line: "1902,the mill,florins,seventeen,paid",
        right: 0,
        phrases: ["how many florins were paid by", "what sum stands in the ledger for", "which debt was settled by"],
        things: ["the mill", "the brewery", "the tannery", "the forge", "the dyer", "the guild"],
    },
    Kind {
        document: "letters.txt",
        line: "My dear friend, the crossing was rough and the captain ill.\n",
        right: 3,
        phrases: ["how did the letter describe", "what does the writer feel about", "what is said between friends of"],
        things: ["the crossing", "the captain", "the winter", "the wedding", "the quarrel", "the orchard"],
    },
    Kind {
        document: "statutes.md",
        line: "## Article: the council may grant the licence on application",
        right: 1,
        phrases: [
            "which article of the statutes governs",
            "what do the statutes forbid to",
            "who may under the statutes grant",
        ],
        things: ["a licence", "a pardon", "an easement", "a charter", "a tithe", "a monopoly"],
    },
];

/// A task: what is asked, and of which document.
pub(crate) type Task = (String, &'static str);

/// The first `count` tasks: the same on every machine, and no two are equal.
pub(crate) fn tasks(count: usize) -> Vec<Task> {
    let mut below = numbers(0x2545_F491_4F6C_DD1D);
    let mut seen = HashSet::new();
    let mut tasks = Vec::new();
    while tasks.len() < count {
        let kind = &KINDS[below(KINDS.len())];
        let (phrase, thing) = (kind.phrases[below(3)], kind.things[below(6)]);
        let task = format!("{phrase} {thing} in {}, asks {}", PLACES[below(12)], PEOPLE[below(12)]);
        if seen.insert(task.clone()) {
            tasks.push((task, kind.document));
        }
    }
    tasks
}

/// The documents, as name and text.
pub(crate) fn documents() -> Vec<(&'static str, String)> {
    let text = |kind: &Kind| format!("{}\n", kind.line).repeat(SIZE / kind.line.len() + 1);
    KINDS.iter().map(|kind| (kind.document, text(kind))).collect()
}

/// What the root model says in a turn, from 1, of a run whose first prompt this is.
pub(crate) fn reply(turn: usize, first: &str) -> String {
    let way = way(first);
    let code = match turn {
        1 => WAYS[way].1,
        2 if finds(first, way) => "FINAL(\"found\")",
        _ => "print(\"nothing of that kind\")",
    };
    format!("```rhai\n{code}\n```")
}

/// The way that a root takes: the best that it is shown.
fn way(first: &str) -> usize {
    let shown = first.lines().filter_map(|line| line.strip_prefix("- ")?.split_once(": worked in"));
    let known = |(template, _): (&str, &str)| WAYS.iter().position(|(name, _)| *name == template);
    let own = || usize::try_from(hash(&["way", task(first)]) % 4).unwrap_or(0);
    shown.filter_map(known).next().unwrap_or_else(own)
}

/// Whether a way finds what the task of a prompt asks for.
fn finds(first: &str, way: usize) -> bool {
    let task = task(first);
    let kind = KINDS.iter().find(|kind| kind.phrases.iter().any(|phrase| task.starts_with(phrase)));
    let slips = hash(&["slip", WAYS[way].0, task]).is_multiple_of(SLIPS);
    kind.is_some_and(|kind| kind.right == way) != slips
}

/// The task of a first prompt.
fn task(first: &str) -> &str {
    first.lines().nth(1).unwrap_or_default()
}

/// Settings of one model on the server of this address; `memory` is what stands in that table.
pub(crate) fn settings(base_url: &str, memory: &str) -> String {
    format!(
        "[memory]\noff_share = 0\n{memory}\n[models.{MODEL}]\nbase_url = \"{base_url}\"\nname = \"{MODEL}\"\ninput_price = 50\noutput_price = 50\n"
    )
}

/// A program that does these tasks in order and answers `[task, looks, micro-USD, solved]` for each.
pub(crate) fn program(tasks: &[Task]) -> String {
    let mut list = String::new();
    for (task, document) in tasks {
        // Writing into a text cannot fail.
        writeln!(list, "    [{task:?}, {document:?}],").expect("a text takes it");
    }
    format!(
        "let rows = [];\nfor task in [\n{list}] {{\n    let before = spent();\n    let solved = true;\n    \
         try {{ rlm(task[0], context.doc(task[1]), #{{max_turns: {TURNS}}}); }} \
         catch (e) {{ if e.kind != \"turns\" {{ throw e; }} solved = false; }}\n    let after = spent();\n    \
         rows.push([task[0], after.calls - before.calls - 1, (after.cost_usd - before.cost_usd) * 1000000.0, solved]);\n}}\nrows\n"
    )
}

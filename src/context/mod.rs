//! The long inputs of a run: memory-mapped documents and views of them. Nothing here copies a whole input, calls a model
//! or runs a script.
//!
//! - `library`, `discover`, `sniff`, `skipped`, `spool`: which documents a run has, and what is refused.
//! - `document`, `mapping`, `fault`, `occurrences`, `fingerprint`: one document and its memory.
//! - `view`, `unknown`, `read`, `lines`, `pieces`, `chunk`, `grep`, `search`, `data`, `rows`, `card`, `headed`: what
//!   a text answers.
//! - `scan`, `pattern`, `cells`, `terms`, `rank`, `stem`, `columns`, `table`, `poll`: the loops and formulas beneath.

pub mod card;
pub mod cells;
pub mod chunk;
pub mod columns;
pub mod data;
pub mod discover;
pub mod document;
pub mod fault;
pub mod fingerprint;
pub mod grep;
pub mod headed;
pub mod library;
pub mod lines;
pub mod mapping;
pub mod occurrences;
pub mod pattern;
pub mod pieces;
pub mod poll;
pub mod rank;
pub mod read;
pub mod rows;
pub mod scan;
pub mod search;
pub mod skipped;
pub mod sniff;
pub mod spool;
pub mod stem;
pub mod table;
pub mod terms;
pub mod unknown;
pub mod view;

#[cfg(test)]
mod tests;

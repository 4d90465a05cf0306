//! What Rhai lacks, and what it does otherwise than a program may expect.

pub mod arrays;
pub mod bits;
pub mod equality;
pub mod failed_items;
pub mod groups;
pub mod lists;
pub mod mixed;
pub mod notation;
pub mod order;
pub mod python;
pub mod pythonic;
pub mod ranges;
pub mod totals;
pub mod words;

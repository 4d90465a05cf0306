//! The interpreter as scripts meet it: primitives, habits from other languages, attacks, and what a session keeps.

mod examples;
mod habits;
mod hostile;
mod limits;
mod parallel;
mod sessions;
mod strict;
mod totals;

//! The arguments of a subcommand that has verbs of its own.

use clap::{Args, Subcommand};

/// A verb, or none for the usual one, and the form of the answer.
#[derive(Debug, Args)]
pub struct Verbs<A: Subcommand> {
    /// What to do; the subcommand's usual verb if nothing is named.
    #[command(subcommand)]
    pub action: Option<A>,
    /// Prints JSON.
    #[arg(long, global = true)]
    pub json: bool,
}

//! The loop of the REPL.

use crate::app::build::App;
use crate::core::exit::Exit;
use crate::core::failure::Outcome;

/// Runs the REPL until the person leaves.
pub async fn run(app: &App, context: &[String]) -> Outcome<Exit> {
    let _ = (app, context);
    Ok(Exit::Ok)
}

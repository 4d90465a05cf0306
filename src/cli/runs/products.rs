//! Files that steps of a run and its child runs wrote, for people.

use crate::core::ids::RunId;
use serde_json::{Value, json};

/// Most files that are named when a run ends.
const NAMED: usize = 5;
/// Most files that are named where a run is shown.
const SHOWN: usize = 30;

/// The files on one line, where there are any.
pub fn line(run: &RunId, products: &[String]) -> Option<String> {
    let more = products.len().saturating_sub(NAMED);
    let rest = if more == 0 { String::new() } else { format!(" and {more} more: `rhizo runs show {run}`") };
    let named = &products[..products.len() - more];
    (!named.is_empty()).then(|| format!("wrote {}{rest}", named.join(", ")))
}

/// Adds them to the data of a run; the same for people, each on a line.
pub fn add(whole: &mut Value, products: &[String]) -> String {
    whole["products"] = json!(products);
    let more = products.len().saturating_sub(SHOWN);
    let rest = (more > 0).then(|| format!("wrote   .. and {more} more: --json\n"));
    let named = products.iter().take(SHOWN).map(|name| format!("wrote   {name}\n"));
    named.chain(rest).collect()
}

//! What a project's file allows that nobody else has said: it comes with a folder, so the person is told once.

use crate::config::place::Place;
use crate::config::settings::{Approve, Settings};
use crate::core::text::without_secrets;
use crate::registry::access::is_local;

/// A line on what the project's file alone decides about tools, private addresses and where keys are sent; nothing if
/// it stays with what is usual.
pub fn note(settings: &Settings) -> Option<String> {
    let file = settings.paths.project_config.as_ref()?.display().to_string();
    let decides = |path: &str| settings.merged.place(path).and_then(Place::file) == Some(file.as_str());
    let mut deeds = Vec::new();
    if settings.approve == Approve::Auto && decides("tools.approve") {
        deeds.push("lets tools run unasked".to_owned());
    }
    if settings.allow_private_addresses && decides("tools.allow_private_addresses") {
        deeds.push("lets http_get reach private addresses".to_owned());
    }
    for (name, model) in &settings.models {
        if let (Some(address), Some(variable)) = (&model.base_url, &model.key_env)
            && !is_local(address)
            && decides(&format!("models.{name}.base_url"))
        {
            deeds.push(format!("sends {variable} to {}", without_secrets(address)));
        }
    }
    (!deeds.is_empty()).then(|| format!("note: {file} {}", deeds.join(", ")))
}

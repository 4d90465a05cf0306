//! Roles: places on the escalation ladder, with their models and manners.

use crate::config::role::RoleConfig;
use crate::config::settings::Settings;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::RoleName;
use crate::core::message::Sampling;
use crate::core::strategy::Strategy;
use crate::core::text::{meant, one_line};
use crate::core::thresholds::Thresholds;
use serde::Serialize;

/// A role.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Role {
    /// Its name.
    pub name: RoleName,
    /// Its place on the ladder, 0 at the bottom.
    pub position: u64,
    /// Its models, the preferred one first; empty for one that is chosen by `requires`, or the default model.
    pub models: Vec<String>,
    /// Capabilities and tags that its model must have.
    pub requires: Vec<String>,
    /// How its model is chosen if it lists none.
    pub strategy: Option<Strategy>,
    /// How it samples unless the call says otherwise.
    #[serde(rename = "generation_defaults")]
    pub sampling: Sampling,
    /// When its answers are stopped while they are written; `None` for never.
    pub monitor: Option<Thresholds>,
    /// Standing instructions.
    pub system: Option<String>,
    /// Who it is: the name of a persona, or its text.
    pub persona: Option<String>,
}

/// The role of `llm` unless the call names one.
pub const WORKER: &str = "worker";

/// The role of a root unless a flag names one.
pub const ROOT: &str = "architect";

/// The most tokens of an answer where nobody says.
pub const MAX_TOKENS: u64 = 4_096;

/// All roles by position, then name. Those that always exist are in the lowest layer of the settings.
pub fn all(settings: &Settings) -> Vec<Role> {
    let mut roles: Vec<Role> = settings.roles.iter().map(|(name, config)| role(name, config)).collect();
    roles.sort_by(|a, b| a.position.cmp(&b.position).then_with(|| a.name.cmp(&b.name)));
    roles
}

/// The role of this name.
pub fn find(settings: &Settings, name: &str) -> Outcome<Role> {
    if let Some(config) = settings.roles.get(name) {
        return Ok(role(name, config));
    }
    let roles = all(settings);
    let names: Vec<&str> = roles.iter().map(|r| r.name.as_str()).collect();
    let hint = meant(name, names.iter().copied()).unwrap_or_else(|| format!("roles: {}", names.join(", ")));
    Err(Failure::new(FailureKind::NotFound, format!("there is no role `{}`", one_line(name, 80))).hint(hint))
}

fn role(name: &str, config: &RoleConfig) -> Role {
    Role {
        name: RoleName::new(name),
        position: config.position.unwrap_or(0),
        models: config.models.clone(),
        requires: config.requires.clone(),
        strategy: config.strategy,
        sampling: Sampling {
            max_tokens: Some(config.max_tokens.unwrap_or(MAX_TOKENS)),
            temperature: config.temperature,
            stop: config.stop.clone(),
            thinking: config.thinking,
        },
        monitor: Thresholds::configured(&config.monitor),
        system: config.system.clone(),
        persona: config.persona.clone(),
    }
}

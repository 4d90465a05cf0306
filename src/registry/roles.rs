//! Roles: places on the escalation ladder, with their models and manners.

use crate::config::settings::{RoleConfig, Settings};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::RoleName;
use crate::core::message::Sampling;
use crate::core::text::nearest;
use serde::Serialize;

/// A role.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Role {
    /// Its name.
    pub name: RoleName,
    /// Its place on the ladder, 0 at the bottom.
    pub position: u64,
    /// Its models, the preferred one first; empty for the default model.
    pub models: Vec<String>,
    /// How it samples unless the call says otherwise.
    #[serde(skip)]
    pub sampling: Sampling,
    /// Standing instructions.
    pub system: Option<String>,
}

/// The role of `llm` unless the call names one.
pub const WORKER: &str = "worker";

/// The role of a root unless a flag names one.
pub const ROOT: &str = "architect";

/// Name, position and most tokens of an answer of the roles that always exist.
const BUILT_IN: &[(&str, u64, u64)] = &[("worker", 0, 4_096), ("expert", 1, 8_192), ("architect", 2, 16_384)];

/// All roles by position, then name.
pub fn all(settings: &Settings) -> Vec<Role> {
    let mut roles: Vec<Role> = BUILT_IN
        .iter()
        .map(|(name, position, max_tokens)| role(name, *position, *max_tokens, settings.roles.get(*name)))
        .collect();
    for (name, config) in &settings.roles {
        if !BUILT_IN.iter().any(|(known, ..)| known == name) {
            roles.push(role(name, 0, 4_096, Some(config)));
        }
    }
    roles.sort_by(|a, b| a.position.cmp(&b.position).then_with(|| a.name.cmp(&b.name)));
    roles
}

/// The role of this name.
pub fn find(settings: &Settings, name: &str) -> Outcome<Role> {
    let roles = all(settings);
    if let Some(role) = roles.iter().find(|r| r.name.as_str() == name) {
        return Ok(role.clone());
    }
    let names: Vec<&str> = roles.iter().map(|r| r.name.as_str()).collect();
    let hint = nearest(name, names.iter().copied())
        .map_or_else(|| format!("roles: {}", names.join(", ")), |near| format!("did you mean `{near}`?"));
    Err(Failure::new(FailureKind::NotFound, format!("there is no role `{name}`")).hint(hint))
}

fn role(name: &str, position: u64, max_tokens: u64, config: Option<&RoleConfig>) -> Role {
    let standard = RoleConfig::default();
    let config = config.unwrap_or(&standard);
    Role {
        name: RoleName::new(name),
        position: config.position.unwrap_or(position),
        models: config.models.clone(),
        sampling: Sampling {
            max_tokens: Some(config.max_tokens.unwrap_or(max_tokens)),
            temperature: config.temperature,
            stop: Vec::new(),
            thinking: None,
        },
        system: config.system.clone(),
    }
}

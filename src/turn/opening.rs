//! What a root run begins with: instructions, task, context card, memory and budget.

use crate::context::card::CardOptions;
use crate::core::effect::EffectKind;
use crate::core::failure::Outcome;
use crate::core::ids::Frame;
use crate::core::message::{Message, Speaker};
use crate::core::text::one_line;
use crate::host::door::{self, Asked};
use crate::host::memories::explore;
use crate::host::run_host::RunHost;
use crate::registry::personas;
use crate::registry::programs;
use crate::registry::roles::Role;
use crate::turn::prompt;
use crate::turn::root::Root;
use serde_json::Value;

/// Instructions and task.
pub(super) async fn messages(root: &Root, role: &Role) -> Outcome<Vec<Message>> {
    let host = &root.host;
    let (stored, _) = programs::all(&host.kit.settings.paths);
    let names: Vec<String> = stored.into_iter().filter(|p| !p.is_upkeep()).map(|p| p.name).collect();
    let mut system = prompt::root(&names);
    let paths = &host.kit.settings.paths;
    if let Some(own) = personas::standing(paths, role.persona.as_deref(), role.system.as_deref())? {
        system = format!("{system}\n{own}\n");
    }
    let card = if host.view.is_empty() { "none".to_owned() } else { host.view.card(&CardOptions::default())? };
    let memory = explore::opening(host, &root.task).await;
    let task =
        host.schema.as_ref().map_or_else(|| root.task.clone(), |schema| prompt::typed(&root.task, schema.schema()));
    let first = prompt::first(&task, card.trim_end(), &memory, &budget_line(host, 0)?);
    Ok(vec![Message::new(Speaker::System, system), Message::new(Speaker::User, first)])
}

/// What was spent and what is left after a turn, on one line; a run that goes on is told what it was told.
pub(super) fn budget_line(host: &RunHost, turn: u32) -> Outcome<String> {
    let left = host.scope.left();
    let parts = [
        left.cost.map(|cost| format!("{cost}")),
        left.calls.map(|calls| format!("{calls} calls")),
        left.tokens.map(|tokens| format!("{tokens} tokens")),
    ];
    let limits: Vec<String> = parts.into_iter().flatten().collect();
    let told = if limits.is_empty() { "no limit set".to_owned() } else { format!("left: {}", limits.join(", ")) };
    let last = if left.calls == Some(1) { "; your next answer is the last that is paid: call FINAL in it" } else { "" };
    let line = one_line(&format!("spent: {}; {told}{last}", host.footer()), 300);
    let asked = Asked::new(EffectKind::Budget, &Value::from("line"));
    door::told(host, &Frame::root().child(format_args!("turn{turn}")), asked, line)
}

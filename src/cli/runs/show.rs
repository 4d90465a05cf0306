//! `rhizo runs show`: one run for people, with what is open in it.

use crate::app::launch::Launch;
use crate::cli::runs::{anew, calls, products, steps, time, used, value};
use crate::cli::table;
use crate::core::effect::EffectKind;
use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::RunId;
use crate::core::money::Money;
use crate::core::status::RunStatus;
use crate::core::text::one_line;
use crate::host::replay::resume;
use crate::host::tools::product;
use crate::pipeline::intention;
use crate::repl::spending;
use crate::store::effects::{EffectRow, EffectState};
use crate::store::liveness::Liveness;
use crate::store::open::Store;
use crate::store::runs::RunRow;
use serde_json::{Value, json};

/// Most bytes of what a pipeline is for that are told.
const INTENT: usize = 600;

/// A run as data and as text; `all` of its calls, or the last ones.
pub fn run(store: &Store, row: &RunRow, all: bool) -> Outcome<(Value, String)> {
    let result = row.result.as_ref().map(|stored| store.load(stored)).transpose()?;
    let children = store.children(&row.id)?;
    let effects = store.effects(&row.id)?;
    let mut whole = value(row);
    whole["result"] = json!(result);
    whole["children"] = children.iter().map(value).collect();
    whole["effects"] = json!(effects.iter().filter(|effect| !effect.kind.is_reading() && !effect.unused).count());
    let top = store.run(store.top(&row.id)?.as_str())?;
    let is_lost = top.liveness != Liveness::Alive && !Launch::is_kept(store, &top);
    let is_left = (row.is_over() && row.kind != "repl") || is_lost;
    let shown = Shown { row, effects: &effects, is_left };
    let open = found(store, shown, is_open)?;
    let unknown = found(store, shown, is_unknown)?;
    let asked = Asked::of(store, std::iter::once(row).chain(&children))?;
    whole["models"] = json!(asked.models);
    whole["substituted"] = json!(asked.substituted);
    let steps = steps::steps(store, &row.id)?;
    whole["steps"] = steps::value(&steps);
    let judged = intention::of_run(store, &row.id)?.filter(|_| row.kind != intention::KIND);
    whole["intention"] = json!(judged);
    let spent = resume::spent(store, &row.id)?;
    used::add(&mut whole, row, &spent);
    let spread = spending::lines(&spent, 8, table::width());
    let head = text(row, result.as_ref(), &children, (&used::text(store, row, &spent)?, &spread));
    let judged = judged.map_or_else(String::new, |judged| {
        format!("intent  {} ({})\n", one_line(&judged.intention, INTENT), judged.verdict("; "))
    });
    let written = products::add(&mut whole, &product::names(store, &row.id));
    let mut text = format!("{head}{written}{judged}{}{}", steps::text(&steps), asked.text());
    text.push_str(&calls::lines(store, &row.id, &effects, all)?);
    let named = open.iter().map(|effect| ("open   ", effect));
    for (what, effect) in named.chain(unknown.iter().map(|effect| ("unknown", effect))) {
        let word = |field: &str| effect[field].as_str().unwrap_or_default().to_owned();
        let is_tool = effect["kind"] == EffectKind::Tool.name();
        let asked = if is_tool { format!("{} {}", word("tool"), effect["args"]) } else { word("prompt") };
        let asked = Some(asked).filter(|asked| !asked.trim().is_empty());
        // Who gives leave must have seen for what.
        let most = if is_tool || effect["tool"].is_null() { 300 } else { usize::MAX };
        let asked = asked.map_or_else(String::new, |prompt| format!(" ({})", one_line(&prompt, most)));
        let (seq, kind, frame, hint) = (&effect["seq"], word("kind"), word("frame"), word("hint"));
        text.push_str(&format!("{what} {seq} {kind} at {frame}: {hint}{asked}\n"));
    }
    if open.is_empty() {
        text.push_str(&onward(store, row, &top)?);
    }
    whole["open"] = Value::Array(open);
    whole["unknown"] = Value::Array(unknown);
    Ok((whole, text))
}

/// How a run goes on that was stopped with nothing open in it: by the one that a person started; and how what failed in one that
/// went on past it is made again.
fn onward(store: &Store, row: &RunRow, top: &RunRow) -> Outcome<String> {
    if row.status == RunStatus::Partial && row.refused == 0 {
        let how = anew::how(store, &row.id)?;
        return Ok(how.map_or_else(String::new, |how| format!("next    what failed is {how}\n")));
    }
    let stopped = |row: &RunRow| row.liveness == Liveness::Dead || row.status == RunStatus::Cancelled;
    let goes_on = stopped(row) && stopped(top) && Launch::is_kept(store, top);
    Ok(if goes_on { format!("next    rhizo resume {} goes on\n", top.id) } else { String::new() })
}

/// One effect of a run in full, as data and as text.
pub fn effect(store: &Store, row: &RunRow, seq: u64) -> Outcome<(Value, String)> {
    let found = store.effects(&row.id)?.into_iter().find(|effect| effect.seq == seq);
    let effect = found.ok_or_else(|| {
        Failure::new(FailureKind::NotFound, format!("run {} has no effect {seq}", row.id))
            .hint(format!("`rhizo runs show {}` lists calls by number", row.id))
    })?;
    let load = |stored: Option<&_>| stored.map(|stored| store.load(stored)).transpose();
    let whole = json!({
        "seq": effect.seq, "kind": effect.kind, "state": effect.state, "frame": effect.key.frame,
        "occurrence": effect.key.occurrence, "attempts": effect.attempts, "cost_usd": effect.cost.map(Money::usd),
        "origin": effect.origin, "provider_id": effect.provider.last(), "provider_ids": effect.provider,
        "intent": load(effect.intent.as_ref())?, "result": load(effect.result.as_ref())?,
    });
    Ok((whole, calls::whole(store, &row.id, &effect)?))
}

/// Whether an effect waits for somebody: a question that nobody has answered, or what was under way in a run that stopped.
fn is_open(effect: &EffectRow) -> bool {
    effect.state == EffectState::Intent || (effect.kind == EffectKind::Person && effect.state == EffectState::Failed)
}

/// Whether the last attempt of an effect has ended, and nobody knows the end of one before it.
fn is_unknown(effect: &EffectRow) -> bool {
    effect.state != EffectState::Intent && effect.unknown_calls > 0
}

/// A run with its effects.
#[derive(Clone, Copy)]
struct Shown<'a> {
    row: &'a RunRow,
    effects: &'a [EffectRow],
    /// Whether no resume comes back to it: it has come to its end or cannot go on, or its parent was answered without it.
    is_left: bool,
}

/// The effects of this kind of a run and its children.
fn found(store: &Store, shown: Shown<'_>, which: fn(&EffectRow) -> bool) -> Outcome<Vec<Value>> {
    let own = shown.effects.iter().filter(|effect| which(effect));
    let mut all = own.map(|effect| open_value(store, shown, effect)).collect::<Outcome<Vec<_>>>()?;
    let answered = answered(store, shown.effects)?;
    for row in store.children(&shown.row.id)? {
        let is_left = shown.is_left || row.is_over() || answered.contains(&row.id);
        let effects = store.effects(&row.id)?;
        all.extend(found(store, Shown { row: &row, effects: &effects, is_left }, which)?);
    }
    Ok(all)
}

/// The child runs that have answered their parent, or of which a person has said what they answered.
fn answered(store: &Store, effects: &[EffectRow]) -> Outcome<Vec<RunId>> {
    let mut children = Vec::new();
    for effect in effects.iter().filter(|e| e.kind == EffectKind::Child && e.state == EffectState::Done) {
        if let Some(intent) = &effect.intent {
            children.extend(store.load(intent)?["child"].as_str().map(RunId::new));
        }
    }
    Ok(children)
}

fn open_value(store: &Store, shown: Shown<'_>, effect: &EffectRow) -> Outcome<Value> {
    let Shown { row, is_left, .. } = shown;
    let (run, seq) = (&row.id, effect.seq);
    let intent = effect.intent.as_ref().filter(|_| matches!(effect.kind, EffectKind::Person | EffectKind::Tool));
    let intent = intent.map(|stored| store.load(stored)).transpose()?.unwrap_or_default();
    let choices: Vec<&str> = intent["choices"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let hint = match effect.kind {
        EffectKind::Model if is_unknown(effect) => before(run, effect),
        EffectKind::Model => under_way(run, effect, is_left),
        _ if is_left => LEFT.to_owned(),
        EffectKind::Person if intent.get("admit").is_some() => {
            format!("rhizo runs answer {run} {seq} {}", choices.join("|"))
        }
        EffectKind::Person => format!("rhizo runs answer {run} {seq} VALUE"),
        EffectKind::Tool => format!("rhizo runs settle {run} {seq} rerun|skip|set VALUE"),
        EffectKind::Sleep => "what is left of it is waited for by resume".to_owned(),
        _ => "made again by resume".to_owned(),
    };
    let worst = if is_unknown(effect) { Some(effect.unknown_cost) } else { effect.worst_cost };
    Ok(json!({
        "run": run, "seq": seq, "kind": effect.kind.name(), "frame": effect.key.frame, "hint": hint,
        "worst_cost_usd": worst.map(Money::usd), "provider_id": effect.provider.last(),
        "prompt": intent["prompt"], "tool": intent.get("admit").or(intent.get("tool")), "args": intent["args"],
    }))
}

/// What becomes of what is open in a run to which no resume comes back.
const LEFT: &str = "its run was left behind, and nobody makes it again";

/// What there is to do about the attempts before the last of a call.
fn before(run: &RunId, effect: &EffectRow) -> String {
    let (state, seq) = (if effect.state == EffectState::Done { "answered" } else { "failed" }, effect.seq);
    format!(
        "{state}, and charged with {} at worst for an attempt before; if you know what that cost: rhizo runs settle {run} \
         {seq} cost USD",
        effect.unknown_cost
    )
}

/// What there is to do about a call that was under way.
fn under_way(run: &RunId, effect: &EffectRow, is_left: bool) -> String {
    let worst = effect.worst_cost.map_or_else(|| "an unknown amount".to_owned(), |cost| format!("at most {cost}"));
    let ids = effect.provider.join(", ");
    let known = if ids.is_empty() { String::new() } else { format!(", {ids} at its provider") };
    let ways = if ids.is_empty() { "cost USD" } else { "provider|cost USD" };
    let next = if is_left { LEFT } else { "asked again by resume" };
    format!("{worst}{known}; {next}, or: rhizo runs settle {run} {} {ways}", effect.seq)
}

/// Which models a run and its children asked, and which of them stood in for others, from their events.
#[derive(Default)]
struct Asked {
    models: Vec<Value>,
    substituted: Vec<Value>,
}

impl Asked {
    fn of<'a>(store: &Store, rows: impl Iterator<Item = &'a RunRow>) -> Outcome<Self> {
        let mut asked = Self::default();
        for row in rows {
            for record in store.events(&row.id, 0)? {
                match record.event {
                    Event::ModelStarted { model, role, reason, .. } => {
                        let entry = json!({"role": role, "model": model, "reason": reason});
                        if !asked.models.contains(&entry) {
                            asked.models.push(entry);
                        }
                    }
                    Event::Substituted { role, from, to, why } => {
                        let entry = json!({"role": role, "from": from, "to": to, "why": why});
                        if !asked.substituted.contains(&entry) {
                            asked.substituted.push(entry);
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(asked)
    }

    fn text(&self) -> String {
        let word = |entry: &Value, field: &str| entry[field].as_str().unwrap_or_default().to_owned();
        let model = |e: &Value| format!("model   {} {}: {}\n", word(e, "role"), word(e, "model"), word(e, "reason"));
        let instead = |e: &Value| {
            format!("instead {} stood in for {}: {}\n", word(e, "to"), word(e, "from"), one_line(&word(e, "why"), 100))
        };
        self.models.iter().map(model).chain(self.substituted.iter().map(instead)).collect()
    }
}

/// Why a run has not completed. One that was forked waits to be resumed, itself or the one of which it is a part, which is no fault
/// of it.
fn stopped(row: &RunRow, failure: &Failure) -> String {
    match row.forked() {
        Some(origin) => format!("forked  {origin}; rhizo resume {}\n", row.parent.as_ref().unwrap_or(&row.id)),
        None => format!("failure {failure}\n"),
    }
}

fn text(row: &RunRow, result: Option<&Value>, children: &[RunRow], (used, spread): (&str, &[String])) -> String {
    let took = row.ended_at.map_or_else(String::new, |end| format!(" · {} ms", end.saturating_sub(row.started_at)));
    let refused = match row.refused {
        0 => String::new(),
        1 => ", 1 call was refused by a budget".to_owned(),
        calls => format!(", {calls} calls were refused by a budget"),
    };
    let mut text = format!(
        "run     {}\nkind    {}\nstatus  {}{refused}\nstarted {}{took}\ntask    {}\n",
        row.id,
        row.kind,
        row.shown_status(),
        time(row.started_at),
        row.task
    );
    text.push_str(&format!("spent   {used}\n"));
    spread.iter().for_each(|line| text.push_str(&format!("{line}\n")));
    if let Some(result) = result.filter(|r| !r.is_null()) {
        text.push_str(&format!("result  {}\n", crate::repl::evaluation::text(result)));
    }
    if let Some(failure) = &row.failure {
        text.push_str(&stopped(row, failure));
    }
    for child in children {
        text.push_str(&format!("child   {} {} {}\n", child.id, child.shown_status(), one_line(&child.task, 60)));
    }
    text
}

//! `rhizo runs settle`: a person's word on an effect of a run that has stopped.

use crate::app::build::App;
use crate::app::launch::Launch;
use crate::cli::printer::Printer;
use crate::core::effect::EffectKind;
use crate::core::exit::Exit;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::RunId;
use crate::core::money::Money;
use crate::core::usage::Usage;
use crate::host::call::lookup::{self, Word};
use crate::store::effects::{EffectRow, EffectState};
use crate::store::open::Store;
use crate::store::settle::{AT_WORST, Settlement};
use clap::{ArgAction, Args, Subcommand};
use serde_json::{Value, json};

/// Arguments of `settle`.
#[derive(Debug, Args)]
pub struct Settle {
    /// The run: `last`, or the beginning or end of its id.
    pub run: String,
    /// The effect: its number, its frame or the name of its step (`q[4]` in item 4).
    pub effect: String,
    /// Takes the run's process for gone where nobody can tell.
    #[arg(long, global = true)]
    pub force: bool,
    /// What became of it.
    #[command(subcommand)]
    pub verdict: Verdict,
}

/// What became of an effect.
#[derive(Debug, Subcommand)]
pub enum Verdict {
    /// It did not happen, or may happen twice: make it again.
    Rerun,
    /// It happened, and its value does not matter.
    Skip,
    /// It happened and answered this.
    Set {
        /// The value, as JSON or plain text.
        value: String,
    },
    /// It cost this, and is to be asked again; of one that was answered or failed after that, what its attempts before cost
    /// whose end nobody knew.
    Cost {
        /// USD; 0 for a model with a price says that it was not made, and used no tokens.
        #[arg(value_parser = amount)]
        usd: Money,
        /// Tokens of the prompt and of the answer; those that nobody says stay charged at their worst case.
        #[arg(long, num_args = 2, value_names = ["IN", "OUT"], action = ArgAction::Set)]
        tokens: Vec<u64>,
    },
    /// Its provider knows: asks for the answer by the id of the call, or for what it cost.
    Provider,
}

/// Runs `settle`.
pub async fn settle(app: &App, printer: &Printer, args: &Settle) -> Outcome<Exit> {
    let store = &app.kit.store;
    let row = store.run(&args.run)?;
    let effect = store.open_effect(&row.id, Some(&args.effect), None)?;
    is_of_its_kind(store, &row.id, &effect, &args.verdict)?;
    let is_cost = matches!(args.verdict, Verdict::Cost { .. });
    if effect.state == EffectState::Done || (is_cost && is_before(store, &effect)?) {
        return earlier(app, printer, &row.id, &effect, args).await;
    }
    let mut beside = String::new();
    let settlement = match &args.verdict {
        Verdict::Rerun => Settlement::Repeat,
        Verdict::Skip => Settlement::Value(Value::Null),
        Verdict::Set { value } => {
            Settlement::Value(serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.clone())))
        }
        Verdict::Cost { usd, tokens } => Settlement::Cost { cost: *usd, usage: said(tokens) },
        Verdict::Provider => {
            let word = by_provider(app, row.id.as_str(), &effect).await?;
            beside = told_beside(&word);
            word.settlement
        }
    };
    let settlement = match settlement {
        Settlement::Cost { cost, usage: None } => Settlement::Cost { cost, usage: used(&effect, cost) },
        other => other,
    };
    // A model's answer is a record with tokens and times, which nobody can type.
    if effect.kind == EffectKind::Model && matches!(settlement, Settlement::Value(_)) {
        return Err(Failure::new(FailureKind::Invalid, format!("effect {} is a model call", effect.seq))
            .hint("say `rerun`, `provider`, or `cost USD` if you know what it cost"));
    }
    let onward = onward(store, &row.id)?;
    let told_as = format!("{}{beside}", told_as(&args.verdict, &settlement, onward.stays.is_some()));
    store.settle_effect(&row.id, effect.seq, &settlement, (app.kit.clock)(), args.force).await?;
    told(printer, (&row.id, effect.seq), &told_as, &onward)
}

fn amount(usd: &str) -> Result<Money, String> {
    Money::parse_usd(usd).ok_or_else(|| format!("`{usd}` is no amount in USD; write it as 0.0123"))
}

/// The tokens that a person says were used.
fn said(tokens: &[u64]) -> Option<Usage> {
    let [input, output] = tokens else { return None };
    Some(Usage { input_tokens: *input, output_tokens: *output, ..Usage::default() })
}

/// What a call used of which only the cost is said: nothing if it cost nothing, though it has a price. Of one for which that was
/// said by mistake it is the worst case again.
fn used(effect: &EffectRow, cost: Money) -> Option<Usage> {
    if cost == Money::ZERO {
        return effect.worst_cost.filter(|worst| *worst > Money::ZERO).map(|_| Usage::default());
    }
    effect.usage.filter(|usage| usage.total() == 0).map(|_| effect.worst_usage)
}

/// Tokens that are known, behind a cost.
fn with(usage: Option<&Usage>) -> String {
    let known = usage.filter(|usage| !usage.estimated);
    known.map_or_else(String::new, |usage| format!(" and {} + {} tokens", usage.input_tokens, usage.output_tokens))
}

/// What the earlier attempts of an effect cost whose last one has ended: once it has its answer nothing else of it is open.
async fn earlier(app: &App, printer: &Printer, run: &RunId, effect: &EffectRow, args: &Settle) -> Outcome<Exit> {
    let seq = effect.seq;
    let Verdict::Cost { usd, tokens } = &args.verdict else {
        let what = format!("effect {seq} has its answer; open is only what its attempt before that cost");
        return Err(Failure::new(FailureKind::Invalid, what).hint(format!("rhizo runs settle {run} {seq} cost USD")));
    };
    let cost = *usd;
    // All of them had a price.
    let usage = said(tokens).or_else(|| (cost == Money::ZERO).then(Usage::default));
    let onward = onward(&app.kit.store, run)?;
    app.kit.store.settle_earlier(run, seq, (cost, usage), args.force).await?;
    let attempts = if effect.unknown_calls > 1 { "attempts" } else { "attempt" };
    let at_worst = if effect.unknown_calls > 0 { " at worst" } else { "" };
    let (used, before) = (with(usage.as_ref()), effect.unknown_cost);
    let how = format!("charged with {cost}{used} for its earlier {attempts}, in place of {before}{at_worst}");
    if effect.state == EffectState::Failed {
        return told(printer, (run, seq), &how, &onward);
    }
    printer.rows(&json!({"run": run, "effect": seq, "settled": how}), || {
        format!("effect {seq} of run {run} is {how}; it keeps its answer")
    });
    Ok(Exit::Ok)
}

/// Whether what is open of the cost of a failed effect is that of attempts before its last one: what that one cost is known, or
/// a person has said it.
fn is_before(store: &Store, effect: &EffectRow) -> Outcome<bool> {
    let failure = if effect.state == EffectState::Failed { store.answer(effect)? } else { None };
    let Some(Err(failure)) = failure else { return Ok(false) };
    let has = |detail: &str| failure.details.contains_key(detail);
    let is_open = has(AT_WORST) || (effect.unknown_calls == 0 && has("settled") && effect.cost.is_some());
    Ok(!is_open && (effect.unknown_calls > 0 || effect.unknown_cost > Money::ZERO))
}

/// Only a model call has a price and a provider: what else is said to be paid would be made again.
fn is_of_its_kind(store: &Store, run: &RunId, effect: &EffectRow, verdict: &Verdict) -> Outcome<()> {
    let lacks = match verdict {
        Verdict::Cost { .. } => "no cost of its own",
        Verdict::Provider => "no provider",
        Verdict::Rerun | Verdict::Skip | Verdict::Set { .. } => return Ok(()),
    };
    if effect.kind == EffectKind::Model {
        return Ok(());
    }
    let what = format!("effect {} of run {run} is no model call, and has {lacks}", effect.seq);
    let words = "say `rerun`, `skip` or `set VALUE`";
    let calls = if effect.kind == EffectKind::Child { calls_below(store, effect)? } else { Vec::new() };
    let hint = match calls.as_slice() {
        [] => words.to_owned(),
        calls => format!("open in its run: rhizo runs settle {}; or {words}", calls.join(", ")),
    };
    Err(Failure::new(FailureKind::Invalid, what).hint(hint))
}

/// The open model calls of the run of a child effect and of the runs below it, each as `RUN N`.
fn calls_below(store: &Store, effect: &EffectRow) -> Outcome<Vec<String>> {
    let intent = effect.intent.as_ref().map(|stored| store.load(stored)).transpose()?.unwrap_or_default();
    let Some(child) = intent["child"].as_str().map(RunId::new) else { return Ok(Vec::new()) };
    let mut calls = Vec::new();
    for effect in store.effects(&child)?.iter().filter(|effect| effect.state != EffectState::Done) {
        match effect.kind {
            EffectKind::Model => calls.push(format!("{child} {}", effect.seq)),
            EffectKind::Child => calls.extend(calls_below(store, effect)?),
            _ => {}
        }
    }
    Ok(calls)
}

/// What the provider of a model call says of it.
async fn by_provider(app: &App, run: &str, effect: &EffectRow) -> Outcome<Word> {
    let seq = effect.seq;
    lookup::settlement(&app.kit, effect).await.map_err(|failure| {
        let kept = "a server keeps what is sent with `store = true` under the model's name; ";
        let kept = if failure.kind == FailureKind::NotFound { kept } else { "" };
        match failure.hint {
            Some(_) => failure,
            None => failure.hint(format!("{kept}if you know what it cost: rhizo runs settle {run} {seq} cost USD")),
        }
    })
}

/// What of a cost its provider did not say, and why an answer that it had is none.
fn told_beside(word: &Word) -> String {
    let whose = match word.unknown {
        1 => "1 request".to_owned(),
        requests => format!("{requests} requests"),
    };
    let told = format!(", of it {} at worst for {whose} unknown to its provider", word.worst);
    let told = if word.worst > Money::ZERO { told } else { String::new() };
    word.why.iter().fold(told, |told, why| format!("{told}: {why}"))
}

fn told_as(verdict: &Verdict, settlement: &Settlement, stays: bool) -> String {
    let again = if stays { "" } else { ", and to be asked again" };
    match (verdict, settlement) {
        (Verdict::Rerun, _) => "to be made again".to_owned(),
        (Verdict::Skip, _) => "passed over".to_owned(),
        (_, Settlement::Cost { cost, usage }) => {
            format!("paid with {cost}{}{again}", with(usage.as_ref()))
        }
        (_, Settlement::Answer { cost: Some(cost), .. }) => format!("answered by its provider for {cost}"),
        (_, Settlement::Answer { cost: None, .. }) => "answered by its provider".to_owned(),
        _ => "set".to_owned(),
    }
}

/// The run that goes on with what is settled.
pub(super) struct Onward {
    /// The one that a person started: a child goes on with it.
    run: RunId,
    /// Why nothing of it is made again, if that is so.
    stays: Option<&'static str>,
}

/// How a run goes on, itself or the one of which it is a part.
pub(super) fn onward(store: &Store, run: &RunId) -> Outcome<Onward> {
    let top = store.run(store.top(run)?.as_str())?;
    let is_over = top.is_over() && top.kind != "repl";
    let is_lost = !is_over && !Launch::is_kept(store, &top);
    let stays = is_over.then_some("is over").or(is_lost.then_some("cannot go on"));
    Ok(Onward { stays, run: top.id })
}

/// Tells what became of an effect, and what there is to do next.
pub(super) fn told(printer: &Printer, (run, seq): (&RunId, u64), how: &str, onward: &Onward) -> Outcome<Exit> {
    let top = &onward.run;
    let next = onward.stays.map_or_else(|| format!("rhizo resume {top}"), |why| format!("run {top} {why}"));
    printer.rows(&json!({"run": run, "effect": seq, "settled": how}), || {
        format!("effect {seq} of run {run} is {how}; {next}")
    });
    Ok(Exit::Ok)
}

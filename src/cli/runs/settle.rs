//! `rhizo runs answer` and `settle`: a person's word on an effect of a run that has stopped.

use crate::app::build::App;
use crate::cli::printer::Printer;
use crate::core::effect::EffectKind;
use crate::core::exit::Exit;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::RunId;
use crate::core::money::Money;
use crate::core::usage::Usage;
use crate::host::lookup::{self, Word};
use crate::store::effects::{EffectRow, EffectState};
use crate::store::open::Store;
use crate::store::settle::{AT_WORST, Settlement};
use clap::{ArgAction, Args, Subcommand};
use serde_json::{Value, json};

/// Arguments of `answer`.
#[derive(Debug, Args)]
pub struct Answer {
    /// The run: `last`, or the beginning or end of its id.
    pub run: String,
    /// The question: its number, its frame or the name of its step; the only open one if there is just one: `-`.
    pub step: String,
    /// The answer.
    pub value: String,
    /// Takes the run's process for gone where nobody can tell.
    #[arg(long)]
    pub force: bool,
}

/// Arguments of `settle`.
#[derive(Debug, Args)]
pub struct Settle {
    /// The run: `last`, or the beginning or end of its id.
    pub run: String,
    /// The effect: its number, its frame or the name of its step.
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
        usd: String,
        /// Tokens of the prompt and of the answer; those that nobody says stay charged at their worst case.
        #[arg(long, num_args = 2, value_names = ["IN", "OUT"], action = ArgAction::Set)]
        tokens: Vec<u64>,
    },
    /// Its provider knows: asks for the answer by the id of the call, or for what it cost.
    Provider,
}

/// Runs `answer`.
pub async fn answer(app: &App, printer: &Printer, args: &Answer) -> Outcome<Exit> {
    let store = &app.kit.store;
    let row = store.run(&args.run)?;
    let effect = question(store, &row.id, &args.step)?;
    let intent = effect.intent.as_ref().map(|stored| store.load(stored)).transpose()?.unwrap_or_default();
    let choices: Vec<&str> = intent["choices"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !choices.is_empty() && !choices.contains(&args.value.as_str()) {
        return Err(Failure::new(FailureKind::Invalid, format!("`{}` is none of the choices", args.value))
            .hint(format!("choose one of: {}", choices.join(", "))));
    }
    let value = Settlement::Value(Value::String(args.value.clone()));
    store.settle_effect(&row.id, effect.seq, &value, (app.kit.clock)(), args.force).await?;
    let how = if effect.state == EffectState::Done { "answered anew, in place of the word before" } else { "answered" };
    told(printer, row.id.as_str(), effect.seq, how)
}

/// The question that a person means: an open one, or else one whose answer nobody has gone on with yet.
fn question(store: &Store, run: &RunId, step: &str) -> Outcome<EffectRow> {
    let means = |effect: &EffectRow| step == "-" || effect.is_called(step);
    let is_asked = |effect: &EffectRow| effect.kind == EffectKind::Person && means(effect);
    let asked: Vec<EffectRow> = store.effects(run)?.into_iter().filter(is_asked).collect();
    let open: Vec<u64> = asked.iter().filter(|e| e.state != EffectState::Done).map(|e| e.seq).collect();
    let unused: Vec<EffectRow> = store.unused_answers(run)?.into_iter().filter(means).collect();
    if let ([], [given]) = (open.as_slice(), unused.as_slice()) {
        return Ok(given.clone());
    }
    let named = match open.as_slice() {
        [one] if step == "-" => one.to_string(),
        _ if step == "-" => String::new(),
        _ => step.to_owned(),
    };
    store.open_effect(run, &named, Some(EffectKind::Person)).map_err(|failure| {
        match (asked.last(), unused.as_slice()) {
            (Some(used), []) if open.is_empty() => failure.hint(used_hint(run, used.seq)),
            (_, [_, _, ..]) if open.is_empty() => {
                let all: Vec<String> =
                    unused.iter().map(|given| format!("{} ({})", given.seq, given.key.frame)).collect();
                failure.hint(format!("these can be answered anew: {}", all.join(", ")))
            }
            _ => failure,
        }
    })
}

fn used_hint(run: &RunId, seq: u64) -> String {
    let how = match seq {
        0 | 1 => "only a new run asks again".to_owned(),
        _ => format!("`rhizo runs fork {run} --at {}` makes a run that asks again", seq - 1),
    };
    format!("effect {seq} has its answer, and the run has gone on with it; {how}")
}

/// Runs `settle`.
pub async fn settle(app: &App, printer: &Printer, args: &Settle) -> Outcome<Exit> {
    let store = &app.kit.store;
    let row = store.run(&args.run)?;
    let effect = store.open_effect(&row.id, &args.effect, None)?;
    is_of_its_kind(store, &row.id, &effect, &args.verdict)?;
    let is_cost = matches!(args.verdict, Verdict::Cost { .. });
    if effect.state == EffectState::Done || (is_cost && is_before(store, &effect)?) {
        return earlier(app, printer, &row.id, &effect, args).await;
    }
    let mut worst = String::new();
    let settlement = match &args.verdict {
        Verdict::Rerun => Settlement::Repeat,
        Verdict::Skip => Settlement::Value(Value::Null),
        Verdict::Set { value } => {
            Settlement::Value(serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.clone())))
        }
        Verdict::Cost { usd, tokens } => Settlement::Cost { cost: amount(usd)?, usage: said(tokens) },
        Verdict::Provider => {
            let word = by_provider(app, row.id.as_str(), &effect).await?;
            worst = at_worst(&word);
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
    let told_as = format!("{}{worst}", told_as(&args.verdict, &settlement));
    store.settle_effect(&row.id, effect.seq, &settlement, (app.kit.clock)(), args.force).await?;
    told(printer, row.id.as_str(), effect.seq, &told_as)
}

fn amount(usd: &str) -> Outcome<Money> {
    Money::parse_usd(usd).ok_or_else(|| {
        Failure::new(FailureKind::Invalid, format!("`{usd}` is no amount in USD")).hint("write it as 0.0123")
    })
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
    let cost = amount(usd)?;
    // All of them had a price.
    let usage = said(tokens).or_else(|| (cost == Money::ZERO).then(Usage::default));
    app.kit.store.settle_earlier(run, seq, (cost, usage), args.force).await?;
    let attempts = if effect.unknown_calls > 1 { "attempts" } else { "attempt" };
    let at_worst = if effect.unknown_calls > 0 { " at worst" } else { "" };
    let (used, before) = (with(usage.as_ref()), effect.unknown_cost);
    let how = format!("charged with {cost}{used} for its earlier {attempts}, in place of {before}{at_worst}");
    if effect.state == EffectState::Failed {
        return told(printer, run.as_str(), seq, &how);
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

/// What of a cost its provider did not say.
fn at_worst(word: &Word) -> String {
    let whose = match word.unknown {
        1 => "1 request".to_owned(),
        requests => format!("{requests} requests"),
    };
    let told = format!(", of it {} at worst for {whose} unknown to its provider", word.worst);
    if word.worst > Money::ZERO { told } else { String::new() }
}

fn told_as(verdict: &Verdict, settlement: &Settlement) -> String {
    match (verdict, settlement) {
        (Verdict::Rerun, _) => "to be made again".to_owned(),
        (Verdict::Skip, _) => "passed over".to_owned(),
        (_, Settlement::Cost { cost, usage }) => {
            format!("paid with {cost}{}, and to be asked again", with(usage.as_ref()))
        }
        (_, Settlement::Answer { cost: Some(cost), .. }) => format!("answered by its provider for {cost}"),
        (_, Settlement::Answer { cost: None, .. }) => "answered by its provider".to_owned(),
        _ => "set".to_owned(),
    }
}

fn told(printer: &Printer, run: &str, seq: u64, how: &str) -> Outcome<Exit> {
    printer.rows(&json!({"run": run, "effect": seq, "settled": how}), || {
        format!("effect {seq} of run {run} is {how}; rhizo resume {run}")
    });
    Ok(Exit::Ok)
}

//! `rhizo models test`: a real, small call of each model, with its latency, its bill and the state of its breaker.
//!
//! The calls go through a run like any other, so that limits hold and what they cost is on record.

use crate::app::build::App;
use crate::app::run::{self, Run, Start};
use crate::budget::ledger::ChildSlice;
use crate::budget::report::Totals;
use crate::cli::models::troubles::Troubles;
use crate::cli::printer::Printer;
use crate::cli::table;
use crate::context::library::Library;
use crate::core::exit::Exit;
use crate::core::failure::{Failure, Outcome};
use crate::core::ids::Frame;
use crate::core::message::{ChatRequest, Message, ModelAnswer, Sampling, Speaker};
use crate::core::money::Money;
use crate::core::usage::Usage;
use crate::host::call::{self, ModelCall};
use crate::host::models::choose::Wish;
use crate::model::breaker::Health;
use crate::turn::root::RootEnd;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Answer tokens that a test allows: the least that OpenAI's responses take as a limit.
const TOKENS: u64 = 16;
/// How long one test may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is told before anything is sent.
pub const NOTICE: &str = "each test is a real call of one word; a model with a price bills it";

/// What testing one model found.
pub struct Tested {
    /// The name by which it was asked for.
    pub name: String,
    /// Its answer.
    pub outcome: Outcome<ModelAnswer>,
    /// Milliseconds until then; `None` if nothing could be sent.
    pub millis: Option<u64>,
    /// What the call used; one that failed may be charged too.
    pub spent: Totals,
    /// The state of its breaker in this process; `None` for a model that needs no connection, or that nobody knows.
    pub health: Option<Health>,
    /// What failed before, in whatever process.
    pub before: Option<Troubles>,
}

/// Runs `models test`. Every model is tested, whatever the others say.
pub async fn test(app: &App, printer: &Printer, names: &[String]) -> Outcome<Exit> {
    let names = if names.is_empty() { usual(app).await? } else { names.to_vec() };
    if !printer.quiet {
        printer.err(&format!("note: {NOTICE}"));
    }
    let tests = all(app, &names).await?;
    let values: Vec<Value> = tests.iter().map(Tested::value).collect();
    let head = ["", "model", "latency", "tokens", "cost", "breaker", "found"];
    printer.rows(&Value::Array(values), || table::render(head, tests.iter().map(Tested::line)));
    let first = tests.iter().find_map(|tested| tested.outcome.as_ref().err());
    Ok(first.map_or(Exit::Ok, |failure| failure.kind.exit()))
}

/// Tests these models, one after the other, in a run of their own.
pub async fn all(app: &App, names: &[String]) -> Outcome<Vec<Tested>> {
    let before = names.iter().map(|name| troubles(app, name)).collect::<Outcome<Vec<_>>>()?;
    let run = run::begin(
        &app.kit,
        Start { kind: "test", task: &format!("models test {}", names.join(" ")), ..Start::default() },
        Library::default(),
    );
    let mut tests = Vec::new();
    for (name, before) in names.iter().zip(before) {
        let (outcome, millis, spent) = ask(&run, name).await;
        let health = app.kit.models.known(name).and_then(|spec| app.kit.models.health(&spec));
        tests.push(Tested { name: name.clone(), outcome, millis, spent, health, before });
    }
    let failed = tests.iter().find_map(|tested| tested.outcome.as_ref().err());
    let end = match failed {
        Some(failure) => RootEnd::failed(failure.clone(), 0),
        None => RootEnd::completed(json!(names), 0),
    };
    run.close(&end).await?;
    Ok(tests)
}

/// What failed of a model's calls in the minutes before this.
fn troubles(app: &App, name: &str) -> Outcome<Option<Troubles>> {
    let Some(spec) = app.kit.models.known(name) else { return Ok(None) };
    Troubles::before((app.kit.clock)(), &app.kit.store, &spec.id)
}

/// The models that the configuration names, and the one that is used where nothing else is said.
async fn usual(app: &App) -> Outcome<Vec<String>> {
    let default = app.kit.models.default_model().await?.spec.id.to_string();
    let mut names: Vec<String> = app.kit.settings.models.keys().cloned().collect();
    if !names.contains(&default) {
        names.push(default);
    }
    Ok(names)
}

/// What came of a call, how long that took, and what it used.
async fn ask(run: &Run, name: &str) -> (Outcome<ModelAnswer>, Option<u64>, Totals) {
    let chosen = match run.host.kit.models.choose(&Wish::of(None, Some(name))).await {
        Ok(chosen) => chosen,
        Err(failure) => return (Err(failure), None, Totals::default()),
    };
    let messages = vec![Message::new(Speaker::User, "Answer with the one word: yes")];
    let sampling = Sampling { max_tokens: Some(TOKENS), ..Sampling::default() };
    let call = ModelCall {
        frame: Frame::root().child(format_args!("test[{name}]")),
        role: Arc::clone(&chosen.role),
        // Whoever says more than the one word answers all the same.
        monitor: None,
        served: chosen.served.clone(),
        reason: Arc::clone(&chosen.reason),
        substituted: Vec::new(),
        // What is tested is this model and no other.
        substitutes: Arc::from([]),
        standby: false,
        request: ChatRequest { messages, sampling, ..ChatRequest::default() },
        schema: None,
        label: None,
        timeout: Some(PATIENCE),
        logged: 0,
        needs: None,
        slots: None,
    };
    // A place of its own on the ledger tells what this one call used.
    let host = match run.host.part(&call.frame, format!("test `{name}`"), &ChildSlice::default()) {
        Ok(host) => host,
        Err(failure) => return (Err(failure), None, Totals::default()),
    };
    let begun = Instant::now();
    let outcome = call::model(&host, call, &run.cancel).await;
    let waited = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let millis = outcome.as_ref().map_or(waited, |answer| answer.millis);
    (outcome, Some(millis), host.scope.report().totals)
}

impl Tested {
    /// One line: what the call took and cost, or why it failed; how long that took, and how the breaker stands since.
    pub fn found(&self) -> Outcome<String> {
        let took = self.millis.map_or_else(String::new, |millis| format!(" · {millis} ms"));
        let breaker = self.health.map_or_else(String::new, |health| format!(" · breaker {health}"));
        let before = self.before.as_ref().map_or_else(String::new, |before| format!(" here · {before}"));
        let bill = self
            .bill()
            .map_or_else(String::new, |(usage, price)| format!(" · {} tokens · {}", tokens(&usage), cost(price)));
        match &self.outcome {
            Ok(answer) => Ok(format!("{} answers{took}{bill}{breaker}{before}", answer.model)),
            Err(failure) => {
                Err(Failure { message: format!("{}{took}{bill}{breaker}{before}", failure.message), ..failure.clone() })
            }
        }
    }

    /// Tokens and cost of the call; `None` if it failed and nothing is charged.
    fn bill(&self) -> Option<(Usage, Option<Money>)> {
        let Totals { usage, cost, unpriced_calls, .. } = self.spent;
        match &self.outcome {
            Ok(answer) => Some((answer.reply.usage, answer.cost)),
            Err(_) => (usage.total() > 0).then(|| (usage, (unpriced_calls == 0).then_some(cost))),
        }
    }

    fn value(&self) -> Value {
        let bill = self.bill();
        json!({
            "model": self.name,
            "ok": self.outcome.is_ok(),
            "millis": self.millis,
            "usage": bill.map(|(usage, _)| usage),
            "cost_usd": bill.and_then(|(_, cost)| cost).map(Money::usd),
            "health": self.health,
            "before": self.before,
            "failure": self.outcome.as_ref().err(),
        })
    }

    fn line(&self) -> [String; 7] {
        let breaker = self.health.map_or_else(|| "-".to_owned(), |health| health.to_string());
        let before = self.before.as_ref().map_or_else(String::new, |before| format!("; {before}"));
        let latency = self.millis.map_or_else(String::new, |millis| format!("{millis} ms"));
        let bill = self.bill().map(|(usage, price)| (tokens(&usage), cost(price)));
        let (tokens, cost) = bill.unwrap_or_default();
        let row =
            |mark: &str, found: String| [mark.to_owned(), self.name.clone(), latency, tokens, cost, breaker, found];
        match &self.outcome {
            Ok(_) => row("ok", format!("it answers{before}")),
            Err(failure) => {
                let message = format!("{}{before}", failure.message);
                row("FAULT", Failure { message, ..failure.clone() }.to_string())
            }
        }
    }
}

fn tokens(usage: &Usage) -> String {
    let sign = if usage.estimated { "~" } else { "" };
    format!("{sign}{} + {sign}{}", usage.input_tokens, usage.output_tokens)
}

fn cost(cost: Option<Money>) -> String {
    cost.map_or_else(|| "unpriced".to_owned(), |cost| cost.to_string())
}

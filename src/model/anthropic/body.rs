//! The body of a request for a message.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::message::{ChatRequest, FunctionSpec, Message, Thinking};
use crate::model::anthropic::history::{Block, CacheControl, Kind, Turn, split};
use crate::model::prompt::{with_schema, written};
use crate::model::quirks::{Feature, Form};
use crate::model::strict::{self, has_object_root};
use crate::registry::roles::MAX_TOKENS;
use serde::Serialize;
use serde_json::Value;

/// The least tokens that a model can be told to think
/// (<https://platform.claude.com/docs/en/build-with-claude/extended-thinking>).
const LEAST_BUDGET: u64 = 1_024;
/// What is not taken where the limit has no room for these and a quarter of them for the answer.
const NO_ROOM: &str = "`thinking` where `max_tokens` is below 1280";
/// Bytes from which on a text is worth a place in the cache: about the 1,024 tokens below which nothing is cached.
const WORTH_CACHING: usize = 4_096;

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    max_tokens: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    system: Vec<Block<'a>>,
    messages: Vec<Turn<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stop_sequences: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<ThinkingConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<OutputConfig>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Choice>,
    stream: bool,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ThinkingConfig {
    Enabled { budget_tokens: u64 },
    Adaptive,
}

#[derive(Serialize)]
struct OutputConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<Format>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Format {
    JsonSchema { schema: Value },
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'a str,
    description: &'a str,
    input_schema: &'a Value,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Choice {
    Auto,
}

/// The JSON of a request to `model`, in the form that the server is known to take.
pub(super) fn compose(request: &ChatRequest, model: &str, form: Form) -> Outcome<Vec<u8>> {
    let sampling = &request.sampling;
    // The protocol wants a limit.
    let max_tokens = sampling.max_tokens.unwrap_or(MAX_TOKENS);
    let (thinking, effort) = thinking(request, max_tokens, form);
    let format = format(request, form);
    let (mut system, mut messages) = split(request, with_schema(request, format.is_some()), thinking.is_some());
    if form.takes(Feature::CacheMarks) {
        mark(&mut system, &mut messages);
    }
    let body = Body {
        model,
        max_tokens,
        system,
        messages,
        // A model that thinks takes no temperature.
        temperature: temperature(request, form)?.filter(|_| thinking.is_none()),
        // Those of white space alone are refused; where they begin the answer is cut here.
        stop_sequences: sampling.stop.iter().map(String::as_str).filter(|stop| !stop.trim().is_empty()).collect(),
        thinking,
        output_config: (effort.is_some() || format.is_some()).then_some(OutputConfig { effort, format }),
        tools: request.functions.iter().map(tool).collect(),
        tool_choice: (!request.functions.is_empty()).then_some(Choice::Auto),
        stream: form.stream,
    };
    written(&body)
}

/// Thoughts that the protocol does not take in this request, or a temperature beside thoughts, unless it is the one at which
/// they are made anyway
/// (<https://platform.claude.com/docs/en/build-with-claude/extended-thinking#feature-compatibility>).
pub(super) fn drops(request: &ChatRequest, form: Form) -> Option<&'static str> {
    let sampling = &request.sampling;
    let max_tokens = sampling.max_tokens.unwrap_or(MAX_TOKENS);
    let budgeted = form.takes(Feature::Thinking) && form.takes(Feature::ThinkingBudget);
    let wanted = sampling.thinking.filter(|_| budgeted);
    if let Some(untaken) = wanted.and_then(|wanted| budget(request, wanted, max_tokens).err()) {
        return Some(untaken);
    }
    let warm = sampling.temperature.is_some_and(|temperature| temperature < 1.0);
    let thinks = || thinking(request, max_tokens, form).0.is_some();
    (warm && form.takes(Feature::Temperature) && thinks()).then_some("`temperature` while it thinks")
}

fn temperature(request: &ChatRequest, form: Form) -> Outcome<Option<f64>> {
    let given = request.sampling.temperature.filter(|_| form.takes(Feature::Temperature));
    match given {
        Some(temperature) if temperature > 1.0 => {
            let message = format!("this provider takes a temperature from 0 to 1, not {temperature}");
            Err(Failure::new(FailureKind::Invalid, message).hint("lower the `temperature` of the call or of its role"))
        }
        given => Ok(given),
    }
}

/// How much is thought: as a number of tokens, or as a word.
fn thinking(request: &ChatRequest, max_tokens: u64, form: Form) -> (Option<ThinkingConfig>, Option<&'static str>) {
    let wanted = request.sampling.thinking.filter(|_| form.takes(Feature::Thinking));
    let Some(wanted) = wanted else { return (None, None) };
    if !form.takes(Feature::ThinkingBudget) {
        let (config, effort) = match wanted {
            // Models that always think are at least told to think little.
            Thinking::Off => (None, "low"),
            Thinking::Low => (Some(ThinkingConfig::Adaptive), "low"),
            Thinking::Medium => (Some(ThinkingConfig::Adaptive), "medium"),
            Thinking::High => (Some(ThinkingConfig::Adaptive), "high"),
        };
        return (config, Some(effort));
    }
    let budget = budget(request, wanted, max_tokens).unwrap_or_default();
    (budget.map(|budget_tokens| ThinkingConfig::Enabled { budget_tokens }), None)
}

/// The tokens that may be thought, a share of the answer's limit, which counts thoughts too.
///
/// # Errors
/// What is not taken, for people; then nothing is thought.
fn budget(request: &ChatRequest, wanted: Thinking, max_tokens: u64) -> Result<Option<u64>, &'static str> {
    let share = match wanted {
        Thinking::Off => return Ok(None),
        Thinking::Low => max_tokens / 4,
        Thinking::Medium => max_tokens / 2,
        Thinking::High => max_tokens / 4 * 3,
    };
    // With a budget the protocol wants the signed thoughts before each call of a tool back. Where nothing is thought it
    // wants none.
    let unsigned = |message: &Message| !message.tool_requests.is_empty() && message.thoughts.is_empty();
    if request.messages.iter().any(unsigned) {
        return Err("`thinking` after a call of a tool that came without its thoughts");
    }
    let tokens = share.max(LEAST_BUDGET);
    // The limit must leave room for an answer after the least budget.
    if tokens + LEAST_BUDGET / 4 > max_tokens { Err(NO_ROOM) } else { Ok(Some(tokens)) }
}

/// Schemas that the provider cannot take stay in the prompt alone.
fn format(request: &ChatRequest, form: Form) -> Option<Format> {
    let schema = request.schema.as_ref().filter(|schema| form.takes(Feature::Schema) && has_object_root(schema))?;
    strict::within(schema, strict::ANTHROPIC).map(|schema| Format::JsonSchema { schema })
}

/// Marks what later requests will begin with: a long system text, and a history that has begun to grow. A single
/// question is not marked, because writing to the cache costs more than reading a prompt once.
fn mark(system: &mut [Block<'_>], messages: &mut [Turn<'_>]) {
    let length = |block: &Block<'_>| match &block.kind {
        Kind::Text { text } | Kind::ToolResult { content: text, .. } => text.len(),
        Kind::ToolUse { input, .. } => input.to_string().len(),
        Kind::Thinking { thinking, signature } => thinking.len() + signature.len(),
        Kind::RedactedThinking { data } => data.len(),
        Kind::Image { .. } => WORTH_CACHING,
    };
    let fixed: usize = system.iter().map(length).sum();
    let grown: usize = messages.iter().flat_map(|turn| &turn.content).map(length).sum();
    if fixed >= WORTH_CACHING
        && let Some(last) = system.last_mut()
    {
        last.cache_control = Some(CacheControl::Ephemeral);
    }
    let grows = messages.iter().any(|turn| turn.role == "assistant");
    if grows
        && fixed + grown >= WORTH_CACHING
        && let Some(last) = messages.last_mut().and_then(|turn| turn.content.last_mut())
    {
        last.cache_control = Some(CacheControl::Ephemeral);
    }
}

fn tool(function: &FunctionSpec) -> Tool<'_> {
    let FunctionSpec { name, description, parameters } = function;
    Tool { name, description, input_schema: parameters }
}

//! What the model calls of a step may cost, as the ledger holds it back: who is asked, and how much it reads and answers.

use crate::core::failure::Outcome;
use crate::core::message::{ChatRequest, Image, Message, Speaker};
use crate::core::money::Money;
use crate::core::price::{Bound, Price};
use crate::core::slack::Slack;
use crate::host::typed::Schema;
use crate::pipeline::answerable::wish;
use crate::pipeline::estimate::known::Known;
use crate::pipeline::estimate::size::Size;
use crate::pipeline::estimate::{Ground, Row};
use crate::pipeline::plan::{Ask, LlmCall, Step};
use crate::pipeline::values::as_text;
use crate::registry::models::ModelSpec;
use crate::registry::personas;
use crate::registry::roles::{MAX_TOKENS, Role};
use serde_json::{Value, json};

/// How often a typed answer may be asked for: once, and twice more to mend it.
const TYPED: u64 = 3;

/// More tokens than those of what was wrong with an answer, and of the messages around both.
const COMPLAINT: u64 = 2_048;

/// What a call is made of.
#[derive(Default)]
pub(super) struct Call {
    prompt: Size,
    /// Its own standing instructions.
    system: Option<Size>,
    /// The form of its answer.
    schema: Option<Value>,
    images: Size,
    max_tokens: Option<u64>,
}

impl Call {
    /// That of a step.
    pub(super) fn of_llm(step: &Step, call: &LlmCall, known: &Known) -> Self {
        Self {
            prompt: known.bytes(&call.prompt),
            system: call.system.as_ref().map(|system| known.bytes(system)),
            schema: step.schema().or_else(|| call.schema.clone()),
            images: known.pictures(&call.images),
            max_tokens: call.max_tokens,
        }
    }

    /// A question to a model that plays a person.
    pub(super) fn of_ask(ask: &Ask, known: &Known) -> Self {
        let choices = ask.choices.as_ref().map(|choices| (known.fixed(choices), known.bytes(choices)));
        let (words, rest) = match choices {
            Some((Some(Value::Array(words)), _)) => (words, Size::default()),
            Some((None, bytes)) => (vec![Value::from("")], bytes),
            _ => (Vec::new(), Size::default()),
        };
        let words: Vec<String> = words.into_iter().map(as_text).collect();
        let schema = (!words.is_empty()).then(|| json!({"type": "string", "enum": words}));
        Self { prompt: [known.bytes(&ask.prompt), rest].into_iter().sum(), schema, ..Self::default() }
    }

    /// The most requests of one attempt.
    const fn rounds(&self) -> u64 {
        if self.schema.is_some() { TYPED } else { 1 }
    }

    fn is_guessed(&self) -> bool {
        self.prompt.guessed || self.images.guessed || self.system.is_some_and(|system| system.guessed)
    }

    /// The standing instructions: the call's own say all, unless the step names a persona too.
    fn standing(&self, ground: Ground<'_>, step: &Step, role: &Role) -> Outcome<Option<Size>> {
        let silent = self.system.is_some();
        let of_role = role.persona.as_deref().filter(|_| !silent);
        let persona = step.choice.personality.as_deref().or(of_role);
        let standing = personas::standing(ground.paths, persona, role.system.as_deref().filter(|_| !silent))?;
        let between = if silent { "\n\n".len() } else { 0 };
        let own = standing.map(|text| Size::sure(text.len().saturating_add(between)));
        let parts: Vec<Size> = own.into_iter().chain(self.system).collect();
        Ok((!parts.is_empty()).then(|| parts.into_iter().sum()))
    }

    /// The bounds of the requests of one attempt, with what servers add: of the first one, and of those by which a typed
    /// answer is mended, which read what was answered before them and what is wrong with it.
    fn requests(&self, spec: &ModelSpec, standing: Option<Size>, output_tokens: u64) -> Outcome<Vec<Bound>> {
        let schema = self.schema.as_ref().map(Schema::read).transpose()?;
        let is_held = spec.capabilities.json;
        let words = schema.as_ref().filter(|_| !is_held).map_or_else(String::new, |schema| schema.ask(""));
        let images = vec![Image::Url { url: String::new() }; self.images.count];
        let user = Message { images, ..Message::new(Speaker::User, words) };
        let system = standing.map(|_| Message::new(Speaker::System, ""));
        let request = ChatRequest {
            messages: system.into_iter().chain([user]).collect(),
            schema: schema.as_ref().filter(|_| is_held).map(|schema| schema.schema().clone()),
            ..ChatRequest::default()
        };
        let texts = tokens(self.prompt.count.saturating_add(standing.map_or(0, |size| size.count)));
        let input_tokens = request.token_bound(spec.image_tokens).saturating_add(texts);
        let first = Bound { input_tokens, output_tokens, images: request.images() };
        let held = Slack::of(&request, spec.image_tokens).upon(first);
        let complaint = schema.map_or(0, |schema| COMPLAINT.saturating_add(tokens(schema.complaint("").len())));
        let more = held.output_tokens.saturating_add(complaint);
        let read = |round: u64| held.input_tokens.saturating_add(more.saturating_mul(round));
        Ok((0..self.rounds()).map(|round| Bound { input_tokens: read(round), ..held }).collect())
    }

    /// Notes what so many attempts with these requests cost; none of them reads more than the window of its model.
    fn cost(&self, (spec, price): (&ModelSpec, &Price), requests: &[Bound], attempts: u64, row: &mut Row) {
        let all = |read: &dyn Fn(u64) -> u64| {
            let one = |held: &Bound| price.worst(&Bound { input_tokens: read(held.input_tokens), ..*held });
            let attempt: Money = requests.iter().map(one).sum();
            Money::from_nanos(attempt.nanos().saturating_mul(attempts))
        };
        // It does not say how many pictures there are, which may cost something by themselves.
        let is_bound = spec.window_known && (!self.images.guessed || price.per_image == 0);
        let window = is_bound.then_some(spec.window);
        let worst = all(&|read| window.map_or(read, |window| read.min(window)));
        let most = window.map(|window| all(&|_| window));
        row.guessed = self.is_guessed() && most.map_or(worst > Money::ZERO, |most| worst < most);
        row.worst = Some(worst);
        row.most = if row.guessed { most } else { row.worst };
    }
}

/// Who would be asked, how often, and what so many attempts cost.
pub(super) async fn asked(ground: Ground<'_>, step: &Step, call: &Call, attempts: u64, row: &mut Row) -> Outcome<()> {
    row.calls = attempts.saturating_mul(call.rounds());
    let Some(wish) = wish(step) else { return Ok(()) };
    let choice = &step.choice;
    let explained = ground.models.explain(&wish).await?;
    row.reason = match &explained.choice.picked {
        // The call names the model that the step or the file does.
        Ok(_) if choice.model.is_some() => choice.reason.clone(),
        Ok(_) => format!("{}: {}", choice.reason, explained.choice.reason),
        Err(failure) => format!("nobody can be asked: {}", failure.message),
    };
    (row.worst, row.most) = (None, None);
    let Some(spec) = explained.picked() else { return Ok(()) };
    row.model = Some(spec.id.to_string());
    if let Some(price) = &spec.price {
        let output_tokens = call.max_tokens.or(explained.role.sampling.max_tokens).unwrap_or(MAX_TOKENS);
        let standing = call.standing(ground, step, &explained.role)?;
        call.cost((spec, price), &call.requests(spec, standing, output_tokens)?, attempts, row);
    }
    Ok(())
}

/// The most tokens that so many bytes are.
fn tokens(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

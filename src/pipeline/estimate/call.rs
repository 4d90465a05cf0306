//! What one model call of a step may cost: who is asked, and how much it reads and answers at most.

use crate::core::failure::Outcome;
use crate::core::message::IMAGE_TOKENS;
use crate::core::money::Money;
use crate::core::price::Bound;
use crate::pipeline::answerable::wish;
use crate::pipeline::estimate::{Ground, Row, UNKNOWN};
use crate::pipeline::plan::{Ask, LlmCall, Part, Step, Template};
use crate::registry::personas;
use crate::registry::roles::Role;

/// The bytes that stand around a schema, where a model is held to it or asked for it in words.
const AROUND: usize = 64;

/// What a call is made of.
#[derive(Default)]
pub(super) struct Call<'a> {
    /// The bytes of its prompt.
    prompt: usize,
    /// The bytes of the form of its answer.
    schema: usize,
    /// Its own standing instructions.
    system: Option<&'a Template>,
    images: usize,
    max_tokens: Option<u64>,
}

impl<'a> Call<'a> {
    /// That of a step.
    pub(super) fn of_llm(step: &Step, call: &'a LlmCall) -> Self {
        let schema = step.schema().or_else(|| call.schema.clone());
        Self {
            prompt: bytes(&call.prompt),
            schema: schema.map_or(0, |schema| schema.to_string().len() + AROUND),
            system: call.system.as_ref(),
            images: call.images.len(),
            max_tokens: call.max_tokens,
        }
    }

    /// A question to a model that plays a person.
    pub(super) fn of_ask(ask: &Ask) -> Self {
        // Beside the choices there are the words of a list of texts.
        let choices = |choices: &Template| bytes(choices) + 2 * AROUND;
        Self { prompt: bytes(&ask.prompt), schema: ask.choices.as_ref().map_or(0, choices), ..Self::default() }
    }

    /// The bytes of the standing instructions: the call's own say all, unless the step names a persona too.
    fn standing(&self, ground: Ground<'_>, step: &Step, role: &Role) -> Outcome<usize> {
        let silent = self.system.is_some();
        let of_role = role.persona.as_deref().filter(|_| !silent);
        let persona = step.choice.personality.as_deref().or(of_role);
        let standing = personas::standing(ground.paths, persona, role.system.as_deref().filter(|_| !silent))?;
        Ok(standing.map_or(0, |text| text.len()) + self.system.map_or(0, bytes))
    }
}

/// Who would be asked, and what `row.calls` calls of it cost at most.
pub(super) async fn asked(ground: Ground<'_>, step: &Step, call: Call<'_>, row: &mut Row) -> Outcome<()> {
    let Some(wish) = wish(step) else { return Ok(()) };
    let choice = &step.choice;
    let explained = ground.models.explain(&wish).await?;
    row.reason = match &explained.choice.picked {
        // The call names the model that the step or the file does.
        Ok(_) if choice.model.is_some() => choice.reason.clone(),
        Ok(_) => format!("{}: {}", choice.reason, explained.choice.reason),
        Err(failure) => format!("nobody can be asked: {}", failure.message),
    };
    let Some(spec) = explained.picked() else {
        row.worst = None;
        return Ok(());
    };
    row.model = Some(spec.id.to_string());
    let output_tokens =
        call.max_tokens.or(explained.role.sampling.max_tokens).or(spec.max_output).unwrap_or(spec.window);
    let read = call.prompt + call.schema + call.standing(ground, step, &explained.role)?;
    let images = u64::try_from(call.images).unwrap_or(u64::MAX);
    let seen = images.saturating_mul(spec.image_tokens.unwrap_or(IMAGE_TOKENS));
    let input_tokens = u64::try_from(read).unwrap_or(u64::MAX).saturating_add(seen);
    let bound = Bound { input_tokens, output_tokens, images };
    row.worst =
        spec.price.as_ref().map(|price| Money::from_nanos(price.worst(&bound).nanos().saturating_mul(row.calls)));
    Ok(())
}

/// The bytes of a text, as far as they are known.
fn bytes(template: &Template) -> usize {
    match template {
        Template::Plain(value) => value.as_str().map_or_else(|| value.to_string().len(), str::len),
        Template::Text(parts) => parts
            .iter()
            .map(|part| match part {
                Part::Literal(text) => text.len(),
                Part::Hole(_) => UNKNOWN,
            })
            .sum(),
        Template::Value(_) => UNKNOWN,
        Template::List(items) => items.iter().map(bytes).sum(),
        Template::Map(entries) => entries.iter().map(|(_, value)| bytes(value)).sum(),
    }
}

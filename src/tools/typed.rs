//! Tools whose arguments and answers are Rust types: the schemas are derived from these, so that they cannot disagree.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::tool::{EffectClass, Permission, ToolExample, ToolSpec};
use crate::tools::tool::{Tool, ToolContext, ToolLimits};
use crate::tools::workspace::Workspace;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

/// A tool described by constants and one function.
pub trait TypedTool: Send + Sync + 'static {
    /// The arguments.
    type Args: DeserializeOwned + JsonSchema + Send;
    /// What it answers: as much of it as holds whatever its arguments are.
    type Answer: Serialize + JsonSchema + Send;
    /// Its name, `snake_case`.
    const NAME: &'static str;
    /// One sentence, third person.
    const SUMMARY: &'static str;
    /// What it returns: shapes and units.
    const RETURNS: &'static str;
    /// What a repeated call would do.
    const EFFECT: EffectClass;
    /// What it must be allowed to do.
    const PERMISSION: Permission;
    /// Words that help to find it.
    const TAGS: &'static [&'static str];

    /// Examples as (arguments, what they show); a test runs each of them.
    fn examples() -> Vec<(Value, &'static str)>;

    /// Answers a call.
    fn run(args: Self::Args, cx: &ToolContext) -> impl Future<Output = Outcome<Self::Answer>> + Send;

    /// An answer as callers have it.
    fn value(answer: Self::Answer) -> Outcome<Value> {
        serde_json::to_value(answer)
            .map_err(|error| Failure::new(FailureKind::Internal, format!("the answer of {}: {error}", Self::NAME)))
    }

    /// The schema of the answers to these arguments; see [`Tool::answer`].
    fn answer(_args: &Value) -> Value {
        answers::<Self::Answer>()
    }

    /// What is wrong with arguments; see [`Tool::check`].
    fn check(_args: &Value, _workspace: &Workspace) -> Outcome<()> {
        Ok(())
    }

    /// What a call would fail with; see [`Tool::foresee`].
    fn foresee(_args: &Value, _workspace: &Workspace) -> Outcome<()> {
        Ok(())
    }

    /// How long a call may take; see [`Tool::timeout`].
    fn timeout(limits: &ToolLimits) -> Option<Duration> {
        Some(limits.timeout)
    }
}

/// A [`TypedTool`] as a [`Tool`].
pub struct Typed<T> {
    spec: ToolSpec,
    tool: PhantomData<T>,
}

/// The tool that `T` describes.
pub fn tool<T: TypedTool>() -> Arc<dyn Tool> {
    let examples = T::examples().into_iter().map(|(args, note)| ToolExample { args, note: note.to_owned() }).collect();
    let spec = ToolSpec {
        name: T::NAME.to_owned(),
        summary: T::SUMMARY.to_owned(),
        parameters: parameters::<T::Args>(),
        returns: T::RETURNS.to_owned(),
        answer: answers::<T::Answer>(),
        effect: T::EFFECT,
        permission: T::PERMISSION,
        examples,
        tags: T::TAGS.iter().map(|&tag| tag.to_owned()).collect(),
    };
    Arc::new(Typed::<T> { spec, tool: PhantomData })
}

impl<T: TypedTool> Tool for Typed<T> {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn call<'a>(&'a self, args: Value, cx: &'a ToolContext) -> BoxFuture<'a, Outcome<Value>> {
        Box::pin(async move {
            let args = serde_json::from_value(args)
                .map_err(|error| Failure::new(FailureKind::Invalid, format!("arguments of {}: {error}", T::NAME)))?;
            let answer = T::run(args, cx).await?;
            T::value(answer)
        })
    }

    fn check(&self, args: &Value, workspace: &Workspace) -> Outcome<()> {
        T::check(args, workspace)
    }

    fn foresee(&self, args: &Value, workspace: &Workspace) -> Outcome<()> {
        T::foresee(args, workspace)
    }

    fn answer(&self, args: &Value) -> Value {
        T::answer(args)
    }

    fn timeout(&self, limits: &ToolLimits) -> Option<Duration> {
        T::timeout(limits)
    }
}

/// The schema of what is read as `A`.
fn parameters<A: JsonSchema>() -> Value {
    schema::<A>(SchemaSettings::draft2020_12())
}

/// The schema of what is written as `A`.
pub fn answers<A: JsonSchema>() -> Value {
    schema::<A>(SchemaSettings::draft2020_12().for_serialize())
}

/// The schema of `A`, with every part written out in place because models and people read it as text.
fn schema<A: JsonSchema>(mut settings: SchemaSettings) -> Value {
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let mut schema = settings.into_generator().into_root_schema_for::<A>();
    schema.remove("title");
    schema.remove("description");
    schema.to_value()
}

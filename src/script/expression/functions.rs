//! The functions that an expression can call, by name, with the types that they take.

use super::form::Form;
use rhai::{Array, Dynamic, Engine, FLOAT, INT, ImmutableString, Map};
use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet};

/// Functions that are part of the language and stand in no list.
const LANGUAGE: &[&str] = &["type_of", "is_shared", "call", "curry", "is_def_var"];

/// How a pipeline reads the clock.
const CLOCK: &str = "the clock is read by a step, `tool: date`, whose answer a resumed run has again";
/// What Rhai or a script has and an expression has not, with the step that does it: a run that goes on evaluates its
/// expressions again, and they must answer the same.
const EFFECTS: &[(&str, &str)] =
    &[("elapsed", CLOCK), ("now", CLOCK), ("sleep", "a pause is a step: `wait: SECONDS`"), ("timestamp", CLOCK)];

/// What values are that JSON has, in the words of `Form::kind`.
const KINDS: [&str; 5] = [Form::TEXT, Form::NUMBER, Form::FLAG, Form::LIST, Form::MAP];

/// What is known of functions, by name.
#[derive(Default)]
pub(super) struct Functions(BTreeMap<String, Takes>);

/// What the functions of one name take.
#[derive(Default)]
struct Takes {
    /// The numbers of arguments; without any number where that is not known.
    counts: BTreeSet<usize>,
    /// Whether one of them takes `()` for its first argument.
    nothing: bool,
    /// The types of their arguments.
    types: Vec<Vec<TypeId>>,
}

impl Functions {
    /// All functions of an engine that its programs can write down and that reach out of none of them.
    pub(super) fn of(engine: &Engine) -> Self {
        let mut functions = Self::default();
        let nothing = |first: Option<&TypeId>| {
            first.is_none_or(|first| [TypeId::of::<()>(), TypeId::of::<Dynamic>()].contains(first))
        };
        let known = engine.collect_fn_metadata(
            None,
            |f| {
                let (name, params) = (f.metadata.name.to_string(), f.metadata.num_params);
                let types: Vec<TypeId> = f.metadata.param_types.iter().copied().collect();
                let nothing = nothing(types.first());
                Some((name, params, types, nothing))
            },
            true,
        );
        let is_offered = |name: &str| !engine.is_symbol_disabled(name) && effect(name).is_none();
        for (name, count, types, nothing) in known.into_iter().filter(|(name, ..)| is_offered(name)) {
            let takes = functions.0.entry(name).or_default();
            takes.counts.insert(count);
            takes.types.push(types);
            takes.nothing = takes.nothing || nothing;
        }
        let language = || Takes { nothing: true, ..Takes::default() };
        functions.0.extend(LANGUAGE.iter().map(|name| ((*name).to_owned(), language())));
        functions
    }

    /// Their names.
    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    /// The numbers of arguments that a function takes; `None` if there is none of that name.
    pub(super) fn counts(&self, name: &str) -> Option<&BTreeSet<usize>> {
        self.0.get(name).map(|takes| &takes.counts)
    }

    /// Whether a function may take `()` for its first argument.
    pub(super) fn take_nothing(&self, name: &str) -> bool {
        self.0.get(name).is_none_or(|takes| takes.nothing)
    }

    /// What no function of this name takes for its first argument, in the words of `Form::kind`.
    pub(super) fn refused(&self, name: &str) -> Vec<&'static str> {
        let Some(takes) = self.0.get(name).filter(|takes| !takes.nothing) else { return Vec::new() };
        let is_taken = |kind: &&str| takes.types.iter().filter_map(|types| types.first()).any(|first| is(kind, *first));
        KINDS.iter().copied().filter(|kind| !is_taken(kind)).collect()
    }

    /// Whether a function of this name may take values of these forms together. How many it takes is told elsewhere.
    pub(super) fn may_take(&self, name: &str, forms: &[Form]) -> bool {
        let Some(takes) = self.0.get(name).filter(|takes| takes.counts.contains(&forms.len())) else { return true };
        let fits = |(form, taken): (&Form, &TypeId)| {
            matches!(form, Form::Any) || *taken == TypeId::of::<Dynamic>() || is(form.kind(), *taken)
        };
        let mut of_count = takes.types.iter().filter(|types| types.len() == forms.len());
        of_count.any(|types| forms.iter().zip(types).all(fits))
    }
}

/// Whether this is the type, or one of the types, of values that are called so.
fn is(kind: &str, taken: TypeId) -> bool {
    match kind {
        Form::TEXT => taken == TypeId::of::<ImmutableString>(),
        Form::NUMBER => taken == TypeId::of::<INT>() || taken == TypeId::of::<FLOAT>(),
        Form::FLAG => taken == TypeId::of::<bool>(),
        Form::LIST => taken == TypeId::of::<Array>(),
        Form::MAP => taken == TypeId::of::<Map>(),
        _ => false,
    }
}

/// The step that does what this function would do, if an expression has none of that name for what it does.
pub(super) fn effect(name: &str) -> Option<&'static str> {
    EFFECTS.iter().find(|(effect, _)| *effect == name).map(|(_, step)| *step)
}

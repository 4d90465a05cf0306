//! What is known of the values of steps before they run: their forms where they are there, and what in them may be
//! `()`. Whether a step has a value at all is `absence`.

use crate::pipeline::check::absence::Absence;
use crate::pipeline::check::schemas::{of_inputs, of_schema, of_value, sure};
use crate::pipeline::check::{Known, lacks};
use crate::pipeline::graph::needed_first;
use crate::pipeline::plan::{Act, Block, Each, OnItemFailure, Pipeline, Step, Template};
use crate::pipeline::read::{Part, Use, User};
use crate::pipeline::tree::Spot;
use crate::script::expression::{Expression, Field, Form, Lack, Made, Reference};
use std::collections::HashMap;
use std::sync::Arc;

/// What is known of the values of a file.
pub(super) struct Forms<'p> {
    /// The file.
    pub file: Arc<str>,
    /// Its steps.
    pub known: &'p Known<'p>,
    /// Whose value may be `()` where it is read.
    pub absence: &'p Absence<'p>,
    /// The inputs.
    pub inputs: Form,
    steps: HashMap<&'p str, Made>,
    /// What the bodies of steps are given: the item of an `each`, the last value of a `while`.
    bodies: HashMap<&'p str, Made>,
}

impl<'p> Forms<'p> {
    /// Those of a pipeline. What is read before it is made is not known.
    pub(super) fn of(file: &Arc<str>, pipeline: &'p Pipeline, known: &'p Known<'p>, absence: &'p Absence<'p>) -> Self {
        let inputs = of_inputs(&pipeline.inputs);
        let (file, steps, bodies) = (Arc::clone(file), HashMap::new(), HashMap::new());
        let mut forms = Self { file, known, absence, inputs, steps, bodies };
        forms.add(&pipeline.block);
        forms
    }

    fn add(&mut self, block: &'p Block) {
        for step in needed_first(block).into_iter().filter_map(|at| block.steps.get(at)) {
            if let Act::Each(each) = &step.act {
                let item = self.item(step, each);
                self.bodies.insert(&step.name, item);
            }
            step.act.blocks().into_iter().for_each(|inner| self.add(inner));
            if let Act::While(repeat) = &step.act {
                let last = self.of_block(&repeat.block);
                self.bodies.insert(&step.name, last);
            }
            let made = self.of_step(step);
            self.steps.insert(&step.name, made);
        }
    }

    /// What is known of what the pipeline answers.
    pub(super) fn answer(&self, pipeline: &Pipeline) -> Made {
        // A step that ends it gives a value of its own.
        if pipeline.block.steps.iter().any(|step| matches!(step.act, Act::End(_))) {
            return Made::unknown();
        }
        if pipeline.outputs.is_empty() {
            return self.of_block(&pipeline.block);
        }
        of_entries(&pipeline.outputs, &|value| self.computed(value, "", Part::Output))
    }

    /// What is known of what a step reads by a name that others have too: a step, the item of a body, or what is always
    /// there.
    pub(super) fn seen(&self, step: &str, name: &str) -> Option<Made> {
        match name {
            "inputs" => Some(self.inputs.clone().into()),
            "outcomes" => Some(Form::open(Form::Text.into()).into()),
            "errors" => None,
            name => self.steps.get(name).cloned().or_else(|| {
                let mut around = self.known.around(step).into_iter().skip(1);
                around.find_map(|seen| self.in_body(seen.step, name))
            }),
        }
    }

    /// What is known of a name that only a part of a step has.
    fn own(&self, user: &User, name: &str) -> Option<Made> {
        let step = self.known.steps.get(user.step.as_str())?.step;
        match (user.part, &step.act) {
            (Part::Product, _) => {
                let var = step.vars.iter().find(|var| var.name == name && name != step.name);
                var.map(|var| of_schema(&var.schema))
            }
            (Part::Act, Act::Llm(_)) if name == "answer" => of_answer(step),
            (Part::Act, _) => self.in_body(step, name),
            _ => None,
        }
    }

    /// What is known of a name that a step gives its body.
    fn in_body(&self, step: &Step, name: &str) -> Option<Made> {
        let given = || self.bodies.get(step.name.as_str()).cloned().unwrap_or_else(Made::unknown);
        match &step.act {
            Act::Each(each) if each.name == name => Some(given()),
            Act::Each(_) if name == "key" => Some(Form::Text.into()),
            Act::Each(_) if name == "index" => Some(Form::Number.into()),
            Act::While(_) if name == "prev" => Some(given()),
            Act::While(_) if name == "iteration" => Some(Form::Number.into()),
            _ => None,
        }
    }

    /// The form of what a part of a step reads by a name, where it is there.
    pub(super) fn named(&self, user: &User, name: &str) -> Form {
        let made = self.own(user, name).or_else(|| self.seen(&user.step, name));
        made.map_or(Form::Any, |made| made.form)
    }

    /// The form of what an expression of a step reads by a name, whatever becomes of it.
    pub(super) fn sure(&self, user: &User, expression: &Expression, name: &str) -> Form {
        let is_sure = |made: &Made| made.lack.is_none() && !self.absence.may_lack(user, expression, name);
        self.seen(&user.step, name).filter(is_sure).map_or(Form::Any, |made| made.form)
    }

    /// What is known of what a reading begins with, and how many parts of its path that takes. Whether a step has run,
    /// or an input is given, is told elsewhere.
    pub(super) fn begin(&self, read: &Use) -> Option<(usize, Made)> {
        let path = &read.reference.path;
        match path.first()?.as_str() {
            name if read.local => Some((1, self.own(&read.user, name)?)),
            "inputs" => {
                let (Form::Map(inputs), input) = (&self.inputs, path.get(1)?) else { return None };
                let made = inputs.get(input)?.clone();
                let lack = made.lack.filter(|_| !self.absence.is_optional(input));
                Some((2, Made { form: made.form, lack }))
            }
            "outcomes" => path.get(1).map(|_| (2, Form::Text.into())),
            "prev" if self.absence.is_in_first_turn(read) => {
                let lack = Some(Lack::plain("there is none in the first iteration"));
                Some((1, Made { lack, ..self.seen(&read.user.step, "prev")? }))
            }
            name => Some((1, self.seen(&read.user.step, name)?)),
        }
    }

    /// The form of what a reading ends with, where that is there.
    pub(super) fn end(&self, read: &Use) -> Option<Form> {
        let (length, begin) = self.begin(read)?;
        let mut fields = read.reference.path.iter().skip(length);
        fields.try_fold(begin.form, |form, field| form.field(field).map(|made| made.form))
    }

    /// What is known of a value that a part of a step computes.
    fn computed(&self, template: &Template, step: &str, part: Part) -> Made {
        let user = User { step: step.to_owned(), part };
        of_template(template, &|expression| self.of_expression(expression, &user))
    }

    fn of_expression(&self, expression: &Expression, user: &User) -> Made {
        let names = |name: &str, there: bool| {
            let made = if there { self.seen(&user.step, name) } else { None };
            made.map_or_else(|| self.sure(user, expression, name), |made| made.form)
        };
        let lack = |reference: &Reference| {
            let (user, reference, expression) = (user.clone(), reference.clone(), Some(expression.clone()));
            lacks::handed_on(&Use { user, at: Spot::default(), reference, local: false, expression }, self)
        };
        expression.made(&names, &lack)
    }

    /// What is known of a step's value.
    fn of_step(&self, step: &Step) -> Made {
        if let Some(answer) = of_answer(step) {
            return answer;
        }
        let computed = |value: &Template| self.computed(value, &step.name, Part::Act);
        match &step.act {
            Act::Ask(_) => Form::Text.into(),
            Act::Set(values) => of_entries(values, &computed),
            Act::Nested(nested) => nested.pipeline.answer.clone(),
            Act::Switch(switch) => computed(&Template::Value(switch.on.clone())),
            Act::Each(each) => self.of_each(step, each),
            // Without any iteration it is `()`: whether there is one is left to the run.
            Act::While(repeat) => self.of_block(&repeat.block),
            Act::Parallel(branches) => {
                Form::map(branches.iter().map(|branch| sure(&branch.name, self.of_block(&branch.block)))).into()
            }
            Act::Wait(_) => Made { form: Form::Any, lack: Some(Lack::plain("a `wait` answers nothing")) },
            Act::End(value) => computed(value),
            Act::Tool(call) => of_schema(&call.answer),
            Act::Llm(_) | Act::Run(_) | Act::Script(_) => Made::unknown(),
        }
    }

    fn of_each(&self, step: &Step, each: &Each) -> Made {
        let mut last = self.of_block(&each.block);
        if each.on_item_failure == OnItemFailure::Continue {
            last.lack = last.lack.or_else(|| Some(Lack::plain("an item may have failed")));
        }
        match (&each.key, self.computed(&each.items, &step.name, Part::Act).form) {
            (Some(_), _) => Form::open(last).into(),
            (None, Form::List(_)) => Form::list([last]).into(),
            (None, Form::Map(items)) if items.rest.is_some() => Form::open(last).into(),
            (None, Form::Map(items)) => {
                Form::map(items.all.iter().map(|item| Field { made: last.clone(), ..item.clone() })).into()
            }
            _ => Made::unknown(),
        }
    }

    /// What is known of the items of an `each`.
    fn item(&self, step: &Step, each: &Each) -> Made {
        match self.computed(&each.items, &step.name, Part::Act).form {
            Form::List(items) => items.each.clone(),
            Form::Map(items) => items.any(),
            _ => Made::unknown(),
        }
    }

    /// The value of a block is that of its last step; of one before it where that may be left out, and `()` where it may fail.
    fn of_block(&self, block: &Block) -> Made {
        let is_sure = |last: &&Step| {
            last.condition.is_none() && last.on_failure.is_none() && !self.absence.is_skipped(&last.name)
        };
        let last = block.steps.last().filter(is_sure).filter(|_| !block.steps.iter().any(Step::may_lead_away));
        last.and_then(|last| self.steps.get(last.name.as_str()).cloned()).unwrap_or_else(Made::unknown)
    }
}

/// What is known of what a model answers a step; nothing if the step asks none and declares no fields.
fn of_answer(step: &Step) -> Option<Made> {
    let (schema, plain) = match &step.act {
        Act::Llm(call) => (call.schema.clone(), Some(Form::Text.into())),
        Act::Run(run) => (run.schema.clone(), None),
        _ => (None, None),
    };
    step.schema().or(schema).map(|schema| of_schema(&schema)).or(plain)
}

/// What is known of a value with holes, by what is known of the expressions in it.
pub(super) fn of_template(template: &Template, of: &dyn Fn(&Expression) -> Made) -> Made {
    match template {
        Template::Text(_) => Form::Text.into(),
        Template::List(items) => Form::list(items.iter().map(|item| of_template(item, of))).into(),
        Template::Map(entries) => of_entries(entries, &|value| of_template(value, of)),
        Template::Value(expression) => of(expression),
        Template::Plain(value) => of_value(value),
    }
}

fn of_entries(entries: &[(String, Template)], of: &dyn Fn(&Template) -> Made) -> Made {
    Form::map(entries.iter().map(|(name, value)| sure(name, of(value)))).into()
}

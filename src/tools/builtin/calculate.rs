//! `calculate`: the value of an arithmetic expression in 64-bit floating point. The grammar is in
//! `calculate/expression`.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::tool::{EffectClass, Permission};
use crate::tools::tool::ToolContext;
use crate::tools::typed::TypedTool;
use crate::tools::workspace::Workspace;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Number, Value, json};
use std::collections::BTreeMap;

pub mod expression;
pub mod function;

/// The tool.
pub struct Calculate;

/// Its arguments.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The expression, for example `2 * (3 + 4)^2` or `sqrt(x) + sin(pi / 2)`.
    #[schemars(length(min = 1, max = 10000))]
    expression: String,
    /// Values of names in the expression.
    #[serde(default)]
    variables: BTreeMap<String, f64>,
}

impl TypedTool for Calculate {
    type Args = Args;
    type Answer = Number;
    const NAME: &'static str = "calculate";
    const SUMMARY: &'static str = "Computes an arithmetic expression.";
    const RETURNS: &'static str =
        "A number; a whole one up to 2^53 has no decimal point. A result that is not a finite number is an error.";
    const EFFECT: EffectClass = EffectClass::Pure;
    const PERMISSION: Permission = Permission::Free;
    const TAGS: &'static [&'static str] = &["math", "arithmetic", "formula", "number", "calculator", "compute"];

    fn examples() -> Vec<(Value, &'static str)> {
        vec![
            (json!({"expression": "2 * (3 + 4)^2"}), "98"),
            (json!({"expression": "price * (1 + tax / 100)", "variables": {"price": 80, "tax": 25}}), "100"),
        ]
    }

    fn check(args: &Value, _workspace: &Workspace) -> Outcome<()> {
        let variables = match args.get("variables") {
            None => Some(BTreeMap::new()),
            // Those that are not known yet may have any name.
            Some(given) => BTreeMap::deserialize(given).ok(),
        };
        match args["expression"].as_str().zip(variables) {
            Some((expression, variables)) => expression::evaluate(expression, &variables).map(drop),
            None => Ok(()),
        }
    }

    async fn run(args: Args, _cx: &ToolContext) -> Outcome<Number> {
        let value = expression::evaluate(&args.expression, &args.variables)?;
        number(value).ok_or_else(|| {
            Failure::new(FailureKind::Invalid, format!("`{}` has no finite value", args.expression))
                .hint("it divides by zero, takes the root or logarithm of a negative number, or overflows")
        })
    }
}

/// A whole result as a whole number, as far as floats tell all of them apart: who compares or shows it wants no `.0`.
fn number(value: f64) -> Option<Number> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT {
        #[allow(clippy::cast_possible_truncation, reason = "it is whole and fits")]
        return Some(Number::from(value as i64));
    }
    Number::from_f64(value)
}

//! Faults of a program itself, which no other value would mend: names that there are not, and text that is no program.

use super::way::{self, Home};
use rhai::{EvalAltResult, NativeCallContext};

/// Whether an error is such a fault. A known function that got other values than it takes is none: they may be the
/// data's.
pub fn is_slip(error: &EvalAltResult, context: &NativeCallContext) -> bool {
    match way::of(error, &|_| Home::Program).inner {
        EvalAltResult::ErrorVariableNotFound(..) | EvalAltResult::ErrorParsing(..) => true,
        EvalAltResult::ErrorFunctionNotFound(signature, _) => {
            // Rhai tells with this error what its `sort` refuses, too.
            signature.split_once(" (").is_some_and(|(name, _)| is_a_name(name) && !is_known(name, context))
        }
        _ => false,
    }
}

/// Operators are no names: what they refuse are values.
fn is_a_name(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ':'))
}

fn is_known(name: &str, context: &NativeCallContext) -> bool {
    let named = context.engine().collect_fn_metadata(
        Some(context),
        |function| (function.metadata.name.as_str() == name).then_some(()),
        true,
    );
    !named.is_empty()
}

//! `map`, `filter`, `to_array` and totals on ranges of numbers, as people write them: `(0..8).map(|i| ..)`.

use crate::script::errors::raise;
use crate::script::language::totals;
use crate::script::limits::guards;
use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, INT, NativeCallContext};
use std::cmp::Ordering;
use std::ops::{Range, RangeInclusive};

type Checked<T> = Result<T, Box<EvalAltResult>>;

/// Registers them for both kinds of range.
pub fn register(engine: &mut Engine) {
    of_kind::<Range<INT>>(engine);
    of_kind::<RangeInclusive<INT>>(engine);
}

fn of_kind<R: Iterator<Item = INT> + Clone + Send + Sync + 'static>(engine: &mut Engine) {
    engine.register_fn("to_array", |range: R| -> Checked<Array> { guards::collected(range) });
    engine.register_fn("map", |context: NativeCallContext, range: R, each: FnPtr| -> Checked<Array> {
        let numbers = guards::collected(range)?;
        numbers.into_iter().map(|number| each.call_within_context(&context, (number,))).collect()
    });
    engine.register_fn("filter", |context: NativeCallContext, range: R, keep: FnPtr| -> Checked<Array> {
        let mut kept = Array::new();
        for number in guards::collected(range)? {
            if keep.call_within_context(&context, (number.clone(),))? {
                kept.push(number);
            }
        }
        Ok(kept)
    });
    engine
        .register_fn("sum", |range: R| -> Checked<Dynamic> { totals::sum(&guards::collected(range)?).map_err(raise) });
    engine.register_fn("mean", |range: R| -> Checked<f64> { totals::mean(&guards::collected(range)?).map_err(raise) });
    for (name, wanted) in [("min", Ordering::Less), ("max", Ordering::Greater)] {
        engine.register_fn(name, move |range: R| -> Checked<Dynamic> {
            totals::extreme(name, &guards::collected(range)?, wanted).map_err(raise)
        });
    }
}

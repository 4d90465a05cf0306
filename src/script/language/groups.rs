//! `group_by` and `count_by` on arrays: items by the key that a closure gives them.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::script::convert::friendly;
use crate::script::engine::MAP_LIMIT;
use crate::script::errors::raise;
use crate::script::language::lists::Calls;
use crate::script::limits::guards::beyond;
use crate::script::natives::told;
use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, INT, Map, NativeCallContext};
use std::collections::BTreeMap;

type Checked<T> = Result<T, Box<EvalAltResult>>;

/// Registers them.
pub fn register(engine: &mut Engine) {
    let says = "Returns a map from each key to its items, as in `rows.group_by(|r| r.city)`.";
    told(engine, ("group_by", says), |context: NativeCallContext, items: &mut Array, by: FnPtr| -> Checked<Map> {
        let add = |group: &mut Array, item: &Dynamic| group.push(item.clone());
        let groups = gathered(Calls::of("group_by", &context, &by), items, add)?;
        Ok(groups.into_iter().map(|(key, group)| (key.into(), Dynamic::from_array(group))).collect())
    });
    let says = "Returns a map from each key to the number of its items, as in `rows.count_by(|r| r.city)`.";
    told(engine, ("count_by", says), |context: NativeCallContext, items: &mut Array, by: FnPtr| -> Checked<Map> {
        let add = |count: &mut INT, _: &Dynamic| *count += 1;
        let counts = gathered(Calls::of("count_by", &context, &by), items, add)?;
        Ok(counts.into_iter().map(|(key, count)| (key.into(), Dynamic::from_int(count))).collect())
    });
}

/// What is gathered of the items of each key.
fn gathered<T: Default>(
    mut calls: Calls<'_>,
    items: &mut Array,
    add: impl Fn(&mut T, &Dynamic),
) -> Checked<BTreeMap<String, T>> {
    let mut gathered: BTreeMap<String, T> = BTreeMap::new();
    for (index, item) in items.iter_mut().enumerate() {
        let key = key(calls.name, &calls.value(item, index)?, index).map_err(raise)?;
        add(gathered.entry(key).or_default(), item);
        if gathered.len() > MAP_LIMIT {
            return Err(raise(beyond("the map", MAP_LIMIT)));
        }
    }
    Ok(gathered)
}

/// The key of an item, as the text that keys of maps are.
fn key(name: &str, key: &Dynamic, index: usize) -> Outcome<String> {
    if key.is_string() || key.is_int() || key.is_bool() || key.is_float() || key.is_char() {
        return Ok(key.to_string());
    }
    let what = format!("`{name}` takes a text, a number or a truth as a key, and that of item [{index}] is ");
    let failure = Failure::new(FailureKind::Script, what + friendly(key.type_name()));
    Err(if key.is_unit() { failure.hint("give another value by `??`: `|x| x.city ?? \"none\"`") } else { failure })
}

//! Parts of values as Python reads them: an item or field with what stands for it if there is none.

use rhai::{Array, Dynamic, Engine, Map};

/// Registers `python_item`.
pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("python_item", |value: Dynamic, key: Dynamic, other: Dynamic| -> Dynamic {
        item(&value, &key).unwrap_or(other)
    });
}

fn item(value: &Dynamic, key: &Dynamic) -> Option<Dynamic> {
    if let Some(map) = value.read_lock::<Map>() {
        let name = key.as_immutable_string_ref().ok()?;
        return map.get(name.as_str()).cloned();
    }
    let at = key.as_int().ok()?;
    if let Some(items) = value.read_lock::<Array>() {
        return items.get(position(at, items.len())?).cloned();
    }
    let text = value.as_immutable_string_ref().ok()?;
    let letter = text.chars().nth(position(at, text.chars().count())?)?;
    Some(letter.to_string().into())
}

/// A position that counts from the end if it is negative; nothing if it lies before the beginning.
fn position(at: i64, length: usize) -> Option<usize> {
    let from = if at < 0 { i64::try_from(length).ok()? } else { 0 };
    usize::try_from(from + at).ok()
}

//! Arrays and maps as text, as `print`, `to_string`, `debug` and back-ticks write them, with bounds.
//!
//! A text that many places share is written once for each, which the count of memory cannot know before, and Rhai's own
//! functions ask nobody while they write. What they write is the same; only a failed item of a batch is no part of a
//! text.

use crate::core::failure::{Failure, Outcome};
use crate::script::engine::STRING_LIMIT;
use crate::script::errors::raise;
use crate::script::language::failed_items;
use crate::script::limits::depth::{self, WALKED};
use crate::script::limits::gate::{self, Gate};
use crate::script::limits::growth;
use crate::script::limits::guards::beyond;
use rhai::{
    Array, Dynamic, Engine, EvalAltResult, FUNC_TO_DEBUG, FUNC_TO_STRING, ImmutableString, Map, NativeCallContext,
};
use std::fmt::{self, Write};
use std::sync::Arc;

type Checked<T> = Result<T, Box<EvalAltResult>>;

/// Registers them.
pub fn register(engine: &mut Engine) {
    for name in [FUNC_TO_STRING, FUNC_TO_DEBUG] {
        engine.register_fn(name, |context: NativeCallContext, array: &mut Array| -> String {
            or_nothing(&context, written(|out| items(out, &context, array)))
        });
    }
    engine.register_fn(FUNC_TO_STRING, |context: NativeCallContext, map: &mut Map| -> String {
        or_nothing(&context, map_part(&context, map))
    });
    engine.register_fn(FUNC_TO_DEBUG, |context: NativeCallContext, map: &mut Map| -> String {
        or_nothing(&context, written(|out| entries(out, &context, map)))
    });
    for name in ["print", "debug"] {
        engine.register_fn(name, |context: NativeCallContext, array: &mut Array| -> Checked<String> {
            written(|out| items(out, &context, array)).map_err(raise)
        });
        engine.register_fn(name, |context: NativeCallContext, map: &mut Map| -> Checked<String> {
            written(|out| entries(out, &context, map)).map_err(raise)
        });
    }
    additions(engine);
}

/// A text and a map: Rhai's own forms take any value, and cannot fail.
fn additions(engine: &mut Engine) {
    engine.register_fn("+", |context: NativeCallContext, text: ImmutableString, mut map: Map| -> Checked<String> {
        map_part(&context, &mut map).and_then(|part| joined(&text, &part)).map_err(raise)
    });
    engine.register_fn("+", |context: NativeCallContext, mut map: Map, text: ImmutableString| -> Checked<String> {
        map_part(&context, &mut map).and_then(|part| joined(&part, &text)).map_err(raise)
    });
    for name in ["+=", "append"] {
        engine.register_fn(
            name,
            |context: NativeCallContext, text: &mut ImmutableString, mut map: Map| -> Checked<()> {
                let whole = map_part(&context, &mut map).and_then(|part| joined(text, &part)).map_err(raise)?;
                *text = whole.into();
                Ok(())
            },
        );
    }
}

/// A map as a part of a text.
fn map_part(context: &NativeCallContext, map: &mut Map) -> Outcome<String> {
    match failed_items::refusal(map) {
        Some(failure) => Err(failure),
        None => written(|out| entries(out, context, map)),
    }
}

fn joined(first: &str, second: &str) -> Outcome<String> {
    if second.len() > STRING_LIMIT.saturating_sub(first.len()) {
        return Err(beyond("the string", STRING_LIMIT));
    }
    Ok(format!("{first}{second}"))
}

/// The text of a value as a part of another one.
///
/// # Errors
/// Those of `displayed`, and `invalid` for a failed item of a batch.
pub fn part(value: &Dynamic) -> Outcome<String> {
    let refusal = value.as_map_ref().ok().and_then(|map| failed_items::refusal(&map));
    refusal.map_or_else(|| displayed(value), Err)
}

/// The text of a value as `format!` has it.
///
/// # Errors
/// `limit` if it is too long or nests too deep, and what stops the evaluation of this thread.
pub fn displayed(value: &Dynamic) -> Outcome<String> {
    if depth::exceeds(value, WALKED) {
        return Err(depth::failure("what is written", WALKED));
    }
    written(|out| write!(out, "{value}"))
}

/// A text in the making. Writing to it fails when it grows too long, and when the evaluation must stop.
pub(super) struct Text {
    text: String,
    gate: Arc<Gate>,
    pieces: u64,
    level: usize,
    /// Why nothing more is written.
    refused: Option<Failure>,
}

impl Text {
    fn refuse(&mut self, failure: Failure) -> fmt::Result {
        self.refused = Some(failure);
        Err(fmt::Error)
    }
}

impl Write for Text {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        if piece.len() > STRING_LIMIT.saturating_sub(self.text.len()) {
            return self.refuse(beyond("the string", STRING_LIMIT));
        }
        self.pieces += 1;
        match self.gate.poll(self.pieces) {
            Some(failure) => self.refuse(failure),
            None => self.text.write_str(piece),
        }
    }
}

/// What is written.
///
/// # Errors
/// `limit` if it is too long, and what stops the evaluation of this thread.
pub(super) fn written(write: impl FnOnce(&mut Text) -> fmt::Result) -> Outcome<String> {
    let mut out = Text { text: String::new(), gate: gate::current(), pieces: 0, level: 0, refused: None };
    match write(&mut out) {
        Ok(()) => Ok(out.text),
        // Whatever refuses says why; a value that fails to be written without a reason does not exist in Rhai.
        Err(fmt::Error) => Err(out.refused.unwrap_or_else(|| beyond("the string", STRING_LIMIT))),
    }
}

/// What Rhai calls by itself must not fail: it would then write the value without any bound. The program is stopped at
/// its next step instead.
fn or_nothing(context: &NativeCallContext, text: Outcome<String>) -> String {
    text.unwrap_or_else(|failure| {
        growth::refuse(failure, context.call_position());
        String::new()
    })
}

fn items(out: &mut Text, context: &NativeCallContext, array: &mut Array) -> fmt::Result {
    inside(out, "[", "]", |out| {
        for (index, item) in array.iter_mut().enumerate() {
            out.write_str(if index > 0 { ", " } else { "" })?;
            value(out, context, item)?;
        }
        Ok(())
    })
}

fn entries(out: &mut Text, context: &NativeCallContext, map: &mut Map) -> fmt::Result {
    inside(out, "#{", "}", |out| {
        for (index, (key, item)) in map.iter_mut().enumerate() {
            write!(out, "{}{key:?}: ", if index > 0 { ", " } else { "" })?;
            value(out, context, item)?;
        }
        Ok(())
    })
}

fn inside(out: &mut Text, open: &str, close: &str, write: impl FnOnce(&mut Text) -> fmt::Result) -> fmt::Result {
    if out.level >= WALKED {
        return out.refuse(depth::failure("what is written", WALKED));
    }
    out.level += 1;
    out.write_str(open)?;
    write(out)?;
    out.level -= 1;
    out.write_str(close)
}

/// A value inside another one.
fn value(out: &mut Text, context: &NativeCallContext, value: &mut Dynamic) -> fmt::Result {
    if let Ok(text) = value.as_immutable_string_ref() {
        return write!(out, "{:?}", text.as_str());
    }
    if let Ok(letter) = value.as_char() {
        return write!(out, "{letter:?}");
    }
    if let Ok(mut array) = value.as_array_mut() {
        return items(out, context, &mut array);
    }
    if let Ok(mut map) = value.as_map_mut() {
        return entries(out, context, &mut map);
    }
    let engine = context.engine();
    let told = context.call_native_fn_raw(FUNC_TO_DEBUG, true, &mut [&mut *value]);
    match told {
        Ok(text) => match text.as_immutable_string_ref() {
            Ok(text) => out.write_str(&text),
            Err(kind) => out.write_str(engine.map_type_name(kind)),
        },
        // So does Rhai with what has no such function.
        Err(_) => out.write_str(engine.map_type_name(&format!("{value:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use crate::script::engine::plain;
    use rhai::Engine;

    #[test]
    fn the_text_is_that_of_rhai() {
        let values = [
            "[]",
            "#{}",
            "[1, -2, 2.0, 1.5e30, 0.1, true, (), \"a \\\"b\\\" \\n \\u00e9\"]",
            "[[1, [2, []]], #{a: [()], \"b c\": #{d: 2, f: \"g\"}}]",
            "#{\"\\n\": 1, z: \"\", a: [#{}, \"x\"]}",
            "[blob(3, 7), 1..4, 1..=4, Fn(\"abs\"), blob()]",
            "#{range: 0..9, named: Fn(\"print\"), bytes: blob(20, 255)}",
        ];
        let forms =
            ["VALUE.to_string()", "VALUE.to_debug()", "`<${VALUE}>`", "\"<\" + VALUE", "let s = \"<\"; s += VALUE; s"];
        for value in values {
            for form in forms {
                let program = form.replace("VALUE", value);
                let (ours, theirs) = (plain().eval::<String>(&program), Engine::new().eval::<String>(&program));
                let (ours, theirs) = (ours.map_err(|e| e.to_string()), theirs.map_err(|e| e.to_string()));
                assert_eq!(ours, theirs, "{program}");
            }
        }
    }

    #[test]
    fn a_text_that_grows_too_long_is_not_printed() {
        let shared = "let s = \"\"; s.pad(1000000, \"x\"); let a = []; a.pad(100, s);";
        for last in ["print(a)", "debug(#{a: a})"] {
            assert!(plain().run(&format!("{shared} {last}")).is_err(), "{last}");
        }
    }
}

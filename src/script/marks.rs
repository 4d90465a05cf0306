//! What variables hold, as one number each: what an evaluation has changed is found by comparing, whatever way it took. A
//! closure changes what it has captured without a word of it in the code that calls it.

use crate::script::handle::Context;
use crate::script::limits::depth::WALKED;
use rhai::{Array, Dynamic, FnPtr, Map, Scope};
use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::ops::{Range, RangeInclusive};
use std::ptr;

/// How much is looked at for one set of numbers: bytes, of which each value has some of its own. A session of gigabytes is
/// not walked through before every input.
const ROOM: usize = 4 << 20;
const OF_A_VALUE: usize = 16;

/// A number for what each variable holds, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    numbers: HashMap<String, u64>,
    /// Those that were not looked at to their end, with whether a closure has captured them.
    partial: HashMap<String, bool>,
}

/// The variables that closures have captured, by the address of what they hold.
type Cells<'s> = HashMap<*const Dynamic, &'s str>;

impl Marks {
    /// Those of the newest variables of their names.
    pub fn of(scope: &Scope<'_>) -> Self {
        let mut cells = Cells::new();
        for (name, _, value) in scope.iter_raw() {
            if let Some(inner) = value.read_lock::<Dynamic>().filter(|_| value.is_shared()) {
                cells.entry(ptr::from_ref::<Dynamic>(&inner)).or_insert(name);
            }
        }
        let (mut marks, mut left) = (Self::default(), ROOM);
        for (name, _, value) in scope.iter_raw() {
            if marks.numbers.contains_key(name) {
                continue;
            }
            let mut walk = Walk { cells: &cells, seen: HashSet::new(), hasher: DefaultHasher::new(), left: Some(left) };
            // A cell that is locked belongs to an evaluation that was abandoned.
            if let Some(value) = value.read_lock::<Dynamic>() {
                walk.value(&value, WALKED);
            }
            marks.numbers.insert(name.to_owned(), walk.hasher.finish());
            // One that is too large does not take the room of the others.
            match walk.left {
                Some(rest) => left = rest,
                None => drop(marks.partial.insert(name.to_owned(), value.is_shared())),
            }
        }
        marks
    }

    /// That of one variable; nothing if there is none of this name.
    pub fn get(&self, name: &str) -> Option<u64> {
        self.numbers.get(name).copied()
    }

    /// Whether a variable may hold something else than it did `before`. Of one that is too large to be compared this is so
    /// if `typed`, the code between, names it, or a closure may have changed it.
    pub fn may_differ(&self, before: &Self, name: &str, typed: &str) -> bool {
        let named = || typed.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == name);
        let partial = self.partial.get(name).or_else(|| before.partial.get(name));
        self.get(name) != before.get(name) || partial.is_some_and(|captured| *captured || named())
    }
}

/// A value on its way into a number.
struct Walk<'s> {
    cells: &'s Cells<'s>,
    /// What closures hold beside variables, each once: it may hold itself.
    seen: HashSet<*const Dynamic>,
    hasher: DefaultHasher,
    /// What may still be looked at; nothing once it was not enough.
    left: Option<usize>,
}

impl Walk<'_> {
    /// Whether so many bytes more may be looked at.
    fn takes(&mut self, bytes: usize) -> bool {
        self.left = self.left.and_then(|left| left.checked_sub(bytes));
        self.left.is_some()
    }

    fn value(&mut self, value: &Dynamic, room: usize) {
        let Some(room) = room.checked_sub(1).filter(|_| self.takes(OF_A_VALUE)) else { return };
        if value.is_shared() {
            return self.cell(value, room);
        }
        value.type_name().hash(&mut self.hasher);
        if let Some(items) = value.read_lock::<Array>() {
            items.len().hash(&mut self.hasher);
            for item in items.iter() {
                if self.left.is_none() {
                    return;
                }
                self.value(item, room);
            }
        } else if let Some(map) = value.read_lock::<Map>() {
            map.len().hash(&mut self.hasher);
            for (key, value) in map.iter() {
                if !self.takes(key.len()) {
                    return;
                }
                key.as_str().hash(&mut self.hasher);
                self.value(value, room);
            }
        } else if let Some(closure) = value.read_lock::<FnPtr>() {
            closure.fn_name().hash(&mut self.hasher);
            closure.iter_curry().for_each(|value| self.value(value, room));
        } else {
            self.plain(value);
        }
    }

    /// What a closure has captured. A variable has a number of its own.
    fn cell(&mut self, value: &Dynamic, room: usize) {
        let Some(inner) = value.read_lock::<Dynamic>() else { return };
        let at = ptr::from_ref::<Dynamic>(&inner);
        if let Some(name) = self.cells.get(&at) {
            name.hash(&mut self.hasher);
        } else if self.seen.insert(at) {
            self.value(&inner, room);
        }
    }

    fn plain(&mut self, value: &Dynamic) {
        let text = value.as_immutable_string_ref();
        let text = text.as_ref().map(|text| text.as_bytes());
        let blob = value.as_blob_ref();
        if let Ok(bytes) = text.or(blob.as_ref().map(|bytes| bytes.as_slice())) {
            bytes.len().hash(&mut self.hasher);
            if self.takes(bytes.len()) {
                bytes.hash(&mut self.hasher);
            }
            return;
        }
        let hasher = &mut self.hasher;
        if let Some(context) = value.read_lock::<Context>() {
            context.view.spans().hash(hasher);
        } else if let Some(range) = value.read_lock::<Range<i64>>() {
            (range.start, range.end).hash(hasher);
        } else if let Some(range) = value.read_lock::<RangeInclusive<i64>>() {
            (*range.start(), *range.end()).hash(hasher);
        } else if let Ok(number) = value.as_float() {
            number.to_bits().hash(hasher);
        } else {
            (value.as_int().ok(), value.as_bool().ok(), value.as_char().ok()).hash(hasher);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Marks;
    use rhai::{Engine, Scope};

    #[test]
    fn what_is_too_large_to_be_compared_may_have_changed_if_it_is_named_or_captured() {
        let (mut engine, mut scope) = (Engine::new(), Scope::new());
        engine.set_max_string_size(0).set_max_array_size(0);
        let code = "let text = \"\"; text.pad(5000000, 'x'); let small = 1; let all = []; all.pad(100000, text); let n = text; \
                    let grow = || n += \"y\";";
        engine.run_with_scope(&mut scope, code).expect("it runs");
        let marks = Marks::of(&scope);
        let differs = |name: &str, typed: &str| marks.may_differ(&marks, name, typed);
        assert!(differs("all", "all.push(1)") && differs("text", "[text]") && differs("n", "grow.call()"));
        assert!(!differs("all", "allow(2)") && !differs("text", "context") && !differs("small", "small + 1"));
    }

    #[test]
    fn what_changes_has_another_number() {
        for (before, code, changed) in [
            ("let n = 1;", "let other = n;", &["other"][..]),
            ("let n = 1; let x = 2;", "n = 1; x = 3;", &["x"]),
            ("let list = [1, [2]];", "list[1][0] = 3;", &["list"]),
            ("let map = #{a: 1};", "map.b = 1;", &["map"]),
            ("let n = 1; let add = || { n += 1; };", "add.call();", &["n"]),
            ("let n = 1;", "let add = || { n += 1; };", &["add"]),
            ("let f = |a| a; let g = |a| a;", "f = |a| a + 1;", &["f"]),
            ("fn counter() { let c = 0; || { c += 1; c } } let next = counter();", "next.call();", &["next"]),
            ("let a = [0]; let f = || a; a[0] = f;", "a.push(1);", &["a"]),
        ] {
            let (engine, mut scope) = (Engine::new(), Scope::new());
            let first = engine.compile(before).expect("a program");
            engine.run_ast_with_scope(&mut scope, &first).expect("it runs");
            let old = Marks::of(&scope);
            let second = engine.compile_with_scope(&scope, code).expect("a program");
            let second = first.clone_functions_only().merge(&second);
            engine.run_ast_with_scope(&mut scope, &second).expect("it runs");
            let new = Marks::of(&scope);
            let mut names: Vec<&str> = scope.iter_raw().map(|(name, ..)| name).collect();
            names.retain(|name| old.get(name) != new.get(name));
            assert_eq!(names, changed, "{before} {code}");
        }
    }
}

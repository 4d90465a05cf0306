//! What variables hold, as one number each: what an evaluation has changed is found by comparing, whatever way it took. A
//! closure changes what it has captured without a word of it in the code that calls it.

use crate::script::depth::WALKED;
use crate::script::handle::Context;
use rhai::{Array, Dynamic, FnPtr, Map, Scope};
use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::ops::{Range, RangeInclusive};
use std::ptr;

/// A number for what each variable holds, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks(HashMap<String, u64>);

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
        let mut marks = HashMap::new();
        for (name, _, value) in scope.iter_raw() {
            marks.entry(name.to_owned()).or_insert_with(|| mark(value, &cells));
        }
        Self(marks)
    }

    /// That of one variable; nothing if there is none of this name.
    pub fn get(&self, name: &str) -> Option<u64> {
        self.0.get(name).copied()
    }
}

fn mark(variable: &Dynamic, cells: &Cells<'_>) -> u64 {
    let mut walk = Walk { cells, seen: HashSet::new(), hasher: DefaultHasher::new() };
    // A cell that is locked belongs to an evaluation that was abandoned.
    if let Some(value) = variable.read_lock::<Dynamic>() {
        walk.value(&value, WALKED);
    }
    walk.hasher.finish()
}

/// A value on its way into a number.
struct Walk<'s> {
    cells: &'s Cells<'s>,
    /// What closures hold beside variables, each once: it may hold itself.
    seen: HashSet<*const Dynamic>,
    hasher: DefaultHasher,
}

impl Walk<'_> {
    fn value(&mut self, value: &Dynamic, room: usize) {
        let Some(room) = room.checked_sub(1) else { return };
        if value.is_shared() {
            return self.cell(value, room);
        }
        value.type_name().hash(&mut self.hasher);
        if let Some(items) = value.read_lock::<Array>() {
            items.len().hash(&mut self.hasher);
            items.iter().for_each(|item| self.value(item, room));
        } else if let Some(map) = value.read_lock::<Map>() {
            map.len().hash(&mut self.hasher);
            for (key, value) in map.iter() {
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
        let hasher = &mut self.hasher;
        if let Ok(text) = value.as_immutable_string_ref() {
            text.as_str().hash(hasher);
        } else if let Ok(bytes) = value.as_blob_ref() {
            bytes.as_slice().hash(hasher);
        } else if let Some(context) = value.read_lock::<Context>() {
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

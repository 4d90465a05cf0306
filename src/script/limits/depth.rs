//! How deep values nest, and how deep is too deep.
//!
//! Dropping or copying a value recurses once per level. While a program runs, the gate bounds the levels by what they
//! are made of, and its stack carries that many. What a session keeps is also dropped and copied on other stacks.

use crate::core::failure::{Failure, FailureKind};
use rhai::{Array, Dynamic, FnPtr, Map, Scope};
use std::collections::HashMap;
use std::ptr;

/// How deep a value may nest that outlives its evaluation: copying a map takes about 350 bytes of the stack per level,
/// and the runtime's threads have 2 MiB.
pub const KEPT: usize = 2_000;
/// How deep what takes kilobytes of the stack per level goes: comparing and writing.
pub const WALKED: usize = 1_000;

/// The failure of what nests deeper than `limit`.
pub fn failure(what: &str, limit: usize) -> Failure {
    Failure::new(FailureKind::Limit, format!("{what} nests deeper than {limit} levels"))
        .hint("keep things side by side in an array, not each inside the next")
}

/// Whether a value nests deeper than `limit`.
pub fn exceeds(value: &Dynamic, limit: usize) -> bool {
    Depths::default().of(value, limit).is_none()
}

/// Whether what a closure holds nests deeper than `limit`.
pub fn closure_exceeds(closure: &FnPtr, limit: usize) -> bool {
    Depths::default().of_all(closure.curry().iter(), limit).is_none()
}

/// Drops the variables that nest too deep to be kept, and says so. Needs a stack that carries them.
pub fn thin(scope: &mut Scope<'static>) -> Option<Failure> {
    let deep = scope.iter_raw().filter(|(_, _, value)| exceeds(value, KEPT));
    let deep: Vec<String> = deep.map(|(name, ..)| name.to_owned()).collect();
    for name in &deep {
        drop(scope.remove::<Dynamic>(name));
    }
    deep.first().map(|name| failure(&format!("the variable `{name}`"), KEPT))
}

/// How many levels values have.
#[derive(Default)]
struct Depths {
    /// Those in the cells of captured variables, by address: many closures may share one. A cell that is being looked
    /// at has none yet: what contains itself is freed when its circle is cut, or never.
    cells: HashMap<*const Dynamic, usize>,
}

impl Depths {
    /// How many levels a value has; nothing if there is no room for them.
    fn of(&mut self, value: &Dynamic, room: usize) -> Option<usize> {
        if value.is_shared() {
            return self.of_cell(value, room);
        }
        if !(value.is_array() || value.is_map() || value.is_fnptr()) {
            return Some(0);
        }
        if let Some(items) = value.read_lock::<Array>() {
            return self.of_all(items.iter(), room);
        }
        if let Some(map) = value.read_lock::<Map>() {
            return self.of_all(map.values(), room);
        }
        if let Some(closure) = value.read_lock::<FnPtr>() {
            return self.of_all(closure.curry().iter(), room);
        }
        Some(0)
    }

    fn of_all<'v>(&mut self, values: impl Iterator<Item = &'v Dynamic>, room: usize) -> Option<usize> {
        let room = room.checked_sub(1)?;
        let mut most = 0;
        for value in values {
            most = most.max(self.of(value, room)?);
        }
        Some(most + 1)
    }

    fn of_cell(&mut self, value: &Dynamic, room: usize) -> Option<usize> {
        // A cell that is locked belongs to an evaluation that was abandoned.
        let Some(inner) = value.read_lock::<Dynamic>() else { return Some(0) };
        let cell = ptr::from_ref::<Dynamic>(&inner);
        if let Some(levels) = self.cells.get(&cell) {
            return (*levels <= room).then_some(*levels);
        }
        self.cells.insert(cell, 0);
        let levels = self.of(&inner, room.checked_sub(1)?)? + 1;
        self.cells.insert(cell, levels);
        Some(levels)
    }
}

#[cfg(test)]
mod tests {
    use super::{exceeds, thin};
    use rhai::{Dynamic, Engine, Scope};

    fn value(program: &str) -> Dynamic {
        Engine::new().eval(program).expect("a value")
    }

    #[test]
    fn levels_are_counted() {
        for (program, levels) in [
            ("1", 0),
            ("\"text\"", 0),
            ("[]", 1),
            ("[1, [2, [3]], 4]", 3),
            ("#{a: 1, b: #{c: [0]}}", 3),
            ("let a = [[]]; let f = || a; f", 4),
            ("let a = [0]; let f = || a; let g = || [f, f]; [g]", 6),
            ("let a = [0]; let f = || a; a[0] = f; [a]", 6),
        ] {
            let value = value(program);
            assert!(!exceeds(&value, levels), "{program} is not beyond {levels}");
            assert!(levels == 0 || exceeds(&value, levels - 1), "{program} is beyond {}", levels - 1);
        }
    }

    #[test]
    fn only_what_is_deep_is_dropped() {
        let mut scope = Scope::new();
        let program = "let near = [1]; let far = 0; for i in 0..1500 { let g = far; far = |y| g; } const too = far;";
        Engine::new().run_with_scope(&mut scope, program).expect("a program");
        assert!(thin(&mut scope).expect("a failure").message.contains("nests deeper than 2000"));
        let names: Vec<&str> = scope.iter_raw().map(|(name, ..)| name).collect();
        assert_eq!(names, ["near"]);
    }
}

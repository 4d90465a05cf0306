//! Copies of values that share no variable with the original.
//!
//! A closure holds the variables that it captured in cells, and what is called on a cell finds it locked while another
//! thread is at it. So each thread gets cells of its own.

use crate::core::failure::Outcome;
use crate::script::limits::depth::KEPT;
use crate::script::limits::gate;
use rhai::{Array, Dynamic, FnPtr, Map};
use std::collections::HashMap;
use std::ptr;

/// The copies for one thread. What shared a variable shares its copy too. The originals must live as long as this.
#[derive(Default)]
pub struct Copies {
    /// By the address of the original.
    cells: HashMap<*const Dynamic, Dynamic>,
    made: u64,
}

impl Copies {
    /// A closure with variables of its own.
    ///
    /// # Errors
    /// If the evaluation must stop: a copy may be what is too much for its memory.
    pub fn closure(&mut self, closure: &FnPtr) -> Outcome<FnPtr> {
        self.bound(closure, KEPT)
    }

    /// A value whose closures have variables of their own.
    ///
    /// # Errors
    /// If the evaluation must stop.
    pub fn value(&mut self, value: &Dynamic) -> Outcome<Dynamic> {
        self.of(value, KEPT)
    }

    /// What lies deeper than `room` levels keeps its cells: copying takes as much of the stack as there are levels.
    fn of(&mut self, value: &Dynamic, room: usize) -> Outcome<Dynamic> {
        self.made += 1;
        if let Some(failure) = gate::stop_reason(self.made) {
            return Err(failure);
        }
        let Some(room) = room.checked_sub(1) else { return Ok(value.clone()) };
        if value.is_shared() {
            return self.cell(value, room);
        }
        if let Some(items) = value.read_lock::<Array>() {
            let copies = items.iter().map(|item| self.of(item, room)).collect::<Outcome<Array>>()?;
            return Ok(Dynamic::from_array(copies));
        }
        if let Some(map) = value.read_lock::<Map>() {
            let copies = map.iter().map(|(key, value)| self.of(value, room).map(|value| (key.clone(), value)));
            return Ok(Dynamic::from_map(copies.collect::<Outcome<Map>>()?));
        }
        if let Some(closure) = value.read_lock::<FnPtr>() {
            return Ok(Dynamic::from(self.bound(&closure, room)?));
        }
        Ok(value.clone())
    }

    fn bound(&mut self, closure: &FnPtr, room: usize) -> Outcome<FnPtr> {
        let mut own = closure.clone();
        for value in own.iter_curry_mut() {
            let copy = self.of(value, room)?;
            *value = copy;
        }
        Ok(own)
    }

    fn cell(&mut self, value: &Dynamic, room: usize) -> Outcome<Dynamic> {
        let Some(inner) = value.read_lock::<Dynamic>() else { return Ok(value.clone()) };
        let at = ptr::from_ref::<Dynamic>(&inner);
        if let Some(own) = self.cells.get(&at) {
            return Ok(own.clone());
        }
        let mut own = Dynamic::UNIT.into_shared();
        // A variable may hold the closure that captured it.
        self.cells.insert(at, own.clone());
        let copy = self.of(&inner, room)?;
        let copy = if inner.is_read_only() { copy.into_read_only() } else { copy };
        if let Some(mut place) = own.write_lock::<Dynamic>() {
            *place = copy;
        }
        Ok(own)
    }
}

#[cfg(test)]
mod tests {
    use super::Copies;
    use rhai::{Dynamic, Engine, FnPtr};

    #[test]
    fn a_copy_holds_the_same_and_shares_nothing() {
        let engine = Engine::new();
        let program = "let n = [1]; let get = || n.len(); let put = || n.push(2); [#{get: get}, put]";
        let original: Dynamic = engine.eval(program).expect("a value");
        let copy = Copies::default().value(&original).expect("a copy");
        let ast = engine.compile(program).expect("a program");
        let call = |value: &Dynamic, put: bool| {
            let items = value.as_array_ref().expect("an array");
            let map = items[0].as_map_ref().expect("a map");
            let closure = if put { items[1].clone() } else { map["get"].clone() };
            closure.cast::<FnPtr>().call::<Dynamic>(&engine, &ast, ()).expect("an answer")
        };
        drop(call(&copy, true));
        assert_eq!(call(&copy, false).as_int(), Ok(2), "what shared a variable still does");
        assert_eq!(call(&original, false).as_int(), Ok(1), "the original is as it was");
    }

    #[test]
    fn a_closure_in_its_own_variable_is_copied() {
        let original: Dynamic = Engine::new().eval("let a = [0]; let f = || a; a[0] = f; [a]").expect("a value");
        assert!(Copies::default().value(&original).is_ok());
    }
}

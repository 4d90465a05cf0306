//! `par_map`: a closure over items, on parallel threads.

mod own;

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::request::Request;
use crate::core::text::meant;
use crate::policy::window::Window;
use crate::script::bridge::{self, Seat, seat, seated};
use crate::script::captures;
use crate::script::convert::{friendly, to_dynamic};
use crate::script::desk::Desk;
use crate::script::errors::{from_native, panics, raise, slip, way};
use crate::script::hearing::Hearing;
use crate::script::limits::growth::settled;
use crate::script::limits::guards::collected;
use crate::script::limits::held::hand_over;
use crate::script::prims::llm_batch::concurrency;
use crate::script::prims::par_map::own::Own;
use crate::script::prims::primitive::{Answer, Primitive, ask, done};
use crate::script::worker::{no_thread, stack};
use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, INT, Map, NativeCallContext, Position};
use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// `par_map`.
pub const PAR_MAP: Primitive = Primitive {
    name: "par_map",
    usage: &["par_map(items, |item| ..)", "par_map(items, |item| .., #{concurrency: 16})"],
    summary: "Calls a closure for each item on parallel threads and returns the results in order; a failed item is an error map.",
    params: &[
        ("items", "an array, or a range of numbers: `0..8`"),
        ("closure", "sees the item; must not change outer variables, of which each thread has a copy of its own"),
        ("concurrency", "1 to 1024; 16 if not given; branches within branches have 1024 threads together"),
        (
            "stop",
            "`true`: no item begins that stands `concurrency` or more behind a failed one, whoever is faster; the results end there",
        ),
    ],
    example: "print(par_map([1, 2, 3], |n| n * n))",
    prints: "[1, 4, 9]\n",
    register,
};

fn register(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_fn("par_map", |context: NativeCallContext, items: Array, each: FnPtr| {
        run(&context, items, &each, Map::new())
    });
    engine.register_fn("par_map", |context: NativeCallContext, items: Array, each: FnPtr, options: Map| {
        run(&context, items, &each, options)
    });
    of_range::<Range<INT>>(engine);
    of_range::<RangeInclusive<INT>>(engine);
}

/// The same over the numbers of a range, of which there may be as many as an array has items.
fn of_range<R: Iterator<Item = INT> + Clone + Send + Sync + 'static>(engine: &mut Engine) {
    engine.register_fn("par_map", |context: NativeCallContext, range: R, each: FnPtr| -> Answer<Array> {
        run(&context, collected(range)?, &each, Map::new())
    });
    engine.register_fn("par_map", |context: NativeCallContext, range: R, each: FnPtr, options: Map| -> Answer<Array> {
        run(&context, collected(range)?, &each, options)
    });
}

/// What the branches of one `par_map` share.
struct Work {
    items: Vec<Dynamic>,
    next: AtomicUsize,
    done: Mutex<Done>,
    /// Told whenever an item has ended.
    ended: Condvar,
    /// Whether an item has ended the program.
    is_end: AtomicBool,
}

/// What is known of the items that have ended.
struct Done {
    results: Vec<Option<Outcome<Dynamic>>>,
    /// What the program itself did wrong, by the item that met it.
    slips: BTreeMap<usize, Box<EvalAltResult>>,
    window: Window,
}

#[allow(deprecated, reason = "rhai marks stored call contexts volatile, not obsolete")]
fn run(context: &NativeCallContext, items: Array, each: &FnPtr, mut options: Map) -> Answer<Array> {
    let most = done(concurrency(&mut options))?;
    let window = Window::new(most, done(stop(&mut options))?);
    done(nothing_else(&options))?;
    done(takes_one(context, each))?;
    done(changes_nothing(context, each))?;
    // Frames do not tell this call from the next one, and only items of one call run at once.
    drop(ask(Request::Branches)?);
    let threads = most.min(items.len());
    let seat = done(seat())?;
    let results = items.iter().map(|_| None).collect();
    let known = Mutex::new(Done { results, slips: BTreeMap::new(), window });
    let work =
        Work { items, next: AtomicUsize::new(0), done: known, ended: Condvar::new(), is_end: AtomicBool::new(false) };
    let afresh = captures::may_change(context, each);
    let (stored, engine) = (context.store_data(), context.engine());
    let items_in_turn = || {
        let mut own = Own::of(each, afresh);
        branch(&work, &seat, &mut |index, item| {
            let context = stored.create_context(engine);
            settled(own.call(&context, item).map_err(|error| work.failure(&context, index, error)))
        });
        drop(own);
        hand_over();
    };
    seat.gate.waiting(|| {
        std::thread::scope(|scope| {
            let items_in_turn = &items_in_turn;
            for started in 0..threads {
                let Some(place) = seat.gate.place() else {
                    // The branches that run take the items; where there are none, whoever waits for them does.
                    if started == 0 {
                        items_in_turn();
                    }
                    break;
                };
                let branch = move || {
                    items_in_turn();
                    drop(place);
                };
                let thread = std::thread::Builder::new().name("par_map".to_owned()).stack_size(stack().0);
                match thread.spawn_scoped(scope, branch) {
                    Ok(_) => {}
                    // The branches that run take its items too: what they have paid for must not be lost.
                    Err(_) if started > 0 => break,
                    Err(error) => return Err(raise(no_thread("par_map", &error))),
                }
            }
            Ok(())
        })
    })?;
    done(bridge::hear(seat.note()))?;
    collect(work)
}

/// What every item would fail with alike is told once.
fn takes_one(context: &NativeCallContext, each: &FnPtr) -> Outcome<()> {
    let Some(taken) = captures::taken(context, each).filter(|taken| *taken != 1) else { return Ok(()) };
    let message = format!("the closure of `par_map` takes 1 parameter, this one {taken}");
    Err(Failure::new(FailureKind::Invalid, message).hint("write `par_map(items, |item| ..)`"))
}

/// Each thread has variables of its own, so what the closure did to them would be lost.
fn changes_nothing(context: &NativeCallContext, each: &FnPtr) -> Outcome<()> {
    captures::changed(context, each).map_or(Ok(()), |name| {
        let message = format!("par_map: the closure changes `{name}`, which the others do not see");
        Err(Failure::new(FailureKind::Invalid, message).hint("return a value for each item and combine them"))
    })
}

/// Refuses options that there are not: a misspelt `stop` would let everything run.
fn nothing_else(options: &Map) -> Outcome<()> {
    let Some(name) = options.keys().next() else { return Ok(()) };
    let near = meant(name, ["concurrency", "stop"]).map_or_else(String::new, |meant| format!("{meant} "));
    Err(Failure::new(FailureKind::Invalid, format!("par_map has no option `{name}`"))
        .hint(format!("{near}it has concurrency and stop")))
}

/// Takes `stop` out of the options.
fn stop(options: &mut Map) -> Outcome<bool> {
    let Some(value) = options.remove("stop") else { return Ok(false) };
    value.as_bool().map_err(|kind| {
        Failure::new(FailureKind::Invalid, format!("stop must be true or false, not {}", friendly(kind)))
    })
}

/// Takes items until there are none; a failure that no script may catch ends the branch. The limits are those of the whole
/// evaluation: what branches hold and compute is held and computed by it.
fn branch(work: &Work, parent: &Seat, call: &mut dyn FnMut(usize, &Dynamic) -> Outcome<Dynamic>) {
    loop {
        let index = work.next.fetch_add(1, Ordering::Relaxed);
        let Some(item) = work.items.get(index) else {
            return;
        };
        if !work.may_begin(index) {
            return;
        }
        // Branches of a closure that only looks do no more than it.
        let hearers = parent.hearers.clone().filter(Hearing::is_telling);
        let only_looks = hearers.is_some();
        let seat = Seat { frame: parent.frame.child(format_args!("par[{index}]")), hearers, ..parent.clone() };
        let work_on = || {
            let result = panics::caught("code", || call(index, item));
            // What it caught, nobody else hears of.
            let is_told = !only_looks && result.as_ref().err().is_none_or(Failure::gives_up);
            if is_told { bridge::ask(Request::ItemEnded).and(result) } else { result }
        };
        let result = seated(seat, || parent.gate.computing(work_on));
        let over = matches!(&result, Err(failure) if !failure.kind.catchable() && !failure.is_alone());
        if over {
            work.next.store(work.items.len(), Ordering::Relaxed);
        }
        work.note(index, result, over);
    }
}

impl Work {
    fn done(&self) -> MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it is known whether an item begins. Items begin in their order, so that one that waits does so for some
    /// that are under way.
    fn may_begin(&self, index: usize) -> bool {
        let is_open = |done: &mut Done| done.window.admits(index).is_none();
        let done = self.ended.wait_while(self.done(), is_open).unwrap_or_else(PoisonError::into_inner);
        done.window.admits(index) == Some(true)
    }

    /// What went wrong with an item; the end of the program stops the other items like what no script may catch.
    fn failure(&self, context: &NativeCallContext, index: usize, error: Box<EvalAltResult>) -> Failure {
        if way::end(&error).is_none() {
            let failure = from_native(&error);
            if slip::is_slip(&error, context) {
                self.done().slips.insert(index, error);
            }
            return failure;
        }
        self.is_end.store(true, Ordering::Relaxed);
        Failure::new(FailureKind::Cancelled, "the program ended")
    }

    /// Keeps the result of an item; `over` is whether nothing may begin any more.
    fn note(&self, index: usize, result: Outcome<Dynamic>, over: bool) {
        let mut done = self.done();
        done.window.note(index, result.as_ref().is_err_and(|failure| !failure.is_alone()));
        if over {
            done.window.stop();
        }
        if let Some(slot) = done.results.get_mut(index) {
            *slot = Some(result);
        }
        drop(done);
        self.ended.notify_all();
    }
}

/// The failure of an item that a script made of a pipeline gives with its key.
fn in_item(failure: Failure, item: Option<&Dynamic>) -> Failure {
    let key = item.and_then(|item| item.read_lock::<Map>()).and_then(|item| {
        let key = item.get("key")?;
        key.is_string().then(|| key.to_string())
    });
    match key {
        Some(key) => failure.in_item(&key),
        None => failure,
    }
}

fn collect(work: Work) -> Answer<Array> {
    let is_end = work.is_end.into_inner();
    let Done { results, mut slips, .. } = work.done.into_inner().unwrap_or_else(PoisonError::into_inner);
    // What no item could have done otherwise is the program's fault: told once, where it stands.
    if slips.len() == results.iter().flatten().count()
        && let Some((_, error)) = slips.pop_first()
    {
        return Err(error);
    }
    let mut array = Array::with_capacity(results.len());
    let mut stop = None;
    for (index, result) in results.into_iter().enumerate() {
        match result {
            Some(Ok(value)) => array.push(value),
            Some(Err(failure)) if failure.kind.catchable() => {
                let failure = failure.detail("item", index);
                array.push(to_dynamic(&failure.to_slot()));
            }
            Some(Err(failure)) => stop = stop.or_else(|| Some(in_item(failure, work.items.get(index)))),
            None => {}
        }
    }
    match stop {
        // `FINAL` has kept its value.
        Some(failure) if is_end && failure.kind == FailureKind::Cancelled => {
            Err(Box::new(EvalAltResult::Exit(Dynamic::UNIT, Position::NONE)))
        }
        Some(failure) => Err(raise(failure)),
        None => Ok(array),
    }
}

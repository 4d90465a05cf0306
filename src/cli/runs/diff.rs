//! `rhizo runs diff`: what two runs asked and were answered, effect by effect in the order of their logs. What both asked at
//! different places, as a pipeline and the script that is made of it do, is the same effect, which has moved.

use crate::cli::printer::Printer;
use crate::cli::runs::calls;
use crate::core::effect::{EffectKind, canonical};
use crate::core::exit::Exit;
use crate::core::failure::Outcome;
use crate::core::ids::RunId;
use crate::core::text::one_line;
use crate::host::replay::missed::about;
use crate::store::effects::EffectRow;
use crate::store::open::Store;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::Hash;

/// Most characters of an answer that are told.
const SAID: usize = 60;

/// Two runs, held against each other.
#[derive(Default)]
struct Diff {
    equal: u64,
    moved: Vec<String>,
    answered: Vec<String>,
    asked: Vec<String>,
    left: Vec<String>,
    right: Vec<String>,
    /// Child runs that were not asked and told the same on their way.
    children: Vec<String>,
}

/// An effect of one of two runs, or the same of both.
enum Pair<'r> {
    Left(&'r EffectRow),
    Right(&'r EffectRow),
    Both(&'r EffectRow, &'r EffectRow),
}

/// Runs `diff`. Differences are no failure: they are what was asked for.
pub fn diff(store: &Store, printer: &Printer, run: &str, with: &str) -> Outcome<Exit> {
    let (one, other) = (store.run(run)?, store.run(with)?);
    let diff = compared(store, &one.id, &other.id)?;
    let value = json!({
        "left": one.id, "right": other.id, "equal": diff.equal, "moved": diff.moved,
        "answered_differently": diff.answered, "asked_differently": diff.asked, "only_left": diff.left, "only_right": diff.right,
        "children": diff.children,
    });
    printer.rows(&value, || text(&value, &diff));
    Ok(Exit::Ok)
}

fn compared(store: &Store, one: &RunId, other: &RunId) -> Outcome<Diff> {
    let (left, right) = (asked(store, one)?, asked(store, other)?);
    let mut diff = Diff::default();
    for pair in pairs(store, &left, &right)? {
        diff.add(store, &pair)?;
        if let Pair::Both(row, twin) = pair {
            diff.children.extend(below(store, row, twin)?);
        }
    }
    Ok(diff)
}

/// How the runs of a child effect differ, if they do and both are there; a fork has its children in common with its run.
fn below(store: &Store, row: &EffectRow, twin: &EffectRow) -> Outcome<Option<String>> {
    let (Some(one), Some(other)) = (child(store, row)?, child(store, twin)?) else { return Ok(None) };
    if one == other || row.key.hash != twin.key.hash {
        return Ok(None);
    }
    let diff = compared(store, &one, &other)?;
    let parts = [
        ("answered differently", diff.answered.len()),
        ("asked otherwise", diff.asked.len()),
        ("in one alone", diff.left.len() + diff.right.len()),
        ("different below", diff.children.len()),
    ];
    let told: Vec<String> =
        parts.iter().filter(|(_, count)| *count > 0).map(|(what, count)| format!("{count} {what}")).collect();
    let how = || format!("{} / {}: {}; rhizo runs diff {one} {other}", at(row), twin_place(row, twin), told.join(", "));
    Ok((!told.is_empty()).then(how))
}

/// The run of a child effect, if it is still there.
fn child(store: &Store, row: &EffectRow) -> Outcome<Option<RunId>> {
    if row.kind != EffectKind::Child {
        return Ok(None);
    }
    let intent = calls::load(store, row.intent.as_ref())?;
    Ok(intent["child"].as_str().map(RunId::new).filter(|id| store.run(id.as_str()).is_ok()))
}

/// Which effects of two runs are the same: those at the same place, and of the others those that ask the same, before all
/// where they are answered the same too. What is left over of one kind at one place was asked in other words. The hash of an
/// effect is that of its kind and of what it asks.
fn pairs<'r>(store: &Store, left: &'r [EffectRow], right: &'r [EffectRow]) -> Outcome<Vec<Pair<'r>>> {
    let mut twins = Twins::default();
    twins.join(left, right, |row| Ok(row.key.clone()))?;
    twins.join(left, right, |row| Ok((row.key.hash.clone(), said(store, row)?.as_ref().map(canonical))))?;
    twins.join(left, right, |row| Ok(row.key.hash.clone()))?;
    twins.join(left, right, |row| Ok((row.kind.name(), row.key.frame.clone())))?;
    let twin = |row: &EffectRow| twins.of.get(&row.seq).copied();
    let of_left = left.iter().map(|row| twin(row).map_or(Pair::Left(row), |twin| Pair::Both(row, twin)));
    let of_right = right.iter().filter(|row| !twins.taken.contains(&row.seq)).map(Pair::Right);
    Ok(of_left.chain(of_right).collect())
}

/// Which effects of the right run are those of the left one.
#[derive(Default)]
struct Twins<'r> {
    /// By the number of the left one.
    of: HashMap<u64, &'r EffectRow>,
    /// The numbers of the right ones.
    taken: HashSet<u64>,
}

impl<'r> Twins<'r> {
    /// Joins what has no twin yet and the same key, in the order of both logs.
    fn join<K: Eq + Hash>(
        &mut self,
        left: &[EffectRow],
        right: &'r [EffectRow],
        key: impl Fn(&EffectRow) -> Outcome<K>,
    ) -> Outcome<()> {
        let mut free: HashMap<K, VecDeque<&'r EffectRow>> = HashMap::new();
        for row in right.iter().filter(|row| !self.taken.contains(&row.seq)) {
            free.entry(key(row)?).or_default().push_back(row);
        }
        let alone: Vec<&EffectRow> = left.iter().filter(|row| !self.of.contains_key(&row.seq)).collect();
        for row in alone {
            if let Some(twin) = free.get_mut(&key(row)?).and_then(VecDeque::pop_front) {
                self.of.insert(row.seq, twin);
                self.taken.insert(twin.seq);
            }
        }
        Ok(())
    }
}

impl Diff {
    fn add(&mut self, store: &Store, pair: &Pair<'_>) -> Outcome<()> {
        match *pair {
            Pair::Left(row) => self.left.push(line(store, row)?),
            Pair::Right(row) => self.right.push(line(store, row)?),
            Pair::Both(row, twin) => {
                let (place, is_moved) = (twin_place(row, twin), row.key.frame != twin.key.frame);
                if row.key.hash != twin.key.hash {
                    self.asked.push(format!("{} / {}", line(store, row)?, line(store, twin)?));
                } else if row.state != twin.state || said(store, row)? != said(store, twin)? {
                    self.answered.push(format!("{} / {place} {}", line(store, row)?, answer(store, twin)?));
                } else if is_moved {
                    self.moved.push(format!("{} / {place}", question(store, row)?));
                } else {
                    self.equal += 1;
                }
            }
        }
        Ok(())
    }
}

/// The number of an effect, and its place if that is not the one of the other run.
fn twin_place(row: &EffectRow, twin: &EffectRow) -> String {
    let place = if row.key.frame == twin.key.frame { String::new() } else { format!(" at {}", twin.key.frame) };
    format!("{}{place}", twin.seq)
}

/// What an effect answered; of a model only what it said and called, not how long that took.
fn said(store: &Store, row: &EffectRow) -> Outcome<Option<Value>> {
    let value = row.result.as_ref().map(|stored| store.load(stored)).transpose()?;
    let reply = value.as_ref().filter(|_| row.kind == EffectKind::Model).and_then(|value| value.get("reply"));
    let told = reply.map(told);
    Ok(told.or(value))
}

/// What a model told: its text, and what it called by name and arguments. Ids of calls are the server's.
fn told(reply: &Value) -> Value {
    let calls = reply["tool_requests"].as_array().into_iter().flatten();
    let calls: Vec<Value> = calls.map(|call| json!([call["name"], call["arguments"]])).collect();
    json!([reply["text"], calls])
}

/// What a run asked, in order; what it was told of itself is left out, and what a fork has of another run without use for it.
fn asked(store: &Store, run: &RunId) -> Outcome<Vec<EffectRow>> {
    Ok(store.effects(run)?.into_iter().filter(|row| !row.kind.is_reading() && !row.unused).collect())
}

/// An effect with the beginning of what was asked and answered.
fn line(store: &Store, row: &EffectRow) -> Outcome<String> {
    Ok(format!("{} {}", question(store, row)?, answer(store, row)?))
}

/// An effect with the beginning of what was asked.
fn question(store: &Store, row: &EffectRow) -> Outcome<String> {
    let about = about(row.kind, &calls::load(store, row.intent.as_ref())?);
    let about = if about.is_empty() { about } else { format!(": {about}") };
    Ok(format!("{}{about}", at(row)))
}

fn at(row: &EffectRow) -> String {
    format!("{} {} at {}", row.seq, row.kind.name(), row.key.frame)
}

fn answer(store: &Store, row: &EffectRow) -> Outcome<String> {
    let result = calls::load(store, row.result.as_ref())?;
    Ok(format!("-> {}", one_line(&calls::said(row, &result), SAID)))
}

fn text(value: &Value, diff: &Diff) -> String {
    let name = |side: &str| value[side].as_str().unwrap_or_default().to_owned();
    let equal = if diff.equal == 1 { "1 effect is".to_owned() } else { format!("{} effects are", diff.equal) };
    let moved = match diff.moved.len() {
        0 => String::new(),
        1 => ", 1 is the same at another place".to_owned(),
        many => format!(", {many} are the same at other places"),
    };
    let mut text = format!("{equal} equal{moved}\n");
    let parts = [
        ("the same at another place".to_owned(), &diff.moved),
        ("answered differently".to_owned(), &diff.answered),
        ("asked otherwise".to_owned(), &diff.asked),
        (format!("only in {}", name("left")), &diff.left),
        (format!("only in {}", name("right")), &diff.right),
        ("child runs that differ".to_owned(), &diff.children),
    ];
    for (title, list) in parts.into_iter().filter(|(_, list)| !list.is_empty()) {
        text.push_str(&format!("{title}:\n"));
        for entry in list {
            text.push_str(&format!("  {entry}\n"));
        }
    }
    text
}

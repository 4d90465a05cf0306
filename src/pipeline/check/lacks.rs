//! Values in other values that may be `()`: fields that took what may be absent, items that may have failed, what a
//! schema lets be null. Whether a step has run at all, or an input is given, is told by `fields` and `deeds`.

use crate::pipeline::check::forms::Forms;
use crate::pipeline::check::{deeds, wanted};
use crate::pipeline::read::Use;
use crate::script::expression::{Form, Lack, Reference};
use std::path::Path;
use std::sync::Arc;

/// How often something may be handed on so that it is known where it was taken from.
const FURTHEST: usize = 32;

/// Why what an expression hands on of a reading may be `()`.
pub(super) fn handed_on(read: &Use, forms: &Forms<'_>) -> Option<Arc<Lack>> {
    let own = outer(read, forms).filter(|(length, _)| is_handed_on(&read.reference, *length));
    // That there is none in the first iteration says nothing of the last one.
    if own.is_some() || read.reference.path.first().is_some_and(|name| name == "prev") {
        return own.map(|(_, lack)| lack);
    }
    let (length, lack) = inner(read, forms).into_iter().find(|(length, _)| is_handed_on(&read.reference, *length))?;
    let (origin, mut ways, why) = if lack.file == forms.file {
        (lack.origin.clone(), lack.ways.clone(), lack.why.clone())
    } else {
        (Vec::new(), Vec::new(), because(&lack, forms))
    };
    ways.push(read.reference.path.get(..length)?.to_vec());
    (ways.len() <= FURTHEST).then(|| Arc::new(Lack { file: Arc::clone(&forms.file), origin, ways, why }))
}

/// What is wrong with what is read from such a value, or done with it.
pub(super) fn refused(read: &Use, forms: &Forms<'_>) -> Option<String> {
    let fault = |(length, lack): (usize, Arc<Lack>)| {
        Some(told(&read.reference, length, &because(&lack, forms), &remedy(read, length, forms)?))
    };
    inner(read, forms).into_iter().find_map(fault).or_else(|| passed_over(read, forms))
}

/// What is wrong with a value that must be there, if it is one of these; read by `?.` it is `()`, too.
pub(super) fn needed(read: &Use, forms: &Forms<'_>) -> Option<String> {
    let (length, lack) = inner(read, forms).into_iter().find(|(length, _)| is_handed_on(&read.reference, *length))?;
    Some(told(&read.reference, length, &because(&lack, forms), "give another value by `??`"))
}

fn told(reference: &Reference, length: usize, because: &str, remedy: &str) -> String {
    let way = reference.path.get(..length).unwrap_or_default().join(".");
    format!("`{way}` may be `()` here, because {because}: {remedy}, or ask `{way} != ()`")
}

/// Whether the whole is `()` where so many parts of a way are.
fn is_handed_on(reference: &Reference, length: usize) -> bool {
    reference.optional.contains(&length) || (reference.whole && reference.path.len() == length)
}

/// The parts of a way that may be `()` and are not asked for, though what stands before them is there. What is read in some
/// runs only, or where a condition looked at another part, is left to the run: something else may tell that it is there.
fn inner(read: &Use, forms: &Forms<'_>) -> Vec<(usize, Arc<Lack>)> {
    let path = &read.reference.path;
    let Some((begin, mut made)) = forms.begin(read).filter(|_| !read.reference.sometimes) else { return Vec::new() };
    let mut found = Vec::new();
    if path.get(..begin).is_some_and(|begin| forms.absence.is_weighed(read, begin)) {
        return found;
    }
    for length in begin..=path.len() {
        let way = path.get(..length).unwrap_or_default();
        found.extend(made.lack.take().filter(|lack| !is_asked(read, way, lack, forms)).map(|lack| (length, lack)));
        let (Form::Map(fields), Some(name)) = (&made.form, path.get(length)) else { break };
        let Some(field) = fields.get(name).cloned() else { break };
        made = field;
    }
    found
}

/// Whether a reader knows that a value may be `()`, or that it is not: the expression or a condition around it asks for
/// the value, for what it was taken from, or for what makes that be there.
fn is_asked(read: &Use, way: &[String], lack: &Lack, forms: &Forms<'_>) -> bool {
    let absence = forms.absence;
    if absence.asks_for(read, way) {
        return true;
    }
    let mut ways = lack.ways.iter().chain([&lack.origin]);
    lack.file == forms.file && (ways.any(|way| absence.asks_for(read, way)) || !absence.may_be(read, &lack.origin))
}

/// The beginning of a way, if that is a step or an input that may be absent, and is not asked for. Errors are read
/// where jumps lead after them, too, which nobody knows here.
fn outer(read: &Use, forms: &Forms<'_>) -> Option<(usize, Arc<Lack>)> {
    let (path, absence) = (&read.reference.path, forms.absence);
    let names: Vec<&str> = path.iter().map(String::as_str).collect();
    let (length, why) = match names.as_slice() {
        _ if read.local || absence.looks_first(read) => return None,
        ["inputs", input, ..] => (2, absence.lacks(read, input).then(|| "it need not be given".to_owned())?),
        ["errors" | "outcomes", ..] | [] => return None,
        [name, ..] => {
            let reference = Reference::plain(vec![(*name).to_owned()]);
            (1, absence.why(&Use { reference, ..read.clone() }, name)?)
        }
    };
    let origin = path.get(..length)?.to_vec();
    Some((length, Arc::new(Lack { file: Arc::clone(&forms.file), origin, ways: Vec::new(), why })))
}

/// What is wrong with what is done with all of a way whose beginning is passed over by `?.` where it is absent.
fn passed_over(read: &Use, forms: &Forms<'_>) -> Option<String> {
    let reference = &read.reference;
    if !reference.whole || reference.optional.is_empty() {
        return None;
    }
    deeds::remedy(read, &reference.path.join("."), forms)?;
    outer(read, forms).filter(|(length, _)| reference.optional.contains(length))?;
    let path: Vec<&str> = reference.path.iter().map(String::as_str).collect();
    wanted::absent(read, &path, forms.absence)
}

/// What helps where a part of a way may be `()`; `None` if what follows bears that.
fn remedy(read: &Use, length: usize, forms: &Forms<'_>) -> Option<String> {
    let reference = &read.reference;
    let way = reference.path.get(..length)?.join(".");
    let is_passed_over = reference.optional.contains(&length);
    match reference.path.get(length) {
        Some(field) if !is_passed_over => Some(format!("write `{way}?.{field}`")),
        None if !is_passed_over => deeds::remedy(read, &way, forms),
        _ if reference.whole => deeds::remedy(read, &way, forms).map(|_| "give another value by `??`".to_owned()),
        _ => None,
    }
}

/// Why something may be `()`, in the words of this file.
fn because(lack: &Lack, forms: &Forms<'_>) -> String {
    if lack.origin.is_empty() {
        return lack.why.clone();
    }
    let name = Path::new(&*lack.file).file_name().filter(|_| lack.file != forms.file);
    let of = name.map_or_else(String::new, |name| format!(" of {}", name.to_string_lossy()));
    format!("`{}`{of} may be ({})", lack.origin.join("."), lack.why)
}

//! Who has written which file in a tree of runs: what is done at once writes no file of each other, and neither do the steps of
//! a pipeline, in whatever child run that is. What a program does one after another is its own business.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::{Frame, RunId};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Something of which only one part may write a file, and such a part.
type Part = (String, String);

/// That a step writes a file, as the log keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::host) struct Claim {
    /// The file.
    path: String,
    /// Where it is written, for people.
    place: String,
    /// What the step is a part of.
    parts: Vec<Part>,
}

/// The claims of a tree, as one of its runs sees them.
#[derive(Default)]
pub(in crate::host) struct Claims {
    tree: Arc<Tree>,
    /// What stands before the frames of this run; nothing for the first one.
    around: String,
    /// What this run is called behind a place in it; nothing for the first one.
    of: String,
    /// What all that it writes is a part of in the runs above it.
    above: Vec<Part>,
}

/// What the runs of a tree share.
#[derive(Default)]
struct Tree {
    /// Who has written a file, by that of which only one part may and by its path.
    files: Mutex<HashMap<(String, String), Writer>>,
    /// How often each frame has begun to work on items at once.
    begun: Mutex<HashMap<String, u32>>,
}

struct Writer {
    part: String,
    place: String,
}

impl Claims {
    /// The same as a child run sees them that begins in this frame.
    pub(in crate::host) fn within(&self, frame: &Frame, child: &RunId) -> Self {
        Self {
            tree: Arc::clone(&self.tree),
            around: self.whole(&format!("{frame}/run:{child}/")),
            of: format!(" of child run {child}"),
            above: self.parts(frame),
        }
    }

    /// Notes that a script begins to work on items at once in parts of this frame. Frames do not tell one such call from the
    /// next one, and only items of one call run at once.
    pub(in crate::host) fn begin(&self, frame: &Frame) {
        *lock(&self.tree.begun).entry(self.whole(frame.as_str())).or_insert(0) += 1;
    }

    /// Whether nothing in the tree has written a file.
    pub(in crate::host) fn is_empty(&self) -> bool {
        lock(&self.tree.files).is_empty()
    }

    /// What the step of this frame says if it writes a file.
    pub(in crate::host) fn claim(&self, frame: &Frame, path: &str) -> Claim {
        let place = format!("{}{}", owner(frame.as_str()), self.of);
        Claim { path: path.to_owned(), place, parts: self.parts(frame) }
    }

    /// What a claim of a child run that begins in this frame says of the runs above it.
    pub(in crate::host) fn above(&self, frame: &Frame, mut claim: Claim) -> Claim {
        claim.parts.truncate(self.parts(frame).len());
        claim
    }

    /// Takes the file for the step.
    ///
    /// # Errors
    /// `data` if another part has written it.
    pub(in crate::host) fn note(&self, claim: &Claim) -> Outcome<()> {
        let mut files = lock(&self.tree.files);
        let key = |whole: &String| (whole.clone(), claim.path.clone());
        for (whole, part) in &claim.parts {
            if let Some(first) = files.get(&key(whole)).filter(|first| first.part != *part) {
                let what = format!("`{}` is written twice: at {} and at {}", claim.path, first.place, claim.place);
                return Err(Failure::new(FailureKind::Data, what)
                    .hint("put what differs into the path, such as `{{ key }}` or `{{ inputs.NAME }}`"));
            }
        }
        for (whole, part) in &claim.parts {
            let fresh = || Writer { part: part.clone(), place: claim.place.clone() };
            files.entry(key(whole)).or_insert_with(fresh);
        }
        Ok(())
    }

    /// What a frame is a part of: for each call of `par_map` and each batch its item, and for the outermost pipeline, and for the
    /// outermost one in each item, its step.
    fn parts(&self, frame: &Frame) -> Vec<Part> {
        let mut parts = self.above.clone();
        let frame = frame.as_str();
        for (at, _) in frame.match_indices('/') {
            let (around, inside) = frame.split_at(at);
            let item = inside.split('/').nth(1).unwrap_or_default();
            parts.extend(self.at_once(around, item).map(|whole| (whole, item.to_owned())));
        }
        let mut rest = 0;
        while let Some((around, part)) = step(frame, rest) {
            parts.push((self.whole(around), owner(part)));
            rest = part.len();
        }
        parts
    }

    /// What is worked on at once where this part of a frame is an item of it.
    fn at_once(&self, around: &str, item: &str) -> Option<String> {
        match item.split_once('[')?.0 {
            "par" => {
                let around = self.whole(around);
                let call = lock(&self.tree.begun).get(&around).copied().unwrap_or(0);
                Some(format!("{around}/par{call}"))
            }
            batch if batch.starts_with("batch") => Some(self.whole(&format!("{around}/{batch}"))),
            _ => None,
        }
    }

    /// A frame of this run as no other run of the tree has it.
    fn whole(&self, frame: &str) -> String {
        format!("{}{frame}", self.around)
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The first pipeline behind so many bytes of a frame, and its step, up to where that works on items at once. A script may run
/// one pipeline after another over the same files, and a step one batch after another.
fn step(frame: &str, behind: usize) -> Option<(&str, &str)> {
    let at = behind + frame.get(behind..)?.find("/step:")?;
    let items = ["/batch", "/par["].into_iter().filter_map(|items| frame[at..].find(items));
    let end = items.min().map_or(frame.len(), |end| at + end);
    Some((&frame[..at], &frame[..end]))
}

/// A step that is repeated writes its own file again. What it calls is counted, and counted on when it is tried again.
fn owner(frame: &str) -> String {
    let repeats = |part: &&str| !part.starts_with("visit:") && !part.starts_with("turn:");
    frame.split('/').filter(repeats).map(uncounted).collect::<Vec<_>>().join("/")
}

fn uncounted(part: &str) -> String {
    let counted = |part: &str| part.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    match part.split_once('[') {
        Some((batch, item)) if batch.starts_with("batch") => format!("{}[{item}", counted(batch)),
        _ if part.starts_with("pipeline") || part.starts_with("script:") => counted(part),
        _ => part.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Claims, owner, step};
    use crate::core::ids::{Frame, RunId};

    /// What comes of it if the step of this frame writes a file.
    fn note(claims: &Claims, frame: &str) -> Result<(), String> {
        claims.note(&claims.claim(&Frame::root().child(frame), "a.json")).map_err(|failure| failure.message)
    }

    #[test]
    fn what_is_repeated_writes_its_own_file() {
        for (frame, expected) in [
            ("step:all/item:a1/step:s", "root/step:all/item:a1/step:s"),
            ("step:a/visit:2", "root/step:a"),
            ("step:w/turn:3/step:c/visit:2/pipeline/step:s", "root/step:w/step:c/pipeline/step:s"),
            ("step:c/script:two2/e1/pipeline1/step:s", "root/step:c/script:two/e1/pipeline/step:s"),
            ("step:c/script:two2/e1/batch1[3]", "root/step:c/script:two/e1/batch[3]"),
        ] {
            let frame = format!("root/{frame}");
            assert_eq!(owner(&frame), expected);
            assert_eq!(step(&frame, 0).map(|(around, _)| around), Some("root"), "{frame}");
        }
        let frame = "root/s1/e2/pipeline0/step:a/script:two0/e1/par[1]/pipeline0/step:b";
        let (outer, inner) = ("root/s1/e2/pipeline0", "root/s1/e2/pipeline0/step:a/script:two0/e1/par[1]/pipeline0");
        let first = "root/s1/e2/pipeline0/step:a/script:two0/e1";
        assert_eq!(step(frame, 0), Some((outer, first)));
        assert_eq!(step(frame, first.len()), Some((inner, frame)));
        assert_eq!(step(frame, frame.len()), None);
    }

    #[test]
    fn what_a_step_works_on_at_once_is_apart_and_what_follows_it_is_not() {
        let claims = Claims::default();
        let child = |frame: &str, id: &str| claims.within(&Frame::root().child(frame), &RunId::new(id));
        let file = "e1/pipeline0/step:s";
        assert_eq!(note(&child("step:a/script:two0/e1/batch0[0]", "A"), file), Ok(()));
        assert!(note(&child("step:a/script:two0/e1/batch0[1]", "B"), file).is_err(), "the same batch");
        assert_eq!(note(&child("step:a/script:two0/e1/batch1[1]", "C"), file), Ok(()), "the next batch");
        assert!(note(&child("step:b/script:two0/e1/batch0[0]", "D"), file).is_err(), "another step");
        for (frame, free) in [("par[0]/pipeline0/step:s", true), ("par[0]/pipeline0/step:t", false)] {
            assert_eq!(note(&claims, &format!("step:a/script:two0/e1/{frame}")).is_ok(), free, "{frame}");
        }
    }

    #[test]
    fn a_file_is_that_of_one_item_of_a_par_map_and_free_for_the_next_one() {
        let claims = Claims::default();
        let begin = || claims.begin(&Frame::root().child("e1"));
        let note = |frame: &str| note(&claims, frame);
        begin();
        assert_eq!(note("e1/par[0]/pipeline0/step:s"), Ok(()));
        assert_eq!(note("e1/par[0]/pipeline1/step:t"), Ok(()), "one after the other");
        let twice =
            "`a.json` is written twice: at root/e1/par[0]/pipeline/step:s and at root/e1/par[1]/pipeline/step:s";
        assert_eq!(note("e1/par[1]/pipeline0/step:s"), Err(twice.to_owned()));
        begin();
        assert_eq!(note("e1/par[1]/pipeline1/step:s"), Ok(()));
        assert!(note("e1/par[0]/script:two0/e1/pipeline0/step:s").is_err());
        claims.begin(&Frame::root().child("e1/par[1]"));
        assert_eq!(note("e1/par[1]/par[0]/pipeline0/step:s"), Ok(()));
        assert!(note("e1/par[1]/par[1]/pipeline0/step:s").is_err());
        assert_eq!(note("e1/pipeline0/step:s"), Ok(()));
    }

    #[test]
    fn a_child_run_writes_no_file_of_another_one_that_runs_beside_it() {
        let claims = Claims::default();
        let child = |frame: &str, id: &str| claims.within(&Frame::root().child(frame), &RunId::new(id));
        for frame in ["e1/pipeline0/step:s", "e2/pipeline0/step:t"] {
            assert_eq!(note(&child("e1/batch0[0]", "A"), frame), Ok(()), "one after the other");
        }
        let twice = "`a.json` is written twice: at root/e1/pipeline/step:s of child run A and at \
                     root/e1/pipeline/step:s of child run B";
        assert_eq!(note(&child("e1/batch0[1]", "B"), "e1/pipeline0/step:s"), Err(twice.to_owned()));
        assert_eq!(note(&child("e1/batch1[1]", "C"), "e1/pipeline0/step:s"), Ok(()), "the next batch");
        assert_eq!(note(&child("e1", "D"), "e1/pipeline0/step:s"), Ok(()));
        for (frame, free) in [("step:a", true), ("step:a/visit:2", true), ("step:b", false)] {
            assert_eq!(note(&child(frame, frame), "e1/pipeline0/step:s").is_ok(), free, "{frame}");
        }
        let grandchild = child("step:b", "E").within(&Frame::root().child("e1"), &RunId::new("F"));
        assert!(note(&grandchild, "e1/pipeline0/step:s").is_err(), "what it runs is a part of the step");
    }
}

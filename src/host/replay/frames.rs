//! Which frames of a log are parts of which.

use crate::core::ids::Frame;
use std::collections::HashSet;

/// Frames, and all that they are parts of.
pub(in crate::host) fn with_those_around<'f>(frames: impl Iterator<Item = &'f str>) -> HashSet<String> {
    let mut all: HashSet<String> = HashSet::new();
    for frame in frames {
        let mut next = Some(frame);
        // Those around a frame that is there are there as well.
        while let Some(frame) = next.filter(|frame| !all.contains(*frame)) {
            all.insert(frame.to_owned());
            next = frame.rsplit_once('/').map(|(around, _)| around);
        }
    }
    all
}

/// Whether a frame is this part of a run, or lies in it.
pub(in crate::host) fn holds(part: &Frame, frame: &Frame) -> bool {
    let rest = frame.as_str().strip_prefix(part.as_str());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::{holds, with_those_around};
    use crate::core::ids::Frame;

    #[test]
    fn a_part_holds_itself_and_what_lies_in_it() {
        let part = Frame::root().child("e1");
        for (frame, held) in [("e1", true), ("e1/par[0]", true), ("e10", false), ("e2/e1", false)] {
            assert_eq!(holds(&part, &Frame::root().child(frame)), held, "{frame}");
        }
        assert!(!holds(&part, &Frame::root()));
    }

    #[test]
    fn a_frame_is_there_with_all_that_it_is_a_part_of() {
        let all = with_those_around(["root/step:a/item[1]", "root/step:a", "root/step:ab/pipeline"].into_iter());
        for (frame, there) in [
            ("root", true),
            ("root/step:a", true),
            ("root/step:a/item[1]", true),
            ("root/step:ab", true),
            ("root/step:ab/pipeline", true),
            ("root/step:a/item", false),
            ("root/step", false),
            ("root/step:b", false),
        ] {
            assert_eq!(all.contains(frame), there, "{frame}");
        }
    }
}

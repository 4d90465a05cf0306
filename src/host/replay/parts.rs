//! Parts of a run with a place of their own on the ledger, as the log knows them.
//!
//! Frames do not tell which effects are made in a part: those before and behind it have the same.

use crate::core::ids::Frame;
use crate::host::run_host::RunHost;
use std::path::PathBuf;

/// The part of a run that a host is of.
pub struct Part {
    /// Where it begins.
    frame: Frame,
    /// How the log calls it: the way to it from the run, with the numbers of the parts on it.
    path: String,
    /// The files of the pipelines in which it is, its own among them, from the outside in.
    pipelines: Vec<PathBuf>,
}

impl Part {
    /// The next part that begins in this frame of a host.
    pub(in crate::host) fn within(host: &RunHost, frame: &Frame) -> Self {
        let (around, way) = host.within.as_ref().map_or(("", ""), |part| (part.path(), part.frame.as_str()));
        let rest = frame.as_str().strip_prefix(way).unwrap_or(frame.as_str());
        let number = host.occurrence(frame, &format!("part of {around}"));
        let pipelines = host.pipelines().to_vec();
        Self { frame: frame.clone(), path: format!("{around}{rest}#{number}"), pipelines }
    }

    /// The same as that of a pipeline of this file.
    pub(in crate::host) fn of_pipeline(mut self, file: PathBuf) -> Self {
        self.pipelines.push(file);
        self
    }

    /// The files of the pipelines in which it is, from the outside in.
    pub(in crate::host) fn pipelines(&self) -> &[PathBuf] {
        &self.pipelines
    }

    /// How the log calls it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether the part of this path is this one, or within it.
    pub fn holds(&self, path: &str) -> bool {
        let rest = path.strip_prefix(self.path());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '#']))
    }
}

#[cfg(test)]
mod tests {
    use super::Part;
    use crate::core::ids::Frame;

    #[test]
    fn a_part_holds_itself_and_those_within_it() {
        let part = Part { frame: Frame::root().child("e1"), path: "root/e1#1".to_owned(), pipelines: Vec::new() };
        for (path, held) in [
            ("root/e1#1", true),
            ("root/e1#1#0", true),
            ("root/e1#1/par[3]#0", true),
            ("root/e1#12", false),
            ("root/e1#0", false),
            ("root/e1", false),
        ] {
            assert_eq!(part.holds(path), held, "{path}");
        }
    }
}

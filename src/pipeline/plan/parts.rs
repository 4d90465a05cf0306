//! What stands within a block: the steps of its bodies, and the pipelines that they call.

use crate::pipeline::plan::{Act, Block};
use std::collections::BTreeMap;

impl Block {
    /// Whether it has the step in which an effect has this frame, of which the parts around the block are left away.
    pub fn holds<'f>(&self, parts: &mut impl Iterator<Item = &'f str>) -> bool {
        let Some(name) = parts.next().and_then(|part| part.strip_prefix("step:")) else { return true };
        let Some(step) = self.steps.iter().find(|step| step.name == name) else { return false };
        let Some(part) = parts.find(|part| !part.starts_with("visit:")) else { return true };
        match (part.split_once(':').unwrap_or((part, "")), &step.act) {
            (("item", _), Act::Each(each)) => each.block.holds(parts),
            (("turn", _), Act::While(repeat)) => repeat.block.holds(parts),
            (("pipeline", _), Act::Nested(nested)) => nested.pipeline.block.holds(parts),
            (("branch", name), Act::Parallel(branches)) => {
                branches.iter().find(|branch| branch.name == name).is_some_and(|branch| branch.block.holds(parts))
            }
            ((kind, _), _) => !["item", "turn", "pipeline", "branch"].contains(&kind),
        }
    }

    /// The pipelines that its steps call, and those that these call, each with the hash of its text, by their files as they
    /// are named.
    pub fn called(&self) -> BTreeMap<String, String> {
        let mut called = BTreeMap::new();
        for step in &self.steps {
            if let Act::Nested(nested) = &step.act {
                called.insert(nested.path.display().to_string(), nested.pipeline.hash.clone());
                called.extend(nested.pipeline.block.called());
            }
            step.act.blocks().into_iter().for_each(|block| called.extend(block.called()));
        }
        called
    }
}

//! `while`: the body again and again as long as its condition holds.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::pipeline::plan::{Step, While};
use crate::pipeline::run::block;
use crate::pipeline::run::course::Course;
use crate::pipeline::run::step::Answer;
use crate::pipeline::values::Values;
use serde_json::Value;

/// Answers the value of the last iteration.
pub async fn run(course: &Course<'_>, step: &Step, repeat: &While, values: &Values) -> Outcome<Answer> {
    let mut prev = Value::Null;
    let mut iteration = 1_u32;
    let mut partial = false;
    loop {
        // Steps of plain values never wait by themselves: a deadline is heard here, and the first step of a turn sees it.
        tokio::task::yield_now().await;
        let mut seen = values.clone();
        seen.set("prev", prev.clone());
        seen.set("iteration", Value::from(iteration));
        if !seen.holds(&repeat.condition)? {
            return Ok(Answer::from(prev).with_parts(partial));
        }
        if iteration > repeat.max_iterations {
            let what = format!("`{}` did not come to its end in {} iterations", step.name, repeat.max_iterations);
            return Err(Failure::new(FailureKind::LoopExhausted, what)
                .hint("raise `max_iterations`, or let the condition become false earlier; `last` has the last value")
                .detail("last", prev));
        }
        let place = course.at(course.frame.child(format_args!("turn:{iteration}")));
        let place = Course { of: usize::try_from(repeat.max_iterations).unwrap_or(0), ..place };
        let ended = block::run(&place, &repeat.block, &seen).await;
        if let Some(failure) = ended.failure {
            return Err(failure.in_part("iteration", iteration));
        }
        partial = partial || ended.partial;
        prev = ended.value;
        iteration += 1;
    }
}

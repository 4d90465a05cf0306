//! `remember`: a new memory.

use crate::core::episode::Episode;
use crate::core::failure::{Failure, FailureKind};
use crate::core::request::Request;
use crate::script::convert::options;
use crate::script::desk::Desk;
use crate::script::errors::raise;
use crate::script::prims::primitive::{Primitive, ask, done};
use rhai::{Engine, Map};
use std::sync::Arc;

/// `remember`.
pub const REMEMBER: Primitive = Primitive {
    name: "remember",
    usage: &["remember(#{situation, action, arm, outcome, lesson, trust})"],
    summary: "Stores an episode for later runs and returns its id.",
    params: &[
        ("situation", "what it was like; this text is what recall() compares"),
        ("action", "what kind of choice: route, escalate, explore, strategy, script or note (default)"),
        ("arm", "what was chosen"),
        ("outcome", "success, fail, infra or unknown (default)"),
        ("lesson", "what to know next time"),
        ("trust", "how far to believe it, 0 to 0.5: nobody has checked it; 0.5 if not given"),
    ],
    example: "print(remember(#{situation: \"counting lines\", outcome: \"success\"}).len)",
    prints: "26\n",
    register,
};

fn register(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_fn("remember", |episode: Map| {
        let unknown = episode.keys().find(|k| !KEYS.contains(&k.as_str()));
        if let Some(key) = unknown {
            let failure = Failure::new(FailureKind::Invalid, format!("remember: unknown field `{key}`"));
            let meant = crate::core::text::meant(key, KEYS.iter().copied());
            return Err(raise(failure.hint(meant.unwrap_or_else(|| KEYS.join(", ")))));
        }
        let claims = episode.contains_key("trust");
        let mut episode = done(options::<Episode>(episode, "remember"))?;
        if !claims {
            episode.trust = episode.verifier.trust();
        }
        ask(Request::Remember(Box::new(episode)))
    });
}

/// What a script may set; id, time and provenance are the program's.
const KEYS: &[&str] = &["situation", "action", "arm", "outcome", "lesson", "trust"];

//! The shipped episodes: lines that the programs `seed_*` write, in the binary.

use crate::core::episode::{Episode, Namespace, Verifier};
use crate::core::failure::{Failure, FailureKind, Outcome};
use ulid::Ulid;

/// How far shipped episodes are believed: nobody lived through them.
pub const TRUST: f64 = 0.2;

/// The shipped lines, by the name of their program without `seed_`.
pub const SEEDS: &[(&str, &str)] = &[
    ("decomposition", include_str!("../../memory/seeds/decomposition.jsonl")),
    ("diverse", include_str!("../../memory/seeds/diverse.jsonl")),
    ("escalation", include_str!("../../memory/seeds/escalation.jsonl")),
    ("exploration", include_str!("../../memory/seeds/exploration.jsonl")),
    ("failures", include_str!("../../memory/seeds/failures.jsonl")),
    ("probabilistic", include_str!("../../memory/seeds/probabilistic.jsonl")),
];

/// All shipped episodes, as of `now` (milliseconds since 1970): they fade from the day on which they are loaded.
pub fn shipped(now: u64) -> Outcome<Vec<Episode>> {
    let mut episodes = Vec::new();
    for (name, lines) in SEEDS {
        for line in lines.lines() {
            let wrong =
                |error| Failure::new(FailureKind::Internal, format!("a shipped episode of {name} is broken: {error}"));
            let episode: Episode = serde_json::from_str(line).map_err(wrong)?;
            episodes.push(Episode {
                id: id_of(&["seed", line]),
                at: now,
                namespace: Namespace::Seed,
                verifier: Verifier::None,
                trust: TRUST,
                policy: format!("seed/{name}"),
                ..episode
            });
        }
    }
    Ok(episodes)
}

/// The id of an episode that has none: the same for the same text, so that what is read twice is there once. It sorts
/// before all episodes that were lived through.
pub fn id_of(parts: &[&str]) -> String {
    let hash = blake3::hash(parts.join("\n").as_bytes());
    let bytes = hash.as_bytes().iter().take(10).fold(0_u128, |bits, byte| (bits << 8) | u128::from(*byte));
    Ulid::from_parts(0, bytes).to_string()
}

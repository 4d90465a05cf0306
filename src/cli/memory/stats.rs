//! `rhizo memory stats`: how much is remembered, which ways of looking and strategies worked at what price, and how runs
//! with hints compare with those that chance kept without.

use crate::app::build::App;
use crate::cli::printer::Printer;
use crate::cli::table;
use crate::core::episode::action;
use crate::core::failure::Outcome;
use crate::core::tally::Tally;
use crate::core::text::thousands;
use crate::memory::recall::MemoryStats;
use serde_json::{Value, json};

/// Ways of looking that are shown.
const SHOWN: usize = 10;
/// With fewer runs on either side a difference says nothing.
const ENOUGH: u64 = 20;

/// Runs `memory stats`.
pub(super) async fn stats(app: &App, printer: &Printer) -> Outcome<()> {
    let (stats, namespace) = (app.kit.memory.stats().await?, app.kit.settings.namespace);
    let mut looks = app.kit.store.tallies(namespace, action::EXPLORE)?;
    let strategies = app.kit.store.tallies(namespace, action::STRATEGY)?;
    let uplift = Uplift::of(&app.kit.store.uplift(namespace)?);
    let all = looks.len();
    // Laplace's rule: one success of one run is not better than nine of ten.
    looks.sort_by(|a, b| expected(b).total_cmp(&expected(a)).then_with(|| a.mean_tokens.total_cmp(&b.mean_tokens)));
    let value = json!({
        "episodes": stats.episodes, "indexed": stats.indexed, "embedder": stats.embedder,
        "dimensions": stats.dimensions, "folder": stats.folder.display().to_string(),
        "fault": stats.fault.as_ref().map(ToString::to_string),
        "explore": looks.iter().map(row).collect::<Vec<_>>(),
        "strategies": strategies.iter().map(row).collect::<Vec<_>>(),
        "uplift": uplift.value(),
    });
    printer.rows(&value, || {
        let mut parts = vec![general(&stats)];
        if !looks.is_empty() {
            let more = if all > SHOWN { format!(" (the best {SHOWN} of {all})") } else { String::new() };
            let lines = looks.iter().take(SHOWN).map(cells);
            let head = ["way of looking", "worked", "success", "mean tokens"];
            parts.push(format!("ways of looking{more}\n{}", table::render(head, lines)));
        }
        if !strategies.is_empty() {
            let head = ["role of the root", "worked", "success", "mean tokens"];
            parts.push(format!("strategies\n{}", table::render(head, strategies.iter().map(cells))));
            parts.push(uplift.text());
        }
        parts.join("\n\n")
    });
    Ok(())
}

fn general(stats: &MemoryStats) -> String {
    let fault = stats.fault.as_ref().map(|fault| format!("\nfault     {fault}")).unwrap_or_default();
    let later = if stats.indexed < stats.episodes { " (the index is filled when it is needed)" } else { "" };
    format!(
        "episodes  {}\nindexed   {}{later}\nembedder  {}\nfolder    {}{fault}",
        stats.episodes,
        stats.indexed,
        stats.embedder,
        stats.folder.display()
    )
}

fn expected(tally: &Tally) -> f64 {
    Tally { runs: tally.runs + 2, worked: tally.worked + 1, ..Tally::default() }.success()
}

fn row(tally: &Tally) -> Value {
    json!({
        "name": tally.name, "runs": tally.runs, "worked": tally.worked, "success": tally.success(),
        "mean_tokens": tally.mean_tokens,
    })
}

fn cells(tally: &Tally) -> [String; 4] {
    let worked = format!("{} of {}", tally.worked, tally.runs);
    [tally.name.clone(), worked, percent(tally), tokens(tally)]
}

fn percent(tally: &Tally) -> String {
    format!("{:.0} %", tally.success() * 100.0)
}

fn tokens(tally: &Tally) -> String {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean of counts, never negative")]
    let whole = tally.mean_tokens.round() as u64;
    thousands(whole)
}

/// Runs with hints and without, where chance decided.
struct Uplift {
    with: Tally,
    without: Tally,
}

impl Uplift {
    fn of(rows: &[Tally]) -> Self {
        let of = |name: &str| rows.iter().find(|tally| tally.name == name).cloned().unwrap_or_default();
        Self { with: of("on"), without: of("off") }
    }

    fn enough(&self) -> bool {
        self.with.runs.min(self.without.runs) >= ENOUGH
    }

    /// The difference in success, in percentage points, and in tokens, as a share of those without.
    fn differences(&self) -> (f64, f64) {
        let tokens = self.with.mean_tokens / self.without.mean_tokens.max(1.0) - 1.0;
        ((self.with.success() - self.without.success()) * 100.0, tokens * 100.0)
    }

    fn value(&self) -> Value {
        let differences = self.enough().then(|| self.differences());
        json!({
            "with": row(&self.with), "without": row(&self.without), "enough": self.enough(),
            "success_points": differences.map(|pair| pair.0), "tokens_percent": differences.map(|pair| pair.1),
        })
    }

    fn text(&self) -> String {
        let side = |tally: &Tally| match tally.runs {
            0 => "no runs".to_owned(),
            runs => format!("{} of {runs} worked ({}), {} tokens", tally.worked, percent(tally), tokens(tally)),
        };
        let said = if self.enough() {
            let (success, tokens) = self.differences();
            format!("with memory: success {success:+.0} points, tokens {tokens:+.0} %")
        } else {
            format!("too few runs to say what memory brings: it takes {ENOUGH} with and {ENOUGH} without")
        };
        format!(
            "what memory brings, by chance (`memory.off_share`)\nwith      {}\nwithout   {}\n{said}",
            side(&self.with),
            side(&self.without)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{Tally, Uplift};

    fn tally(name: &str, runs: u64, worked: u64, mean_tokens: f64) -> Tally {
        Tally { name: name.to_owned(), runs, worked, mean_tokens }
    }

    #[test]
    fn a_difference_is_told_only_of_enough_runs() {
        let few = Uplift::of(&[tally("on", 40, 30, 1000.0), tally("off", 19, 9, 2000.0)]);
        assert!(few.text().contains("too few runs"), "{}", few.text());
        assert!(few.value()["success_points"].is_null());
        let enough = Uplift::of(&[tally("on", 40, 30, 1000.0), tally("off", 20, 10, 2000.0)]);
        assert!(enough.text().ends_with("with memory: success +25 points, tokens -50 %"), "{}", enough.text());
        assert_eq!(enough.value()["tokens_percent"], -50.0);
        assert!(Uplift::of(&[]).text().contains("no runs"));
    }
}

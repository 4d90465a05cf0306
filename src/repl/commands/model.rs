//! `.model`: which model is used and how its breaker stands, and another one from now on.

use crate::core::failure::Outcome;
use crate::registry::models::{ModelSpec, resolve};
use crate::repl::commands::command::{Command, Next};
use crate::repl::shell::Shell;
use futures::FutureExt;
use futures::future::BoxFuture;

/// `.model`.
pub const COMMAND: Command = Command {
    name: "model",
    usage: "model [NAME]",
    summary: "Shows the model in use, or uses another from now on.",
    run,
};

fn run<'a>(shell: &'a mut Shell, argument: &'a str) -> BoxFuture<'a, Outcome<Next>> {
    async move {
        let models = &shell.kit.models;
        match argument {
            "" => match models.switched() {
                Some(name) => {
                    tell(shell, &resolve(&shell.kit.settings, &name)?, "chosen here; `.model default` undoes it")
                }
                None => {
                    let default = models.default_model().await?;
                    tell(shell, &default.spec, &default.reason);
                }
            },
            "default" => {
                models.switch(None)?;
                shell.note_command("model default", None);
                shell.screen.out("each role uses its own model again, or the default one");
            }
            name => {
                let spec = models.switch(Some(name))?;
                shell.note_command(&format!("model {name}"), None);
                if let Some(spec) = spec {
                    tell(shell, &spec, "for every role from now on");
                }
            }
        }
        Ok(Next::Stay)
    }
    .boxed()
}

fn tell(shell: &Shell, spec: &ModelSpec, reason: &str) {
    let usd = |nanos: u64| crate::core::money::Money::from_nanos(nanos).to_string();
    let price = match spec.price.as_ref().map(|price| price.rates) {
        Some(rates) => format!("{} in + {} out per M tokens", usd(rates.input), usd(rates.output)),
        None => "price unknown".to_owned(),
    };
    let health = shell.kit.models.health(spec);
    let breaker = health.map_or_else(String::new, |health| format!(" · breaker {health}"));
    shell.screen.page(&format!("{}: {reason}\n  window {} tokens · {price}{breaker}", spec.id, spec.window));
}

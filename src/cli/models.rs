//! `rhizo models`: which models there are, and which one is used.

use crate::app::build::App;
use crate::cli::model_test;
use crate::cli::prices;
use crate::cli::printer::Printer;
use crate::cli::table;
use crate::core::exit::Exit;
use crate::core::failure::Outcome;
use crate::registry::models::{ModelSpec, names, resolve};
use crate::registry::roles;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

/// Arguments of `models`.
#[derive(Debug, Args)]
pub struct Models {
    /// What to do; `list` if nothing is named.
    #[command(subcommand)]
    pub action: Option<Action>,
    /// Prints JSON.
    #[arg(long, global = true)]
    pub json: bool,
}

/// What `models` can do.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Lists models, their windows and prices, and the roles.
    List,
    /// Shows everything about one model.
    Show {
        /// Its name.
        model: String,
    },
    /// Says which model is used for each role, and why.
    Explain,
    /// Lists what models cost, and where each price comes from.
    Prices(prices::Prices),
    /// Makes a real, small call of each model and shows latency, cost and the state of its breaker. It costs money
    /// where the model does.
    Test {
        /// Their names; all configured models and the default one if none is named.
        #[arg(value_name = "MODEL")]
        names: Vec<String>,
    },
}

/// Runs `models`.
pub async fn models(app: &App, printer: &Printer, args: &Models) -> Outcome<Exit> {
    let settings = &app.kit.settings;
    match args.action.as_ref().unwrap_or(&Action::List) {
        Action::List => {
            let specs = names(settings).iter().map(|name| resolve(settings, name)).collect::<Outcome<Vec<_>>>()?;
            printer.rows(&json!(specs), || list(&specs));
        }
        Action::Show { model } => printer.json_value(&json!(resolve(settings, model)?)),
        Action::Explain => explain(app, printer).await?,
        Action::Prices(args) => prices::prices(app, printer, args)?,
        Action::Test { names } => return model_test::test(app, printer, names).await,
    }
    Ok(Exit::Ok)
}

fn list(specs: &[ModelSpec]) -> String {
    let usd = |nanos: u64| crate::core::money::Money::from_nanos(nanos).to_string();
    let line = |spec: &ModelSpec| {
        let rates = spec.price.as_ref().map(|price| price.rates);
        let (input, output) =
            rates.map_or_else(|| ("unpriced".into(), String::new()), |r| (usd(r.input), usd(r.output)));
        [spec.id.to_string(), spec.window.to_string(), input, output]
    };
    table::render(["model", "window", "in per M tokens", "out per M tokens"], specs.iter().map(line))
}

async fn explain(app: &App, printer: &Printer) -> Outcome<()> {
    let default = app.kit.models.default_model().await?;
    let mut rows = Vec::new();
    for role in roles::all(&app.kit.settings) {
        let (_, served) = app.kit.models.choose(Some(role.name.as_str()), None).await?;
        let own = served.spec.id != default.spec.id;
        let reason = if own { "first of the role's models".to_owned() } else { default.reason.clone() };
        rows.push([role.name.to_string(), served.spec.id.to_string(), reason]);
    }
    let value: Vec<Value> =
        rows.iter().map(|[role, model, reason]| json!({"role": role, "model": model, "reason": reason})).collect();
    printer.rows(&Value::Array(value), || table::render(["role", "model", "because"], rows));
    Ok(())
}

//! The loop of the REPL: read, evaluate, show, until the person leaves.

use crate::app::build;
use crate::config::settings::Settings;
use crate::core::exit::Exit;
use crate::core::failure::{FailureKind, Outcome};
use crate::registry::project;
use crate::repl::commands::command::Next;
use crate::repl::commands::table;
use crate::repl::editor::echo::{self, Unseen};
use crate::repl::editor::line_editor::{LineEditor, Typed};
use crate::repl::editor::person::present;
use crate::repl::editor::prompter::Prompter;
use crate::repl::editor::screen::{Looks, Screen};
use crate::repl::input::{self, Input, Question};
use crate::repl::inspect::{Sight, inspect};
use crate::repl::piped;
use crate::repl::restore::Again;
use crate::repl::shell::{Options, Shell};
use crate::script::prims::table as primitives;
use std::io::IsTerminal;
use std::sync::Arc;

/// Runs the REPL until the person leaves, or to the end of standard input if it is no terminal.
///
/// It builds the app itself, because tools and scripts ask their questions on its screen.
pub async fn run(settings: Settings, options: Options) -> Outcome<Exit> {
    let screen = screen(&settings, options.quiet);
    let app = build::build(settings, present(&screen))?;
    // Where standard input is the context, the person is still at the terminal.
    let context_from_pipe = options.context.iter().any(|path| path == "-");
    let interactive = std::io::stdin().is_terminal() || (context_from_pipe && screen.has_person());
    let shell = Shell::open(&app, &options, Arc::clone(&screen), interactive).await?;
    if interactive { at_terminal(shell).await } else { piped::run(shell).await }
}

/// Goes on with the REPL that a run was, until the person leaves.
pub async fn again(settings: Settings, again: Again) -> Outcome<Exit> {
    let screen = screen(&settings, again.quiet);
    let app = build::build(settings, present(&screen))?;
    let interactive = std::io::stdin().is_terminal();
    let shell = Shell::reopen(&app, &again, screen, interactive).await?;
    if interactive { at_terminal(shell).await } else { piped::run(shell).await }
}

/// The screen, on which stands first what the project's file allows by itself, also for who wants no banner.
fn screen(settings: &Settings, quiet: bool) -> Arc<Screen> {
    let redraws = settings.environment.get("TERM") != Some("dumb");
    let colour = redraws && settings.environment.get("NO_COLOR").is_none();
    let screen = Arc::new(Screen::new(Looks { colour, redraws, quiet }));
    project::note(settings).iter().for_each(|note| screen.err(note));
    screen
}

async fn at_terminal(mut shell: Shell) -> Outcome<Exit> {
    let prompter =
        Prompter { kit: Arc::clone(&shell.kit), session: Arc::clone(&shell.session), documents: shell.documents() };
    let history = shell.kit.settings.paths.history.clone();
    let mut editor = LineEditor::new(prompter, Arc::clone(&shell.screen), history)?;
    shell.screen.dim(&banner(&shell));
    let (mut initial, mut given_up) = (String::new(), false);
    loop {
        // The runtime's own threads go on while this one waits for keys.
        let typed = tokio::task::block_in_place(|| editor.read(&std::mem::take(&mut initial)));
        let line = match typed {
            Ok(Typed::Line(line)) => line,
            Ok(Typed::Interrupted) => {
                if given_up {
                    shell.screen.dim("Ctrl-D or .exit leaves");
                }
                given_up = true;
                continue;
            }
            Ok(Typed::End) => break,
            Err(failure) => {
                shell.close().await?;
                return Err(failure);
            }
        };
        given_up = false;
        let unseen = Unseen::begin();
        let next = shell.handle(&line).await;
        // It would run there unseen; now it is looked at before Enter.
        let unread = echo::take_ahead().await;
        drop(unseen);
        match next {
            Next::Stay => initial = unread,
            Next::Edit(text) => initial = format!("{text}\n{unread}").trim_end().to_owned(),
            Next::Leave => break,
        }
        if let Some(prompter) = editor.prompter() {
            prompter.documents = shell.documents();
        }
    }
    shell.close().await
}

fn banner(shell: &Shell) -> String {
    let view = &shell.run.host.view;
    let context = match view.documents().len() {
        0 => "no context; .context PATH opens one".to_owned(),
        1 => format!("context: 1 document, {} bytes", view.len()),
        many => format!("context: {many} documents, {} bytes", view.len()),
    };
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "rhizo {version} · {context}\n.help lists commands, ?name explains a name\nTab completes, Ctrl-C cancels, Ctrl-D leaves"
    )
}

impl Shell {
    /// Does what was typed, one command after the other. Failures are told here; Ctrl-C ends all of it.
    pub async fn handle(&mut self, typed: &str) -> Next {
        let (mut line, mut rest) = input::first(input::unfenced(typed));
        loop {
            let failed = self.failure.take();
            let next = self.handle_first(line).await;
            let cancelled = self.failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::Cancelled);
            self.failure = self.failure.take().or(failed);
            match next {
                next if rest.trim().is_empty() || cancelled => return next,
                Next::Stay => (line, rest) = input::first(input::unfenced(rest)),
                Next::Edit(text) => return Next::Edit(format!("{text}\n{rest}")),
                Next::Leave => return Next::Leave,
            }
        }
    }

    async fn handle_first(&mut self, line: &str) -> Next {
        match input::read(line) {
            Input::Empty => Next::Stay,
            Input::Leave => Next::Leave,
            Input::Code => {
                self.evaluate(line).await;
                Next::Stay
            }
            Input::Question(question) => {
                self.explain(question).await;
                Next::Stay
            }
            Input::Command { name, argument } => match table::run(self, name, argument).await {
                Ok(next) => next,
                Err(failure) => {
                    self.fail(failure);
                    Next::Stay
                }
            },
        }
    }

    /// Answers a question about a name.
    pub async fn explain(&mut self, question: Question<'_>) {
        // What `_` means is told of the function that it stands for.
        let name = if question.name == "_" { "out" } else { question.name };
        let question = Question { name, ..question };
        let is_primitive = primitives::find(name.trim_end_matches("()")).is_some();
        let answer = {
            let session = self.session().await;
            let sight = Sight { kit: &self.kit, session: &session, sources: &self.sources, view: &self.run.host.view };
            inspect(question, &sight)
        };
        match answer {
            // A source stays as it is: it is there to be copied. A primitive has none.
            Ok(text) if question.is_source() && !is_primitive => self.screen.out(&text),
            Ok(text) => self.screen.page(&text),
            Err(failure) => self.fail(failure),
        }
    }
}

//! `rhizo ask`: a question over a long input, answered by a root model.

use crate::app::build::App;
use crate::app::inputs;
use crate::app::launch::Launch;
use crate::app::run::{self, Run, Start};
use crate::cli::args::given;
use crate::cli::events::Target;
use crate::cli::flags::RunFlags;
use crate::cli::interrupt;
use crate::cli::printer::Printer;
use crate::cli::silence::Heard;
use crate::cli::watching::Watching;
use crate::cli::{report, run as run_command};
use crate::context::library::Library;
use crate::context::skipped;
use crate::core::exit::Exit;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::host::typed::Schema;
use crate::repl::narrator::Detail;
use clap::Args;
use serde_json::Value;
use std::io::{IsTerminal, Read};
use std::sync::Arc;

/// Arguments of `ask`.
#[derive(Debug, Args)]
pub struct Ask {
    /// The question, - for one from a pipe.
    #[arg(value_name = "QUESTION")]
    pub question: Option<String>,
    /// Explores by code even what would fit into one prompt.
    #[arg(long)]
    pub recursive: bool,
    /// What the answer must be: a JSON Schema, an example or a short form such as {"total": "int"} or int, as text or as a
    /// file.
    #[arg(long, value_name = "SCHEMA")]
    pub schema: Option<String>,
    /// Shared flags.
    #[command(flatten)]
    pub flags: RunFlags,
}

impl Ask {
    /// Takes the question from behind the paths of `--context` or from a pipe if it does not stand in its place.
    ///
    /// Fails with `Invalid` if there is none, or if the pipe is wanted for the context too.
    pub fn settle(&mut self) -> Outcome<()> {
        let reads_context = self.flags.context.iter().any(|path| path == PIPE);
        if self.question.is_none() {
            let piped = || (!reads_context && is_piped()).then(|| PIPE.to_owned());
            self.question = self.flags.last_unless_path().or_else(piped);
        }
        if reads_context && self.is_read() {
            return Err(run_command::twice("question"));
        }
        let how = match self.flags.context.as_slice() {
            [_, .., last] if last == PIPE => "put the - for a question before --context, which takes all behind it",
            _ => "rhizo ask \"...\" --context PATH",
        };
        given(self.question.is_some(), "ask needs a question", how)
    }

    /// Whether the question is read from standard input.
    fn is_read(&self) -> bool {
        self.question.as_deref() == Some(PIPE)
    }
}

/// What is written for a question from standard input.
const PIPE: &str = "-";

/// The longest question of a pipe, in bytes: more is a long input, which no prompt takes.
const LONGEST: usize = 32 * 1024;

/// The question of a pipe. An endless one ends too.
///
/// Fails with `Invalid` for what is no question, with `Io` otherwise.
fn read(from: impl Read) -> Outcome<String> {
    let wrong = |what: String| Failure::new(FailureKind::Invalid, what).hint("cat FILE | rhizo ask \"...\"");
    let most = u64::try_from(LONGEST).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    from.take(most).read_to_end(&mut bytes).map_err(|error| {
        Failure::new(FailureKind::Io, format!("cannot read the question from standard input: {error}"))
    })?;
    if bytes.len() > LONGEST {
        return Err(wrong(format!("standard input holds more than {LONGEST} bytes, which is no question")));
    }
    let text = String::from_utf8(bytes).map_err(|_| wrong("standard input holds no text, which is no question".into()));
    text.map(|text| text.trim().to_owned())
}

/// Runs `ask`.
pub async fn ask(app: &App, printer: &Arc<Printer>, args: &Ask) -> Outcome<Exit> {
    let read = match args.is_read().then(|| read(std::io::stdin())).transpose() {
        Err(failure) if failure.kind == FailureKind::Invalid => return Ok(report::usage(printer, &failure)),
        read => read?,
    };
    let question = read.as_deref().or(args.question.as_deref()).unwrap_or_default();
    if question.trim().is_empty() {
        let failure = Failure::new(FailureKind::Invalid, "the question is empty");
        return Ok(report::usage(printer, &failure.hint("rhizo ask \"...\" --context PATH")));
    }
    let schema = match args.schema.as_deref().map(schema).transpose() {
        Ok(schema) => schema,
        Err(failure) => return Ok(report::usage(printer, &failure)),
    };
    let context_pipe = if read.is_some() { None } else { pipe(&args.flags.context) };
    let (library, launch) = opened(app, printer, &args.flags, context_pipe).await?;
    let role = app.kit.settings.role.clone();
    let launch = Launch { role: role.clone(), recursive: args.recursive, schema: schema.clone(), ..launch };
    let schema = schema.as_ref().map(Schema::read).transpose()?.map(Arc::new);
    let start = Start { kind: "ask", task: question, launch: Some(launch), on_print: None, schema };
    let events = Target::wanted(&args.flags, printer).await?;
    let run = run::begin(&app.kit, start, library);
    root(app, printer, &run, events, role, args.recursive).await
}

/// Makes a root run and tells how it ended.
pub async fn root(
    app: &App,
    printer: &Arc<Printer>,
    run: &Run,
    events: Option<Target>,
    role: Option<String>,
    recursive: bool,
) -> Outcome<Exit> {
    interrupt::cancel_on_signal(run);
    let watching = Watching::begin(app, printer, run, events, Detail::All);
    let end = run.root(role, recursive).await;
    let closed = run.close(&end).await;
    Ok(watching.end(printer, run, &end, closed).await)
}

/// The long input that flags and a pipe name, and how to open it again. What it lacks is told.
pub async fn opened(
    app: &App,
    printer: &Printer,
    flags: &RunFlags,
    pipe: Option<Box<dyn Read + Send>>,
) -> Outcome<(Library, Launch)> {
    let piped = pipe.is_some() || flags.context.iter().any(|path| path == "-");
    let (may_be_silent, heard) = (pipe.is_some(), Heard::default());
    let opening = inputs::open(&app.kit.settings, &flags.context, pipe.map(|pipe| heard.listen(pipe)));
    let opening = interrupt::unless_stopped(opening);
    let library = if may_be_silent { heard.during(printer, opening).await } else { opening.await }?;
    tell_skipped(printer, &library);
    if !flags.context.is_empty() && !printer.quiet {
        tell_empty(printer, &library);
    }
    Ok((library, Launch { context: flags.context.clone(), piped, flags: flags.kept(), ..Launch::default() }))
}

/// Tells which files of folders were left out.
pub fn tell_skipped(printer: &Printer, library: &Library) {
    skipped::lines(library.skipped()).iter().for_each(|line| printer.err(line));
}

/// Tells which files that somebody named have nothing in them: whoever asks about them pays for no answer.
fn tell_empty(printer: &Printer, library: &Library) {
    let documents = library.view().documents();
    let empty: Vec<&str> = documents.iter().filter(|known| known.is_empty()).map(|known| known.name()).collect();
    match empty.as_slice() {
        [] => {}
        [one] => printer.err(&format!("note: {one} is empty")),
        more => printer.err(&format!("note: {} files are empty", more.len())),
    }
}

/// The schema of a flag: its text, the file of that name, or a short form that is the name of none.
fn schema(given: &str) -> Outcome<Value> {
    let wrong = |what: String| {
        Failure::new(FailureKind::Invalid, what)
            .hint("for example --schema '{\"total\": \"int\"}', or a file with that")
    };
    let inline = given.trim_start().starts_with(['{', '[', '"']);
    let read = if inline { Ok(given.to_owned()) } else { std::fs::read_to_string(given) };
    let text = match read {
        Ok(text) => text,
        Err(_) if Schema::of_short_form(given)?.is_some() => return Ok(Value::from(given)),
        Err(error) => return Err(wrong(format!("--schema {given} cannot be read: {error}"))),
    };
    let value = serde_json::from_str(&text).map_err(|error| wrong(format!("--schema is not JSON: {error}")))?;
    Schema::read(&value).map(|_| value)
}

/// Standard input, if it is a pipe or a file and nothing else is named as the context. Beside named files it is read
/// only as `--context -`: in a shell's `while read` loop it belongs to the loop.
pub fn pipe(context: &[String]) -> Option<Box<dyn Read + Send>> {
    let given = context.is_empty() && is_piped();
    given.then(|| Box::new(std::io::stdin()) as Box<dyn Read + Send>)
}

/// Whether standard input is a pipe or a file: a terminal, `/dev/null`, a closed descriptor or a service's socket is no
/// input.
pub fn is_piped() -> bool {
    use std::os::fd::AsFd;
    use std::os::unix::fs::FileTypeExt;
    if std::io::stdin().is_terminal() {
        return false;
    }
    let Ok(descriptor) = std::io::stdin().as_fd().try_clone_to_owned() else {
        return false;
    };
    std::fs::File::from(descriptor).metadata().is_ok_and(|m| m.file_type().is_fifo() || m.file_type().is_file())
}

//! Completion at the cursor: what it stands in decides which names fit. It reads names and folders, nothing else.

use crate::core::text::is_hidden;
use crate::host::kit::Kit;
use crate::registry::{models, programs, roles};
use crate::repl::commands::table;
use crate::repl::editor::{paths, place};
use crate::repl::lexer::{Kind, Piece, pieces};
use crate::repl::vocabulary::{self, Callable, KEYWORDS};
use crate::script::errors::members::imported;
use crate::script::session::Session;
use rustyline::completion::Pair;

/// The longest candidate, in bytes.
const LONGEST: usize = 500;

/// What completion chooses from.
pub struct Known<'a> {
    /// Tools, programs, models, settings.
    pub kit: &'a Kit,
    /// Variables and functions.
    pub session: &'a Session,
    /// The names of the open documents.
    pub documents: &'a [String],
}

/// The start of the word at `pos`, and all that it may become, in its order or against it.
pub fn complete(line: &str, pos: usize, known: &Known<'_>) -> (usize, Vec<Pair>) {
    let Some(before) = line.get(..pos) else {
        return (pos, Vec::new());
    };
    let (start, mut pairs) = if let Some(name) = before.strip_prefix('?') {
        let name = name.trim_start_matches('?');
        (pos - name.len(), named(name, known))
    } else if before.starts_with('.') {
        command(before, known)
    } else {
        code(before, &line[pos..], known)
    };
    pairs.retain(|pair| is_plain(&pair.display) && is_plain(&pair.replacement));
    pairs.sort_by(|a, b| a.replacement.cmp(&b.replacement));
    pairs.dedup_by(|a, b| a.replacement == b.replacement);
    if before.starts_with(".runs") {
        // Ids sort by their time, and the newest is looked for most.
        pairs.reverse();
    }
    (start, pairs)
}

/// Whether a terminal shows it as it is. Others write the names of files and documents and the keys of maps, and the
/// editor prints them untouched.
fn is_plain(text: &str) -> bool {
    text.len() <= LONGEST && !text.contains(|c: char| c.is_control() || is_hidden(c))
}

/// A dot-command, or its argument.
fn command(before: &str, known: &Known<'_>) -> (usize, Vec<Pair>) {
    let Some((name, argument)) = before.split_once(char::is_whitespace) else {
        let fits = table::ALL.iter().filter(|c| c.name.starts_with(&before[1..]));
        let pair = |usage: &str, name: &str| Pair { display: format!(".{usage}"), replacement: format!(".{name}") };
        return (0, fits.map(|c| pair(c.usage, c.name)).collect());
    };
    let partial = argument.rsplit(char::is_whitespace).next().unwrap_or(argument);
    let start = before.len() - partial.len();
    let pairs = match name {
        ".model" => plain(models::names(&known.kit.settings), partial),
        ".role" => plain(role_names(known), partial),
        ".tools" => plain(tool_names(known), partial),
        ".scripts" => plain(program_names(known), partial),
        ".runs" => plain(run_ids(known, partial), partial),
        ".help" => {
            let commands = table::ALL.iter().map(|c| c.name);
            let point = if partial.starts_with('.') { "." } else { "" };
            let commands = plain(commands.map(|name| format!("{point}{name}")), partial);
            commands.into_iter().chain(named(partial, known)).collect()
        }
        ".context" => {
            let (inner, pairs) = paths::complete_last(argument, &known.kit.settings.environment.folder);
            return (before.len() - argument.len() + inner, pairs);
        }
        ".load" | ".save" => {
            let whole = argument.trim_start();
            let (inner, pairs) = paths::complete(whole, &known.kit.settings.environment.folder);
            return (before.len() - whole.len() + inner, pairs);
        }
        _ => Vec::new(),
    };
    (start, pairs)
}

/// Rhai code; `behind` is what follows the cursor.
fn code(before: &str, behind: &str, known: &Known<'_>) -> (usize, Vec<Pair>) {
    let list = pieces(before);
    if let Some(open) = list.last().filter(|p| !p.closed) {
        return if open.kind == Kind::Text { text(before, &list, known) } else { (before.len(), Vec::new()) };
    }
    let word = list.last().filter(|p| p.kind == Kind::Word);
    let partial = word.map_or("", |p| p.text);
    let start = before.len() - partial.len();
    let earlier: Vec<&Piece<'_>> = list.iter().filter(|p| p.is_code() && p.start < start).collect();
    let owner = &earlier[..earlier.len().saturating_sub(1)];
    match earlier.last().map(|p| p.text) {
        Some("." | "?.") => (start, members(owner, partial, known)),
        Some("::") => {
            let alias = owner.last().map_or("", |p| p.text);
            (start, called(vocabulary::module(imported(alias, before).unwrap_or(alias)), partial))
        }
        Some("#{" | ",") if let Some(keys) = keys(&earlier, known) => {
            let end = if behind.trim_start().starts_with(':') { "" } else { ": " };
            (start, plain(keys.into_iter().map(|name| name + end), partial))
        }
        _ if partial.is_empty() && word.is_none() && !before.trim().is_empty() => (start, Vec::new()),
        _ => {
            let mut pairs = general(partial, known);
            pairs.extend(plain(place::declared(&earlier).into_iter().map(str::to_owned), partial));
            (start, pairs)
        }
    }
}

fn members(owner: &[&Piece<'_>], partial: &str, known: &Known<'_>) -> Vec<Pair> {
    let path = place::path(owner);
    let literal = owner.last().filter(|p| p.kind == Kind::Text).map(|_| "string");
    let mut pairs = plain(known.session.members(&path), partial);
    pairs.extend(called(vocabulary::methods(literal.or_else(|| known.session.kind_of(&path))), partial));
    pairs
}

/// The options of a call, or the parameters of a tool or of a program, where their names are awaited.
fn keys(code: &[&Piece<'_>], known: &Known<'_>) -> Option<Vec<String>> {
    let (name, first) = place::options(code)?;
    let called = first.trim_matches(['"', '`']);
    let names: Vec<String> = match name {
        "TOOL" => {
            let specs = known.kit.tools.get().map(|catalog| catalog.specs()).unwrap_or_default();
            let spec = specs.into_iter().find(|spec| spec.name == called)?;
            spec.parameters["properties"].as_object()?.keys().cloned().collect()
        }
        "SCRIPT" => {
            let program = programs::all(&known.kit.settings.paths).0.into_iter().find(|p| p.name == called)?;
            program.front.params.keys().map(|name| name.trim_end_matches('?').to_owned()).collect()
        }
        name => vocabulary::options(name),
    };
    (!names.is_empty()).then_some(names)
}

/// A name in front of which nothing stands.
fn general(partial: &str, known: &Known<'_>) -> Vec<Pair> {
    let variables = known.session.variables().into_iter().map(|variable| variable.name);
    let modules = vocabulary::modules().into_iter().map(|module| format!("{module}::"));
    let keywords = KEYWORDS.iter().map(|word| (*word).to_owned());
    let mut pairs = plain(variables, partial);
    if !partial.is_empty() {
        pairs.extend(plain(modules.chain(keywords), partial));
    }
    pairs.extend(called(vocabulary::functions(known.session), partial));
    pairs
}

/// Everything that `?name` explains.
fn named(partial: &str, known: &Known<'_>) -> Vec<Pair> {
    let variables = known.session.variables().into_iter().map(|variable| variable.name);
    let functions = vocabulary::functions(known.session).into_iter().chain(vocabulary::methods(Some("Context")));
    let functions = functions.map(|f| f.name);
    let modules = vocabulary::modules().into_iter().map(str::to_owned);
    let tools = tool_names(known).into_iter().chain(program_names(known));
    plain(variables.chain(functions).chain(modules).chain(tools), partial)
}

/// The inside of a string: what it names is told by what stands in front of it.
fn text(before: &str, list: &[Piece<'_>], known: &Known<'_>) -> (usize, Vec<Pair>) {
    let Some((open, earlier)) = list.split_last() else {
        return (before.len(), Vec::new());
    };
    let start = open.start + 1;
    let partial = before.get(start..).unwrap_or_default();
    let code: Vec<&Piece<'_>> = earlier.iter().filter(|p| p.is_code()).collect();
    let indexed = code.split_last().filter(|(bracket, _)| bracket.text == "[");
    let path = indexed.map(|(_, owner)| place::path(owner)).unwrap_or_default();
    if known.session.kind_of(&path).is_some() {
        return (start, plain(known.session.members(&path), partial));
    }
    let code: Vec<&str> = code.iter().map(|p| p.text).collect();
    let names = match code.as_slice() {
        [.., "TOOL" | "tools", "("] => tool_names(known),
        [.., "SCRIPT" | "scripts", "("] => program_names(known),
        [.., "doc", "("] => known.documents.iter().filter(|name| name.starts_with(partial)).cloned().collect(),
        [.., "import"] => vocabulary::modules().into_iter().map(str::to_owned).collect(),
        [.., "model", ":"] => models::names(&known.kit.settings),
        [.., "role", ":"] => role_names(known),
        _ => {
            let (inner, pairs) = paths::complete(partial, &known.kit.settings.environment.folder);
            return (start + inner, pairs);
        }
    };
    (start, plain(names, partial))
}

fn tool_names(known: &Known<'_>) -> Vec<String> {
    // A tool that is described wrongly is told when a tool is called; here there is nothing to offer.
    let specs = known.kit.tools.get().map(|catalog| catalog.specs()).unwrap_or_default();
    specs.into_iter().map(|spec| spec.name.clone()).collect()
}

fn run_ids(known: &Known<'_>, partial: &str) -> Vec<String> {
    // A store that cannot be read is told by the command itself; here there is nothing to offer.
    known.kit.store.ids(partial).unwrap_or_default().into_iter().map(|id| id.to_string()).collect()
}

fn program_names(known: &Known<'_>) -> Vec<String> {
    programs::all(&known.kit.settings.paths).0.into_iter().map(|program| program.name).collect()
}

fn role_names(known: &Known<'_>) -> Vec<String> {
    roles::all(&known.kit.settings).into_iter().map(|role| role.name.to_string()).collect()
}

fn plain(names: impl IntoIterator<Item = String>, partial: &str) -> Vec<Pair> {
    let fits = names.into_iter().filter(|name| name.starts_with(partial));
    fits.map(|name| Pair { display: name.clone(), replacement: name }).collect()
}

/// Functions, shown with their signatures; what is inserted ends with the parenthesis if there are arguments to give.
fn called(functions: Vec<Callable>, partial: &str) -> Vec<Pair> {
    let fits = functions.into_iter().filter(|f| f.name.starts_with(partial));
    let pair = |f: Callable| {
        let call = if f.usage == f.name {
            ""
        } else if f.usage.ends_with("()") {
            "()"
        } else {
            "("
        };
        Pair { replacement: format!("{}{call}", f.name), display: f.usage }
    };
    fits.map(pair).collect()
}

#[cfg(test)]
mod tests;

//! A failure as a person sees it, and as the exit code that a caller sees.

use crate::cli::printer::Printer;
use crate::core::exit::Exit;
use crate::core::failure::Failure;
use crate::script::evaluate::report::render;

/// Tells a failure on standard error and answers its exit code.
pub fn tell(printer: &Printer, failure: &Failure) -> Exit {
    let text = render(failure);
    let (head, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let head = head.strip_prefix("error:").map_or_else(|| head.to_owned(), |h| printer.paint("1;31", "error:") + h);
    printer.err(&if rest.is_empty() { head } else { format!("{head}\n{rest}") });
    failure.kind.exit()
}

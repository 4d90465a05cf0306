//! Finds the code in a model's answer. What is not code to run is named, never ignored.

use crate::core::thoughts::behind_where;
use crate::script::completeness::ends_in_code;

/// A fenced block of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The word behind the fence, in lower case.
    pub tag: String,
    /// The lines inside.
    pub code: String,
    /// Whether the fence was closed.
    pub closed: bool,
}

/// What to do with a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// Run it: it says that it is code for this REPL.
    Run,
    /// Run it if it is Rhai: it may be something else.
    RunIfRhai,
    /// Do not run it.
    Skip,
}

impl Block {
    /// What its tag means.
    pub fn treatment(&self) -> Treatment {
        Treatment::of(&self.tag)
    }
}

impl Treatment {
    fn of(tag: &str) -> Self {
        match tag {
            "rhai" | "repl" | "rust" | "rs" => Self::Run,
            "" | "python" | "py" | "javascript" | "js" | "code" | "tool_code" => Self::RunIfRhai,
            _ => Self::Skip,
        }
    }
}

/// What an answer says behind its thoughts: a draft in them is not meant. A mark inside of a block is part of its code.
pub fn said(answer: &str) -> &str {
    behind_where(answer, |before| {
        let mut reader = Reader::default();
        for line in before.lines() {
            reader.read(line);
        }
        reader.open.is_none()
    })
}

/// The fenced blocks of an answer, in order; fences of back-ticks or tildes, three or more.
pub fn blocks(answer: &str) -> Vec<Block> {
    let mut reader = Reader::default();
    let mut found: Vec<(Block, &str)> = Vec::new();
    for line in answer.lines() {
        match (reader.read(line), found.last_mut()) {
            (Line::Fence { tag, behind, whole }, _) => {
                let tag = tag.to_lowercase();
                found.push((Block { tag, code: String::new(), closed: whole }, behind));
            }
            (Line::End { last }, Some((block, _))) => {
                block.code.push_str(last);
                block.closed = true;
            }
            (Line::Inside, Some((block, _))) => {
                block.code.push_str(line);
                block.code.push('\n');
            }
            _ => {}
        }
    }
    found.into_iter().map(|(block, behind)| with_first_line(block, behind)).collect()
}

/// The program that a text is, without the fence in which it may stand.
pub fn unfenced(text: &str) -> String {
    let fenced = fence(text.trim_start()).map_or_else(Vec::new, |_| blocks(text));
    if fenced.is_empty() {
        return text.to_owned();
    }
    fenced.into_iter().map(|block| block.code).collect::<Vec<_>>().join("\n")
}

/// A block with the code that stands behind its tag: models write their first line there, or all of it.
fn with_first_line(mut block: Block, behind: &str) -> Block {
    if !behind.is_empty() && (block.code.trim().is_empty() || !are_attributes(behind)) {
        block.code.insert_str(0, &format!("{behind}\n"));
    }
    block
}

/// Whether what stands behind a tag tells a viewer how to show the block: `title="a"`, `{1,3}`, `linenums`.
fn are_attributes(text: &str) -> bool {
    let unquoted: String = text.split('"').step_by(2).collect();
    let is_plain = |c: char| c.is_alphanumeric() || " _-.,:=#{}/".contains(c);
    let is_code = |word: &str| word.starts_with('=') || word == "//";
    let begins = unquoted.split(' ').next().is_some_and(|word| STATEMENTS.contains(&word));
    unquoted.chars().all(is_plain) && !begins && !unquoted.split(' ').any(is_code)
}

/// Words with which a line of code begins, and no attribute.
const STATEMENTS: &[&str] = &[
    "const", "do", "export", "fn", "for", "if", "import", "let", "loop", "print", "return", "switch", "throw", "try",
    "while",
];

/// What a line of an answer is.
enum Line<'a> {
    /// Begins a block, or is the whole of one.
    Fence { tag: &'a str, behind: &'a str, whole: bool },
    /// Ends a block, perhaps behind its last code.
    End { last: &'a str },
    /// Stands in a block.
    Inside,
    /// Is none of these.
    Text,
}

/// Reads an answer line by line.
#[derive(Default)]
struct Reader<'a> {
    /// The fence of the block that has begun.
    open: Option<&'a str>,
    /// What stands in that block so far.
    code: String,
}

impl<'a> Reader<'a> {
    fn read(&mut self, line: &'a str) -> Line<'a> {
        let Some(opening) = self.open else { return self.outside(line.trim()) };
        if let Some(last) = self.last(opening, line) {
            self.open = None;
            return Line::End { last };
        }
        self.code.push_str(line);
        self.code.push('\n');
        Line::Inside
    }

    fn outside(&mut self, trimmed: &'a str) -> Line<'a> {
        let Some(fence) = fence(trimmed) else { return Line::Text };
        let begun = begun(fence, trimmed[fence.len()..].trim());
        if let Line::Fence { behind, whole: false, .. } = begun {
            self.open = Some(fence);
            self.code = format!("{behind}\n");
        }
        begun
    }

    /// What stands in front of the fence that ends the open block in this line. Models write it behind their last code
    /// too, where back-ticks may also end a text of Rhai or stand in a comment.
    fn last(&self, opening: &str, line: &'a str) -> Option<&'a str> {
        let trimmed = line.trim();
        if fence(trimmed).is_some_and(|fence| fence.starts_with(opening) && trimmed == fence) {
            return Some("");
        }
        let last = line.trim_end().strip_suffix(opening)?;
        ends_in_code(&format!("{}{last}", self.code)).then_some(last)
    }
}

/// What a line is that begins with a fence outside of any block. With back-ticks behind those of its fence it is text
/// with code in it, as in CommonMark, unless its first word is that of code to run, or all of it is code.
fn begun<'a>(fence: &str, rest: &'a str) -> Line<'a> {
    let end = rest.find([' ', '\t', '{', ',']).unwrap_or(rest.len());
    let (tag, behind) = (&rest[..end], rest[end..].trim());
    let runs = is_run_tag(tag);
    match behind.find(fence) {
        Some(end) if runs && end > 0 => Line::Fence { tag, behind: behind[..end].trim(), whole: true },
        None if runs || !(fence.starts_with('`') && rest.contains('`')) => Line::Fence { tag, behind, whole: false },
        _ if fence.starts_with('~') => Line::Fence { tag, behind, whole: false },
        _ => untagged(fence, rest).map_or(Line::Text, |behind| Line::Fence { tag: "", behind, whole: true }),
    }
}

/// The code of a line that is the whole of a block without a tag. A single word is only set off from a text by its
/// fence, and so is what shows back-ticks.
fn untagged<'a>(fence: &str, rest: &'a str) -> Option<&'a str> {
    let code = rest.strip_suffix(fence)?.trim();
    let is_word = code.chars().all(|c| c.is_alphanumeric() || c == '_');
    (!is_word && !code.starts_with('`') && !code.contains(fence)).then_some(code)
}

fn is_run_tag(tag: &str) -> bool {
    !tag.is_empty() && Treatment::of(&tag.to_lowercase()) != Treatment::Skip
}

/// The run of back-ticks or tildes at the start of a line, if it has at least three.
fn fence(line: &str) -> Option<&str> {
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = line.chars().take_while(|c| *c == mark).count();
    (length >= 3).then(|| &line[..length])
}

/// Whether an answer without any fence looks like bare code: it calls FINAL or print at the start of a line.
pub fn is_bare_code(answer: &str) -> bool {
    let text = answer.trim();
    let starts = ["FINAL(", "FINAL_VAR(", "print(", "let ", "const ", "fn ", "for ", "//"];
    starts.iter().any(|start| text.starts_with(start))
}

/// Why code that stands outside of any block is not run, if there is some.
pub fn stray(answer: &str) -> Option<&'static str> {
    let mut reader = Reader::default();
    answer.lines().find_map(|line| match reader.read(line) {
        Line::Text if names_final(line) => {
            Some("FINAL stands outside of a code block, where it is only text; write it inside ```rhai")
        }
        Line::Text if has_code(line) => {
            Some("code in a fence amid a line of text is not run; write ```rhai before it, at the start of a line")
        }
        _ => None,
    })
}

fn names_final(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("FINAL(") || text.starts_with("FINAL_VAR(")
}

/// Whether a line of text has code to run in a fence, or ends with the fence and the tag of such code.
fn has_code(line: &str) -> bool {
    let parts: Vec<&str> = line.split("```").collect();
    parts.iter().enumerate().skip(1).step_by(2).any(|(index, &inside)| {
        let (tag, code) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
        let ends_line = index + 1 == parts.len();
        names_final(inside) || (is_run_tag(tag) && code.trim().is_empty() == ends_line)
    })
}

#[cfg(test)]
mod tests;

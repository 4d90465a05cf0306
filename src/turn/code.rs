//! Finds the code in a model's answer. What is not code to run is named, never ignored.

use crate::core::thoughts::behind_where;

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
            (Line::End, Some((block, _))) => block.closed = true,
            (Line::Inside, Some((block, _))) => {
                block.code.push_str(line);
                block.code.push('\n');
            }
            _ => {}
        }
    }
    found.into_iter().map(|(block, behind)| with_first_line(block, behind)).collect()
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
    let is_code = |word: &str| word.starts_with('=') || matches!(word, "let" | "const" | "//");
    unquoted.chars().all(is_plain) && !unquoted.split(' ').any(is_code)
}

/// What a line of an answer is.
enum Line<'a> {
    /// Begins a block, or is the whole of one.
    Fence { tag: &'a str, behind: &'a str, whole: bool },
    /// Ends a block.
    End,
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
}

impl<'a> Reader<'a> {
    fn read(&mut self, line: &'a str) -> Line<'a> {
        let trimmed = line.trim();
        let fence = fence(trimmed);
        match (self.open, fence) {
            (Some(opening), Some(fence)) if fence.starts_with(opening) && trimmed == fence => {
                self.open = None;
                Line::End
            }
            (Some(_), _) => Line::Inside,
            (None, Some(fence)) => {
                let begun = begun(fence, trimmed[fence.len()..].trim());
                self.open = matches!(begun, Line::Fence { whole: false, .. }).then_some(fence);
                begun
            }
            (None, None) => Line::Text,
        }
    }
}

/// What a line is that begins with a fence outside of any block. With back-ticks behind those of its fence it is text
/// with code in it, as in CommonMark, unless its first word is that of code to run.
fn begun<'a>(fence: &str, rest: &'a str) -> Line<'a> {
    let end = rest.find([' ', '\t', '{', ',']).unwrap_or(rest.len());
    let (tag, behind) = (&rest[..end], rest[end..].trim());
    let runs = !tag.is_empty() && Treatment::of(&tag.to_lowercase()) != Treatment::Skip;
    match behind.find(fence) {
        Some(end) if runs && end > 0 => Line::Fence { tag, behind: behind[..end].trim(), whole: true },
        None if runs || !(fence.starts_with('`') && rest.contains('`')) => Line::Fence { tag, behind, whole: false },
        _ if fence.starts_with('~') => Line::Fence { tag, behind, whole: false },
        _ => Line::Text,
    }
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

/// Whether an answer names FINAL outside of any block, which does nothing.
pub fn has_stray_final(answer: &str) -> bool {
    let mut reader = Reader::default();
    answer.lines().any(|line| {
        let text = line.trim_start().trim_start_matches("```").trim_start();
        matches!(reader.read(line), Line::Text) && (text.starts_with("FINAL(") || text.starts_with("FINAL_VAR("))
    })
}

#[cfg(test)]
mod tests {
    use super::{Block, Treatment, blocks, has_stray_final, is_bare_code, said};

    fn check(answer: &str, expect: &[(&str, &str, bool)]) {
        let expect: Vec<Block> = expect
            .iter()
            .map(|(tag, code, closed)| Block { tag: (*tag).to_owned(), code: (*code).to_owned(), closed: *closed })
            .collect();
        assert_eq!(blocks(answer), expect, "{answer}");
    }

    #[test]
    fn fences_of_every_form_are_found() {
        check("no code", &[]);
        check("a\n```rhai\nlet x = 1;\n```\nb", &[("rhai", "let x = 1;\n", true)]);
        check("```\nx\n```\n~~~repl\ny\n~~~", &[("", "x\n", true), ("repl", "y\n", true)]);
        check("````rhai\nlet t = `\n```\n`;\n````", &[("rhai", "let t = `\n```\n`;\n", true)]);
        check("```Python title=\"a\"\nx", &[("python", "x\n", false)]);
        check("  ```rhai\n  x\n  ```", &[("rhai", "  x\n", true)]);
    }

    #[test]
    fn code_on_the_line_of_its_fence_is_found() {
        check("```rhai f(1)```", &[("rhai", "f(1)\n", true)]);
        check("```rhai f(`a`)\nx\n```", &[("rhai", "f(`a`)\nx\n", true)]);
        check("```rhai let s=\"a\"\nx\n```", &[("rhai", "let s=\"a\"\nx\n", true)]);
        check("```rhai x\n```", &[("rhai", "x\n", true)]);
        check("```x``` and\n```` `x` ````\n```rhai``` are text\n```\ny\n```", &[("", "y\n", true)]);
        for attributes in [" title=\"a b\"", ",ignore", " {.lines #a}", " linenums file=src/a.rhai"] {
            check(&format!("```rhai{attributes}\nx\n```"), &[("rhai", "x\n", true)]);
        }
    }

    #[test]
    fn drafts_in_thoughts_are_not_said() {
        for (answer, expect) in [
            ("<think>\n```rhai\na\n```\n</think>\n```rhai\nb\n```", "```rhai\nb\n```"),
            ("a draft\n```\na\n```\n</think>\nb", "b"),
            ("<think>a</think>\n```rhai\nsplit(\"</think>\")\n```", "```rhai\nsplit(\"</think>\")\n```"),
            ("<think>\n```rhai\na\n```", ""),
            ("<think>\n```\nhalf a draft</think>\n```rhai\nFINAL(1)\n```", "```rhai\nFINAL(1)\n```"),
            ("<think>\n```\na</think>\n```\nsplit(\"</think>\")\n```", "```\nsplit(\"</think>\")\n```"),
            ("```rhai\na\n```", "```rhai\na\n```"),
            ("a draft\n```a```\n</think>\nb", "b"),
        ] {
            assert_eq!(said(answer), expect, "{answer}");
        }
    }

    #[test]
    fn tags_decide() {
        for (tag, treatment) in [("rhai", Treatment::Run), ("python", Treatment::RunIfRhai), ("json", Treatment::Skip)]
        {
            let block = Block { tag: tag.to_owned(), code: String::new(), closed: true };
            assert_eq!(block.treatment(), treatment);
        }
    }

    #[test]
    fn final_outside_a_block_is_noticed() {
        assert!(has_stray_final("So:\nFINAL(\"x\")"));
        assert!(has_stray_final("```FINAL(\"x\")```"));
        assert!(!has_stray_final("```rhai\nFINAL(\"x\")\n```"));
        assert!(!has_stray_final("```a```\n```rhai\nFINAL(\"x\")\n```"));
        assert!(is_bare_code("FINAL(\"x\")"));
        assert!(!is_bare_code("I call FINAL(\"x\")"));
    }
}

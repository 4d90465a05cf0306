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
        match self.tag.as_str() {
            "rhai" | "repl" | "rust" | "rs" => Treatment::Run,
            "" | "python" | "py" | "javascript" | "js" | "code" | "tool_code" => Treatment::RunIfRhai,
            _ => Treatment::Skip,
        }
    }
}

/// What an answer says behind its thoughts: a draft in them is not meant. A mark inside of a block is part of its code.
pub fn said(answer: &str) -> &str {
    behind_where(answer, |before| {
        let fences = before.lines().filter(|line| fence(line.trim_start()).is_some());
        fences.count().is_multiple_of(2)
    })
}

/// The fenced blocks of an answer, in order; fences of back-ticks or tildes, three or more.
pub fn blocks(answer: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<(String, Block)> = None;
    for line in answer.lines() {
        let trimmed = line.trim_start();
        let fence = fence(trimmed);
        match (&mut open, fence) {
            (None, Some(fence)) => {
                let tag =
                    trimmed[fence.len()..].trim().split([' ', '{', ',']).next().unwrap_or_default().to_lowercase();
                open = Some((fence.to_owned(), Block { tag, code: String::new(), closed: false }));
            }
            (Some((opening, _)), Some(fence)) if fence.starts_with(opening.as_str()) && trimmed.trim_end() == fence => {
                if let Some((_, block)) = open.take() {
                    found.push(Block { closed: true, ..block });
                }
            }
            (Some((_, block)), _) => {
                block.code.push_str(line);
                block.code.push('\n');
            }
            (None, None) => {}
        }
    }
    found.extend(open.map(|(_, block)| block));
    found
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
    let mut inside = false;
    answer.lines().any(|line| {
        let trimmed = line.trim_start();
        if fence(trimmed).is_some() {
            inside = !inside;
        }
        !inside && (trimmed.starts_with("FINAL(") || trimmed.starts_with("FINAL_VAR("))
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
    fn drafts_in_thoughts_are_not_said() {
        for (answer, expect) in [
            ("<think>\n```rhai\na\n```\n</think>\n```rhai\nb\n```", "```rhai\nb\n```"),
            ("a draft\n```\na\n```\n</think>\nb", "b"),
            ("<think>a</think>\n```rhai\nsplit(\"</think>\")\n```", "```rhai\nsplit(\"</think>\")\n```"),
            ("<think>\n```rhai\na\n```", ""),
            ("<think>\n```\nhalf a draft</think>\n```rhai\nFINAL(1)\n```", "```rhai\nFINAL(1)\n```"),
            ("<think>\n```\na</think>\n```\nsplit(\"</think>\")\n```", "```\nsplit(\"</think>\")\n```"),
            ("```rhai\na\n```", "```rhai\na\n```"),
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
        assert!(!has_stray_final("```rhai\nFINAL(\"x\")\n```"));
        assert!(is_bare_code("FINAL(\"x\")"));
        assert!(!is_bare_code("I call FINAL(\"x\")"));
    }
}

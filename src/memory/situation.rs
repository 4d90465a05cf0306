//! The one serialiser of situations: the same text is stored, embedded and searched for.
//!
//! It knows nothing of embedders; its length limit fits the 256 tokens that MiniLM reads.

/// The longest situation text, in bytes.
pub const LIMIT: usize = 1_200;
const TASK_LIMIT: usize = 700;
const CONTEXT_LIMIT: usize = 300;

/// What a choice was made in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Situation {
    /// What was to be done.
    pub task: String,
    /// One line on the context: documents, sizes, kinds.
    pub context: String,
    /// The role that had it.
    pub role: String,
    /// The failure that was met, by its kind's name.
    pub failure: String,
    /// The gate that was not passed.
    pub gate: String,
    /// Failures in a row.
    pub failures: u32,
}

impl Situation {
    /// A situation of which only the task is known.
    pub fn of_task(task: impl Into<String>) -> Self {
        Self { task: task.into(), ..Self::default() }
    }
}

/// The text of a situation: the task, then one labelled line for each other field that is not empty.
pub fn text(situation: &Situation) -> String {
    let mut text = shorten(&situation.task, TASK_LIMIT);
    let failures = if situation.failures == 0 { String::new() } else { situation.failures.to_string() };
    for (label, value) in [
        ("context", &situation.context),
        ("role", &situation.role),
        ("failure", &situation.failure),
        ("gate", &situation.gate),
        ("failures in a row", &failures),
    ] {
        let value = squeeze(value).replace('\n', " ");
        if !value.is_empty() {
            text.push_str(&format!("\n{label}: {}", shorten(&value, CONTEXT_LIMIT)));
        }
    }
    canonical(&text)
}

/// Free text in the form of a situation text: spaces and blank lines squeezed, the middle cut if it is too long.
pub fn canonical(text: &str) -> String {
    shorten(text, LIMIT)
}

/// The same for equal tasks: of the situation's first part, without case, signs, numbers and spaces, 16 hex digits.
pub fn fingerprint(situation: &str) -> String {
    let task = situation.split("\ncontext: ").next().unwrap_or(situation);
    let letters: String = task.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect();
    // A task of numbers alone has nothing but them.
    let kept = if letters.is_empty() { situation } else { &letters };
    blake3::hash(kept.as_bytes()).to_hex().chars().take(16).collect()
}

/// At most `limit` bytes: the first two thirds and the last third, since questions stand at either end.
fn shorten(text: &str, limit: usize) -> String {
    const MARK: &str = " … ";
    let text = squeeze(text);
    if text.len() <= limit {
        return text;
    }
    let room = limit - MARK.len();
    let head = text.floor_char_boundary(room * 2 / 3);
    let tail = text.ceil_char_boundary(text.len() - (room - head));
    format!("{}{MARK}{}", text[..head].trim_end(), text[tail..].trim_start())
}

fn squeeze(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if !words.is_empty() {
            lines.push(words.join(" "));
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::{LIMIT, Situation, canonical, fingerprint, text};

    #[test]
    fn fields_are_labelled_and_empty_ones_left_out() {
        let situation = Situation {
            task: " count the\n\n  words ".into(),
            context: "3 documents,\n2 MB".into(),
            role: "worker".into(),
            failures: 2,
            ..Situation::default()
        };
        let expect = "count the\nwords\ncontext: 3 documents, 2 MB\nrole: worker\nfailures in a row: 2";
        assert_eq!(text(&situation), expect);
    }

    #[test]
    fn equal_tasks_have_one_fingerprint() {
        let of = |task: &str| fingerprint(&text(&Situation::of_task(task)));
        assert_eq!(of("Sum the 3rd column"), of("sum the 14rd column!"));
        assert_ne!(of("sum the column"), of("sum the row"));
        assert_ne!(of("1 + 1"), of("1 + 2"));
        assert_eq!(of("12").len(), 16);
    }

    #[test]
    fn storing_and_querying_give_the_same_text() {
        let long = "how many of these ünits are there? ".repeat(200);
        for task in ["", "plain", "  two\n lines\t here ", long.as_str()] {
            let query = text(&Situation::of_task(task));
            assert!(query.len() <= LIMIT);
            assert_eq!(query, canonical(&query), "a stored text must not change when it is embedded again");
            if task.len() < 500 {
                assert_eq!(query, canonical(task), "a free query must look like a stored task");
            }
        }
    }
}

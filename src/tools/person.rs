//! Questions to a person. Who asks them on which screen is the business of the edges.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::one_line;
use futures::future::BoxFuture;

/// A question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// What is asked.
    pub prompt: String,
    /// The answers to choose from; empty for free text.
    pub choices: Vec<String>,
    /// How it is put on a terminal if it asks for leave to call a tool. The text of any other question is a program's own.
    pub leave: Option<Leave>,
}

/// How leave for a call is asked for on a terminal, where it is read and answered at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leave {
    /// What is to be read before, on as many lines as it has; empty if the question itself says it.
    pub call: String,
    /// The question.
    pub line: String,
}

/// Somebody who can be asked.
pub trait Person: Send + Sync {
    /// The answer as typed, or a `Waiting` failure if nobody is there.
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Outcome<String>>;
}

/// Nobody: every question stops the run until somebody answers it.
#[derive(Clone, Copy, Debug)]
pub struct Nobody;

impl Person for Nobody {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Outcome<String>> {
        let failure = Failure::new(FailureKind::Waiting, format!("nobody is there to answer: {}", question.prompt));
        let instead = match &question.leave {
            Some(_) => "--approve auto allows tools without asking",
            None => "what a program asks by `ask_user(..)` can be answered later",
        };
        let failure = failure.hint(format!("there is no terminal to ask on; {instead}"));
        Box::pin(async move { Err(failure) })
    }
}

impl Question {
    /// The choice that `answer` means: its text in any case, its number from 1, or the only one it begins.
    ///
    /// With no choices to choose from, the answer itself.
    pub fn choice(&self, answer: &str) -> Option<String> {
        let typed = answer.trim().to_lowercase();
        if self.choices.is_empty() {
            return Some(answer.to_owned());
        }
        if let Some(exact) = self.choices.iter().find(|choice| choice.to_lowercase() == typed) {
            return Some(exact.clone());
        }
        let numbered = typed.parse::<usize>().ok().and_then(|number| self.choices.get(number.checked_sub(1)?));
        if let Some(choice) = numbered {
            return Some(choice.clone());
        }
        let mut begun = self.choices.iter().filter(|choice| choice.to_lowercase().starts_with(&typed));
        match (typed.is_empty(), begun.next(), begun.next()) {
            (false, Some(only), None) => Some(only.clone()),
            _ => None,
        }
    }

    /// Asks until the answer is one of the choices, three times at most.
    pub async fn put_to(&self, person: &dyn Person) -> Outcome<String> {
        let mut question = self.clone();
        for _ in 0..3 {
            let answer = person.ask(&question).await?;
            if let Some(choice) = self.choice(&answer) {
                return Ok(choice);
            }
            let said = one_line(&answer, 40);
            let wrong = if said.is_empty() {
                "an answer is wanted".to_owned()
            } else {
                format!("`{said}` is not one of the choices")
            };
            question.prompt = format!("{wrong}. {}", self.prompt);
            // What was read stands above.
            let again = |leave: &Leave| Leave { call: String::new(), line: format!("{wrong}. {}", leave.line) };
            question.leave = self.leave.as_ref().map(again);
        }
        Err(Failure::new(FailureKind::Invalid, "none of the choices was answered")
            .hint(format!("answer one of: {}", self.choices.join(", "))))
    }
}

#[cfg(test)]
mod tests {
    use super::{Leave, Nobody, Person, Question};
    use crate::core::failure::{FailureKind, Outcome};
    use futures::future::BoxFuture;
    use std::sync::Mutex;

    #[test]
    fn answers_are_matched_to_choices() {
        let choices = ["yes", "no", "always", "Alone"].map(str::to_owned).to_vec();
        let question = Question { prompt: "go?".into(), choices, leave: None };
        for (typed, expect) in [
            ("yes", Some("yes")),
            (" YES ", Some("yes")),
            ("y", Some("yes")),
            ("2", Some("no")),
            ("alw", Some("always")),
            ("al", None),
            ("", None),
            ("0", None),
            ("9", None),
            ("perhaps", None),
        ] {
            assert_eq!(question.choice(typed).as_deref(), expect, "{typed}");
        }
        assert_eq!(Question::default().choice(" free text ").as_deref(), Some(" free text "));
    }

    /// Answers in this order, and keeps what was asked.
    struct Answers(Mutex<(Vec<&'static str>, Vec<String>)>);

    impl Person for Answers {
        fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Outcome<String>> {
            let mut known = self.0.lock().unwrap();
            known.1.push(question.prompt.clone());
            let answer = known.0.remove(0).to_owned();
            Box::pin(async move { Ok(answer) })
        }
    }

    #[tokio::test]
    async fn a_wrong_choice_is_told_before_the_question_comes_again() {
        let question = Question { prompt: "go?".into(), choices: vec!["yes".into(), "no".into()], leave: None };
        let person = Answers(Mutex::new((vec!["perhaps", "", "no"], Vec::new())));
        assert_eq!(question.put_to(&person).await.unwrap(), "no");
        let asked = person.0.into_inner().unwrap().1;
        assert_eq!(asked, ["go?", "`perhaps` is not one of the choices. go?", "an answer is wanted. go?"]);
    }

    #[tokio::test]
    async fn nobody_says_what_to_do() {
        for (leave, is_tool) in [(None, false), (Some(Leave::default()), true)] {
            let question = Question { prompt: "which one?".into(), leave, ..Question::default() };
            let failure = Nobody.ask(&question).await.unwrap_err();
            assert_eq!(failure.kind, FailureKind::Waiting);
            assert!(failure.to_string().contains("which one?"));
            assert_eq!(failure.hint.unwrap().contains("--approve auto"), is_tool);
        }
    }
}

//! Whether a tool may do what it does: the policy of the run, the person's answer, and what was allowed for good.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::tool::{Permission, ToolSpec};
use crate::tools::approval::reading::{ROW, ROWS, brief, cut, lines, shown, texts};
use crate::tools::person::{Leave, Person, Question};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::Arc;
use tokio::sync::Mutex;

mod reading;

/// What to do about tools that need a permission.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// Ask the person.
    #[default]
    Ask,
    /// Allow them.
    Auto,
    /// Refuse them.
    Never,
}

impl FromStr for Approval {
    type Err = Failure;

    fn from_str(typed: &str) -> Outcome<Self> {
        match typed {
            "ask" => Ok(Self::Ask),
            "auto" => Ok(Self::Auto),
            "never" => Ok(Self::Never),
            other => Err(Failure::new(FailureKind::Config, format!("unknown approval policy `{other}`"))
                .hint("one of: ask, auto, never")),
        }
    }
}

/// The answer that allows a call.
pub const YES: &str = "yes";
/// The answer that allows all further calls of the tool too.
const ALWAYS: &str = "always";

/// The most bytes of a call that a person is asked to read.
const READABLE: usize = 12_000;
/// The tools that the person has allowed for the rest of the run; clones share it.
///
/// The lock is held while the person is asked, so parallel calls are asked about one by one and an "always"
/// spares the later ones.
#[derive(Clone, Debug, Default)]
pub struct Granted(Arc<Mutex<BTreeSet<String>>>);

impl Approval {
    /// Succeeds if the call may go ahead, else fails with `Denied`, or `Waiting` if nobody is there to ask.
    pub async fn permit(self, spec: &ToolSpec, args: &Value, granted: &Granted, person: &dyn Person) -> Outcome<()> {
        if !self.asks(spec)? {
            return Ok(());
        }
        let question = question(spec, args);
        let answer = async {
            check_readable(spec, args)?;
            question.put_to(person).await
        };
        granted.pass(spec, false, answer).await
    }

    /// Whether a person is to be asked before this tool is called.
    ///
    /// Fails with `Denied` if it is not to be called at all.
    pub fn asks(self, spec: &ToolSpec) -> Outcome<bool> {
        match (self, spec.permission) {
            (_, Permission::Free) | (Self::Auto, _) => Ok(false),
            (Self::Never, needed) => {
                Err(Failure::new(FailureKind::Denied, format!("{} is not allowed: it {}", spec.name, deed(needed)))
                    .hint("the approval policy is `never`; use --approve ask or --approve auto to allow it"))
            }
            (Self::Ask, _) => Ok(true),
        }
    }
}

/// What a person is asked about a call.
pub fn question(spec: &ToolSpec, args: &Value) -> Question {
    let (name, shown) = (&spec.name, shown(spec.permission, args));
    let prompt = format!("allow {name} `{}`?", cut(&shown, READABLE));
    let always = format!("{ALWAYS} = every {name} of this session");
    let is_long = shown.len() > ROW || texts(args).any(|text| text.contains('\n'));
    let leave = if is_long {
        let call = format!("{name}\n{}", lines(spec.permission, args));
        Leave { call, line: format!("allow {}? {always}", brief(spec, args)) }
    } else {
        Leave { call: String::new(), line: format!("{prompt} {always}") }
    };
    Question { prompt, choices: [YES, "no", ALWAYS].map(str::to_owned).to_vec(), leave: Some(leave) }
}

/// Checks that a person who is asked about a call can read all that decides, before the question is put.
///
/// Fails with `Denied`.
pub fn check_readable(spec: &ToolSpec, args: &Value) -> Outcome<()> {
    let bytes = shown(spec.permission, args).len();
    let rows = lines(spec.permission, args).lines().count();
    let (read, most) = match (bytes > READABLE, rows > ROWS) {
        (true, _) => (format!("{bytes} bytes"), READABLE),
        (_, true) => (format!("{rows} rows"), ROWS),
        _ => return Ok(()),
    };
    let message = format!(
        "{} is not allowed: a person would have to read {read}, and is asked to read {most} at most",
        spec.name
    );
    Err(Failure::new(FailureKind::Denied, message)
        .hint("write what is long to a file and name that, or use --approve auto"))
}

impl Granted {
    /// Lets a call pass if its tool is allowed for good, or if `answer` allows it; `heed` has the answer heard in any case.
    ///
    /// Fails with `Denied` for any other answer.
    pub async fn pass(
        &self,
        spec: &ToolSpec,
        heed: bool,
        answer: impl Future<Output = Outcome<String>>,
    ) -> Outcome<()> {
        let mut always = self.0.lock().await;
        if !heed && always.contains(&spec.name) {
            return Ok(());
        }
        match answer.await?.as_str() {
            YES => Ok(()),
            ALWAYS => {
                always.insert(spec.name.clone());
                Ok(())
            }
            _ => Err(Failure::new(FailureKind::Denied, format!("the person did not allow {}", spec.name))
                .hint("do it another way, or ask what would be acceptable")),
        }
    }
}

const fn deed(permission: Permission) -> &'static str {
    match permission {
        Permission::Free => "computes",
        Permission::Network => "talks to the network",
        Permission::Write => "changes files",
        Permission::Execute => "starts programs",
    }
}

#[cfg(test)]
mod tests;

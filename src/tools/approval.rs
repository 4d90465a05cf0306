//! Whether a tool may do what it does: the policy of the run, the person's answer, and what was allowed for good.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text;
use crate::core::tool::{Permission, ToolSpec};
use crate::tools::person::{Person, Question};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::Arc;
use tokio::sync::Mutex;

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
        granted.pass(spec, false, question.put_to(person)).await
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
    let prompt = format!("allow {} `{}`?", spec.name, shown(args));
    Question { prompt, choices: [YES, "no", ALWAYS].map(str::to_owned).to_vec(), leave: true }
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

/// The arguments as the person sees them: a lone argument bare, others as JSON.
///
/// Whatever could move the cursor, colour the screen or reverse the reading order is shown by its code, so that
/// what is read is what is allowed.
fn shown(args: &Value) -> String {
    let plain = match args {
        Value::Object(map) if map.len() == 1 => match map.values().next() {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        },
        other => other.to_string(),
    };
    let mut visible = String::with_capacity(plain.len());
    for c in plain.chars() {
        let reorders =
            matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
        if c.is_control() || reorders {
            visible.extend(c.escape_default());
        } else {
            visible.push(c);
        }
    }
    text::head_tail(&visible, 4_000, "")
}

#[cfg(test)]
mod tests {
    use super::{Approval, shown};
    use serde_json::json;

    #[test]
    fn policies_are_read() {
        assert_eq!("auto".parse(), Ok(Approval::Auto));
        assert!("Auto".parse::<Approval>().unwrap_err().hint.unwrap().contains("never"));
    }

    #[test]
    fn arguments_are_shown_without_tricks() {
        for (args, expect) in [
            (json!({"command": "ls -l"}), "ls -l"),
            (json!({"command": ["ls", "-l"]}), r#"["ls","-l"]"#),
            (json!({"path": "a", "text": "b"}), r#"{"path":"a","text":"b"}"#),
            (json!({"command": "ls\u{1b}[2K\rrm -rf\u{202e}"}), "ls\\u{1b}[2K\\rrm -rf\\u{202e}"),
            (json!({}), "{}"),
        ] {
            assert_eq!(shown(&args), expect);
        }
    }
}

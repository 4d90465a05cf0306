//! Whether a tool may do what it does: the policy of the run, the person's answer, and what was allowed for good.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text;
use crate::core::tool::{Permission, ToolSpec};
use crate::tools::person::{Leave, Person, Question};
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

/// The most bytes of a call that a person is asked to read.
const READABLE: usize = 12_000;
/// The most bytes of the path of a file. Of what is longer, in a call that only writes files, head and tail are shown.
const PATH: usize = 4_096;
/// The most bytes of a call that stands within its question; a longer one, or one with line breaks, is read above it.
const ROW: usize = 200;

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

/// A call in a few words, for the line below it.
fn brief(spec: &ToolSpec, args: &Value) -> String {
    let path = args.get("path").and_then(Value::as_str).filter(|_| spec.permission == Permission::Write);
    let to = path.map_or_else(String::new, |path| format!(" to {}", text::one_line(&legible(path), 60)));
    let bytes = texts(args).map(str::len).max().unwrap_or_default();
    format!("{}{to} ({bytes} bytes)", spec.name)
}

fn texts(args: &Value) -> impl Iterator<Item = &str> {
    args.as_object().into_iter().flat_map(|map| map.values().filter_map(Value::as_str))
}

/// Checks that a person who is asked about a call can read all that decides, before the question is put.
///
/// Fails with `Denied`.
pub fn check_readable(spec: &ToolSpec, args: &Value) -> Outcome<()> {
    let bytes = shown(spec.permission, args).len();
    if bytes <= READABLE {
        return Ok(());
    }
    let message = format!(
        "{} is not allowed: a person would have to read {bytes} bytes, and is asked to read {READABLE} at most",
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

/// The arguments on as many lines as they have: those of a text stand further in than any name.
fn lines(permission: Permission, args: &Value) -> String {
    let field = |(name, value): (&String, &Value)| {
        let name = legible(name);
        match value {
            Value::String(text) if text.len() > ROW || text.contains('\n') => {
                format!("  {name}:\n{}", block(permission, text))
            }
            other => format!("  {name}: {}", part(permission, other, &other.to_string())),
        }
    };
    match args {
        Value::Object(map) => map.iter().map(field).collect::<Vec<_>>().join("\n"),
        other => format!("  {}", legible(&other.to_string())),
    }
}

fn block(permission: Permission, text: &str) -> String {
    let is_data = permission == Permission::Write && text.len() > PATH;
    let text = if is_data { text::head_tail(text, PATH / 2, "") } else { text.to_owned() };
    text.split('\n').map(|line| format!("    {}", legible(line))).collect::<Vec<_>>().join("\n")
}

/// A part of the arguments, of which a person reads all unless it is what a file is to hold.
fn part(permission: Permission, value: &Value, text: &str) -> String {
    let data = permission == Permission::Write && value.as_str().unwrap_or(text).len() > PATH;
    if data { cut(&legible(text), PATH / 2) } else { legible(text) }
}

/// The arguments as the person sees them, on one line: a lone argument bare, others as JSON.
fn shown(permission: Permission, args: &Value) -> String {
    match args {
        Value::Object(map) if map.len() == 1 => {
            let bare = |value: &Value| match value {
                Value::String(text) => part(permission, value, text),
                other => part(permission, value, &other.to_string()),
            };
            map.values().map(bare).collect()
        }
        Value::Object(map) => {
            let field = |(name, value): (&String, &Value)| {
                format!(
                    "{}:{}",
                    legible(&Value::from(name.as_str()).to_string()),
                    part(permission, value, &value.to_string())
                )
            };
            format!("{{{}}}", map.iter().map(field).collect::<Vec<_>>().join(","))
        }
        other => legible(&other.to_string()),
    }
}

/// A legible text, or its head and tail with a note between them, on one line.
fn cut(text: &str, limit: usize) -> String {
    text::head_tail(text, limit, "").replace('\n', " ")
}

/// Whatever could move the cursor, colour the screen, reverse the reading order or stand there unseen is shown by its code,
/// so that what is read is what is allowed.
fn legible(plain: &str) -> String {
    let mut visible = String::with_capacity(plain.len());
    for c in plain.chars() {
        if c.is_control() || text::is_hidden(c) || matches!(c, '\u{200c}' | '\u{200d}') {
            visible.extend(c.escape_default());
        } else {
            visible.push(c);
        }
    }
    visible
}

#[cfg(test)]
mod tests {
    use super::{Approval, PATH, READABLE, check_readable, question, shown};
    use crate::core::failure::FailureKind;
    use crate::core::tool::{EffectClass, Permission, ToolSpec};
    use serde_json::{Value, json};

    fn spec(permission: Permission) -> ToolSpec {
        ToolSpec {
            name: "act".into(),
            summary: String::new(),
            parameters: Value::Null,
            returns: String::new(),
            answer: Value::Null,
            effect: EffectClass::Write,
            permission,
            examples: vec![],
            tags: vec![],
        }
    }

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
            (json!({"command": "ls\u{200d}\u{ad}\u{e0041}"}), "ls\\u{200d}\\u{ad}\\u{e0041}"),
            (json!({}), "{}"),
        ] {
            assert_eq!(shown(Permission::Execute, &args), expect);
        }
    }

    #[test]
    fn all_that_decides_is_read_or_nobody_is_asked() {
        let runs = spec(Permission::Execute);
        let most = json!({"command": "x".repeat(READABLE)});
        assert!(question(&runs, &most).prompt.contains(&"x".repeat(READABLE)));
        assert_eq!(check_readable(&runs, &most), Ok(()));
        let more = json!({"command": "x".repeat(READABLE - 1) + "\u{7}"});
        assert_eq!(check_readable(&runs, &more).unwrap_err().kind, FailureKind::Denied);
        let writes = spec(Permission::Write);
        let (path, text) = ("p".repeat(PATH), "\"\n".repeat(1_000_000));
        for args in [json!({"path": path, "text": text}), json!({"text": text, "path": path})] {
            assert_eq!(check_readable(&writes, &args), Ok(()));
            let prompt = question(&writes, &args).prompt;
            assert!(prompt.contains(&path) && prompt.contains(" of 4000002 bytes left out] "), "{prompt}");
            assert!(!prompt.contains('\n'), "{prompt}");
        }
        let lone = question(&writes, &json!({"text": text})).prompt;
        assert!(lone.contains(" bytes left out] ") && !lone.contains('\n'), "{lone}");
    }
    #[test]
    fn a_longer_call_is_read_line_by_line_above_a_short_question() {
        let writes = spec(Permission::Write);
        let args = json!({"path": "o.txt", "text": "one\n  path: \"p\"\r\n\u{1b}[2K", "append": true});
        let leave = question(&writes, &args).leave.unwrap();
        let read = "act\n  path: \"o.txt\"\n  text:\n    one\n      path: \"p\"\\r\n    \\u{1b}[2K\n  append: true";
        assert_eq!(leave.call, read);
        assert_eq!(leave.line, "allow act to o.txt (21 bytes)? always = every act of this session");
        let runs = spec(Permission::Execute);
        let command = "x".repeat(READABLE);
        let leave = question(&runs, &json!({"command": command})).leave.unwrap();
        assert_eq!(leave.call, format!("act\n  command:\n    {command}"));
        assert_eq!(leave.line, "allow act (12000 bytes)? always = every act of this session");
        let cut = question(&writes, &json!({"path": "o.txt", "text": "y\n".repeat(10_000)})).leave.unwrap();
        assert!(cut.call.contains("\n    ... [17952 of 20000 bytes left out] ...\n"), "{}", cut.call);
        let short = question(&runs, &json!({"command": "ls"})).leave.unwrap();
        assert_eq!(
            (short.call.as_str(), short.line.as_str()),
            ("", "allow act `ls`? always = every act of this session")
        );
    }
}

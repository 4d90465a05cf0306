//! What a person is shown of a call, and when nobody is asked.

use super::reading::{PATH, shown};
use super::{Approval, READABLE, check_readable, question};
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
    let read = "act\n  path: \"o.txt\"\n  text:\n    | one\n    |   path: \"p\"\\r\n    | \\u{1b}[2K\n  append: true";
    assert_eq!(leave.call, read);
    assert_eq!(leave.line, "allow act to o.txt (21 bytes)? always = every act of this session");
    let runs = spec(Permission::Execute);
    let command = "x".repeat(READABLE);
    let leave = question(&runs, &json!({"command": command})).leave.unwrap();
    assert_eq!(leave.call, format!("act\n  command:\n    | {command}"));
    let line = format!("allow act `{}…` (12000 bytes)? always = every act of this session", "x".repeat(60));
    assert_eq!(leave.line, line);
    let cut = question(&writes, &json!({"path": "o.txt", "text": "yes no\n".repeat(10_000)})).leave.unwrap();
    assert!(cut.call.contains("\n    | ... [67952 of 70000 bytes left out] ...\n"), "{}", cut.call);
    let short = question(&runs, &json!({"command": "ls"})).leave.unwrap();
    assert_eq!((short.call.as_str(), short.line.as_str()), ("", "allow act `ls`? always = every act of this session"));
}

#[test]
fn nothing_of_a_call_is_pushed_off_the_screen() {
    let runs = spec(Permission::Execute);
    let read = |command: &str| question(&runs, &json!({"command": command})).leave.unwrap();
    let empty = read(&format!("echo hidden\n{}ls", " \n".repeat(198)));
    assert_eq!(empty.call, "act\n  command:\n    | echo hidden\n    … 198 empty lines …\n    | ls");
    assert_eq!(empty.line, "allow act `echo hidden…` (410 bytes)? always = every act of this session");
    let many = read(&"ls\n".repeat(30));
    assert_eq!(many.call, format!("act\n  command: \"{}\"", "ls\\n".repeat(30)));
    let writes = question(&spec(Permission::Write), &json!({"path": "o", "text": "l\n".repeat(30)})).leave.unwrap();
    assert_eq!(writes.call.matches("\n    | l").count(), 30);
}

#[test]
fn nobody_is_asked_to_read_hundreds_of_rows() {
    let args: serde_json::Map<String, Value> = (0..401).map(|n| (n.to_string(), Value::from(n))).collect();
    let refused = check_readable(&spec(Permission::Execute), &Value::from(args)).unwrap_err();
    assert!(refused.message.contains("401 rows, and is asked to read 400 at most"), "{}", refused.message);
}

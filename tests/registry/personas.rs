//! Personas and standing instructions: which file counts, and what is sent.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;

fn sent(server: &ChatServer) -> Vec<(String, String)> {
    server.asks().last().map(|ask| ask.messages()).unwrap_or_default()
}

fn system(server: &ChatServer) -> String {
    let first = sent(server).into_iter().next().filter(|(speaker, _)| speaker == "system");
    first.map(|(_, text)| text).unwrap_or_default()
}

#[test]
fn a_persona_is_a_file_of_the_project_then_of_the_user_then_built_in_or_a_text() {
    let server = ChatServer::new(|_| Reply::text("yes"));
    let program = Program::served_by(&server);
    let user = program.state().join("personas");
    std::fs::create_dir_all(&user).expect("a folder");
    std::fs::write(user.join("critic.md"), "You are the user's critic.\n").expect("a file");
    let ask = |program: &Program, options: &str| {
        program.args(["eval", &format!("llm(\"q\", #{{{options}}})")]).run().ok().prints("yes\n");
        system(&server)
    };
    assert_eq!(ask(&program, "persona: \"critic\""), "You are the user's critic.");
    let program = program.file("personas/critic.md", "You are the project's critic.\n");
    assert_eq!(ask(&program, "persona: \"critic\""), "You are the project's critic.");
    assert_eq!(
        ask(&program, "persona: \"critic\", system: \"Be brief.\""),
        "You are the project's critic.\n\nBe brief."
    );
    assert_eq!(ask(&program, "persona: \"You are a poet.\""), "You are a poet.");
    assert!(ask(&program, "persona: \"standard\"").starts_with("You answer what was asked"));
    assert_eq!(ask(&program, "system: \"Be brief.\""), "Be brief.");
    assert_eq!(ask(&program, ""), "");
    let before = server.asks().len();
    let unknown = program.args(["eval", "llm(\"q\", #{persona: \"critc\"})"]).run().code(1);
    unknown
        .says("there is no persona `critc`")
        .says("did you mean `critic`?")
        .says("[project]/personas")
        .says("[state]/personas");
    program.args(["eval", "llm(\"q\", #{persona: \"../critic\"})"]).run().ok();
    assert_eq!(system(&server), "../critic", "a path is no name, so it is taken as a text");
    assert_eq!(server.asks().len(), before + 1);
}

#[test]
fn a_role_has_a_persona_and_the_built_in_roles_have_instructions() {
    let server = ChatServer::new(|_| Reply::text("yes"));
    let text = "[roles.worker]\npersona = \"critic\"\nsystem = \"Be brief.\"\nstop = [\"END\"]\n\n[roles.coder]\nsystem = \"Write Rust.\"\n";
    let program = Program::served_by(&server).file("rhizo.toml", text).file("personas/critic.md", "You are a critic.");
    let ask = |code: &str| {
        program.args(["eval", code]).run().ok();
        system(&server)
    };
    assert_eq!(ask("llm(\"q\")"), "You are a critic.\n\nBe brief.");
    assert_eq!(server.asks().last().expect("an ask").body["stop"][0], "END");
    assert_eq!(ask("llm(\"q\", #{system: \"Only this.\"})"), "Only this.");
    assert_eq!(ask("llm(\"q\", #{persona: \"You are a poet.\"})"), "You are a poet.\n\nBe brief.");
    assert!(ask("llm(\"q\", #{role: \"summarizer\"})").starts_with("You shorten text."));
    assert_eq!(ask("llm(\"q\", #{role: \"coder\"})"), "Write Rust.");
    for role in ["ingest", "thinking", "toolrunner", "expert", "architect"] {
        program.args(["eval", &format!("llm(\"q\", #{{role: \"{role}\"}})")]).run().ok().prints("yes\n");
    }
}

#[test]
fn a_root_is_who_its_role_is() {
    let server = ChatServer::root(&["FINAL(context.head(5))"], "leaf");
    let program = Program::served_by(&server).file("a.txt", "some text");
    let program = program.file("rhizo.toml", "[roles.architect]\npersona = \"You are a pirate.\"\n");
    program.args(["ask", "q", "--context", "a.txt"]).run().ok();
    assert!(system(&server).starts_with("You are a pirate.\n\n"), "{}", system(&server));
    program.args(["ask", "q", "--context", "a.txt", "--recursive"]).run().ok().prints("some \n");
    assert!(server.asks().iter().any(|ask| ask.is_root() && ask.messages()[0].1.contains("You are a pirate.")));
}

#[test]
fn a_persona_of_the_project_stays_in_it() {
    let server = ChatServer::new(|_| Reply::text("yes"));
    let outside = tempfile::tempdir().expect("a folder");
    std::fs::write(outside.path().join("secret.md"), "the key is hush").expect("a file");
    let program = Program::served_by(&server).file("real/critic.md", "You are a critic.");
    std::os::unix::fs::symlink(outside.path(), program.project().join("personas")).expect("a link");
    let ran = program.args(["eval", "llm(\"q\", #{persona: \"secret\"})"]).run().code(1);
    ran.says("leads out of the project").says("hint: copy it into the project").does_not_say("hush");
    assert_eq!(server.asks().len(), 0);
    std::fs::remove_file(program.project().join("personas")).expect("the link");
    std::os::unix::fs::symlink("real", program.project().join("personas")).expect("a link");
    program.args(["eval", "llm(\"q\", #{persona: \"critic\"})"]).run().ok();
    assert_eq!(system(&server), "You are a critic.");
    let program = program.file("real/long.md", "x".repeat(300 * 1024));
    program.args(["eval", "llm(\"q\", #{persona: \"long\"})"]).run().code(1).says("more than 256 KiB");
}

//! Tools and kept programs as scripts call them: permissions, the workspace's borders, and what is left behind.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::{Value, json};

/// A project with what the examples of the tools read.
fn project() -> Program {
    Program::offline()
        .file("notes.txt", "line 1\nSecond line\nline 3\n")
        .file("data.json", "{\"items\": [{\"name\": \"nut\", \"price\": 2}]}")
        .file("table.csv", "name,price\nnut,1.5\n")
        .file("page.html", "<p>See <a href=\"https://example.com/\">this</a>.</p>")
}

/// The value of a program.
fn value(program: &Program, code: &str) -> Value {
    program.args(["eval", code, "--json", "--approve", "auto"]).run().ok().json()["answer"].clone()
}

#[test]
fn the_examples_of_every_tool_run() {
    let program = project();
    let specs = program.args(["tools", "list", "--json"]).run().ok().json();
    for spec in specs.as_array().expect("specs") {
        let name = spec["name"].as_str().expect("a name");
        let examples = spec["examples"].as_array().expect("examples");
        assert!(!examples.is_empty(), "{name} has no example");
        // One needs the world, the other a person.
        if ["http_get", "ask_user"].contains(&name) {
            continue;
        }
        for example in examples {
            let args = example["args"].to_string();
            let answer = program.args(["tools", "call", name, &args, "--approve", "auto", "--json"]).run().ok().json();
            assert!(
                jsonschema::is_valid(&spec["answer"], &answer),
                "{name} {args}: {answer} is not {}",
                spec["answer"]
            );
        }
    }
    assert_eq!(std::fs::read_to_string(program.project().join("out/report.txt")).expect("written"), "done\n");
}

#[test]
fn examples_can_be_typed_as_they_are_shown() {
    let program = project();
    for name in ["read_file", "json_query", "csv_read", "run_command", "calculate", "write_file"] {
        let shown = program.args(["tools", "show", name]).run().ok().stdout;
        let lines: Vec<&str> = shown.lines().filter_map(|line| line.strip_prefix("  in a shell: rhizo ")).collect();
        assert!(!lines.is_empty(), "{shown}");
        for line in lines {
            let first = format!("\"$0\" {line} --approve auto || exit 9");
            program.args(["eval", "1"]).after(&first).run().ok();
        }
    }
}

#[test]
fn tools_give_values_to_scripts() {
    let program = project();
    for (code, expect) in [
        ("TOOL(\"read_file\", #{path: \"notes.txt\", from_line: 2, to_line: 2})", json!("Second line\n")),
        ("TOOL(\"json_query\", #{query: \"$.items[0].name\", path: \"data.json\"})", json!(["nut"])),
        ("TOOL(\"csv_read\", #{path: \"table.csv\"})[0]", json!({"name": "nut", "price": 1.5})),
        ("TOOL(\"find_text\", #{pattern: \"(?i)second\"}).hits[0].line", json!(2)),
        ("TOOL(\"calculate\", #{expression: \"6 * 7\"})", json!(42)),
        ("TOOL(\"calculate\", #{expression: \"7 / 2\"})", json!(3.5)),
        ("TOOL(\"date\", #{action: \"add\", value: \"2026-01-31\", span: \"1 month\"}).date", json!("2026-02-28")),
        ("TOOL(\"run_command\", #{command: [\"echo\", \"a b\"]}).stdout", json!("a b\n")),
        ("TOOL(\"run_command\", #{command: \"exit 3\"}).status", json!(3)),
        (
            "TOOL(\"list_dir\", #{}).entries.map(|e| e.name)",
            json!(["data.json", "notes.txt", "page.html", "table.csv"]),
        ),
        ("tools(\"web page\")[0].name", json!("http_get")),
        ("tools().len", json!(12)),
    ] {
        assert_eq!(value(&program, code), expect, "{code}");
    }
}

#[test]
fn a_setting_says_how_large_a_file_of_a_command_may_be() {
    let program = project().file("rhizo.toml", "[tools]\nmax_file = 1000\n");
    let answer = value(&program, "TOOL(\"run_command\", #{command: \"head -c 5000 /dev/zero > big\"})");
    assert!(answer["note"].as_str().is_some_and(|note| note.contains("`tools.max_file`")), "{answer}");
    assert_eq!(std::fs::metadata(program.project().join("big")).expect("a file").len(), 1000);
}

#[test]
fn arguments_are_checked_before_anything_happens() {
    let program = project();
    for (code, part) in [
        ("TOOL(\"read_file\", #{})", "\"path\" is a required property"),
        ("TOOL(\"read_file\", #{path: 3})", "wrong arguments for read_file"),
        ("TOOL(\"write_file\", #{path: \"a\", txt: \"b\"})", "`txt` may be `text`"),
        ("TOOL(\"date\", #{tz: \"Europe/Berlin\"})", "hint: date takes: action, value, to, span, format, zone"),
        ("TOOL(\"date\", #{to: \"2026-03-01\"})", "`to` is the end of a difference, which this action is not"),
        (
            "TOOL(\"date\", #{action: \"format\", format: \"%Y\", to: \"2026-03-01\"})",
            "`to` is the end of a difference",
        ),
        ("TOOL(\"calculate\", #{expression: \"1 +\"})", "at character 4 of `1 +`"),
        ("TOOL(\"read_file\", #{path: \"nots.txt\"})", "list_dir shows what there is"),
        ("TOOL(\"json_query\", #{query: \"$[\", value: 1})", "error:"),
    ] {
        program.args(["eval", code, "-q", "--approve", "auto"]).run().code(1).says(part);
    }
    assert!(!program.project().join("a").exists());
}

#[test]
fn nothing_outside_of_the_workspace_is_touched() {
    let program = project();
    let outside = program.state().with_file_name("outside.txt");
    std::fs::write(&outside, "private").expect("a file");
    std::os::unix::fs::symlink(&outside, program.project().join("link.txt")).expect("a link");
    std::os::unix::fs::symlink(outside.parent().expect("a folder"), program.project().join("up")).expect("a link");
    let absolute = outside.display().to_string();
    for path in ["../outside.txt", "link.txt", "up/outside.txt", &absolute, "notes.txt/../../outside.txt"] {
        for code in [
            format!("TOOL(\"read_file\", #{{path: \"{path}\"}})"),
            format!("TOOL(\"write_file\", #{{path: \"{path}\", text: \"x\", mode: \"overwrite\"}})"),
        ] {
            let ran = program.args(["eval", &code, "-q", "--approve", "auto"]).run().code(1);
            assert!(!ran.stdout.contains("private"), "{code}: {ran:?}");
        }
    }
    assert_eq!(std::fs::read_to_string(&outside).expect("a file"), "private");
}

#[test]
fn a_program_does_not_write_its_own_settings() {
    let program = project().file("sub/notes.txt", "line\n");
    for (path, mode) in [("rhizo.toml", "create"), ("./sub/../RHIZO.toml", "overwrite"), ("sub/rhizo.toml", "append")] {
        let code = format!("TOOL(\"write_file\", #{{path: \"{path}\", text: \"model = 1\", mode: \"{mode}\"}})");
        let ran = program.args(["eval", &code, "--approve", "auto"]).run().code(1);
        ran.says("holds settings of rhizo").says("hint: a program may not change them; write the file by hand");
    }
    assert!(Program::files_below(&program.project()).iter().all(|path| !path.to_lowercase().ends_with("rhizo.toml")));
}

#[test]
fn a_program_does_not_write_what_git_runs() {
    let program = project().file(".git/config", "[core]\n");
    for (path, mode) in [(".git/hooks/pre-commit", "create"), (".git/config", "append"), ("sub/.git", "create")] {
        let code = format!("TOOL(\"write_file\", #{{path: \"{path}\", text: \"echo\", mode: \"{mode}\"}})");
        let ran = program.args(["eval", &code, "--approve", "auto"]).run().code(1);
        ran.says(&format!("`{path}` belongs to git")).says("hint: what stands there is run by the next call of git");
    }
    assert_eq!(std::fs::read_to_string(program.project().join(".git/config")).expect("a file"), "[core]\n");
}

#[test]
fn a_program_does_not_write_what_belongs_to_rhizo() {
    let program = project();
    let home = program.user();
    std::fs::create_dir_all(home.join(".config/rhizo")).expect("a folder");
    std::os::unix::fs::symlink(".config/rhizo", home.join("link")).expect("a link");
    let call = |path: &str| {
        let code = format!("TOOL(\"write_file\", #{{path: \"{path}\", text: \"x\", mode: \"overwrite\"}}).path");
        program.args(["eval", &code, "--approve", "auto", "-q"]).env("RHIZO_HOME", "").folder(&home).run()
    };
    for path in ["config.toml", "scripts/new.rhai"].map(|name| format!(".config/rhizo/{name}")) {
        call(&path).code(1).says("belongs to rhizo itself").says("hint: a program may change neither");
    }
    for path in ["link/config.toml", ".local/state/rhizo/rhizo.db", ".local/state/rhizo/prices.json"] {
        call(path).code(1).says("belongs to rhizo itself");
    }
    call(".config/other.toml").ok().prints(".config/other.toml\n");
}

#[test]
fn a_program_reaches_no_state_that_lies_in_its_workspace() {
    let program = project().file("own/state/history", "line of a person\n").file("sub/new.txt", "line of a file\n");
    let answer = |code: &str| {
        let call = program.args(["eval", code, "--json", "--approve", "auto"]).env("RHIZO_HOME", "own/state");
        call.run().json()
    };
    let read = answer("TOOL(\"read_file\", #{path: \"own/state/history\"})");
    let told = read["failure"]["message"].as_str().unwrap_or_default();
    assert!(told.contains("`own/state/history` belongs to rhizo itself"), "{read:#}");
    let names = "TOOL(\"list_dir\", #{recursive: true, glob: \"own/**\"}).entries.map(|entry| entry.name)";
    assert_eq!(answer(names)["answer"], json!([]));
    let paths = "TOOL(\"find_text\", #{pattern: \"line of\"}).hits.map(|hit| hit.path)";
    assert_eq!(answer(paths)["answer"], json!(["sub/new.txt"]));
    for (line, works) in [
        ("echo x >> notes.txt && echo x > sub/newer.txt && echo x > $TMPDIR/x", true),
        ("echo x > own/state/prices.json", false),
        ("echo x >> own/state/history", false),
        ("rm own/state/history", false),
        ("mv own/state sub/", false),
        ("mv own sub/", false),
        ("ln own/state/history sub/ && echo x >> sub/history", false),
        ("echo x > beside.txt", false),
    ] {
        let ran = answer(&format!("TOOL(\"run_command\", #{{command: {}}})", json!(line)))["answer"].clone();
        if ran["sandboxed"] == json!(false) {
            return;
        }
        assert_eq!((&ran["success"], ran["note"].is_string()), (&json!(works), !works), "{line}: {ran:#}");
    }
    let kept = std::fs::read_to_string(program.project().join("own/state/history")).expect("a file");
    assert_eq!(kept, "line of a person\n");
    let found = program.args(["doctor", "--no-call", "--json"]).env("RHIZO_HOME", "own/state").run().ok();
    assert!(found.stdout.contains("holds files of rhizo itself"), "{}", found.stdout);
}

#[test]
fn a_command_replaces_no_link_on_the_way_to_settings_or_state() {
    let program = ["dotfiles/rhizo/config.toml", "links/x.txt", "conf/x.txt", "sub/x.txt"]
        .into_iter()
        .fold(project(), |program, name| program.file(name, ""));
    for (link, to) in
        [("links/way", "../dotfiles"), ("conf/rhizo", "../links/way/rhizo"), ("sub/rhizo", "../links/state")]
    {
        std::os::unix::fs::symlink(to, program.project().join(link)).expect("a link");
    }
    let works = |home: (&str, &str), line: &str| {
        let code = format!("TOOL(\"run_command\", #{{command: {}}})", json!(line));
        let call = program.args(["eval", &code, "--json", "--approve", "auto"]);
        let ran = call.env("RHIZO_HOME", "").env(home.0, home.1).run().ok().json()["answer"].clone();
        (ran["sandboxed"] == json!(true)).then(|| ran["success"] == json!(true))
    };
    let conf = program.project().join("conf/rhizo").display().to_string();
    let sub = program.project().join("sub").display().to_string();
    let (state, settings) = (("RHIZO_HOME", conf.as_str()), ("XDG_CONFIG_HOME", sub.as_str()));
    for (home, line, expected) in [
        (state, "echo x > sub/new.txt && rm sub/new.txt", true),
        (state, "rm conf/rhizo", false),
        (state, "mv conf/rhizo sub/", false),
        (state, "rm links/way", false),
        (state, "ln -sfn ../sub links/way", false),
        (settings, "echo x > conf/new.txt && rm conf/new.txt", true),
        (settings, "rm sub/rhizo", false),
        (settings, "mkdir links/state", false),
    ] {
        let ran = works(home, line);
        assert!(ran.is_none_or(|ran| ran == expected), "{line}: {ran:?}");
    }
}

#[test]
fn private_addresses_are_refused_unless_allowed() {
    let server = ChatServer::new(|_| Reply::text("never"));
    let program = project();
    let url = format!("{}/models", server.base_url());
    let code = format!("TOOL(\"http_get\", #{{url: \"{url}\"}}).status");
    program.args(["eval", &code, "--approve", "auto"]).run().code(1).says("not a public address").says("hint:");
    let allowed = program.args(["eval", &code, "--approve", "auto"]).env("RHIZO_TOOLS_ALLOW_PRIVATE_ADDRESSES", "true");
    allowed.run().ok().prints("200\n");
    let named = code.replace("127.0.0.1", "localhost");
    program.args(["eval", &named, "--approve", "auto"]).run().code(1).says("not a public address");
}

#[test]
fn a_command_that_hangs_is_killed_with_its_children() {
    let program = project();
    let code = "let r = TOOL(\"run_command\", #{command: \"sleep 300 & echo $! > child.pid; wait\", timeout: 1});\nr.timed_out";
    program.args(["eval", code, "--approve", "auto", "-q"]).run().ok().prints("true\n");
    let pid = std::fs::read_to_string(program.project().join("child.pid")).expect("the child's number");
    let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    assert!(state.is_empty() || state.contains(") Z"), "the child lives: {state}");
}

#[test]
fn the_timeout_that_was_set_binds_every_tool() {
    let program = project().env("RHIZO_TOOLS_TIMEOUT", "1");
    let code = "TOOL(\"run_command\", #{command: \"sleep 309\"}).timed_out";
    program.args(["eval", code, "--approve", "auto", "-q"]).run().ok().prints("true\n");
    for code in [
        "TOOL(\"run_command\", #{command: \"true\", timeout: 2})",
        "TOOL(\"http_get\", #{url: \"https://example.com/\", timeout: 2})",
    ] {
        let ran = program.args(["eval", code, "--approve", "auto"]).run().code(1);
        ran.says("a timeout of 2 s is more than the 1 s that a tool call may take")
            .says("or raise tools.timeout (3600 at most)");
    }
    let longer = "TOOL(\"run_command\", #{command: \"true\", timeout: 4000})";
    project().args(["eval", longer, "--approve", "auto"]).run().code(1).says("maximum of 3600");
}

#[test]
fn keys_do_not_reach_commands() {
    let program = project().env("OPENAI_API_KEY", "sk-secret").env("MY_TOKEN", "secret").env("PLAIN", "visible");
    let code = "TOOL(\"run_command\", #{command: \"env\"}).stdout";
    let answer = value(&program, code);
    let seen = answer.as_str().expect("text");
    assert!(seen.contains("PLAIN=visible") && !seen.contains("secret"), "{seen}");
}

#[test]
fn keys_do_not_show_in_the_processes_above_a_command() {
    let program = project().env("OPENAI_API_KEY", "sk-above");
    let line = "top=$(sed 's/.*) . //;s/ .*//' /proc/$PPID/stat)\n\
        for id in $PPID $top; do cat /proc/$id/environ /proc/$id/task/*/environ | tr '\\0' '\\n'; done\n\
        cat /proc/$top/comm";
    let answer = value(&program, &format!("TOOL(\"run_command\", #{{command: {}}}).stdout", json!(line)));
    let seen = answer.as_str().expect("text");
    assert!(seen.ends_with("rhizo\n") && !seen.contains("sk-above"), "{seen}");
}

#[test]
fn a_key_is_known_by_the_model_that_needs_it() {
    let settings = "[models.far]\nbase_url = \"http://127.0.0.1:9/v1\"\nkey_env = \"ACME_AUTH\"\n\
        [tools]\nenv = [\"ACME_AUTH\", \"PLAIN\"]\n";
    let program = project().file("rhizo.toml", settings).env("ACME_AUTH", "hush").env("PLAIN", "visible");
    let answer = value(&program, "TOOL(\"run_command\", #{command: \"env\"}).stdout");
    let seen = answer.as_str().expect("text");
    assert!(seen.contains("PLAIN=visible") && !seen.contains("hush"), "{seen}");
    assert_eq!(value(&program, "env(\"PLAIN\")"), "visible");
    for name in ["ACME_AUTH", "OPENAI_API_KEY"] {
        let ran = program.args(["eval", &format!("env(\"{name}\")")]).run().code(1);
        ran.says(&format!("a program may not read {name}")).says("hint: no program sees keys").does_not_say("list it");
    }
    program.args(["eval", "env(\"HIDDEN\")"]).run().code(1).says("hint: list it under [tools] env = [\"HIDDEN\"]");
}

/// Whether the kernel keeps the signals of a command below what stands above it.
#[cfg(target_os = "linux")]
fn signals_are_kept() -> bool {
    use landlock::{CompatLevel, Compatible, Ruleset, RulesetAttr, Scope};
    Ruleset::default().set_compatibility(CompatLevel::HardRequirement).scope(Scope::Signal).is_ok()
}

#[test]
#[cfg(target_os = "linux")]
fn a_command_cannot_kill_its_way_out() {
    if !signals_are_kept() {
        return;
    }
    let program = project();
    // Neither parent, session nor environment lead to this one, and it outlives whatever stands above the command.
    let late = "echo $$ > id.new; mv id.new id; while [ ! -e go ]; do :; done; echo x > late";
    let line = format!(
        "(setsid env -i setsid sh -c '{late}' >/dev/null 2>&1 </dev/null &)\n\
        while [ ! -e id ]; do :; done\nkill -9 $PPID"
    );
    let code = format!("TOOL(\"run_command\", #{{command: {}}}).success", json!(line));
    program.args(["eval", &code, "--approve", "auto", "-q"]).run().ok().prints("false\n");
    let id = std::fs::read_to_string(program.project().join("id")).expect("its number");
    let state = std::fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap_or_default();
    std::fs::write(program.project().join("go"), "").expect("a file");
    assert!(state.is_empty() || state.contains(") Z"), "it lives: {state}");
    assert!(!program.project().join("late").exists());
}

#[test]
#[cfg(target_os = "linux")]
fn a_command_inherits_nothing_but_its_streams() {
    let program = project();
    let left = program.state().with_file_name("left");
    let first = format!("exec 3>{0} 7<>{0}; echo ours >&3", left.display());
    let line = "for d in 3 7; do (eval \"echo yes >&$d\") 2>/dev/null && echo writes to $d; done; echo done";
    let code = format!("TOOL(\"run_command\", #{{command: {}}}).stdout", json!(line));
    let ran = program.args(["eval", &code, "--json", "--approve", "auto"]).after(&first).run().ok();
    assert_eq!(ran.json()["answer"], json!("done\n"));
    assert_eq!(std::fs::read_to_string(left).expect("a file"), "ours\n");
}

#[test]
#[cfg(target_os = "linux")]
fn a_command_reaches_no_abstract_socket_of_others() {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixListener};
    let name = format!("rhizo-test-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).expect("an address");
    let _listener = UnixListener::bind_addr(&address).expect("a socket");
    let line = format!(
        "socket(my $s, AF_UNIX, SOCK_STREAM, 0); \
        print connect($s, pack_sockaddr_un(\"\\0{name}\")) ? \"reached\" : \"refused\""
    );
    let perl = std::process::Command::new("perl").args(["-MSocket", "-e", &line]).output();
    if !signals_are_kept() || !perl.is_ok_and(|ran| ran.stdout == b"reached") {
        return;
    }
    let code = format!("TOOL(\"run_command\", #{{command: {}}}).stdout", json!(["perl", "-MSocket", "-e", line]));
    assert_eq!(value(&project(), &code), json!("refused"));
}

#[test]
#[cfg(target_os = "linux")]
fn a_command_ends_with_the_program_that_was_killed() {
    let program = project();
    let line = "setsid sh -c 'sleep 307 & echo $! > id.new; mv id.new id; wait' | cat";
    let code = format!("TOOL(\"run_command\", #{{command: {}}})", json!(line));
    let running = program.args(["eval", &code, "--approve", "auto", "-q"]).start();
    let id = until(|| std::fs::read_to_string(program.project().join("id")).ok());
    running.kill();
    running.end();
    until(|| {
        let state = std::fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap_or_default();
        (state.is_empty() || state.contains(") Z")).then_some(())
    });
}

#[test]
#[cfg(target_os = "linux")]
fn commands_end_well_where_the_system_shows_no_processes() {
    let hiding = "mount -t tmpfs none /proc";
    let hides = std::process::Command::new("unshare").args(["-rm", "sh", "-c", hiding]).output();
    if !hides.is_ok_and(|ran| ran.status.success()) {
        return;
    }
    let program = project();
    let first = format!("exec unshare -rm sh -c '{hiding} && exec \"$0\" \"$@\"' \"$0\" \"$@\"");
    for (line, timeout, shown) in [
        ("sleep 308 & echo $! > id", 60, "0 true false"),
        ("sleep 308 >/dev/null 2>&1 & echo $! > id; exit 3", 60, "3 false false"),
        ("sleep 308 & echo $! > id; wait", 1, "137 false true"),
    ] {
        let code = format!(
            "let r = TOOL(\"run_command\", #{{command: {}, timeout: {timeout}}});\n\
            `${{r.status}} ${{r.success}} ${{r.timed_out}}`",
            json!(line)
        );
        let ran = program.args(["eval", &code, "--approve", "auto", "-q"]).after(&first).run();
        ran.ok().prints(&format!("{shown}\n"));
        let id = std::fs::read_to_string(program.project().join("id")).expect("its number");
        until(|| {
            let state = std::fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap_or_default();
            (state.is_empty() || state.contains(") Z")).then_some(())
        });
    }
}

/// What another process does sooner or later.
#[cfg(target_os = "linux")]
fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let begun = std::time::Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < std::time::Duration::from_secs(60), "it does not happen");
        std::thread::yield_now();
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_command_has_no_terminal() {
    let size = portable_pty::PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
    let pair = portable_pty::native_pty_system().openpty(size).expect("a pseudo-terminal");
    let terminal = pair.master.tty_name().expect("its name").display().to_string();
    let line = format!(
        "echo begun\nfor t in {terminal} /dev/tty /dev/ptmx; do\n\
        (: > $t) 2>/dev/null && echo writes to $t\n(: < $t) 2>/dev/null && echo reads $t\ndone\n\
        head -c 1 /dev/zero | wc -c > /dev/null && [ -r /etc/passwd ] && head -c 0 /etc/passwd && echo works"
    );
    let code = format!("TOOL(\"run_command\", #{{command: {}}})", json!(line));
    let program = project();
    let everything = std::path::Path::new("/");
    for (folder, temporary) in [(program.project().as_path(), "/tmp"), (everything, "/tmp"), (everything, "/dev")] {
        let call = program.args(["eval", &code, "--json", "--approve", "auto"]).folder(folder);
        let answer = call.env("TMPDIR", temporary).run().ok().json()["answer"].clone();
        if answer["sandboxed"] == json!(true) {
            assert_eq!(answer["stdout"], json!("begun\nworks\n"), "{} {temporary}", folder.display());
        }
    }
}

#[test]
fn a_tested_program_is_kept_and_found() {
    let program = project();
    let draft = "#{name: \"shout\", source: \"args.text.to_upper()\", summary: \"Shouts a text.\", \
        params: #{text: \"what to shout\"}, tags: [\"loud\"], example: #{text: \"a\"}}";
    assert!(
        value(&program, &format!("save_script({draft})"))
            .as_str()
            .is_some_and(|path| path.ends_with("scripts/shout.rhai"))
    );
    assert_eq!(value(&program, "SCRIPT(\"shout\", #{text: \"hey\"})"), "HEY");
    assert_eq!(value(&program, "scripts(\"loud\")[0].name"), "shout");
    let listed = program.args(["scripts", "list"]).run().ok();
    assert!(listed.stdout.contains("shout") && listed.stdout.contains("Shouts a text."), "{}", listed.stdout);
    let source = std::fs::read_to_string(program.project().join("scripts/shout.rhai")).expect("kept");
    assert!(source.starts_with("//! +++\n//! summary = \"Shouts a text.\""), "{source}");
}

#[test]
fn a_program_whose_example_fails_is_not_kept() {
    let program = project();
    let code = "save_script(#{name: \"bad\", source: \"args.text.nothing()\", summary: \"Fails.\", params: #{text: \"t\"}, example: #{text: \"a\"}})";
    let ran = program.args(["eval", code, "--approve", "auto"]).run().code(1);
    ran.says("the program is not kept, because its example failed").says("(line 1 of program `bad`)\n   1 | args.text");
    let code = "save_script(#{name: \"../bad\", source: \"1\", summary: \"Escapes.\"})";
    program.args(["eval", code, "--approve", "auto"]).run().code(1).says("is no name for a program");
    let unsaid =
        program.args(["eval", "save_script(#{name: \"bad\", source: \"1\"})", "--approve", "auto"]).run().code(1);
    unsaid.says("save_script: missing field `summary`").says("hint: add `summary: ..` to the map");
    let code = "save_script(#{name: \"fine\", source: \"1\", summary: \"Works.\"})";
    program.args(["eval", code, "--approve", "never"]).run().code(1).says("write_file is not allowed");
    assert!(!program.project().join("scripts").exists());
}

#[test]
fn a_kept_program_is_only_replaced_on_demand() {
    let program = project();
    let keep = |more: &str| format!("save_script(#{{{more}, summary: \"Counts.\"}}); 0");
    let call = |code: &str| program.args(["eval", code, "--approve", "auto"]).run();
    call(&keep("name: \"mine\", source: \"1\"")).ok();
    let refused = call(&keep("name: \"mine\", source: \"2\"")).code(1);
    refused.says("`mine` exists (").says("scripts/mine.rhai)").says("or `replace: true`");
    assert_eq!(value(&program, "SCRIPT(\"mine\")"), 1);
    call(&keep("name: \"mine\", source: \"2\", replace: true")).ok();
    assert_eq!(value(&program, "SCRIPT(\"mine\")"), 2);
    let hidden = call(&keep("name: \"outline\", source: \"3\"")).code(1);
    hidden.says("`outline` would hide the built-in program of this name").says("or `replace: true`");
    assert!(!program.project().join("scripts/outline.rhai").exists());
    call(&keep("name: \"outline\", source: \"3\", replace: true")).ok();
    assert_eq!(value(&program, "SCRIPT(\"outline\")"), 3);
}

#[test]
fn that_a_name_is_taken_is_said_before_the_example_is_paid_for() {
    let server = ChatServer::new(|_| Reply::text("yes"));
    let program = Program::paying(&server).file("scripts/mine.rhai", "//! +++\n//! summary = \"Mine.\"\n//! +++\n1\n");
    let code = "let told = \"\";
        try { save_script(#{name: \"mine\", source: \"llm(`x`)\", summary: \"Asks.\"}) } catch (e) { told = e.message }
        told + llm(\"after\")";
    let ran = program.args(["eval", code, "--approve", "auto"]).run().ok();
    assert!(ran.stdout.starts_with("`mine` exists ("), "{ran:?}");
    assert_eq!(server.asks().len(), 1, "the example is not run");
    std::fs::remove_file(program.project().join("scripts/mine.rhai")).expect("it was there");
    program.args(["replay", "last"]).run().ok().prints(&ran.stdout);
}

#[test]
fn a_program_that_an_earlier_version_wrote_is_not_written_again() {
    let server = ChatServer::new(|_| Reply::text("yes"));
    let keep = |more: &str, end: &str| {
        format!("save_script(#{{name: \"mine\", source: \"llm(`x`)\", summary: \"Asks.\"{more}}}); {end}")
    };
    // Earlier versions wrote as `replace` does.
    let program = Program::paying(&server).file("keep.rhai", keep(", replace: true", "throw \"not yet\""));
    program.args(["run", "keep.rhai", "--approve", "auto"]).run().code(1).says("not yet");
    let program = program.file("keep.rhai", keep("", "7"));
    program.args(["resume", "last", "--approve", "auto"]).run().ok().prints("7\n");
    assert_eq!(server.asks().len(), 1, "the example is not run again");
}

#[test]
fn memories_are_checked_and_ranked() {
    let program = project();
    program.args(["eval", "remember(#{lesson: \"x\"})"]).run().code(1).says("`situation` is empty");
    program.args(["eval", "remember(#{situation: \"a\", leson: \"x\"})"]).run().code(1).says("did you mean `lesson`?");
    program.args(["eval", "remember(#{situation: \"a\", outcome: \"good\"})"]).run().code(1);
    // What a script claims earns no more than what nobody has checked.
    let trust = "recall(\"b\", 1)[0].trust";
    for (given, kept, lowered) in [(", trust: 1.0", "0.5", true), ("", "0.5", false), (", trust: 0.2", "0.2", false)] {
        let fresh = Program::offline();
        let ran = fresh.args(["eval", &format!("remember(#{{situation: \"b\"{given}}})")]).run().ok();
        let told = "trust 1 is lowered to 0.5";
        drop(if lowered { ran.says(told) } else { ran.does_not_say(told) });
        fresh.args(["eval", trust]).run().ok().prints(&format!("{kept}\n"));
    }
    let store = "for s in [\"count the lines of a log\", \"sum a column of prices\", \"find a name in letters\"] {\n\
        remember(#{situation: s, lesson: s + \"!\", outcome: \"success\"}); }";
    program.args(["eval", store]).run().ok();
    let found = value(&program, "recall(\"sum the column with the prices\", 2)");
    assert_eq!((found.as_array().map(Vec::len), &found[0]["lesson"]), (Some(2), &json!("sum a column of prices!")));
    let similar = |at: usize| found[at]["similarity"].as_f64().expect("a number");
    assert!(similar(0) > similar(1), "{found:#}");
    assert_eq!((&found[0]["outcome"], &found[0]["action"]), (&json!("success"), &json!("note")));
}

//! Where each value comes from, and every fault with its place.

use crate::support::program::Program;
use serde_json::{Value, json};
use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, chown};

/// A program with a file of the user's.
fn with_user(program: Program, text: &str) -> Program {
    std::fs::create_dir_all(program.state()).expect("a folder");
    std::fs::write(program.state().join("config.toml"), text).expect("a file");
    program
}

fn row(rows: &Value, setting: &str) -> (Value, Value) {
    let found = rows.as_array().expect("rows").iter().find(|row| row["setting"] == setting);
    found.map_or_else(|| (json!("nothing"), json!("nobody")), |row| (row["value"].clone(), row["origin"].clone()))
}

#[test]
fn every_value_says_where_it_came_from() {
    let project = "strategy = \"cost\"\n\n[limits]\nmax_turns = 7\n\n[roles.worker]\ntemperature = 0.5\n";
    let user = "[limits]\nmax_turns = 9\nmax_depth = 2\n\n[roles.worker]\ntemperature = 1\nmax_tokens = 100\n";
    let program = with_user(Program::new().file("rhizo.toml", project), user);
    let call = program.args(["--max-cost", "0.5", "config", "show", "--json"]).env("RHIZO_MAX_CALLS", "3");
    let rows = call.run().ok().json();
    for (setting, value, origin) in [
        ("limits.max_cost", json!(0.5), "--max-cost"),
        ("limits.max_calls", json!(3), "RHIZO_MAX_CALLS"),
        ("strategy", json!("cost"), "[project]/rhizo.toml:1:1"),
        ("limits.max_turns", json!(7), "[project]/rhizo.toml:4:1"),
        ("limits.max_depth", json!(2), "[state]/config.toml:3:1"),
        ("roles.worker.temperature", json!(0.5), "[project]/rhizo.toml:7:1"),
        ("roles.worker.max_tokens", json!(100), "[state]/config.toml:7:1"),
        ("roles.worker.position", json!(0), "built in"),
        ("tools.approve", json!("ask"), "built in"),
    ] {
        assert_eq!(row(&rows, setting), (value, json!(origin)), "{setting}");
    }
    assert_eq!(row(&rows, "model"), (Value::Null, Value::Null));
    let call = program.args(["config", "show", "limits", "--origin"]).env("RHIZO_MAX_CALLS", "3");
    call.run().ok().snapshot("config_show");
    let shown = program.args(["config", "show"]).run().ok().stdout;
    program.args(["config"]).run().ok().prints(&shown);
    program.args(["config", "show", "limit"]).run().code(1).says("did you mean `limits`?");
}

#[test]
fn a_file_that_others_can_change_is_not_followed() {
    let program = Program::offline().file("rhizo.toml", "role = \"worker\"\n").file("a/b/notes.txt", "");
    let (file, below) = (program.project().join("rhizo.toml"), program.project().join("a/b"));
    let mode = |mode| std::fs::set_permissions(&file, Permissions::from_mode(mode)).expect("a mode");
    mode(0o646);
    let says = "[project]/rhizo.toml can be written by everybody, so it is not followed";
    program.args(["eval", "1"]).run().code(3).says(says).says("hint:");
    program.args(["eval", "1"]).folder(&below).run().code(3).says(says);
    mode(0o664);
    program.args(["eval", "1"]).run().ok();
    // Only root can give a file away.
    if chown(&file, Some(1), None).is_ok() {
        program.args(["eval", "1"]).folder(&below).run().code(3).says("rhizo.toml belongs to another user (number 1)");
    }
}

#[test]
fn what_a_project_allows_by_itself_is_told() {
    let text = "[tools]\napprove = \"auto\"\nallow_private_addresses = true\n[models.far]\n\
        base_url = \"https://me:hush@far.example/v1\"\nkey_env = \"FAR_KEY\"\n\
        [models.near]\nbase_url = \"http://127.0.0.1:9/v1\"\nkey_env = \"NEAR_KEY\"\n";
    let program = Program::offline().file("rhizo.toml", text);
    let ran = program.args(["eval", "1"]).run().ok();
    let told = ran.stderr.lines().filter(|line| line.starts_with("note: ")).collect::<Vec<_>>();
    let says = "note: [project]/rhizo.toml lets tools run unasked, lets http_get reach private addresses, \
        sends FAR_KEY to https://...@far.example/v1";
    assert_eq!(told, [says], "{ran:?}");
    for flag in ["--quiet", "--json"] {
        program.args(["eval", "1", flag]).run().ok().says(says);
    }
    // What the person says is no news.
    let ran = program.args(["eval", "1", "--approve", "auto"]).env("RHIZO_TOOLS_ALLOW_PRIVATE_ADDRESSES", "true").run();
    ran.ok().says("rhizo.toml sends FAR_KEY to").does_not_say("unasked");
    Program::offline().file("rhizo.toml", "role = \"worker\"\n").args(["eval", "1"]).run().ok().does_not_say("note: ");
}

#[test]
fn it_is_told_before_everything_that_can_call_a_tool() {
    let program = Program::offline().file("rhizo.toml", "[tools]\napprove = \"auto\"\n");
    let program = program.file("p.yaml", "steps: {asked: {ask: {prompt: 'go on?'}}}\n");
    let says = "note: [project]/rhizo.toml lets tools run unasked\n";
    program.args(["pipeline", "run", "p.yaml", "-q"]).run().code(6).says(says);
    program.args(["resume", "last", "--json"]).run().code(6).says(says);
    program.args(["tools", "call", "calculate", "expression=1 + 1", "--json"]).run().ok().says(says);
    program.args(["-q"]).stdin("1 + 1\n").run().ok().prints("2\n").says(says);
    program.args(["resume", "last", "-q"]).stdin("1 + 1\n").run().ok().says(says);
    for args in [&["runs", "list"][..], &["pipeline", "validate", "p.yaml"], &["tools", "list"]] {
        program.list(args).run().ok().does_not_say("note: ");
    }
}

#[test]
fn secrets_are_not_shown() {
    let text = "[models.far]\nbase_url = \"https://me:hush@far.example/v1?key=hush\"\nkey_env = \"FAR_KEY\"\n\
        headers = [\"X-Far: hush\"]\n";
    let program = Program::new().file("rhizo.toml", text).env("FAR_KEY", "hush").env("OPENAI_API_KEY", "hush");
    for call in [
        ["config", "show", "--origin"],
        ["config", "show", "--json"],
        ["models", "show", "far"],
        ["models", "list", "--json"],
    ] {
        let ran = program.args(call).run().ok();
        assert!(ran.stdout.contains("far.example") && !ran.stdout.contains("hush"), "{}", ran.stdout);
    }
    let program =
        Program::new().file("rhizo.toml", "[models.far]\nkey_env = \"sk-hush-hush\"\napi_key = \"sk-hush\"\n");
    let ran = program.args(["models"]).run().code(3).says("rhizo.toml:2:1: models.far.key_env must be the name");
    ran.says("there is no setting models.far.api_key").does_not_say("hush");
}

#[test]
fn faults_of_names_prices_and_numbers_have_places() {
    let project = "model = \"bgi\"\nrole = \"archtect\"\n\n[models.big]\nbase_url = \"http://127.0.0.1:9/v1\"\n\
        capabilities = [\"visoin\"]\nfallback = [\"smal\", \"big\"]\ninput_price = 1\noutput_price = 2\n\
        cached_input_price = 3\ntags = [\"german\"]\n\n[models.half]\nbase_url = \"http://127.0.0.1:9/v1\"\n\
        output_price = 2\n\n[roles.worker]\nmodels = [\"bigg\"]\nrequires = [\"germn\", \"json\"]\npersona = \"standrad\"\n\
        temperature = 3\nmax_tokens = 0\n\n[roles.worker.monitor]\nrepetition = 1.5\nentropi = 1\n";
    let user = "[roles.expert]\nmodels = [\"big\", \"gpt-5-minni\"]\nstrategi = \"cost\"\n\n\
        [escalation]\nladder = [\"workr\", \"expert\", \"architct\"]\n";
    let program = with_user(Program::new().file("rhizo.toml", project), user);
    program.args(["models"]).run().code(3).snapshot("config_faults");
    program.args(["doctor"]).run().code(3);
}

#[test]
fn what_holds_of_a_model_or_role_without_being_set_is_shown_as_built_in() {
    let text = "[models.m]\nbase_url = \"http://127.0.0.1:9/v1\"\n[models.m2]\ntimeout = 7\n\
        [roles.worker.monitor]\nspike = 1.5\n[roles.mute.monitor]\nenabled = false\n";
    let program = Program::new().file("rhizo.toml", text);
    for (setting, value, origin) in [
        ("roles.worker.monitor.entropy", json!(4.0), json!("built in")),
        ("roles.worker.monitor.weights.spike", json!(0.35), json!("built in")),
        ("roles.worker.monitor.enabled", json!(true), json!("built in")),
        ("roles.worker.monitor.spike", json!(1.5), json!("[project]/rhizo.toml:6:1")),
        ("roles.worker.temperature", Value::Null, Value::Null),
        ("roles.mute.monitor.entropy", Value::Null, Value::Null),
        ("roles.mute.max_tokens", json!(4_096), json!("built in")),
        ("models.m.timeout", json!(600.0), json!("built in")),
        ("models.m.between_tokens_timeout", json!(60.0), json!("built in")),
        ("models.m.context_window", json!(32_768), json!("built in")),
        ("models.m2.timeout", json!(7.0), json!("[project]/rhizo.toml:4:1")),
        ("models.m2.input_price", Value::Null, Value::Null),
    ] {
        let rows = program.args(["config", "show", setting, "--json"]).run().ok().json();
        assert_eq!(rows.as_array().map(Vec::len), Some(1), "{setting}: {rows}");
        assert_eq!(row(&rows, setting), (value, origin), "{setting}");
    }
    let shown = program.args(["config", "show", "roles.worker.monitor", "--origin"]).run().ok().stdout;
    let line = |field: &str| shown.lines().find(|line| line.contains(field)).unwrap_or_default().to_owned();
    assert!(line("monitor.repetition ").ends_with("0.3    built in"), "{shown}");
    assert!(line("monitor.expected_tokens").ends_with("not set"), "{shown}");
    program.args(["config", "show", "roles.worker.monitor.entropi"]).run().code(1).says("there is no setting");
}

#[test]
fn numbers_beyond_what_is_used_are_faults_and_not_cut_to_size() {
    for (text, says) in [
        ("[roles.worker.monitor]\nngram = 0", "2:1: roles.worker.monitor.ngram must be 1 to 8, not 0"),
        ("[roles.worker.monitor]\nngram = 9", "2:1: roles.worker.monitor.ngram must be 1 to 8, not 9"),
        ("[escalation]\naudit = 0.9", "2:1: escalation.audit must be at most 0.5, not 0.9"),
        ("[memory]\noff_share = 1.5", "2:1: memory.off_share must be at most 1, not 1.5"),
    ] {
        let ran = Program::new().file("rhizo.toml", format!("{text}\n")).args(["models"]).run().code(3);
        ran.says(&format!("[project]/rhizo.toml:{says}"));
    }
    let most = "[roles.worker.monitor]\nngram = 8\n[escalation]\naudit = 0.5\n[memory]\noff_share = 1\n";
    Program::new().file("rhizo.toml", most).args(["models"]).run().ok();
}

#[test]
fn a_price_that_the_project_breaks_is_told_at_its_line() {
    let user = "[models.m]\nbase_url = \"http://127.0.0.1:9/v1\"\ninput_price = 1\noutput_price = 2\n";
    for (line, says) in [
        ("long_prompt = 5", "models.m has only a part of its price of long prompts"),
        ("priced_as = \"openai/none\"", "models.m.priced_as is \"openai/none\", which has no list price"),
    ] {
        let project = format!("[models.m]\n{line}\n");
        let program = with_user(Program::new().file("rhizo.toml", project), user);
        program.args(["models"]).run().code(3).says(&format!("[project]/rhizo.toml:2:1: {says}"));
    }
}

#[test]
fn limits_of_a_service_are_merged_field_by_field_and_shown_with_its_models() {
    let project = "[services.openai]\nconcurrency = 2\n[models.near]\nbase_url = \"http://127.0.0.1:9/v1/\"\n\
        [services.\"http://127.0.0.1:9/v1\"]\nrequests_per_minute = 7\n\
        [services.\"https://api.openai.com/v1\"]\nconcurrency = 3\nrequests_per_minute = 50\n\
        [models.pasted]\nbase_url = \"HTTPS://API.OpenAI.com:443/v1/chat/completions\"\n\
        [services.\"HTTP://127.0.0.1:9/v1/responses/\"]\ntokens_per_minute = 8\n";
    let user = "[services.openai]\nconcurrency = 9\ntokens_per_minute = 90000\n";
    let program = with_user(Program::new().file("rhizo.toml", project), user);
    let rows = program.args(["config", "show", "services", "--json"]).run().ok().json();
    for (setting, value, origin) in [
        ("services.openai.concurrency", 2, "[project]/rhizo.toml:2:1"),
        ("services.openai.tokens_per_minute", 90_000, "[state]/config.toml:3:1"),
        ("services.http://127.0.0.1:9/v1.requests_per_minute", 7, "[project]/rhizo.toml:6:1"),
        ("services.https://api.openai.com/v1.requests_per_minute", 50, "[project]/rhizo.toml:9:1"),
    ] {
        assert_eq!(row(&rows, setting), (json!(value), json!(origin)), "{setting}");
    }
    for (model, limits) in [
        ("gpt-5-mini", json!({"requests_per_minute": 50, "tokens_per_minute": 90_000, "concurrency": 2})),
        ("pasted", json!({"requests_per_minute": 50, "tokens_per_minute": 90_000, "concurrency": 2})),
        ("near", json!({"requests_per_minute": 7, "tokens_per_minute": 8})),
        ("ollama/llama3.2", Value::Null),
    ] {
        let shown = program.args(["models", "show", model, "--json"]).run().ok().json();
        assert_eq!(shown["service"], limits, "{model}: {shown:#}");
    }
    let shown = program.args(["models", "show", "gpt-5-mini"]).run().ok().stdout;
    assert!(shown.contains("50 requests a minute, 90000 tokens a minute, 2 requests at once, of all"), "{shown}");
    assert!(shown.contains("services.openai.concurrency at [project]/rhizo.toml:2:1"), "{shown}");
}

#[test]
fn limits_of_a_service_that_nobody_has_are_a_fault() {
    let model = "[models.far]\nbase_url = \"http://127.0.0.1:9/v1\"\n";
    for (table, place, says) in [
        ("opnai]\nconcurrency = 2", "3:", "there is no service `opnai`; did you mean `openai`?"),
        (
            "\"http://127.0.0.1:9/v2\"]\nconcurrency = 2",
            "3:",
            "there is no service `http://127.0.0.1:9/v2`; did you mean `http://127.0.0.1:9/v1`?",
        ),
        (
            "\"http://me:hush@127.0.0.1:9/v1\"]\nconcurrency = 2",
            "3:",
            "there is no service `http://...@127.0.0.1:9/v1`; did you mean `http://127.0.0.1:9/v1`?",
        ),
        (
            "openai]\nconcurency = 2",
            "4:1: ",
            "there is no setting services.openai.concurency; did you mean `concurrency`?",
        ),
        ("openai]\nconcurrency = \"two\"", "4:1: ", "services.openai.concurrency must be a whole number"),
        ("openai]\ntokens_per_minute = 0", "4:1: ", "services.openai.tokens_per_minute must be more than 0"),
        ("openai]\nconcurrency = 0", "4:1: ", "services.openai.concurrency must be more than 0"),
    ] {
        let program = Program::new().file("rhizo.toml", format!("{model}[services.{table}\n"));
        let ran = program.args(["models"]).run().code(3).says(&format!("[project]/rhizo.toml:{place}")).says(says);
        ran.does_not_say("hush");
    }
}

#[test]
fn a_model_that_is_called_like_a_known_one_but_for_a_letter_gets_a_note() {
    let text = "[roles.worker]\nmodels = [\"openai/gpt-5-min\"]\n[roles.expert]\nmodels = [\"openai/gpt-6.3-sol\", \
        \"ollama/gpt-5-min\", \"openai/gpt-5-codex\"]\n\
        [models.\"openai/gpt-5-nan\"]\nbase_url = \"http://127.0.0.1:9/v1\"\ncontext_window = 9000\n";
    let program = Program::new().file("rhizo.toml", text).env("OPENAI_API_KEY", "none");
    let note = "no price list has openai/gpt-5-min; if it is no new model, did you mean `openai/gpt-5-mini`?";
    // A model without a price is refused before anything is sent.
    for (code, args) in [
        (5, &["eval", "llm(\"x\")", "--max-cost", "1"][..]),
        (0, &["models", "explain", "--role", "worker"]),
        (0, &["models", "explain"]),
        (0, &["doctor", "--no-call"]),
    ] {
        let ran = program.list(args).run().code(code);
        let told = format!("{}{}", ran.stdout, ran.stderr);
        assert!(told.contains(note) && told.matches("if it is no new model").count() == 1, "{args:?}: {told}");
    }
}

#[test]
fn how_a_role_samples_may_stand_in_a_table_of_its_own() {
    let text = "[roles.worker.generation_defaults]\ntemperature = 0.25\nstop = [\"END\"]\nmax_tokens = 77\nthinking = \"low\"\n";
    let program = Program::offline().file("rhizo.toml", text);
    let rows = program.args(["config", "show", "roles.worker", "--json"]).run().ok().json();
    assert_eq!(row(&rows, "roles.worker.temperature").0, 0.25);
    assert_eq!(row(&rows, "roles.worker.max_tokens"), (json!(77), json!("[project]/rhizo.toml:4:1")));
    let twice = format!("{text}\n[roles.worker]\nstop = \"x\"\n");
    let program = Program::offline().file("rhizo.toml", twice);
    program.args(["models"]).run().code(3).says("is given already at");
}

#[test]
fn thousands_of_models_are_read_and_a_file_of_many_megabytes_is_not() {
    let count = 3_000;
    let model = |n: usize| format!("[models.m{n}]\nbase_url = \"http://127.0.0.1:9/v1\"\ntags = [\"t{n}\"]\n");
    let text: String = (0..count).map(model).collect();
    let program = Program::new().file("rhizo.toml", format!("model = \"m7\"\n{text}"));
    let rows = program.args(["config", "show", "models.m2999", "--json"]).run().ok().json();
    assert_eq!(row(&rows, "models.m2999.tags"), (json!(["t2999"]), json!("[project]/rhizo.toml:9001:1")));
    let wanted = ["models", "explain", "--requires", "t2999", "--json"];
    assert_eq!(program.args(wanted).run().ok().json()["model"], "m2999");
    let program = program.file("rhizo.toml", format!("# {}\n", "x".repeat(17 * 1024 * 1024)));
    program.args(["models"]).run().code(3).says("rhizo.toml has 17 MiB, and a configuration at most 16");
}

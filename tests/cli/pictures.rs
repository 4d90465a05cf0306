//! Pictures: what is sent of them, and what is refused before anything is sent.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::{Value, json};

/// One pixel.
const PNG: &[u8] = b"\x89PNG\x0D\x0A\x1A\x0A\x00\x00\x00\x0DIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1F\x15\xC4\x89\x00\x00\x00\x0DIDATx\xDAcd`\xF8_\x0F\x00\x02\x87\x01\x80\xEBG\xBA\x92\x00\x00\x00\x00IEND\xAEB`\x82";
const BASE64: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

/// A model that reads pictures and one that does not.
fn project(server: &ChatServer) -> Program {
    let text = format!(
        "model = \"sees\"\n[models.sees]\nbase_url = \"{0}\"\nvision = true\n[models.blind]\nbase_url = \"{0}\"\n",
        server.base_url()
    );
    Program::new().file("rhizo.toml", text).file("a.png", PNG)
}

#[test]
fn a_picture_reaches_the_model_and_the_log_has_its_hash() {
    let server = ChatServer::new(|_| Reply::text("a cat"));
    let program = project(&server);
    let code = "llm(\"what is it?\", #{images: [\"a.png\", \"https://a.example/b.png\"]})";
    program.args(["eval", code, "--approve", "auto"]).run().ok().prints("a cat\n");
    let sent = server.asks().pop().expect("a request").body["messages"][0]["content"].clone();
    let url = |url: &str| json!({"type": "image_url", "image_url": {"url": url}});
    let text = json!({"type": "text", "text": "what is it?"});
    assert_eq!(
        sent,
        Value::Array(vec![text, url(&format!("data:image/png;base64,{BASE64}")), url("https://a.example/b.png")])
    );
    let kept = Program::files_below(&program.state());
    let found = |bytes: &str| {
        kept.iter().any(|file| {
            std::fs::read(file)
                .is_ok_and(|content| content.windows(bytes.len()).any(|window| window == bytes.as_bytes()))
        })
    };
    let hash = blake3::hash(PNG).to_hex();
    assert_eq!((found(BASE64), found(hash.as_str())), (false, true));
}

#[test]
fn an_address_needs_the_leave_of_a_fetch() {
    let server = ChatServer::new(|_| Reply::text("a cat"));
    let code = "llm(\"what is it?\", #{images: \"https://a.example/?d=secret\"})";
    let program = project(&server).file("look.rhai", code);
    program.args(["run", "look.rhai", "--approve", "never"]).run().code(1).says("http_get is not allowed");
    let waits = "nobody is there to answer: allow http_get `https://a.example/?d=secret`?";
    let batch = code.replace("llm(", "llm_batch([").replace("?\", #", "?\"], #");
    for caller in [batch, code.replace("})", ", check: |a| true})")] {
        program.args(["eval", &caller]).run().code(6).says(waits);
    }
    for (said, code, asks) in [("no", 1, 0), ("yes", 0, 1)] {
        program.args(["run", "look.rhai"]).run().code(6).says(waits);
        let run = program.args(["runs", "list", "--json"]).run().ok().json()[0]["id"].clone();
        let run = run.as_str().expect("an id");
        program.args(["runs", "answer", run, "-", said]).run().ok();
        program.args(["resume", run]).run().code(code);
        assert_eq!(server.asks().len(), asks, "{said}");
        // The recorded run asks nobody either.
        program.args(["replay", run]).run().code(code);
        assert_eq!(server.asks().len(), asks, "{said}");
    }
    let known = program.args(["eval", "llm(\"what is it?\", #{images: \"a.png\"})"]);
    known.run().ok().prints("a cat\n");
}

#[test]
fn no_service_is_sent_to_an_address_that_is_not_public() {
    let server = ChatServer::new(|_| Reply::text("a cat"));
    let program = project(&server);
    for host in ["127.0.0.1:9", "localhost", "169.254.169.254", "[::1]", "2130706433"] {
        let code = format!("llm(\"what?\", #{{images: \"http://{host}/a.png\"}})");
        program.args(["eval", &code, "--approve", "auto"]).run().code(1).says("is not a public address");
    }
    assert_eq!(server.asks().len(), 0);
    let own = program.args(["eval", "llm(\"what?\", #{images: \"http://127.0.0.1:9/a.png\"})", "--approve", "auto"]);
    own.env("RHIZO_TOOLS_ALLOW_PRIVATE_ADDRESSES", "true").run().ok().prints("a cat\n");
}

#[test]
fn what_cannot_be_sent_is_refused_before_anything_is() {
    let server = ChatServer::new(|_| Reply::text("a cat"));
    let large = [PNG, &vec![0; 5 * 1024 * 1024]].concat();
    let half = [PNG, &vec![0; 4 * 1024 * 1024]].concat();
    let program = project(&server)
        .file("notes.png", "words")
        .file("large.png", large)
        .file("half.png", half)
        .file("cut.png", &PNG[..40])
        .file("start.png", &PNG[..8]);
    let many = format!("[{}]", "\"a.png\",".repeat(101));
    let halves = format!("[{}]", "\"half.png\",".repeat(5));
    for (images, options, code, says) in [
        ("[\"notes.png\"]", "", 1, "`notes.png` is no picture that models read"),
        ("[\"cut.png\"]", "", 1, "the picture `cut.png` is broken: it ends in the middle"),
        ("\"start.png\"", "", 1, "the picture `start.png` is broken: it ends in the middle"),
        ("5", "", 1, "expected a text or a list of texts, such as [\"a\", \"b\"]"),
        ("[\"large.png\"]", "", 1, "the image `large.png` has more than 5 MiB"),
        ("[\"none.png\"]", "", 1, "there is no `none.png`"),
        ("[\"../a.png\"]", "", 1, "outside of the workspace"),
        ("[\"ftp://a.example/b.png\"]", "", 1, "an image cannot be fetched by `ftp:`"),
        ("[\"data:image/png;base64,AAAA\"]", "", 1, "an image cannot be fetched by `data:`"),
        (many.as_str(), "", 1, "101 images are more than the 100"),
        (halves.as_str(), "", 1, "more than 20 MiB together"),
        ("[\"a.png\"]", ", model: \"blind\"", 1, "blind takes no images"),
        ("[\"a.png\"]", ", model: \"offline\"", 1, "offline/extract takes no images"),
    ] {
        let script = format!("llm(\"what?\", #{{images: {images}{options}}})");
        program.args(["eval", &script]).run().code(code).says(says);
    }
    assert_eq!(server.asks().len(), 0);
}

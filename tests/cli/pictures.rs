//! Pictures: what is sent of them, and what is refused before anything is sent.

use crate::support::chat::{ChatServer, Reply};
use crate::support::dialects::MESSAGES;
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
    program.args(["eval", code]).run().ok().prints("a cat\n");
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
fn another_picture_of_the_same_name_is_told_as_one() {
    let server = ChatServer::new(|_| Reply::text("a cat"));
    let program = project(&server).file("p.rhai", "llm(\"what is it?\", #{images: [\"a.png\"]}); nothing()");
    program.args(["run", "p.rhai"]).run().code(1);
    // The last byte in front of the end is one of the checksum of its pixel.
    let mut other = PNG.to_vec();
    other[PNG.len() - 13] ^= 1;
    let short = |bytes: &[u8]| blake3::hash(bytes).to_hex()[..8].to_owned();
    let told = format!("expected \"image/png {}\", found \"image/png {}\"", short(PNG), short(&other));
    let program = program.file("a.png", &other);
    let plan = program.args(["resume", "last", "--dry-run"]).run().ok().stdout;
    assert!(
        plan.starts_with("a file, a tool, a stored program or a setting that it rests on has changed: 0"),
        "{plan}"
    );
    assert!(plan.contains("\"what is it?\", with other images (was effect "), "{plan}");
    assert!(plan.contains(&format!(": image 1 of message 1 (user): {told}")), "{plan}");
}

/// A server whose root writes this program; anything else is answered with `a cat`.
fn rooted(code: &'static str) -> ChatServer {
    ChatServer::new(move |ask| if ask.is_root() { Reply::code(code) } else { Reply::text("a cat") })
}

#[test]
fn an_address_in_a_model_s_program_needs_the_leave_of_a_fetch() {
    let waits = "nobody is there to answer: allow http_get `https://a.example/?d=secret`?";
    for code in [
        "FINAL(llm(\"what?\", #{images: \"https://a.example/?d=secret\"}))",
        "FINAL(llm(\"what?\", #{images: \"https://a.example/?d=secret\", check: |a| true}))",
        "FINAL(llm_batch([\"what?\"], #{images: \"https://a.example/?d=secret\"})[0])",
    ] {
        let server = rooted(code);
        let program = project(&server);
        program.args(["ask", "q", "--recursive"]).run().code(6).says(waits);
        assert_eq!(server.asks().len(), 1);
        let run = program.args(["runs", "list", "--json"]).run().ok().json()[0]["id"].clone();
        let run = run.as_str().expect("an id");
        program.args(["runs", "answer", run, "-", "yes"]).run().ok();
        program.args(["resume", run]).run().ok().prints("a cat\n");
        assert_eq!(server.asks().len(), 2);
        // The recorded run asks nobody either.
        program.args(["replay", run]).run().ok().prints("a cat\n");
        assert_eq!(server.asks().len(), 2);
    }
}

#[test]
fn a_model_sends_no_service_to_an_address_that_is_not_public() {
    for (host, refused) in
        [("127.0.0.1:9", true), ("localhost", true), ("169.254.169.254", true), ("[::1]", true), ("a.example", false)]
    {
        let code = format!(
            "try {{ FINAL(llm(\"what?\", #{{images: \"http://{host}/a.png\"}})) }} catch (e) {{ FINAL(e.message) }}"
        );
        let server = rooted(code.leak());
        let told = project(&server).args(["ask", "q", "--recursive", "--approve", "auto"]).run().ok().stdout;
        assert_eq!(told.contains("is not a public address"), refused, "{host}: {told}");
        assert_eq!(server.asks().len(), if refused { 1 } else { 2 }, "{host}");
    }
    // What a person writes is theirs.
    let server = rooted("");
    let own = project(&server).args(["eval", "llm(\"what?\", #{images: \"http://127.0.0.1:9/a.png\"})"]).run();
    own.ok().prints("a cat\n");
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

#[test]
fn a_picture_of_more_pixels_than_its_provider_takes_is_refused_before_anything_is_sent() {
    let server = ChatServer::new(|ask| match ask.line.as_str() {
        "POST /v1/messages" => Reply::acts(MESSAGES.streams("a cat", None)),
        _ => Reply::text("a cat"),
    });
    let text = format!(
        "model = \"sees\"\n[models.sees]\nbase_url = \"{0}\"\nvision = true\ncontext_window = 400000\n\
         [models.claude]\nbase_url = \"{0}\"\nprovider = \"anthropic\"\nvision = true\n\
         context_window = 400000\n",
        server.base_url()
    );
    let wide = |pixels: u32| [&PNG[..16], &pixels.to_be_bytes()[..], &PNG[20..]].concat();
    let program = Program::new()
        .file("rhizo.toml", text)
        .file("most.png", wide(8_000))
        .file("wide.png", wide(8_001))
        .file("one.png", wide(2_001));
    let (few, many) = ("\"one.png\",".repeat(20), "\"one.png\",".repeat(21));
    let call = |images: &str, more: &str| {
        program.args(["eval", &format!("llm(\"what?\", #{{images: [{images}]{more}}})")]).run()
    };
    for (images, says, hint) in [
        ("\"wide.png\"", "the picture `wide.png` has 8001 x 1 pixels, more than 8000 on a side", "make it smaller\n"),
        (
            many.as_str(),
            "the picture `one.png` has 2001 x 1 pixels, more than 2000 on a side",
            "make it smaller, or send at most 20 with a call\n",
        ),
    ] {
        call(images, ", model: \"claude\"").code(1).says(says).says(hint);
    }
    assert_eq!(server.asks().len(), 0);
    for images in ["\"most.png\"", few.as_str()] {
        call(images, ", model: \"claude\"").ok().prints("a cat\n");
    }
    // Other providers make them smaller by themselves.
    for images in ["\"wide.png\"", many.as_str()] {
        call(images, "").ok().prints("a cat\n");
    }
}

//! `http_get` against a real server on loopback.

use super::Bench;
use super::server::{Server, answer, redirect};
use crate::core::failure::FailureKind;
use crate::model::fetch::{FetchOptions, fetch};
use serde_json::json;
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn pages_are_read_as_sent() {
    let server = Server::start(|path| match path {
        "/latin" => answer("200 OK", "text/html; charset=ISO-8859-1", b"caf\xE9"),
        "/windows" => answer("200 OK", "text/html; Charset=\"Windows-1252\"", b"\x93caf\xE9\x94 \x96 5 \x80"),
        "/japanese" => answer("200 OK", "text/html; charset=Shift_JIS", b"\x93\xFA\x96\x7B"),
        "/mail" => answer("200 OK", "text/plain; charset=iso-2022-jp", b"\x1b$B$\"\x1b(B"),
        "/unknown" => answer("200 OK", "text/html; charset=x-runes", b"\x93\xFA"),
        "/plain" => answer("200 OK", "text/html; charset=Shift_JIS", b"nothing but ASCII"),
        "/wrong" => answer("200 OK", "text/html; charset=utf-16", "not wide: é".as_bytes()),
        "/wide" => answer("200 OK", "text/html; charset=utf-16", b"w\0i\0d\0e\0"),
        "/broken" => answer("200 OK", "text/html", b"caf\xE9"),
        "/missing" => answer("404 Not Found", "text/plain", b"nothing here"),
        "/picture" => answer("200 OK", "image/png", b"\x89PNG\0\0"),
        "/hop" => redirect("/page?q=1"),
        _ => answer("200 OK", "text/html", "<p>é</p>".as_bytes()),
    });
    let bench = Bench::new();
    for (path, status, url, text) in [
        ("/page", 200, "/page", "<p>é</p>"),
        ("/latin", 200, "/latin", "café"),
        ("/windows", 200, "/windows", "“café” – 5 €"),
        ("/japanese", 200, "/japanese", "日本"),
        ("/mail", 200, "/mail", "あ"),
        ("/plain", 200, "/plain", "nothing but ASCII"),
        ("/wrong", 200, "/wrong", "not wide: é"),
        ("/wide", 200, "/wide", "wide"),
        ("/broken", 200, "/broken", "caf\u{fffd}"),
        ("/missing", 404, "/missing", "nothing here"),
        ("/hop", 200, "/page?q=1", "<p>é</p>"),
    ] {
        let page = bench.ok("http_get", json!({"url": server.address(path)})).await;
        assert_eq!((&page["status"], &page["text"]), (&json!(status), &json!(text)), "{path}");
        assert_eq!(page["url"], json!(server.address(url)), "{path}");
        assert_eq!(page["truncated"], json!(false));
    }
    assert!(server.requests()[0].contains("user-agent: rhizo/"));
    bench.fails("http_get", json!({"url": server.address("/picture")}), FailureKind::Invalid).await;
    let failure = bench.fails("http_get", json!({"url": server.address("/unknown")}), FailureKind::Invalid).await;
    assert!(failure.message.ends_with("is in `x-runes`, which cannot be read"), "{failure}");
}

#[tokio::test]
async fn pages_that_name_their_character_set_themselves_are_read_by_it() {
    let late = format!("<meta name=\"x\" content=\"{}\"><meta charset=latin1>caf", "y".repeat(1_000));
    let server = Server::start(move |path| match path {
        "/meta" => answer("200 OK", "text/html", b"<html><META CharSet = 'Windows-1252' />caf\xE9 5 \x80"),
        "/equiv" => answer(
            "200 OK",
            "text/html",
            b"<meta http-equiv=\"Content-Type\" content=\"text/html; charset=ISO-8859-1\">caf\xE9",
        ),
        "/unsent" => answer("200 OK", "", b"<meta charset=latin1>caf\xE9"),
        "/sent" => answer("200 OK", "text/html; charset=latin1", b"<meta charset=Shift_JIS>caf\xE9"),
        "/comment" => answer("200 OK", "text/html", b"<!-- <meta charset=Shift_JIS> --><meta charset=latin1>caf\xE9"),
        "/other" => {
            answer("200 OK", "text/html", b"<metadata charset=latin1><meta name=charset content=latin1>caf\xE9")
        }
        "/late" => answer("200 OK", "text/html", &[late.as_bytes(), &b"\xE9"[..]].concat()),
        "/plain" => answer("200 OK", "text/plain", b"<meta charset=latin1>caf\xE9"),
        "/mark" => answer("200 OK", "text/html; charset=latin1", b"\xEF\xBB\xBFcaf\xC3\xA9"),
        "/little" => answer("200 OK", "text/html", b"\xFF\xFEc\0a\0f\0\xE9\0"),
        "/big" => answer("200 OK", "text/html", b"\xFE\xFF\0c\0a\0f\0\xE9"),
        "/zeros" => answer("200 OK", "text/html", b"\xFF\xFEc\0\0\0"),
        "/japanese" => answer("200 OK", "text/html", b"<meta charset=\"EUC-JP\">\xC6\xFC"),
        _ => answer("200 OK", "text/html", b"<meta charset=\"iso-2022-kr\">\xC6\xFC"),
    });
    let bench = Bench::new();
    for (path, end) in [
        ("/meta", "café 5 €"),
        ("/equiv", "café"),
        ("/unsent", "café"),
        ("/sent", "café"),
        ("/comment", "café"),
        ("/other", "caf\u{fffd}"),
        ("/late", "caf\u{fffd}"),
        ("/japanese", "日"),
        ("/plain", "caf\u{fffd}"),
    ] {
        let page = bench.ok("http_get", json!({"url": server.address(path)})).await;
        assert!(page["text"].as_str().unwrap().ends_with(&format!(">{end}")), "{path}: {page}");
    }
    for path in ["/mark", "/little", "/big"] {
        assert_eq!(bench.ok("http_get", json!({"url": server.address(path)})).await["text"], json!("café"), "{path}");
    }
    for (path, end) in [("/zeros", "is not text"), ("/korean", "is in `iso-2022-kr`, which cannot be read")] {
        let failure = bench.fails("http_get", json!({"url": server.address(path)}), FailureKind::Invalid).await;
        assert!(failure.message.ends_with(end), "{failure}");
    }
}

#[tokio::test]
async fn addresses_that_are_not_public_are_refused_before_a_connection() {
    let server = Server::start(|_| answer("200 OK", "text/plain", b"secret"));
    let mut bench = Bench::new();
    bench.cx.allow_private_addresses = false;
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "2130706433",
        "0x7f.1",
        "169.254.169.254",
        "10.0.0.1",
    ] {
        let url = format!("http://{host}:{}/", server.port());
        let failure = bench.fails("http_get", json!({"url": url}), FailureKind::Denied).await;
        assert!(failure.message.contains("not a public address"), "{failure}");
    }
    for url in
        ["ftp://example.com/", "file:///etc/passwd", "http://me:secret@example.com/", "example.com", "", "http://"]
    {
        bench.fails("http_get", json!({"url": url}), FailureKind::Invalid).await;
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn redirects_are_counted_and_checked() {
    let server = Server::start(|path| match path {
        "/loop" => redirect("/loop"),
        "/file" => redirect("file:///etc/passwd"),
        "/secret" => redirect("http://me:pass@127.0.0.1/"),
        "/bare" => answer("302 Found", "text/plain", b"no target"),
        _ => answer("200 OK", "text/plain", b""),
    });
    let bench = Bench::new();
    bench.fails("http_get", json!({"url": server.address("/loop")}), FailureKind::Transport).await;
    assert_eq!(server.requests().len(), 6);
    bench.fails("http_get", json!({"url": server.address("/file")}), FailureKind::Invalid).await;
    bench.fails("http_get", json!({"url": server.address("/secret")}), FailureKind::Invalid).await;
    assert_eq!(bench.ok("http_get", json!({"url": server.address("/bare")})).await["status"], json!(302));
}

#[tokio::test]
async fn long_and_swelling_pages_are_cut() {
    // 40 MB of one letter, a few KB on the wire.
    let bomb =
        Command::new("sh").arg("-c").arg("head -c 40000000 /dev/zero | tr '\\0' a | gzip").output().unwrap().stdout;
    let server = Server::start(move |path| match path {
        "/bomb" => {
            let length = bomb.len();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
            );
            [head.as_bytes(), &bomb[..]].concat()
        }
        _ => answer("200 OK", "text/plain", &vec![b'x'; 12_000_000]),
    });
    let options = FetchOptions {
        max_bytes: 10_000_000,
        timeout: Duration::from_secs(60),
        allow_private: true,
        user_agent: "test".to_owned(),
    };
    for path in ["/long", "/bomb"] {
        let fetched = fetch(&server.address(path), &options, &CancellationToken::new()).await.unwrap();
        assert_eq!((fetched.body.len(), fetched.truncated), (10_000_000, true), "{path}");
    }
    let bench = Bench::new();
    let page = bench.ok("http_get", json!({"url": server.address("/long"), "max_bytes": 10})).await;
    assert_eq!((&page["text"], &page["truncated"]), (&json!("xxxxxxxxxx"), &json!(true)));
}

#[tokio::test]
async fn a_page_beyond_the_limit_of_tools_is_cut_at_its_end_and_says_so() {
    let server = Server::start(|path| match path {
        "/latin" => answer("200 OK", "text/plain; charset=latin1", &[b'\xE9'; 900]),
        "/fits" => answer("200 OK", "text/plain", &[b'x'; 1_000]),
        _ => answer("200 OK", "text/plain", &[b'x'; 5_000]),
    });
    let mut bench = Bench::new();
    bench.cx.limits.max_output_bytes = 1_000;
    for (path, text, truncated) in
        [("/long", "x".repeat(1_000), true), ("/latin", "é".repeat(500), true), ("/fits", "x".repeat(1_000), false)]
    {
        let page = bench.ok("http_get", json!({"url": server.address(path)})).await;
        assert_eq!((&page["text"], &page["truncated"]), (&json!(text), &json!(truncated)), "{path}");
    }
}

#[tokio::test]
async fn silent_and_absent_servers_fail() {
    let bench = Bench::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    bench.fails("http_get", json!({"url": url, "timeout": 0.05}), FailureKind::Stalled).await;
    let cancel = CancellationToken::new();
    let options =
        FetchOptions { max_bytes: 1, timeout: Duration::from_secs(60), allow_private: true, user_agent: String::new() };
    let (fetched, ()) = futures::join!(fetch(&url, &options, &cancel), async { cancel.cancel() });
    assert_eq!(fetched.unwrap_err().kind, FailureKind::Cancelled);
    drop(silent);
    bench.fails("http_get", json!({"url": url}), FailureKind::Transport).await;
    let garbage = Server::start(|_| b"SSH-2.0-OpenSSH\r\n".to_vec());
    bench.fails("http_get", json!({"url": garbage.address("/")}), FailureKind::Transport).await;
}

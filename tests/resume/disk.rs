//! Disks that fail under a run: at every write and sync of the store in turn, once or for good, with an error or full.
//!
//! The failing disk is a small library in C that the program is made to load first; it counts the writes and syncs of the
//! store's files and fails the one that it is told to.

use super::{Gate, newest_id};
use crate::support::preload::Preload;
use crate::support::program::Program;
use serde_json::json;

const SHIM: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static long seen;

static int fails(int file) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (!strstr(path, "/rhizo.db")) return 0;
    const char *at = getenv("FAIL_AT"), *kind = getenv("FAIL_KIND");
    if (!at || !kind) return 0;
    long number = __sync_add_and_fetch(&seen, 1), wanted = atol(at);
    int once = strstr(kind, "once") != NULL;
    if (once ? number != wanted : number < wanted) return 0;
    errno = strstr(kind, "full") ? ENOSPC : EIO;
    return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
ssize_t pwrite64(int f, const void *b, size_t n, off64_t o) { return fails(f) ? -1 : REAL(pwrite64)(f, b, n, o); }
ssize_t pwrite(int f, const void *b, size_t n, off_t o) { return fails(f) ? -1 : REAL(pwrite)(f, b, n, o); }
int fdatasync(int f) { return fails(f) ? -1 : REAL(fdatasync)(f); }
int fsync(int f) { return fails(f) ? -1 : REAL(fsync)(f); }
"#;

/// Every how manieth write fails in the usual tests; `RHIZO_TEST_EVERY=1` takes all.
fn every() -> usize {
    std::env::var("RHIZO_TEST_EVERY").ok().and_then(|every| every.parse().ok()).unwrap_or(9)
}

const WRITES: usize = 45;

#[test]
fn a_disk_that_fails_loses_no_answer_and_pays_none_twice() {
    let library = Preload::new(SHIM);
    let mut failed = 0;
    for kind in ["error", "error once", "full", "full once"] {
        for at in (1..=WRITES).step_by(every()) {
            let gate = Gate::default();
            gate.open();
            let server = gate.server();
            let code = "let all = []; for word in [\"a\", \"b\", \"c\"] { all.push(llm(word)); } all";
            let program = Program::paying(&server).file("three.rhai", code);
            // The store is there before the disk begins to fail.
            program.args(["eval", "1"]).run().ok();
            let ran = program
                .args(["run", "three.rhai", "--json"])
                .env("LD_PRELOAD", &library.path())
                .env("FAIL_AT", &at.to_string())
                .env("FAIL_KIND", kind)
                .run();
            program.args(["doctor", "--no-call"]).run().ok();
            let id = newest_id(&program);
            let shown = program.args(["runs", "show", &id, "--json"]).run().ok().json();
            if shown["kind"] != "run" {
                // Not even its beginning could be written; then nothing was asked.
                assert_ne!(ran.exit_code(), Some(0), "{kind} at {at}: {ran:?}");
                assert_eq!(gate.answered().len(), 0, "{kind} at {at}");
                failed += 1;
                continue;
            }
            failed += usize::from(ran.exit_code() != Some(0));
            let open = shown["open"].as_array().map_or(0, Vec::len);
            let document = program.args(["resume", &id, "--json"]).run().ok().json();
            assert_eq!(document["answer"], json!(["A", "B", "C"]), "{kind} at {at}: {document:#}");
            let again = gate.answered().len() - 3;
            assert!(again <= open, "{kind} at {at}: {again} answers were paid twice, open were {open}");
        }
    }
    assert!(failed > 0, "the disk did fail");
}

//! The program itself, run as a person runs it: in a folder of its own, with a state folder of its own, and with
//! nothing of the surroundings in its environment.

use crate::support::chat::ChatServer;
use crate::support::snapshot;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;
use tempfile::TempDir;

/// How long a call may take. It is only reached when the program hangs.
const PATIENCE: Duration = Duration::from_secs(180);

/// The program with its folders; all its calls share them.
pub(crate) struct Program {
    place: TempDir,
    variables: Vec<(String, String)>,
}

impl Program {
    /// A program that finds no configuration, no state and no key.
    pub(crate) fn new() -> Self {
        let place = tempfile::tempdir().expect("a temporary folder");
        for folder in ["project", "user", "temporary"] {
            std::fs::create_dir(place.path().join(folder)).expect("a folder");
        }
        Self { place, variables: Vec::new() }
    }

    /// A program that uses the offline engine, whatever servers run on this machine.
    pub(crate) fn offline() -> Self {
        Self::new().env("RHIZO_MODEL", "offline")
    }

    /// A program whose model is that of a server; its price is unknown.
    pub(crate) fn served_by(server: &ChatServer) -> Self {
        Self::new().env("OPENAI_BASE_URL", &server.base_url())
    }

    /// A program with a model `paid` of a server, at one nano-USD per token: a thousandth of a USD per million.
    pub(crate) fn paying(server: &ChatServer) -> Self {
        let text = format!(
            "model = \"paid\"\n[models.paid]\nbase_url = \"{}\"\ninput_price = 0.001\noutput_price = 0.001\n",
            server.base_url()
        );
        Self::new().file("rhizo.toml", &text)
    }

    /// The same with a file in the project.
    pub(crate) fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.project().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
        self
    }

    /// The same with a variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with a named pipe in the project.
    pub(crate) fn named_pipe(self, name: &str) -> Self {
        let made = Command::new("mkfifo").arg(self.project().join(name)).status();
        assert!(made.expect("mkfifo runs").success(), "{name}");
        self
    }

    /// The folder in which the program starts.
    pub(crate) fn project(&self) -> PathBuf {
        self.place.path().join("project")
    }

    /// The folder that `RHIZO_HOME` names.
    pub(crate) fn state(&self) -> PathBuf {
        self.place.path().join("state")
    }

    /// The folder that `HOME` names.
    pub(crate) fn user(&self) -> PathBuf {
        self.place.path().join("user")
    }

    /// A call with these arguments.
    pub(crate) fn args<const N: usize>(&self, args: [&str; N]) -> Call<'_> {
        self.list(&args)
    }

    /// The same with any number of them.
    pub(crate) fn list(&self, args: &[&str]) -> Call<'_> {
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        Call { program: self, args, variables: Vec::new(), folder: self.project(), stdin: None, wrapper: None }
    }

    /// Every file below a folder, by name.
    pub(crate) fn files_below(folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                found.extend(Self::files_below(&path));
            }
            found.push(path.display().to_string());
        }
        found.sort();
        found
    }
}

/// The effects of an exported run that asked somebody; what it noted of itself is left out.
pub(crate) fn effects(export: &Value) -> Vec<Value> {
    let noted = |effect: &&Value| !matches!(effect["kind"].as_str(), Some("decision" | "budget" | "handled"));
    export["effects"].as_array().expect("effects").iter().filter(noted).cloned().collect()
}

/// One call of the program.
pub(crate) struct Call<'a> {
    program: &'a Program,
    args: Vec<String>,
    variables: Vec<(String, String)>,
    folder: PathBuf,
    stdin: Option<Vec<u8>>,
    wrapper: Option<String>,
}

impl Call<'_> {
    /// The same with a pipe on standard input.
    pub(crate) fn stdin(mut self, text: impl AsRef<[u8]>) -> Self {
        self.stdin = Some(text.as_ref().to_vec());
        self
    }

    /// The same with a variable; an empty one is absent.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same from another folder.
    pub(crate) fn folder(mut self, folder: &Path) -> Self {
        self.folder = folder.to_owned();
        self
    }

    /// The same from a shell that runs `first` before it becomes the program.
    pub(crate) fn after(mut self, first: &str) -> Self {
        self.wrapper = Some(first.to_owned());
        self
    }

    fn command(&self) -> Command {
        let binary = env!("CARGO_BIN_EXE_rhizo");
        let mut command = match &self.wrapper {
            None => Command::new(binary),
            Some(first) => {
                let mut shell = Command::new("sh");
                shell.args(["-c", &format!("{first}; exec \"$0\" \"$@\""), binary]);
                shell
            }
        };
        command.args(&self.args).current_dir(&self.folder).env_clear();
        let place = self.program.place.path();
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command.env("HOME", place.join("user")).env("RHIZO_HOME", place.join("state"));
        command.env("TMPDIR", place.join("temporary")).env("LANG", "C.UTF-8").env("COLUMNS", "120");
        for (name, value) in self.program.variables.iter().chain(&self.variables) {
            if value.is_empty() {
                command.env_remove(name)
            } else {
                command.env(name, value)
            };
        }
        command
    }

    /// Starts it and leaves it running.
    pub(crate) fn start(self) -> Running {
        let mut command = self.command();
        command.stdin(if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() });
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let stdout = collect(child.stdout.take().expect("piped"));
        let stderr = collect(child.stderr.take().expect("piped"));
        if let (Some(text), Some(mut pipe)) = (self.stdin.clone(), child.stdin.take()) {
            // The program may end without having read its input; then the pipe breaks.
            std::thread::spawn(move || drop(pipe.write_all(&text)));
        }
        let names = vec![
            (self.program.project().display().to_string(), "[project]"),
            (self.program.state().display().to_string(), "[state]"),
            (self.program.place.path().display().to_string(), "[place]"),
        ];
        Running { child, stdout, stderr, args: self.args, names }
    }

    /// Starts it and tells each line of its standard output as it comes.
    pub(crate) fn start_telling(self) -> (Running, mpsc::Receiver<String>) {
        let mut child = self.command();
        let mut child =
            child.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let (tell, told) = mpsc::channel();
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        let stdout = std::thread::spawn(move || {
            for line in stdout.split(b'\n').map_while(Result::ok) {
                // Nobody may listen any more; the pipe is read to its end all the same.
                drop(tell.send(String::from_utf8_lossy(&line).into_owned()));
            }
            Vec::new()
        });
        let stderr = collect(child.stderr.take().expect("piped"));
        (Running { child, stdout, stderr, args: self.args, names: Vec::new() }, told)
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Ran {
        self.start().end()
    }

    /// Runs it with a reader on standard output that goes away after the first line.
    pub(crate) fn run_into_head(self) -> Ran {
        let mut child = self
            .command()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut stdout = child.stdout.take().expect("piped");
        let stderr = collect(child.stderr.take().expect("piped"));
        let mut line = Vec::new();
        let mut byte = [0_u8; 1];
        while stdout.read(&mut byte).is_ok_and(|read| read == 1) && byte[0] != b'\n' {
            line.push(byte[0]);
        }
        drop(stdout);
        let kept = std::thread::spawn(move || line);
        Running { child, stdout: kept, stderr, args: self.args, names: Vec::new() }.end()
    }
}

fn collect(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).expect("a pipe can be read");
        bytes
    })
}

/// A call under way.
pub(crate) struct Running {
    child: Child,
    stdout: JoinHandle<Vec<u8>>,
    stderr: JoinHandle<Vec<u8>>,
    args: Vec<String>,
    names: Vec<(String, &'static str)>,
}

impl Running {
    /// Sends Ctrl-C.
    pub(crate) fn interrupt(&self) {
        self.signal(libc::SIGINT);
    }

    /// Sends Ctrl-C again and again until it ends, or for a minute.
    pub(crate) fn interrupt_until_it_ends(&self) {
        let begun = std::time::Instant::now();
        // What has ended and was not waited for has one thread left.
        while self.threads() > 1 && begun.elapsed().as_secs() < 60 {
            self.interrupt();
            std::thread::yield_now();
        }
    }

    /// Asks it to end, as another program does.
    pub(crate) fn terminate(&self) {
        self.signal(libc::SIGTERM);
    }

    #[allow(unsafe_code)]
    fn signal(&self, signal: libc::c_int) {
        let pid = i32::try_from(self.child.id()).expect("a process id");
        // SAFETY: kill has no preconditions, and the child is not reaped before `end`, so the id is its own.
        let sent = unsafe { libc::kill(pid, signal) };
        assert_eq!(sent, 0, "the signal was sent");
    }

    /// The most memory that it has held so far, in KiB, by the kernel's own account.
    pub(crate) fn peak_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the kernel counts it");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// The most memory that it holds until it ends, in KiB.
    pub(crate) fn peak_until_it_ends(&self) -> u64 {
        let held = |status: &str| status.lines().find_map(|line| line.strip_prefix("VmHWM:").map(str::to_owned));
        let told = || std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok();
        let mut peak = 0;
        // What has ended and was not waited for holds no memory that would be told.
        while let Some(line) = told().and_then(|status| held(&status)) {
            peak = line.trim().trim_end_matches(" kB").parse().expect("a number");
            std::thread::yield_now();
        }
        peak
    }

    /// How many threads it has now, by the kernel's own account.
    pub(crate) fn threads(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/task", self.child.id())).map_or(0, Iterator::count)
    }

    /// Waits until Ctrl-C does not simply end it any more, by the kernel's own account.
    pub(crate) fn wait_until_it_hears_interrupts(&self) {
        let caught = || {
            let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
            let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("the kernel tells it");
            u64::from_str_radix(mask.trim(), 16).expect("a mask") & (1 << (libc::SIGINT - 1)) != 0
        };
        let begun = std::time::Instant::now();
        while !caught() {
            assert!(begun.elapsed().as_secs() < 60, "it hears interrupts");
            std::thread::yield_now();
        }
    }

    /// Waits until it has computed for a second, which it does in a loop alone.
    pub(crate) fn wait_until_it_loops(&self) {
        let ticks = || {
            let status = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("it runs");
            // Behind the name, which ends with the last bracket: user and system time are the 12th and 13th fields.
            let (_, fields) = status.rsplit_once(')').expect("a name in brackets");
            fields.split_whitespace().skip(11).take(2).map(|field| field.parse::<u64>().expect("a number")).sum::<u64>()
        };
        let begun = std::time::Instant::now();
        while ticks() < 100 {
            assert!(begun.elapsed().as_secs() < 60, "it computes");
            std::thread::yield_now();
        }
    }

    /// Kills it without warning.
    pub(crate) fn kill(&self) {
        end_hung(self.child.id());
    }

    /// Waits for its end.
    pub(crate) fn end(self) -> Ran {
        let Self { mut child, stdout, stderr, args, names } = self;
        let (done, waiting) = mpsc::channel::<()>();
        let pid = child.id();
        let guard = std::thread::spawn(move || {
            if waiting.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                end_hung(pid);
            }
        });
        let text = |bytes: JoinHandle<Vec<u8>>| {
            let bytes = bytes.join().expect("a pipe was read");
            let text = String::from_utf8(bytes).expect("output is Unicode");
            names.iter().fold(text, |text, (path, name)| text.replace(path, name))
        };
        let (stdout, stderr) = (text(stdout), text(stderr));
        let status = child.wait().expect("it ended");
        drop(done);
        guard.join().expect("the guard ended");
        Ran { status, stdout, stderr, args }
    }
}

#[allow(unsafe_code)]
fn end_hung(pid: u32) {
    let pid = i32::try_from(pid).expect("a process id");
    // SAFETY: kill has no preconditions; the child is reaped only after its pipes have closed, which this waits for.
    unsafe { libc::kill(pid, libc::SIGKILL) };
}

/// What a call came to.
#[derive(Debug)]
pub(crate) struct Ran {
    status: ExitStatus,
    /// Standard output, with the test's folders named.
    pub(crate) stdout: String,
    /// Standard error, likewise.
    pub(crate) stderr: String,
    args: Vec<String>,
}

impl Ran {
    fn told(&self) -> String {
        let args = self.args.join(" ");
        let args: String = args.chars().take(400).collect();
        format!("rhizo {args}\n{}\n--- stdout\n{}\n--- stderr\n{}", self.status, self.stdout, self.stderr)
    }

    /// Its exit code, if no signal ended it.
    pub(crate) fn exit_code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Claims its exit code. A signal is no exit code.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.status.signal(), None, "{}", self.told());
        assert_eq!(self.status.code(), Some(code), "{}", self.told());
        self
    }

    /// Claims that it succeeded.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        self.code(0)
    }

    /// Claims the whole of standard output.
    #[track_caller]
    pub(crate) fn prints(self, text: &str) -> Self {
        assert_eq!(self.stdout, text, "{}", self.told());
        self
    }

    /// Claims a part of standard error.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no {text:?} in\n{}", self.told());
        self
    }

    /// Claims that standard error lacks something.
    #[track_caller]
    pub(crate) fn does_not_say(self, text: &str) -> Self {
        assert!(!self.stderr.contains(text), "{text:?} in\n{}", self.told());
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.told()))
    }

    /// Compares code and both outputs with a snapshot.
    #[track_caller]
    pub(crate) fn snapshot(self, name: &str) -> Self {
        self.snapshot_with(name, &[])
    }

    /// The same with further texts replaced first.
    #[track_caller]
    pub(crate) fn snapshot_with(self, name: &str, replaced: &[(&str, &str)]) -> Self {
        let code = self.status.code().map_or_else(|| self.status.to_string(), |code| code.to_string());
        let whole = format!("exit code {code}\n--- stdout ---\n{}\n--- stderr ---\n{}", self.stdout, self.stderr);
        let whole = replaced.iter().fold(whole, |text, (from, to)| text.replace(from, to));
        snapshot::check(name, &whole);
        self
    }
}

//! A pseudo-terminal with the program on it: keys go in, and what stands on the screen is waited for.

use crate::support::program::Program;
use portable_pty::{Child, CommandBuilder, MasterPty, PtyPair, PtySize, native_pty_system};
use std::ffi::OsString;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// How long something may take to appear. It is only reached when it never comes.
const PATIENCE: Duration = Duration::from_secs(120);

/// What stands in front of a typed line.
const PROMPT: &str = "rhizo>";

/// A terminal on which the program runs.
pub(crate) struct Terminal {
    shared: Arc<Shared>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
}

struct Shared {
    view: Mutex<View>,
    changed: Condvar,
}

struct View {
    screen: vt100::Parser,
    /// Everything that was written, escape sequences included.
    raw: Vec<u8>,
    over: bool,
}

impl Terminal {
    /// Starts the program with these arguments on a terminal of 24 rows and 80 columns, and waits for its prompt.
    pub(crate) fn start(program: &Program, args: &[&str]) -> Self {
        Self::with(program, args, 80, &[("RHIZO_MODEL", "offline")])
    }

    /// The same with a width and with variables.
    pub(crate) fn with(program: &Program, args: &[&str], columns: u16, variables: &[(&str, &str)]) -> Self {
        let (pair, command) = Self::prepare(program, args, columns, variables);
        let terminal = Self::begin(pair, command, columns);
        terminal.prompt();
        terminal
    }

    /// Starts a shell with a line in which the program is `"$0"`, and waits for its prompt.
    pub(crate) fn below_shell(program: &Program, line: &str) -> Self {
        let terminal = Self::shell(program, line);
        terminal.prompt();
        terminal
    }

    /// The same, and waits for nothing.
    pub(crate) fn shell(program: &Program, line: &str) -> Self {
        let (pair, mut command) = Self::prepare(program, &[], 80, &[]);
        drop(command.get_argv_mut().splice(0..0, ["sh", "-c", line].map(OsString::from)));
        Self::begin(pair, command, 80)
    }

    /// Starts the program with these arguments, and waits for nothing.
    pub(crate) fn run(program: &Program, args: &[&str], columns: u16) -> Self {
        let (pair, command) = Self::prepare(program, args, columns, &[]);
        Self::begin(pair, command, columns)
    }

    fn prepare(
        program: &Program,
        args: &[&str],
        columns: u16,
        variables: &[(&str, &str)],
    ) -> (PtyPair, CommandBuilder) {
        let size = PtySize { rows: 24, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_rhizo"));
        command.args(args);
        command.cwd(program.project());
        command.env_clear();
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command.env("HOME", program.user());
        command.env("RHIZO_HOME", program.state());
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        for (name, value) in variables {
            command.env(name, value);
        }
        (pair, command)
    }

    fn begin(pair: PtyPair, command: CommandBuilder, columns: u16) -> Self {
        let child = pair.slave.spawn_command(command).expect("the program starts");
        let sides = (NonZeroU16::new(24).expect("rows"), NonZeroU16::new(columns).expect("columns"));
        let view = View { screen: vt100::Parser::new(sides.0, sides.1, 0), raw: Vec::new(), over: false };
        let shared = Arc::new(Shared { view: Mutex::new(view), changed: Condvar::new() });
        let reader = pair.master.try_clone_reader().expect("a reader");
        let kept = Arc::clone(&shared);
        std::thread::spawn(move || kept.read(reader));
        let keys = pair.master.take_writer().expect("a writer");
        Self { shared, keys, child, master: pair.master }
    }

    /// Everything that the program writes to a terminal until it ends, escape sequences included.
    pub(crate) fn written(program: &Program, args: &[&str], variables: &[(&str, &str)]) -> String {
        let (pair, command) = Self::prepare(program, args, 120, variables);
        let mut terminal = Self::begin(pair, command, 120);
        let ended = terminal.shared.changed.wait_timeout_while(terminal.held(), PATIENCE, |view| !view.over);
        let (view, late) = ended.expect("unpoisoned");
        assert!(!late.timed_out(), "it did not end:\n{}", view.screen.screen().contents());
        let raw = view.raw.clone();
        drop(view);
        terminal.child.wait().expect("it ended");
        String::from_utf8_lossy(&raw).into_owned()
    }

    /// Makes the window this wide.
    pub(crate) fn resize(&self, columns: u16) {
        let size = PtySize { rows: 24, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.resize(size).expect("it can be resized");
        let sides = (NonZeroU16::new(24).expect("rows"), NonZeroU16::new(columns).expect("columns"));
        self.held().screen.set_size(sides.0, sides.1);
    }

    /// Sends the program a signal, by its name.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.process_id().expect("it runs");
        let sent = std::process::Command::new("sh").args(["-c", &format!("kill -s {name} {id}")]).status();
        assert!(sent.expect("a shell runs").success());
    }

    /// Types keys.
    pub(crate) fn keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).expect("keys can be typed");
    }

    /// Types a line and Enter, and waits until `shown` stands on a row of its own or at the beginning of one, with an
    /// empty prompt below it.
    #[track_caller]
    pub(crate) fn line(&mut self, line: &str, shown: &str) {
        self.keys(&format!("{line}\r"));
        self.until(&format!("{shown:?} and a prompt"), |screen| {
            at_prompt(screen) && rows_above(screen).iter().any(|row| row.starts_with(shown))
        });
    }

    /// Waits for an empty prompt.
    #[track_caller]
    pub(crate) fn prompt(&self) {
        self.until("an empty prompt", at_prompt);
    }

    /// Waits until this text stands on the screen.
    #[track_caller]
    pub(crate) fn see(&self, text: &str) {
        self.until(&format!("{text:?}"), |screen| screen.contents().contains(text));
    }

    /// Waits until this text is the whole of a row.
    #[track_caller]
    pub(crate) fn see_row(&self, text: &str) {
        self.until(&format!("the row {text:?}"), |screen| rows(screen).iter().any(|row| row == text));
    }

    /// Waits until this text stands on this many rows.
    #[track_caller]
    pub(crate) fn see_times(&self, text: &str, times: usize) {
        let what = format!("{text:?} on {times} rows");
        self.until(&what, |screen| rows(screen).iter().filter(|row| row.contains(text)).count() >= times);
    }

    /// The rows that go on in the next one, because something longer than a row was written.
    pub(crate) fn cut_rows(&self) -> Vec<String> {
        let view = self.held();
        let screen = view.screen.screen();
        let cut = (0..).zip(rows(screen)).filter(|(row, _)| screen.row_wrapped(*row));
        cut.map(|(_, text)| text).collect()
    }

    /// What stands on the screen.
    pub(crate) fn screen(&self) -> String {
        self.held().screen.screen().contents()
    }

    /// Everything that was written, escape sequences included.
    pub(crate) fn raw(&self) -> String {
        String::from_utf8_lossy(&self.held().raw).into_owned()
    }

    /// Waits for the end of what the program writes.
    #[track_caller]
    pub(crate) fn over(&self) {
        let waited = self.shared.changed.wait_timeout_while(self.held(), PATIENCE, |view| !view.over);
        let (view, late) = waited.expect("unpoisoned");
        assert!(!late.timed_out(), "it did not end:\n{}", view.screen.screen().contents());
    }

    /// Waits for the end of the program and answers its exit code.
    #[track_caller]
    pub(crate) fn end(mut self) -> u32 {
        self.over();
        self.child.wait().expect("it ended").exit_code()
    }

    #[track_caller]
    fn until(&self, what: &str, shows: impl Fn(&vt100::Screen) -> bool) {
        let waits = |view: &mut View| !view.over && !shows(view.screen.screen());
        let waited = self.shared.changed.wait_timeout_while(self.held(), PATIENCE, waits);
        let (view, _) = waited.expect("unpoisoned");
        let screen = view.screen.screen();
        assert!(shows(screen), "{what} did not appear:\n{}", screen.contents());
    }

    fn held(&self) -> MutexGuard<'_, View> {
        self.shared.view.lock().expect("unpoisoned")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It has usually ended by itself; then there is nothing to kill.
        drop(self.child.kill());
    }
}

impl Shared {
    fn read(&self, mut terminal: Box<dyn Read + Send>) {
        let mut piece = [0_u8; 4096];
        loop {
            // A terminal whose last program has ended answers with an error.
            let read = terminal.read(&mut piece).unwrap_or(0);
            // A failed expectation poisons the lock; it has told what there was to tell.
            let Ok(mut view) = self.view.lock() else { break };
            view.screen.process(&piece[..read]);
            view.raw.extend_from_slice(&piece[..read]);
            view.over = read == 0;
            let over = view.over;
            drop(view);
            self.changed.notify_all();
            if over {
                break;
            }
        }
    }
}

fn rows(screen: &vt100::Screen) -> Vec<String> {
    let columns = screen.size().1.get();
    screen.rows(0, columns).map(|row| row.trim_end().to_owned()).collect()
}

fn rows_above(screen: &vt100::Screen) -> Vec<String> {
    rows(screen).into_iter().take(usize::from(screen.cursor_position().0)).collect()
}

/// Whether the cursor stands behind an empty prompt.
fn at_prompt(screen: &vt100::Screen) -> bool {
    let (row, column) = screen.cursor_position();
    let here = rows(screen).get(usize::from(row)).cloned().unwrap_or_default();
    here == PROMPT && usize::from(column) == PROMPT.len() + 1
}

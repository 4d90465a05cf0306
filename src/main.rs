//! The program `rhizo`: reads its surroundings, starts the runtime, runs one command.

use rhizo::cli::dispatch;
use rhizo::config::environment::Environment;
use rhizo::core::exit::Exit;
use rhizo::tools::process::privacy;
use std::process::ExitCode;

fn main() -> ExitCode {
    privacy::close();
    let environment = Environment::read();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let Ok(runtime) = runtime else {
        return ExitCode::from(Exit::Failed.code());
    };
    let exit = runtime.block_on(dispatch::main(std::env::args_os().collect(), environment));
    // A thread that is stuck in a native call must not keep the process: everything that matters is on disk.
    runtime.shutdown_background();
    ExitCode::from(exit.code())
}

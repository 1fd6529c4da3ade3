//! The service, with log lines for people. `examples/otel` has it with traces.

use std::process::ExitCode;

fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    insights::run()
}

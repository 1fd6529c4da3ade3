//! The service of `examples/insights` with traces by OTLP and JSON logs. The images of its
//! deployment are built of it.

mod json_logs;
mod telemetry;

use std::{error::Error, process::ExitCode};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let telemetry = telemetry::install()?;
    let code = insights::run();
    telemetry.shutdown();
    Ok(code)
}

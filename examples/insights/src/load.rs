//! The load generator. It counts by itself what it asks for and what it gets, to compare the
//! statistics of the services with that.

mod caller;
mod counts;

use std::{
    error::Error,
    thread,
    time::{Duration, Instant},
};

use self::caller::Caller;
pub(crate) use self::counts::Counts;
use crate::options::Load;

/// Asks until the time is over, and returns the counts of all callers.
pub(crate) fn run(load: &Load) -> Counts {
    let end = Instant::now() + Duration::from_secs(load.seconds);
    let counts = Counts::default();
    thread::scope(|scope| {
        for number in 0..load.callers {
            let mut caller = Caller::new(number, load, &counts);
            scope.spawn(move || {
                while Instant::now() < end {
                    caller.act();
                }
            });
        }
    });
    counts
}

impl Counts {
    /// Prints the counts as JSON, and fails if a call has failed or a value was stale.
    pub(crate) fn report(&self) -> Result<(), Box<dyn Error>> {
        println!("{}", serde_json::to_string_pretty(self)?);
        self.verdict().map_err(Into::into)
    }
}

//! The table at the end: the number of calls that each tier served, in each act.

use std::{fmt, time::Duration};

use crate::{
    SLOW,
    messages::{Reply, Request, Source},
};

#[derive(Default)]
pub(crate) struct Table(Vec<Act>);

#[derive(Default)]
struct Act {
    title: &'static str,
    memory: u32,
    redis: u32,
    function: u32,
    slowest: Duration,
}

impl Table {
    pub(crate) fn begin(&mut self, title: &'static str) {
        self.0.push(Act { title, ..Act::default() });
    }

    pub(crate) fn add(&mut self, request: Request, reply: &Reply) {
        if let (Some(act), Request::Call(_)) = (self.0.last_mut(), request) {
            act.add(reply);
        }
    }
}

impl Act {
    fn add(&mut self, reply: &Reply) {
        match reply.source {
            Source::Memory => self.memory += 1,
            Source::Function => self.function += 1,
            _ => self.redis += 1,
        }
        self.slowest = self.slowest.max(reply.took);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{:<34} memory   Redis   function   slowest call", "calls served by")?;
        for Act { title, memory, redis, function, slowest } in &self.0 {
            // The part before the colon says what is done, the other what is to be seen.
            let title = title.split(':').next().unwrap_or(title);
            let slowest = format!("{:.1} ms", slowest.as_secs_f64() * 1e3);
            writeln!(f, "{title:<34} {memory:>6} {redis:>7} {function:>10} {slowest:>14}")?;
        }
        writeln!(f, "The function takes {} ms. No call failed.", SLOW.as_millis())
    }
}

//! What is printed in the end: how often who answered, in each act.

use std::{fmt, time::Duration};

use crate::{
    SLOW,
    answer::{Answer, Request, Source},
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

    pub(crate) fn add(&mut self, request: Request, answer: &Answer) {
        if let (Some(act), Request::Call(_)) = (self.0.last_mut(), request) {
            act.add(answer);
        }
    }
}

impl Act {
    fn add(&mut self, answer: &Answer) {
        match answer.source {
            Source::Memory => self.memory += 1,
            Source::Function => self.function += 1,
            _ => self.redis += 1,
        }
        self.slowest = self.slowest.max(answer.took);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{:<34} memory   Redis   function   slowest call", "calls answered by")?;
        for Act { title, memory, redis, function, slowest } in &self.0 {
            // The half that says what is done; the other says what is to be seen.
            let title = title.split(':').next().unwrap_or(title);
            let slowest = format!("{:.1} ms", slowest.as_secs_f64() * 1e3);
            writeln!(f, "{title:<34} {memory:>6} {redis:>7} {function:>10} {slowest:>14}")?;
        }
        writeln!(f, "The function takes {} ms. No call failed.", SLOW.as_millis())
    }
}

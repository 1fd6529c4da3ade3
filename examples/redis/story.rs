//! The acts of the story, in their order.

use std::{env, io, process, thread::sleep, time::Duration};

use cachery_test_support::{Config, Server};

use crate::{
    messages::{Reply, Request, Source},
    process::Process,
    table::Table,
};

/// The time that pushes and connections need.
const MOMENT: Duration = Duration::from_millis(100);

/// The Redis of the processes, and the table of all calls.
struct Stage {
    /// `None` for the reader's own, which is not killed.
    server: Option<Server>,
    variables: Vec<(&'static str, String)>,
    table: Table,
}

pub(crate) fn tell() -> Result<(), String> {
    let mut stage = Stage::set()?;
    let (mut a, mut b) = (stage.start('A')?, stage.start('B')?);
    stage.share(&mut a, &mut b)?;
    stage.load_at_once(&mut a, &mut b)?;
    stage.invalidate(&mut a, &mut b)?;
    let mut b = stage.kill_while_it_loads(&mut a, b)?;
    stage.lose_redis(&mut a, &mut b)?;
    // A reader who closes the pipe early, as `| head` does, has seen enough.
    let _ = io::Write::write_all(&mut io::stdout(), stage.table.to_string().as_bytes());
    Ok(())
}

impl Stage {
    fn set() -> Result<Self, String> {
        let given = ["CACHE_REDIS_URL", "REDIS_URL"]
            .into_iter()
            .find(|name| env::var_os(name).is_some_and(|url| !url.is_empty()));
        let mut variables = vec![
            ("CACHE_PREFIX", format!("cachery-example-{}", process::id())),
            // A busy machine must not look like an outage.
            ("CACHE_REMOTE_DEADLINE", "2s".to_owned()),
        ];
        let server = if let Some(name) = given {
            println!("Redis is where {name} says.");
            None
        } else {
            let server = Server::try_launch(Config::default())
                .map_err(|error| format!("{error}, or set REDIS_URL to a server that runs"))?;
            println!("A redis-server of our own listens at {}.", server.url());
            variables.push(("CACHE_REDIS_URL", server.url()));
            // Without Redis there is nothing to see.
            variables.push(("CACHE_REQUIRED", "true".to_owned()));
            Some(server)
        };
        Ok(Self { server, variables, table: Table::default() })
    }

    fn start(&self, name: char) -> Result<Process, String> {
        Process::start(name, &self.variables)
    }

    fn act(&mut self, title: &'static str) {
        println!("\n{title}");
        self.table.begin(title);
    }

    fn ask(&mut self, process: &mut Process, request: Request) -> Result<Source, String> {
        process.send(request)?;
        let reply = process.receive()?;
        self.note(process, request, &reply);
        Ok(reply.source)
    }

    fn note(&mut self, process: &Process, request: Request, reply: &Reply) {
        println!("  {}  {:<22} {reply}", process.name, request.to_string());
        self.table.add(request, reply);
    }

    fn ask_both_twice(&mut self, a: &mut Process, b: &mut Process, id: u64) -> Result<(), String> {
        for _ in 0..2 {
            self.ask(a, Request::Call(id))?;
            self.ask(b, Request::Call(id))?;
        }
        Ok(())
    }

    fn share(&mut self, a: &mut Process, b: &mut Process) -> Result<(), String> {
        self.act("A and B share a cache");
        self.ask_both_twice(a, b, 1)
    }

    fn load_at_once(&mut self, a: &mut Process, b: &mut Process) -> Result<(), String> {
        self.act("both ask at once: one load for both");
        a.send(Request::Call(2))?;
        b.send(Request::Call(2))?;
        for process in [a, b] {
            let reply = process.receive()?;
            self.note(process, Request::Call(2), &reply);
        }
        Ok(())
    }

    fn invalidate(&mut self, a: &mut Process, b: &mut Process) -> Result<(), String> {
        self.act("B invalidates: the old value is gone from A's memory, too");
        self.ask(b, Request::Invalidate(1))?;
        sleep(3 * MOMENT);
        self.ask(a, Request::Call(1))?;
        self.ask(b, Request::Call(1)).map(drop)
    }

    /// Returns the process that replaces it.
    fn kill_while_it_loads(&mut self, a: &mut Process, mut b: Process) -> Result<Process, String> {
        self.act("kill -9 of B while it loads: A takes over when B's lease ends, after 3 s");
        b.send(Request::Call(3))?;
        sleep(MOMENT);
        a.send(Request::Call(3))?;
        sleep(MOMENT);
        b.kill();
        println!("  B  killed");
        let reply = a.receive()?;
        self.note(a, Request::Call(3), &reply);
        println!("  B  started again");
        let mut b = self.start('B')?;
        self.ask(&mut b, Request::Call(3))?;
        Ok(b)
    }

    fn lose_redis(&mut self, a: &mut Process, b: &mut Process) -> Result<(), String> {
        let Some(server) = self.server.take() else {
            println!(
                "\nThis Redis is yours and is not killed. Unset its variable to see that, too."
            );
            return Ok(());
        };
        self.act("kill -9 of Redis: calls go on");
        server.kill();
        sleep(MOMENT);
        self.ask(a, Request::Call(3))?;
        self.ask(a, Request::Call(4))?;
        self.ask(a, Request::Call(4))?;
        self.ask(b, Request::Call(4))?;
        self.ask(b, Request::Invalidate(3))?;

        self.act("Redis is back, and empty: so is memory, and the cache is shared again");
        server.relaunch();
        self.ask(a, Request::Recover)?;
        self.ask(b, Request::Recover)?;
        self.ask_both_twice(a, b, 3)
    }
}

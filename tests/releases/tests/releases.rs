//! A rolling deploy: processes of several releases on one Redis.

use std::{
    io::{BufRead as _, BufReader, Lines, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use cachery_test_support::{Config, Server};

/// More than a push takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
const BACKENDS: [&str; 2] = ["redis", "tiered"];

/// A process of one release.
struct Release {
    child: Child,
    orders: ChildStdin,
    words: Lines<BufReader<ChildStdout>>,
}

impl Release {
    fn start(program: &str, server: &Server, backend: &str) -> Self {
        let mut child = Command::new(program)
            .env("REDIS_URL", server.url())
            .env("CACHE_TYPE", backend)
            // A start on a busy machine takes its time.
            .env("CACHE_REMOTE_DEADLINE", "5s")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it is built");
        let orders = child.stdin.take().expect("it is piped");
        let words = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        Self { child, orders, words }
    }

    fn old(server: &Server, backend: &str) -> Self {
        Self::start(env!("CARGO_BIN_EXE_old"), server, backend)
    }

    fn moved(server: &Server, backend: &str) -> Self {
        Self::start(env!("CARGO_BIN_EXE_moved"), server, backend)
    }

    fn next(server: &Server, backend: &str) -> Self {
        Self::start(env!("CARGO_BIN_EXE_next"), server, backend)
    }

    fn alike(server: &Server, backend: &str) -> Self {
        Self::start(env!("CARGO_BIN_EXE_alike"), server, backend)
    }

    /// Gives an order, and returns the reply.
    fn says(&mut self, order: &str) -> String {
        writeln!(self.orders, "{order}").expect("it lives");
        self.words.next().expect("it lives").expect("it writes text")
    }

    fn loads(&mut self) -> u64 {
        self.says("loads").parse().expect("a number")
    }

    /// Gives the order again until the reply is this one, because a push takes a moment.
    #[track_caller]
    fn soon_says(&mut self, order: &str, reply: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let said = self.says(order);
            if said == reply {
                return;
            }
            assert!(Instant::now() < deadline, "{order}: {said}, not {reply}");
            sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Release {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn on_each_backend(test: impl Fn(&Server, &str)) {
    for backend in BACKENDS {
        test(&Server::launch(Config::default()), backend);
    }
}

#[test]
fn a_function_that_was_moved_and_types_spelled_otherwise_keep_the_cache_warm() {
    on_each_backend(|server, backend| {
        let mut old = Release::old(server, backend);
        assert_eq!(old.says("get"), "old.1");
        let mut moved = Release::moved(server, backend);
        assert_eq!(moved.says("get"), "old.1", "{backend}");
        assert_eq!(moved.loads(), 0);
        assert_eq!(old.says("identities"), moved.says("identities"));
    });
}

#[test]
fn releases_of_two_versions_keep_their_values_apart_and_do_not_thrash() {
    on_each_backend(|server, backend| {
        let mut old = Release::old(server, backend);
        let mut next = Release::next(server, backend);
        for _ in 0..20 {
            assert_eq!((old.says("get"), next.says("get")), ("old.1".into(), "next.1".into()));
        }
        // One that starts now is warm, too.
        assert_eq!(Release::old(server, backend).says("get"), "old.1", "{backend}");
        assert_eq!(Release::next(server, backend).says("get"), "next.1", "{backend}");
        assert_ne!(old.says("identities"), next.says("identities"));
    });
}

#[test]
fn an_invalidation_by_one_release_reaches_the_nodes_of_both() {
    on_each_backend(|server, backend| {
        let mut old = [Release::old(server, backend), Release::old(server, backend)];
        let mut next = Release::next(server, backend);
        old.each_mut().into_iter().for_each(|old| assert_eq!(old.says("get"), "old.1"));
        assert_eq!(next.says("get"), "next.1");

        assert_eq!(next.says("invalidate"), "Everywhere");
        old.each_mut().into_iter().for_each(|old| old.soon_says("peek", "none"));
        assert_eq!(next.says("peek"), "none", "{backend}");

        let [first, second] = &mut old;
        let again = first.says("get");
        assert_ne!(again, "old.1");
        assert_eq!(second.says("get"), again);
        assert_eq!(next.says("get"), "next.2");
        assert_eq!(first.says("invalidate"), "Everywhere");
        second.soon_says("peek", "none");
        next.soon_says("peek", "none");
        let loads = first.loads() + second.loads();
        assert_eq!((loads, next.loads()), (2, 2), "no load but those that were needed");
    });
}

#[test]
fn what_one_release_puts_or_refreshes_ends_the_older_value_of_the_other() {
    on_each_backend(|server, backend| {
        let mut old = Release::old(server, backend);
        let mut next = Release::next(server, backend);
        assert_eq!((old.says("get"), next.says("get")), ("old.1".into(), "next.1".into()));
        assert_eq!(next.says("by hand"), "done");
        old.soon_says("peek", "none");
        assert_eq!((old.says("get"), next.says("get")), ("old.2".into(), "by hand".into()));
        assert_eq!(old.says("refresh"), "old.3");
        next.soon_says("peek", "none");
        assert_eq!((old.says("get"), next.says("get")), ("old.3".into(), "next.2".into()));
    });
}

#[test]
fn a_clear_by_one_release_reaches_both() {
    on_each_backend(|server, backend| {
        let mut old = Release::old(server, backend);
        let mut next = Release::next(server, backend);
        assert_eq!((old.says("get"), next.says("get")), ("old.1".into(), "next.1".into()));
        assert_eq!(next.says("clear"), "Everywhere");
        old.soon_says("peek", "none");
        assert_eq!((old.says("get"), next.says("get")), ("old.2".into(), "next.2".into()));
    });
}

/// The registry that the first call builds goes on where `Caches::from_env` refuses to start.
#[test]
fn two_functions_of_one_written_name_are_kept_apart_and_hear_of_their_own_invalidations() {
    on_each_backend(|server, backend| {
        let [mut here, mut there] = [(); 2].map(|()| Release::alike(server, backend));
        assert_eq!(here.says("get"), "first.1 second.2");
        assert_eq!((there.says("get"), there.loads()), ("first.1 second.2".into(), 0), "{backend}");
        assert_eq!(here.says("invalidate first"), "Everywhere");
        there.soon_says("peek", "none second.2");
        assert_eq!(here.says("get"), "first.3 second.2");
        assert_eq!(here.says("invalidate second"), "Everywhere");
        there.soon_says("peek", "first.3 none");
    });
}

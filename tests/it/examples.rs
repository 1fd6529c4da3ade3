//! The examples, run as a reader runs them. `cargo test` builds them beside this test; `cargo test
//! --test it` alone does not, and takes those that are there.

#[cfg(feature = "axum")]
mod axum;
#[cfg(feature = "redis")]
mod redis;

use std::{
    env::{self, consts::EXE_SUFFIX},
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// A few calls, over soon.
const SHORT: [&str; 4] = ["--calls", "400", "--delay", "2"];

fn example(name: &str) -> Command {
    let test = env::current_exe().expect("a running test has a path");
    let profile = test.ancestors().nth(2).expect("tests are in target/<profile>/deps");
    let path = profile.join("examples").join(format!("{name}{EXE_SUFFIX}"));
    assert!(path.exists(), "{name} is not built: run `cargo build --examples` first");
    let mut command = Command::new(path);
    // The developer may have set some for another program.
    let ours = |name: &str| name.starts_with("CACHE_") || name == "REDIS_URL";
    env::vars_os().filter(|(name, _)| ours(&name.to_string_lossy())).for_each(|(name, _)| {
        command.env_remove(name);
    });
    command.stdin(Stdio::null());
    command
}

fn quickstart(arguments: &[&str]) -> Output {
    example("quickstart").args(arguments).output().expect("it is built")
}

fn quickstart_reading(input: &[u8], arguments: &[&str]) -> Output {
    let mut command = example("quickstart");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it is built");
    child.stdin.take().expect("it is piped").write_all(input).expect("it reads its input");
    child.wait_with_output().expect("it ends")
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).expect("it prints UTF-8")
}

/// The numbers of the row that begins with `label`; `-` is left out.
fn row(text: &str, label: &str) -> Vec<u64> {
    let line =
        text.lines().find_map(|line| line.trim_start().strip_prefix(label)).unwrap_or_else(|| {
            panic!("no row {label} in\n{text}");
        });
    line.split_whitespace().filter_map(|cell| cell.replace(',', "").parse().ok()).collect()
}

/// The number of lines for which there were calls.
fn different_lines(text: &str) -> u64 {
    row(text, "for")[0]
}

/// Checks that `output` is a refusal in one line that has all of `words`.
#[track_caller]
fn assert_refused(output: &Output, words: &[&str]) {
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(output.stdout.is_empty());
    assert!(words.iter().all(|word| message.contains(word)), "{words:?} in {message}");
}

/// Writes a file into the directory of the tests, by a name that no other test uses.
fn file(name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, content).expect("the directory of the tests is writable");
    path
}

#[test]
fn the_table_adds_up() {
    let text = stdout(&quickstart(&SHORT));
    let [cached, again] = row(&text, "hits")[..] else { panic!("{text}") };
    let [misses, missed_again] = row(&text, "misses")[..] else { panic!("{text}") };
    let [loads, loaded_again] = row(&text, "loads")[..] else { panic!("{text}") };
    let [coalesced, coalesced_again] = row(&text, "coalesced")[..] else { panic!("{text}") };

    assert_eq!(row(&text, "calls"), [400; 3]);
    assert_eq!((cached + misses, again + missed_again), (400, 400));
    assert_eq!((loads + coalesced, loaded_again + coalesced_again), (misses, missed_again));
    assert_eq!(loaded_again, 1, "one line was invalidated");
    assert_eq!(row(&text, "function ran"), [400, loads, 1]);
    assert_eq!(loads, different_lines(&text));
    assert_eq!(row(&text, "if the model fails"), [400, 400]);
    assert!(text.contains("400 errors") && text.contains("400 stale"), "{text}");
}

#[test]
fn the_same_seed_makes_the_same_calls_and_another_makes_others() {
    let favourites = |seed: &str| {
        let text = stdout(&quickstart(&[&SHORT[..], &["--seed", seed]].concat()));
        text.lines()
            .filter(|line| line.contains(" x ") && line.contains("tive "))
            .collect::<String>()
    };
    assert_eq!(favourites("5"), favourites("5"));
    assert_ne!(favourites("5"), favourites("6"));
}

#[test]
fn a_line_is_scored_and_a_repeated_one_is_one_key() {
    let output = quickstart_reading(
        b"\xef\xbb\xbfnot great\r\n\n  \nnot great\n",
        &["-", "--calls", "9", "--delay", "1"],
    );
    let text = stdout(&output);
    assert!(text.contains("2 lines of text in standard input."), "{text}");
    assert!(text.contains("9 x  negative -0.25  not great"), "{text}");
    assert_eq!(row(&text, "loads"), [1, 1]);
}

#[test]
fn more_lines_than_the_default_capacity_are_all_kept() {
    let lines: Vec<_> = (0..12_000).map(|line| format!("line {line}")).collect();
    let path = file("large.txt", lines.join("\n"));
    let path = path.to_str().expect("the directory of the tests has a plain name");
    let text =
        stdout(&quickstart(&[path, "--calls", "150000", "--delay", "20", "--callers", "150"]));
    let loads = row(&text, "loads");
    assert!(loads[0] > 10_000, "{text}");
    assert_eq!(loads, [different_lines(&text), 1]);
}

#[test]
fn calls_that_take_too_long_uncached_are_not_tried() {
    let text = stdout(&quickstart(&["--calls", "100000", "--delay", "10"]));
    assert!(text.contains("= 15.62 s without a cache (too long to try)"), "{text}");
    assert_eq!(row(&text, "calls"), [100_000; 2]);
}

#[test]
fn a_cache_that_is_off_is_named_as_the_reason() {
    let mut command = example("quickstart");
    let text =
        stdout(&command.args(SHORT).env("CACHE_ENABLED", "false").output().expect("it is built"));
    assert!(text.contains("CACHE_ENABLED"), "{text}");
    assert_eq!(row(&text, "function ran"), [400; 3]);
}

#[test]
fn help_explains_and_succeeds() {
    let text = stdout(&quickstart(&["--help"]));
    assert!(text.contains("standard input") && text.contains("calls x delay / callers"), "{text}");
}

#[test]
fn input_that_cannot_be_read_is_refused_with_a_remedy() {
    let directory = env!("CARGO_TARGET_TMPDIR");
    assert_refused(
        &quickstart(&["no-such-file.txt"]),
        &["`no-such-file.txt` does not exist", "give a text file"],
    );
    assert_refused(&quickstart(&[directory]), &[directory, "is a directory", "give a text file"]);
    let latin = file("latin1.txt", b"good\ncaf\xe9\n");
    assert_refused(
        &quickstart(&[&latin.to_string_lossy()]),
        &["latin1.txt", "not UTF-8", "line 2", "iconv"],
    );
    let empty = file("empty.txt", "");
    assert_refused(
        &quickstart(&[&empty.to_string_lossy()]),
        &["empty.txt", "is empty", "give a text file"],
    );
    assert_refused(
        &quickstart_reading(b"\n \n\t\n", &["-"]),
        &["standard input", "only blank lines"],
    );
}

#[test]
fn options_that_cannot_be_are_refused_with_a_remedy() {
    assert_refused(&quickstart(&["--delay", "x"]), &["'x'", "--delay", "whole number from 1 to"]);
    assert_refused(
        &quickstart(&["--callers", "0"]),
        &["'0'", "--callers", "whole number from 1 to 1000"],
    );
    assert_refused(&quickstart(&["--cals", "3"]), &["--cals", "'--calls'", "--help"]);
    let mut command = example("quickstart");
    let output = command.env("CACHE_SENTIMENT_TTL", "soon").output().expect("it is built");
    assert_refused(&output, &["CACHE_SENTIMENT_TTL", "soon"]);
}

#[test]
fn the_short_examples_do_what_they_say() {
    for name in ["methods", "testing"] {
        let output = example(name).output().expect("it is built");
        assert!(!stdout(&output).is_empty());
    }
}

/// Returns the texts of a row of the bill of the embeddings, and their dollars in units of a text.
fn billed(bill: &str, label: &str) -> (u64, u64) {
    let line = bill.lines().find_map(|line| line.strip_prefix(label));
    let cells: Vec<_> = line.expect("there is such a row").split_whitespace().collect();
    let [texts, dollars] = cells[..] else { panic!("{bill}") };
    let ten_thousandths = dollars.replace('.', "").parse().expect("it has four digits");
    (texts.parse().expect("a number"), ten_thousandths)
}

#[test]
fn the_bill_of_the_embeddings_adds_up_by_hand() {
    let bill = stdout(&example("embeddings").output().expect("it is built"));
    let rows = [
        "loaded by the model",
        "found in memory",
        "joined: another batch was loading it",
        "named again in its own batch",
    ];
    let rows = rows.map(|label| billed(&bill, label));
    let sum = rows.iter().fold((0, 0), |sum, row| (sum.0 + row.0, sum.1 + row.1));
    assert_eq!(sum, billed(&bill, "asked for"), "{bill}");
    assert!(rows.iter().all(|(texts, dollars)| texts == dollars), "$0.0001 a text: {bill}");
    let [(loaded, _), (found, _), (joined, _), (again, _)] = rows;
    assert_eq!((loaded, sum.0), (72, 624), "each sentence once, of 48 batches of 13");
    assert!(found > 0 && joined > 0 && again > 0, "batches overlap in each way: {bill}");
    assert!(bill.contains("The model counted 72 texts in "), "{bill}");
    assert!(bill.contains("\nSpent: 72 x $0.0001 = $0.0072.\n"), "{bill}");
    assert!(bill.contains("\nWithout the cache: 624 x $0.0001 = $0.0624.\n"), "{bill}");
    assert!(bill.contains("\nSaved: $0.0552.\n"), "{bill}");
    assert!(bill.contains("stand-in") && bill.contains("nobody is billed"), "{bill}");
}

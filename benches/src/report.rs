//! The tables in `BENCHMARKS.md`, each between marks of its name.

use std::fs;

const PATH: &str = "BENCHMARKS.md";

/// Prints a table, and writes it into its place where the program is told to.
pub fn report(name: &str, table: &str) {
    println!("{table}");
    if std::env::args().nth(1).is_some_and(|word| word == "write") {
        write(name, table);
    }
}

fn write(name: &str, table: &str) {
    let begin = format!("<!-- {name} -->\n");
    let end = format!("<!-- end of {name} -->\n");
    let text = fs::read_to_string(PATH).expect("run it in the root of the repository");
    let (before, rest) = text.split_once(&*begin).expect("where the table begins");
    let (_, after) = rest.split_once(&*end).expect("where it ends");
    fs::write(PATH, format!("{before}{begin}{table}{end}{after}")).expect("written");
}

//! The tables in `BENCHMARKS.md`, each between marks of its name.

use std::fs;

const PATH: &str = "BENCHMARKS.md";

/// Prints a table, and writes it into its place where the program is told to.
pub fn report(name: &str, table: &str) {
    println!("{table}");
    if writes() {
        write(name, table);
    }
}

/// Tells whether the program is told to write.
pub fn writes() -> bool {
    std::env::args().nth(1).is_some_and(|word| word == "write")
}

/// Returns a table in Markdown, of a head and rows of cells.
pub fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: &str| format!("| {cells} |\n");
    let rows = rows.into_iter().map(|cells| line(&cells.join(" | ")));
    let rule = format!("|{}\n", "---|".repeat(head.len()));
    [line(&head.join(" | ")), rule].into_iter().chain(rows).collect()
}

fn write(name: &str, table: &str) {
    let begin = format!("<!-- {name} -->\n");
    let end = format!("<!-- end of {name} -->\n");
    let text = fs::read_to_string(PATH).expect("run it in the root of the repository");
    let (before, rest) = text.split_once(&*begin).expect("where the table begins");
    let (_, after) = rest.split_once(&*end).expect("where it ends");
    fs::write(PATH, format!("{before}{begin}{table}{end}{after}")).expect("written");
}

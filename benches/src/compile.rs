//! Writes what `benches/compile.sh` measures: the seconds that the compiler takes for 200 functions.

use std::process::{Command, Stdio};

use cachery_benches::{Aim, Spread, report};

/// The most that ours may take, as a multiple of the peer.
const AIM: Aim = Aim(1.0);

fn main() {
    let child = Command::new("benches/compile.sh").stderr(Stdio::inherit()).output();
    let output = child.expect("run it in the root of the repository");
    assert!(output.status.success(), "benches/compile.sh: {}", output.status);
    let text = String::from_utf8(output.stdout).expect("lines of text");
    let [ours, peer] = ["ours", "peer"].map(|side| seconds(&text, side));
    let ratio = Spread::of_ratios(&ours, &peer).text(2);
    let [ours, peer] = [ours, peer].map(|rounds| Spread::new(rounds).text(1));
    let head =
        ["CPU seconds of 200 functions", "`#[cachery::cached]`", "`#[cached::cached]`", "ratio"];
    let row = ["compiled, cold".to_owned(), ours, peer, AIM.mark(&ratio)];
    report::report("compile", &report::table(&head, [row.to_vec()]));
}

/// Returns the seconds of the lines that begin with the name of a side.
fn seconds(text: &str, side: &str) -> Vec<f64> {
    let lines = text.lines().filter_map(|line| line.strip_prefix(side));
    lines.map(|rest| rest.trim().parse().expect("a number")).collect()
}

//! The bill as a table, and the sums to check it by.

use cachery::stats::Stats;

use crate::model::Model;

/// Billionths of a dollar.
const NANOS: f64 = 1e9;

/// Prints what the calls asked for, where it came from, and what that cost.
#[expect(clippy::cast_precision_loss, reason = "a price has few digits")]
pub(crate) fn print(stats: &Stats, model: &Model, sentences: usize, price: f64) {
    let batch = stats.batch;
    let money = stats.money;
    let rows = [
        ("loaded by the model", batch.loaded, money.spent),
        ("found in memory", batch.hit, money.saved_by_hits),
        ("joined: another batch was loading it", batch.joined, money.saved_by_coalescing),
        ("named again in its own batch", batch.deduplicated, money.saved_by_dedup),
    ];
    println!("{:<38}{:>8}{:>12}", "", "texts", "dollars");
    for (name, texts, nanos) in rows {
        println!("{name:<38}{texts:>8}{:>12.4}", nanos as f64 / NANOS);
    }
    let unshared = money.would_have_spent();
    println!("{:<38}{:>8}{:>12.4}\n", "asked for", batch.asked, unshared as f64 / NANOS);
    println!("{} batches asked for {} texts of {sentences} sentences.", batch.calls, batch.asked);
    println!("The model counted {} texts in {} requests.", model.texts(), model.requests());
    let spent = model.texts() as f64 * price;
    println!("Spent: {} x ${price} = ${spent:.4}.", model.texts());
    let all = batch.asked as f64 * price;
    println!("Without the cache: {} x ${price} = ${all:.4}.", batch.asked);
    println!("Saved: ${:.4}.", money.saved() as f64 / NANOS);
}

//! Embeds the sentences of a text, in overlapping batches from several tasks, and shows the bill.
//!
//! Run it with `cargo run --example embeddings`. The model is a stand-in (`model.rs`): it makes
//! vectors of letters, takes the time of a request, and costs nothing. What it *would* cost is the
//! `cost` of the attribute, and that is what the bill counts.

mod bill;
mod model;
mod texts;

use std::sync::Arc;

use cachery::{Caches, cached};
use indicatif::{ProgressBar, ProgressStyle};

use self::model::{Embedding, Model, ModelError};

/// The price of one text, in dollars.
const PRICE: f64 = 0.0001;
/// The tasks that ask at once.
const TASKS: usize = 4;
/// The texts of one batch, of which the first is named once more at its end.
const BATCH: usize = 12;

/// Embeds texts. Each has an entry of its own, so the model gets those that nobody has asked for.
#[cached(name = "embed", ttl = "24h", batch = texts, max = 8, parallel = 2, cost = PRICE, skip(model))]
async fn embed(model: &Model, texts: &[String]) -> Result<Vec<Embedding>, ModelError> {
    model.embed(texts).await
}

/// Embeds all texts in batches, each of which overlaps the one before by half, from a place of its
/// own on.
async fn work(number: usize, model: Arc<Model>, texts: Arc<[String]>, progress: ProgressBar) {
    let steps = texts.len() / (BATCH / 2);
    for step in 0..steps {
        let first = (number * 7 + step * BATCH / 2) % texts.len();
        let mut batch: Vec<_> = texts.iter().cycle().skip(first).take(BATCH).cloned().collect();
        batch.extend(batch.first().cloned());
        match embed(&model, &batch).await {
            Ok(vectors) => assert_eq!(vectors.len(), batch.len(), "one for each text"),
            Err(error) => progress.println(format!("task {number}: {error}")),
        }
        progress.inc(batch.len() as u64);
    }
}

#[tokio::main]
async fn main() {
    let texts: Arc<[String]> = texts::sentences().into();
    let model = Arc::new(Model::default());
    let asked = TASKS * (texts.len() / (BATCH / 2)) * (BATCH + 1);
    let progress = ProgressBar::new(asked as u64);
    let style =
        ProgressStyle::with_template("{bar:40} {pos}/{len} texts").expect("a right template");
    progress.set_style(style);
    println!("The model is a stand-in: its vectors mean nothing, and nobody is billed.\n");
    let caches = Caches::isolated();
    let tasks = (0..TASKS).map(|number| {
        let work = work(number, Arc::clone(&model), Arc::clone(&texts), progress.clone());
        tokio::spawn(caches.scope(work))
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("no task panics");
    }
    progress.finish_and_clear();
    let stats = caches.sync_scope(|| embed::cache().stats());
    bill::print(&stats, &model, texts.len(), PRICE);
}

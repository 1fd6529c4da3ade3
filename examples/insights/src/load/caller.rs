//! One caller, who asks one request after the other.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::Value;
use ureq::Agent;

use super::counts::{Counts, count};
use crate::{feedback::PRODUCTS, options::Load};

/// The texts that callers read. Some are read often, most seldom.
const TEXTS: f64 = 60.0;
/// The texts that only one caller changes begin here.
const OWN_TEXTS: u64 = 1_000;
/// Between two looks at a page that is still the old one.
const PAUSE: Duration = Duration::from_millis(5);

pub(super) struct Caller<'a> {
    number: u64,
    load: &'a Load,
    counts: &'a Counts,
    agent: Agent,
    /// The number of its latest change.
    revision: u64,
}

impl<'a> Caller<'a> {
    pub(super) fn new(number: u64, load: &'a Load, counts: &'a Counts) -> Self {
        let agent = Agent::config_builder().timeout_global(Some(Duration::from_secs(30))).build();
        Self { number, load, counts, agent: agent.into(), revision: 0 }
    }

    /// Does one thing, as a customer would: most read, few write.
    pub(super) fn act(&mut self) {
        match fastrand::u8(..100) {
            0..5 => self.change_a_text(),
            5..15 => self.read_a_product(),
            _ => self.read_a_text(),
        }
    }

    fn read_a_text(&self) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is small")]
        let id = (fastrand::f64().powi(2) * TEXTS) as u64;
        let tenant = ["acme", "globex", "initech"][usize::from(fastrand::u8(..3))];
        self.page(self.any_node(), &format!("{tenant}/feedback/{id}"));
    }

    fn read_a_product(&self) {
        let product = fastrand::u64(..PRODUCTS);
        if self.get(self.any_node(), &format!("acme/products/{product}")).is_some() {
            count(&self.counts.products);
        }
    }

    /// Changes a text on one node, and reads its page on each until that shows the change.
    fn change_a_text(&mut self) {
        self.revision += 1;
        let path = format!("acme/feedback/{}", OWN_TEXTS + self.number);
        let text = format!("Revision {} by {}, please add it", self.revision, self.number);
        let put = |node: &str| self.agent.put(format!("{node}/{path}")).send(&*text).map(drop);
        if self.ask(self.any_node(), put).is_none() {
            return;
        }
        count(&self.counts.updates);
        let end = Instant::now() + Duration::from_secs(self.load.patience);
        for node in 0..self.load.nodes.len() {
            while self.page(node, &path).is_none_or(|page| !shows(&page, &text)) {
                if Instant::now() > end {
                    eprintln!("node {node} does not show: {text}");
                    return count(&self.counts.stale);
                }
                sleep(PAUSE);
            }
        }
    }

    /// Reads the page of a text.
    fn page(&self, node: usize, path: &str) -> Option<Value> {
        let page = self.get(node, path)?;
        count(&self.counts.feedback);
        Some(page)
    }

    fn get(&self, node: usize, path: &str) -> Option<Value> {
        let get = |node: &str| {
            let url = format!("{node}/{path}");
            let body = self.agent.get(url).call()?.into_body().read_to_string()?;
            serde_json::from_str(&body).map_err(|error| ureq::Error::Other(error.into()))
        };
        self.ask(node, get)
    }

    fn any_node(&self) -> usize {
        fastrand::usize(..self.load.nodes.len())
    }

    /// Asks a node, and the others if it cannot be reached, as a load balancer does.
    fn ask<T>(&self, node: usize, request: impl Fn(&str) -> Result<T, ureq::Error>) -> Option<T> {
        let (before, from) = self.load.nodes.split_at(node);
        for (nth, node) in from.iter().chain(before).enumerate() {
            if nth > 0 {
                count(&self.counts.elsewhere);
            }
            match request(node) {
                Ok(reply) => return Some(reply),
                Err(ureq::Error::StatusCode(code)) => {
                    eprintln!("{node} replies {code}");
                    break;
                }
                Err(error) => eprintln!("{node}: {error}"),
            }
        }
        count(&self.counts.failed);
        None
    }
}

/// Tells whether what is made of the text is made of this one. An insight that failed tells nothing.
fn shows(page: &Value, text: &str) -> bool {
    page["text"] == text && page["spec"]["goal"] == text
}

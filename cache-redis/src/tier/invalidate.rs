//! Invalidations, and the guard that loses none of them.

use std::time::{Duration, Instant};

use cachery_core::remote::Reason;
use redis::Value;

use super::{client::Client, journal::Scope, node::Node, reply::refusal};

/// Invalidates all `scopes`, on all nodes.
pub(super) async fn invalidate(client: &Client, scopes: Vec<Scope>, within: Duration) -> Result<(), Reason> {
    // All of them first: a caller who goes away in between loses none.
    let attempts: Vec<_> = scopes.into_iter().map(|scope| Attempt::new(&client.node, scope)).collect();
    let began = Instant::now();
    let mut all = Ok(());
    for attempt in attempts {
        let (script, keys) = client.node.invalidation_of(attempt.scope());
        let left = within.saturating_sub(began.elapsed());
        match client.run(script, &keys, &[], "invalidate", left).await {
            Ok(Value::Int(_)) => attempt.acknowledged(),
            Ok(reply) => all = Err(refusal(&reply)),
            Err(reason) => all = Err(reason),
        }
    }
    all
}

/// An invalidation that is being tried. Dropped before it is acknowledged, it is noted as outstanding: neither a failure nor a caller
/// who went away loses it.
pub(super) struct Attempt<'a> {
    node: &'a Node,
    scope: Option<Scope>,
    /// How often servers were suspected when it began: one that is, in between, may have forgotten it again.
    suspicions: u64,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(node: &'a Node, scope: Scope) -> Self {
        Self { node, scope: Some(scope), suspicions: node.journal.suspicions() }
    }

    fn scope(&self) -> &Scope {
        self.scope.as_ref().expect("there until it is acknowledged")
    }

    /// It need not be done.
    pub(super) fn cancel(mut self) {
        self.scope = None;
    }

    /// The server has done it.
    fn acknowledged(mut self) {
        if let Some(scope) = self.scope.take() {
            self.node.journal.record(scope, self.suspicions, Instant::now());
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if let Some(scope) = self.scope.take() {
            self.node.journal.add(scope);
        }
    }
}

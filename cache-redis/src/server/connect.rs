//! How a server is connected to, and what follows from it.

use std::{
    pin::pin,
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use super::{
    Server,
    info::Reign,
    locked,
    refusal::Refusal,
    session::{OnPush, Session},
};
use crate::{manager, servers::seen};

/// Longer than this no attempt takes, the handshake included.
const CONNECT: Duration = Duration::from_secs(1);

impl Server {
    /// Waits until a lane may try to connect. While the breaker is open only the link tries.
    pub(super) async fn turn(&self) {
        loop {
            self.circuit.closed().await;
            let mut reached = pin!(self.reached.notified());
            reached.as_mut().enable();
            let entered = locked(&self.gate).enter(Instant::now());
            let Err(wait) = entered else { return };
            let _ = manager::until(pin!(manager::timer(wait)), reached).await;
        }
    }

    /// Makes a connection on the current runtime. What the server acknowledged before is suspect from here on; not if this is its
    /// `first` connection there, and the link stands with the same master: then none was lost.
    pub(super) async fn connect(
        &self,
        on_push: Option<OnPush>,
        first: bool,
    ) -> Result<Arc<Session>, Refusal> {
        let began = Instant::now();
        let limit = pin!(manager::timer(CONNECT));
        let outcome = manager::until(limit, pin!(self.shake_hands(on_push))).await;
        let outcome = outcome.unwrap_or_else(|| Err(Refusal::timeout()));
        seen::connection(outcome.as_ref().err().map(|refusal| refusal.reason.as_str()), began.elapsed());
        match &outcome {
            Ok(session) => self.accepted(session.reign(), first),
            Err(refusal) => self.refused(refusal),
        }
        outcome
    }

    async fn shake_hands(&self, on_push: Option<OnPush>) -> Result<Arc<Session>, Refusal> {
        let place = self.origin.find().await?;
        *self.address.write().unwrap_or_else(PoisonError::into_inner) = place.address;
        let session = Session::open(&place.client, on_push).await?;
        session.introduce(place.must_lead).await?;
        Ok(Arc::new(session))
    }

    fn accepted(&self, reign: Option<&Reign>, first: bool) {
        locked(&self.gate).succeeded();
        self.reached.notify_waiters();
        *locked(&self.refusal) = None;
        self.link.heard_of(reign);
        if !(first && self.link.stands_with(reign)) {
            self.shared.duties.suspect(&|slot| self.owns(slot));
        }
        self.review("connected");
    }

    fn refused(&self, refusal: &Refusal) {
        locked(&self.gate).failed(Instant::now());
        *locked(&self.refusal) = Some(refusal.clone());
        if refusal.counts {
            self.failed(refusal.reason);
        }
        self.review(refusal.reason.as_str());
        self.shared.stale.notify_one();
    }

    /// A lane's connection ended.
    pub(super) fn lost(&self, session: &Session) {
        self.shared.duties.lost(&|slot| self.owns(slot));
        locked(&self.gate).lost(Instant::now(), session.opened().elapsed());
        self.shared.stale.notify_one();
    }
}

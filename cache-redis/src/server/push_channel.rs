//! The state of the connection by which a server pushes invalidations.

use cachery_core::Push;
use tokio::sync::watch;

use super::reception::Hearing;

/// The state of the connection by which a server pushes invalidations.
pub(super) struct PushChannel {
    state: watch::Sender<PushState>,
    /// True once the server was asked for pushes and the registry knows the answer.
    settled: watch::Sender<bool>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PushState {
    Starting,
    Up,
    /// The server does not push: its feed tells of invalidations.
    Subscribed,
    /// The server does not push: the feed tells of invalidations, which another master of the Cluster
    /// has.
    Elsewhere,
    /// It was up, and one attempt to connect will show whether anything is wrong.
    Lost,
    Down,
    Forbidden,
    /// By a REST API nothing is pushed.
    Absent,
}

impl PushChannel {
    pub(super) fn new() -> Self {
        Self { state: watch::Sender::new(PushState::Starting), settled: watch::Sender::new(false) }
    }

    /// Returns the way by which the invalidations of a server that works are heard.
    pub(super) fn hearing(&self) -> Hearing {
        match self.state() {
            PushState::Up => Hearing::Pushes,
            PushState::Subscribed => Hearing::Feed,
            PushState::Elsewhere => Hearing::FeedElsewhere,
            PushState::Starting
            | PushState::Lost
            | PushState::Down
            | PushState::Forbidden
            | PushState::Absent => Hearing::Nothing,
        }
    }

    pub(super) fn is_down(&self) -> bool {
        self.state() == PushState::Down
    }

    /// Returns the state as health shows it.
    pub(super) fn health(&self) -> Push {
        match self.state() {
            PushState::Up => Push::Up,
            PushState::Subscribed | PushState::Elsewhere => Push::Subscribed,
            PushState::Starting | PushState::Lost | PushState::Down => Push::Down,
            PushState::Forbidden => Push::Forbidden,
            PushState::Absent => Push::Absent,
        }
    }

    pub(super) fn state(&self) -> PushState {
        *self.state.borrow()
    }

    /// Sets the state and returns the one before.
    pub(super) fn set(&self, state: PushState) -> PushState {
        self.state.send_replace(state)
    }

    /// Notes that the connection ended, or that it could not be made.
    pub(super) fn disconnected(&self) {
        self.state.send_modify(|state| {
            *state = match *state {
                PushState::Up | PushState::Subscribed | PushState::Elsewhere => PushState::Lost,
                PushState::Lost => PushState::Down,
                other => other,
            }
        });
    }

    /// Notes that the registry knows whether the server pushes.
    pub(super) fn settle(&self) {
        self.settled.send_replace(true);
    }

    /// Returns true once the registry knows whether the server pushes.
    pub(super) fn is_settled(&self) -> bool {
        *self.settled.borrow()
    }

    /// Waits until the registry knows whether the server pushes.
    pub(super) async fn settled(&self) {
        // The sender is ours, so it cannot be gone.
        let _ = self.settled.subscribe().wait_for(|settled| *settled).await;
    }
}

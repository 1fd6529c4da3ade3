//! The masters that a server's connections lead to: one address may lead to several.

use parking_lot::Mutex;

use crate::connection::MasterEpoch;

/// The epochs of the link's master and of the master found last. `None` while they are not known.
#[derive(Default)]
pub(super) struct Epochs(Mutex<Known>);

#[derive(Default)]
struct Known {
    link: Option<MasterEpoch>,
    latest: Option<MasterEpoch>,
}

impl Epochs {
    /// Notes the master of the newest connection.
    pub(super) fn connected(&self, epoch: Option<&MasterEpoch>) {
        self.0.lock().latest = epoch.cloned();
    }

    /// Notes the master of the link.
    pub(super) fn linked(&self, epoch: Option<&MasterEpoch>) {
        self.0.lock().link = epoch.cloned();
    }

    /// Returns true when the link is known to lead to this master.
    pub(super) fn link_leads_to(&self, epoch: Option<&MasterEpoch>) -> bool {
        epoch.is_some() && self.0.lock().link.as_ref() == epoch
    }

    /// Returns true when a newer connection is known to lead to another master than the link.
    pub(super) fn link_is_outdated(&self) -> bool {
        let Known { link, latest } = &*self.0.lock();
        link.is_some() && latest.is_some() && link != latest
    }
}

//! The permit of a miss: of this process, of all processes, and of the budget.

use super::{Caller, Miss, Next, Refused};
use std::{future::poll_fn, sync::Arc};

use cachery_syntax::Budget;

use crate::read::{
    load::{Load, LoadCause},
    remote_part::NotGranted,
    reservation,
};
use crate::{
    cache::Outcome,
    flight::{Permit, Progress},
    tag::LoadTags,
};

impl Miss {
    /// Begins a flight of its own: loads that began before store nothing any more.
    pub(super) fn supersede(&mut self) -> Permit<Outcome> {
        if let Some(remote) = &mut self.remote {
            remote.supersede();
        }
        self.replaced = self.cache.to_replace(&self.key);
        self.cache.flights.supersede(&self.key, || self.cache.generations.of(self.group))
    }

    /// Asks for the permit without waiting for another process, and with a load of its own where
    /// one loads the key: the rest of the batch need not wait for that.
    pub(super) async fn request_shared_load(
        &mut self,
        permit: Permit<Outcome>,
    ) -> Result<Permit<Outcome>, NotGranted> {
        let Some(remote) = &mut self.remote else { return self.request_load(permit).await };
        remote.give_way_at(self.cache.clock.now());
        let asked = self.request_load(permit).await;
        if let Some(remote) = &mut self.remote {
            remote.wait_for_others();
        }
        match asked {
            Err(NotGranted::Busy(permit)) => {
                self.count_miss();
                self.request_load(permit.by_itself()).await
            }
            asked => asked,
        }
    }

    /// Asks the remote tier for the permit to load.
    pub(super) async fn request_load(
        &mut self,
        permit: Permit<Outcome>,
    ) -> Result<Permit<Outcome>, NotGranted> {
        if let Caller::Thread(_) = self.caller {
            permit.progress().run_by_thread();
        }
        self.draw_tags(&permit);
        let patience = self
            .soft_end
            .filter(|_| self.standby.as_ref().is_some_and(|standby| standby.stands(&self.cache)));
        let Some(remote) = &mut self.remote else { return Ok(permit) };
        if self.standby.as_ref().is_some_and(|standby| standby.serves(&self.cache)) {
            remote.has_standby();
        }
        if self.cache.declines(permit.key()) {
            // A lease would make others wait for a value that they do not get.
            remote.load_beside();
        }
        if let Some(end) = patience {
            remote.give_way_at(end);
        }
        let progress = Arc::clone(permit.progress());
        // In a box: a hit does not carry along what only misses need.
        let mut request = Box::pin(remote.request_load(&self.cache, &self.key, permit));
        poll_fn(|cx| progress.poll(cx, |cx| request.as_mut().poll(cx))).await
    }

    /// Notes the state of the tags before the load. What is invalidated from here on makes its
    /// entry invalid, and lets no later caller join.
    fn draw_tags(&mut self, permit: &Permit<Outcome>) {
        let drawn = |tags| LoadTags::new(self.cache.tags.draw(tags), self.of_value.clone());
        self.drawn = self.tags.as_deref().map(drawn);
        self.drawn.iter().for_each(|drawn| permit.set_tags(drawn.before()));
    }

    /// Begins the load, if the budget allows it.
    pub(super) async fn load_within_budget(
        self,
        permit: Permit<Outcome>,
        cause: LoadCause,
    ) -> Next {
        let reserved = if self.cache.policy.with(|policy| policy.budget == Budget::Off) {
            Ok(None)
        } else {
            let time = self.remote.as_ref().map(|remote| &remote.budget);
            let mut reserved = Box::pin(reservation::reserve(&self.cache, time, 1));
            poll_fn(|cx| permit.progress().poll(cx, |cx| reserved.as_mut().poll(cx))).await
        };
        match reserved {
            Ok(None) => Next::Load(self.load(permit, cause)),
            Ok(Some(reservation)) => {
                let mut load = self.load(permit, cause);
                load.set_reservation(reservation);
                Next::Load(load)
            }
            Err(spent) => Next::Refused(Box::new(Refused { miss: self, permit, cause, spent })),
        }
    }

    pub(super) fn load(self, permit: Permit<Outcome>, cause: LoadCause) -> Box<Load> {
        let Self {
            cache, remote, tags, drawn, replaced, standby, note, soft_end, shared_load, ..
        } = self;
        let load = match shared_load {
            Some(_) => Load::begin_part(cache, permit, remote, drawn, cause, standby),
            None => Load::begin(cache, permit, remote, drawn, cause, standby),
        };
        Box::new(load.named(tags).noted(note).softly(soft_end).replacing(replaced))
    }

    /// Returns the load that leads the key: that of its batch, or one of its own.
    pub(super) fn begin_load(&self) -> Arc<Progress> {
        self.shared_load.as_ref().map_or_else(|| self.cache.flights.begin_load(), Arc::clone)
    }
}

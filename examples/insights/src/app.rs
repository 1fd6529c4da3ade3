//! What a request works with.

use std::{sync::Arc, time::Duration};

use cachery::{OverBudget, WrongLength};

use crate::{
    feedback::{Store, StoreError},
    model::{Model, ModelError},
    options::Options,
};

/// The model and the texts. A clone shares them.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) model: Model,
    pub(crate) store: Arc<Store>,
}

/// The failure of an insight.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Length(#[from] WrongLength),
    #[error(transparent)]
    Budget(#[from] OverBudget),
}

impl App {
    pub(crate) fn new(options: &Options) -> Self {
        let stand_ins = &options.stand_ins;
        let latency = Duration::from_millis(stand_ins.latency);
        Self {
            model: Model::new(latency, stand_ins.fail_every),
            store: Arc::new(Store::new(stand_ins.data.clone())),
        }
    }
}

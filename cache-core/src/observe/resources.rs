//! The list of all threads, tasks, queues and tables beside the calls, each with its bound.
//! `docs/resources.md` holds the same, and a test compares them.

use std::collections::BTreeMap;

/// A thread, a kind of task, a queue or a table.
struct Listed {
    what: &'static str,
    /// The value of the label `kind` of its gauge, where it changes while calls go on.
    gauge: Option<Resource>,
    bound: &'static str,
}

/// A kind of resource whose number changes while calls go on, for the gauge `cache_resources`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Resource {
    /// The keys that are loaded now.
    Flights,
    /// The keys that wait after a failed load.
    Retries,
    /// The keys whose values the remote tier cannot keep.
    Unstored,
    /// The connections to servers.
    Connections,
    /// The requests that are on their way.
    Requests,
    /// The requests that wait for their turn.
    WaitingRequests,
    /// The leases that are renewed.
    Leases,
    /// The leases that are being given back.
    Releases,
    /// The keys whose loads by other nodes are waited for.
    LeaseWaiters,
    /// The invalidations that are on their way.
    Invalidations,
    /// The invalidations that wait until their servers can be reached.
    QueuedInvalidations,
    /// The invalidations that servers may have forgotten.
    RememberedInvalidations,
    /// The keys whose values came too slowly.
    SlowValues,
}

impl Resource {
    const ALL: [Self; 13] = [
        Self::Flights,
        Self::Retries,
        Self::Unstored,
        Self::Connections,
        Self::Requests,
        Self::WaitingRequests,
        Self::Leases,
        Self::Releases,
        Self::LeaseWaiters,
        Self::Invalidations,
        Self::QueuedInvalidations,
        Self::RememberedInvalidations,
        Self::SlowValues,
    ];

    /// Returns the value of its label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Flights => "flights",
            Self::Retries => "retries",
            Self::Unstored => "unstored",
            Self::Connections => "connections",
            Self::Requests => "requests",
            Self::WaitingRequests => "waiting-requests",
            Self::Leases => "leases",
            Self::Releases => "releases",
            Self::LeaseWaiters => "lease-waiters",
            Self::Invalidations => "invalidations",
            Self::QueuedInvalidations => "queued-invalidations",
            Self::RememberedInvalidations => "remembered-invalidations",
            Self::SlowValues => "slow-values",
        }
    }
}

/// The number of each kind of resource at one moment.
#[derive(Clone, Debug)]
pub struct Resources(BTreeMap<Resource, usize>);

impl Default for Resources {
    /// Returns none of each.
    fn default() -> Self {
        Self(Resource::ALL.map(|resource| (resource, 0)).into())
    }
}

impl Resources {
    /// Adds so many of a kind.
    pub fn add(&mut self, resource: Resource, count: usize) {
        *self.0.entry(resource).or_default() += count;
    }

    /// Returns the kinds with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (Resource, usize)> {
        self.0.iter().map(|(resource, count)| (*resource, *count))
    }
}

const LISTED: &[Listed] = &[
    Listed { what: "thread `cachery`, the housekeeping", gauge: None, bound: "1 of a process" },
    Listed {
        what: "thread `cachery-redis`, which keeps the connections",
        gauge: None,
        bound: "1 of a process, from the first cache in Redis on",
    },
    Listed {
        what: "thread `cachery-codec`, with a large stack",
        gauge: None,
        bound: "1 of a value that is nested deeply, while it is converted",
    },
    Listed { what: "thread `cachery-reload`", gauge: None, bound: "1 of a reload, while it runs" },
    Listed {
        what: "tasks that keep connections",
        gauge: None,
        bound: "1 of a connection; 1 of a cluster; 1 of a registry with a journal",
    },
    Listed {
        what: "loads in tasks (`detach`); their gauge is `cache_loads_in_flight`",
        gauge: None,
        bound: "1 of a caller; those without a caller: 64 of a cache, 256 of a process",
    },
    Listed {
        what: "keys that are loaded now",
        gauge: Some(Resource::Flights),
        bound: "1 of a call that runs",
    },
    Listed {
        what: "keys whose last load failed while a value was usable",
        gauge: Some(Resource::Retries),
        bound: "10,000 of a cache; a further one is loaded again by its next call",
    },
    Listed {
        what: "keys whose values Redis cannot keep",
        gauge: Some(Resource::Unstored),
        bound: "4,096 of a cache; then all are forgotten",
    },
    Listed {
        what: "connections",
        gauge: Some(Resource::Connections),
        bound: "of a registry, to each server: 1, and 1 of each runtime that calls, that of \
                `cachery-redis` included; 1 more where values above 64 KiB were seen",
    },
    Listed {
        what: "requests on their way",
        gauge: Some(Resource::Requests),
        bound: "256 of a connection",
    },
    Listed {
        what: "requests that wait for their turn",
        gauge: Some(Resource::WaitingRequests),
        bound: "1 of a call that waits; 20 times its deadline long",
    },
    Listed {
        what: "tasks that renew leases",
        gauge: Some(Resource::Leases),
        bound: "1 of a load that runs",
    },
    Listed {
        what: "tasks that give leases back",
        gauge: Some(Resource::Releases),
        bound: "1 of a load that was given up in the last second",
    },
    Listed {
        what: "keys whose loads by other nodes are waited for",
        gauge: Some(Resource::LeaseWaiters),
        bound: "1 of a call that waits, and 1,024 of calls that ended",
    },
    Listed {
        what: "invalidations on their way",
        gauge: Some(Resource::Invalidations),
        bound: "the keys of the calls that run",
    },
    Listed {
        what: "queue of invalidations, and the lines of the journal",
        gauge: Some(Resource::QueuedInvalidations),
        bound: "10,000 keys; those of the fullest cache become one for the whole cache. The file: \
                twice as many lines and 1,000",
    },
    Listed {
        what: "invalidations of the last minute, which a server may have forgotten",
        gauge: Some(Resource::RememberedInvalidations),
        bound: "twice as many as the queue",
    },
    Listed {
        what: "keys whose values came too slowly",
        gauge: Some(Resource::SlowValues),
        bound: "1,000 of a registry, for 30 s",
    },
    Listed { what: "states of breakers, for metrics", gauge: None, bound: "1,000 of a process" },
];

/// Returns the table of all resources, in Markdown.
pub fn table() -> String {
    let rows = LISTED.iter().map(|Listed { what, gauge, bound }| {
        let kind = gauge.map_or_else(String::new, |resource| format!("`{}`", resource.as_str()));
        format!("| {what} | {bound} | {kind} |\n")
    });
    let head = "| what | bound | `kind` |\n|---|---|---|\n".to_owned();
    [head].into_iter().chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_listed_with_its_bound() {
        let listed: Vec<_> = LISTED.iter().filter_map(|listed| listed.gauge).collect();
        assert_eq!(listed, Resource::ALL);
    }
}

//! All levels of the health.

use cachery_core::{Breaker, CacheReport, Health, Push, Report, ServerHealth, Status};
use serde_json::json;

use crate::{admin::Admin, level::Level, thresholds::Thresholds};

/// The fewest requests by which a hit ratio is judged.
const LEAST_REQUESTS: u64 = 100;
/// The fewest loads by which a share of errors is judged.
const LEAST_LOADS: u64 = 10;

/// Returns the application, the configuration, the registry, each cache, each server and its link,
/// after their statuses have been noted.
pub(crate) fn note(admin: &Admin, health: &Health, report: &Report) -> Vec<Level> {
    let mut levels =
        vec![application(admin), configuration(admin, health), registry(admin, health)];
    levels.extend(report.caches.iter().map(|report| cache(admin, report)));
    levels.extend(health.servers.iter().map(|of| server(of, &admin.thresholds)));
    levels.extend(health.servers.iter().map(|of| link(admin, of)));
    admin.status_log.note(admin.dates.now(), &mut levels);
    levels
}

/// Returns the worst status of all.
pub(crate) fn worst(levels: &[Level]) -> Status {
    levels.iter().map(|level| level.status).fold(Status::Up, Ord::max)
}

fn application(admin: &Admin) -> Level {
    let uptime = admin.dates.elapsed().as_secs();
    let numbers = json!({ "version": env!("CARGO_PKG_VERSION"), "routes_seconds": uptime });
    Level::up("application", None, numbers)
}

fn configuration(admin: &Admin, health: &Health) -> Level {
    let notes: Vec<_> = admin.access.notes().iter().chain(&health.notes).cloned().collect();
    let faults: Vec<_> = health.faults.iter().map(|fault| fault.message.clone()).collect();
    let numbers = json!({ "faults": faults.len(), "notes": notes.len() });
    let cause = faults.first().cloned().unwrap_or_default();
    let level = Level::up("configuration", None, numbers).degraded_if(
        !faults.is_empty(),
        cause,
        "correct the settings in `details`: `Caches::from_env` would refuse to start with them",
    );
    Level { details: faults.into_iter().chain(notes).collect(), ..level }
}

fn registry(admin: &Admin, health: &Health) -> Level {
    let queue = admin.caches.queued();
    let required = admin.requires_redis;
    let numbers = json!({
        "caches": admin.caches.names().len(),
        "servers": health.servers.len(),
        "prefix": health.prefix,
        "required": required,
        "queue_length": queue.length,
        "queue_oldest_seconds": queue.oldest.as_secs_f64(),
    });
    let level = Level::up("registry", None, numbers).degraded_if(
        queue.oldest > admin.thresholds.queue_age,
        "invalidations have waited for long until Redis can be reached",
        "see to the servers below; the queue is sent when they are back",
    );
    if required && health.status == Status::Down {
        let cause = "Redis is required and cannot be used";
        return level.worse(Status::Down, cause, "see to the servers below");
    }
    level
}

fn cache(admin: &Admin, report: &CacheReport) -> Level {
    let rates = admin.history.rates(report.name, &report.stats);
    let rate = rates.five_minutes;
    let policies: Vec<_> = report.sites.iter().map(|site| &site.policy).collect();
    let is_off = policies.iter().any(|policy| !policy.enabled);
    let numbers = json!({
        "enabled": !is_off,
        "requests_per_second": rate.map(|rate| rate.requests_per_second),
        "hit_ratio": rate.and_then(|rate| rate.hit_ratio),
        "load_error_ratio": rate.and_then(|rate| rate.load_error_ratio),
        "size": report.stats.size,
        "capacity": policies.iter().map(|policy| policy.capacity).sum::<u64>(),
        "bytes": report.bytes,
        "stale_seconds": report.stale_for.map(|time| time.as_secs_f64()),
    });
    let Thresholds { hit_ratio, load_error_ratio, .. } = admin.thresholds;
    let fails = rate.is_some_and(|rate| {
        rate.loads >= LEAST_LOADS && rate.load_error_ratio > Some(load_error_ratio)
    });
    let misses = rate
        .is_some_and(|rate| rate.requests >= LEAST_REQUESTS && rate.hit_ratio < Some(hit_ratio));
    Level::up("cache", Some(report.name), numbers)
        .degraded_if(
            is_off,
            "it is switched off",
            format!("switch it on: `POST /api/cache/{}/enable`", report.name),
        )
        .degraded_if(fails, "many of its loads fail", "see to what its functions call")
        .degraded_if(
            report.stale_for.is_some(),
            "its loads fail or take too long, and values past their ttl are returned in their place",
            "see to what its functions call",
        )
        .degraded_if(
            misses,
            "few of its calls are hits",
            "raise its capacity or its ttl, or take the cache away",
        )
}

fn server(health: &ServerHealth, thresholds: &Thresholds) -> Level {
    let numbers = json!({
        "round_trip_seconds": health.round_trip.map(|time| time.as_secs_f64()),
        "version": health.version,
        "eviction_policy": health.eviction_policy,
        "clock_offset_seconds": health.clock_offset,
        "breaker": health.breaker,
        "queued": health.queued,
    });
    let cause = health.problems.first().cloned();
    let level = Level::up("server", Some(&health.address), numbers)
        .worse(
            health.status,
            cause.unwrap_or_else(|| "it does not answer".to_owned()),
            "the cause names the way out; calls go on without this server",
        )
        .degraded_if(
            health.breaker != Breaker::Closed,
            "its breaker is open: calls do not wait for it",
            "the breaker closes by itself once the server answers",
        )
        .degraded_if(
            health.round_trip > Some(thresholds.round_trip),
            "its round trip is long, and every hit in Redis costs it",
            "move the two closer together, or use `CACHE_TYPE=tiered`",
        );
    Level { details: health.problems.clone(), ..level }
}

fn link(admin: &Admin, health: &ServerHealth) -> Level {
    // By a REST API nothing is pushed, and no setting changes that.
    let is_as_it_should = matches!(health.push, Push::Up | Push::Subscribed | Push::Absent);
    let numbers = json!({
        "push": health.push,
        // Time for which memory may hold what another node has invalidated.
        "staleness_bound": match health.push {
            Push::Up => "milliseconds",
            Push::Subscribed => "a second",
            _ => &admin.outage_ttl,
        },
    });
    let todo = match health.push {
        Push::Forbidden => "grant `+client|tracking` and `+hello`",
        _ => "the link connects by itself once the server answers",
    };
    Level::up("link", Some(&health.address), numbers).degraded_if(
        !is_as_it_should,
        "other nodes' invalidations do not arrive: memory keeps entries for the outage ttl only",
        todo,
    )
}

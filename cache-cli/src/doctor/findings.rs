//! Findings in a cache's statistics, each with what to do.

use crate::{
    row::{Mark, Row},
    stats::{Cache, count, percent, ratio, seconds},
};

/// A hit ratio below this does not pay.
const LEAST_HIT_RATIO: f64 = 0.3;
/// The fewest calls by which a hit ratio is judged.
const LEAST_CALLS: u64 = 100;
/// The fewest loads by which times and errors are judged.
const LEAST_LOADS: u64 = 10;
/// A load that takes longer, in seconds, is slow.
const SLOW_LOAD: f64 = 1.0;
/// A larger share of failed loads needs attention.
const MOST_LOAD_ERRORS: f64 = 0.01;

/// Returns the findings about one cache.
pub(super) fn of(cache: &Cache) -> Vec<Row> {
    let rules = [
        unstorable,
        corrupt,
        unavailable,
        failing,
        thrashing,
        too_large,
        slow,
        short_lived,
        few_hits,
        losing,
        over_budget,
        unused,
    ];
    rules.into_iter().filter_map(|rule| rule(cache)).collect()
}

fn row(mark: Mark, cache: &Cache, value: String) -> Row {
    Row::new(mark, format!("cache {}", cache.name), value)
}

/// Values that the remote tier cannot keep.
fn unstorable(cache: &Cache) -> Option<Row> {
    let reasons = cache.stats.remote.unstorable.iter().filter(|(_, values)| **values > 0);
    let listed: Vec<_> =
        reasons.clone().map(|(reason, values)| format!("{reason}: {}", count(*values))).collect();
    if listed.is_empty() {
        return None;
    }
    let found = row(
        Mark::Warning,
        cache,
        format!("values are not stored in Redis ({})", listed.join(", ")),
    );
    Some(reasons.fold(found, |row, (reason, _)| row.todo(way_out(reason))))
}

/// Returns the way out for values that are not stored for `reason`, as the statistics name it.
fn way_out(reason: &str) -> &'static str {
    match reason {
        "too_large" => "raise `max_value_size`, or cache a smaller part of the value",
        "too_deep" => "flatten the type: 250 levels can be stored, or 127 as JSON",
        "not_equal" => {
            "a field comes back as another one, for example by `#[serde(skip)]`: store it, or mark the function `local`"
        }
        "alike_types" => {
            "two types of this program differ by their paths only: give the caches different names"
        }
        "panicked" => "see the log for the panic of `Serialize`, `Deserialize` or `PartialEq`",
        _ => "correct `Serialize` and `Deserialize` of the type, or mark the function `local`",
    }
}

/// Stored values that could not be decoded.
fn corrupt(cache: &Cache) -> Option<Row> {
    let corrupt = cache.stats.remote.corrupt;
    (corrupt > 0).then(|| {
        row(Mark::Warning, cache, format!("{} stored values could not be decoded", count(corrupt)))
            .todo("another program may write below the prefix, or a type changed: raise `version`")
    })
}

/// Requests to Redis without a reply.
fn unavailable(cache: &Cache) -> Option<Row> {
    let lost = cache.stats.remote.unavailable;
    let share = ratio(lost, cache.calls())?;
    (share > MOST_LOAD_ERRORS).then(|| {
        row(Mark::Warning, cache, format!("{} requests to Redis had no reply in time", count(lost)))
            .todo("run `cachery check` on the machine of the service")
    })
}

/// Loads that fail.
fn failing(cache: &Cache) -> Option<Row> {
    let errors = cache.stats.load_errors;
    let share = ratio(errors, cache.stats.loads)?;
    (cache.stats.loads >= LEAST_LOADS && share > MOST_LOAD_ERRORS).then(|| {
        row(Mark::Bad, cache, format!("{} of its loads fail", percent(Some(share))))
            .todo("see what the function calls; `stale_if_error` serves the old value meanwhile")
    })
}

/// A capacity that is too small: entries leave before they are used again.
fn thrashing(cache: &Cache) -> Option<Row> {
    let evicted = cache.stats.evictions.size + cache.stats.evictions.bytes;
    let share = ratio(evicted, cache.stats.puts)?;
    (cache.stats.puts >= LEAST_CALLS && share > 0.5).then(|| {
        let capacity = count(cache.capacity());
        let value = format!("{} of its entries give way to others ({capacity} have room)", percent(Some(share)));
        row(Mark::Warning, cache, value).todo(format!(
            "raise `capacity`, by CACHE_{}_CAPACITY or in cache.toml, or `max_bytes` where that is set",
            cachery_syntax::variable_stem(&cache.name)
        ))
    })
}

/// Values that are larger than memory may hold.
fn too_large(cache: &Cache) -> Option<Row> {
    let values = cache.stats.evictions.too_large;
    (values > 0).then(|| {
        row(Mark::Warning, cache, format!("{} values were too large for memory", count(values)))
            .todo("raise `max_bytes`")
    })
}

/// Loads that take long.
fn slow(cache: &Cache) -> Option<Row> {
    let time = cache.load_seconds.p95.filter(|time| *time > SLOW_LOAD)?;
    let value = format!("a load takes {} (p95)", seconds(Some(time)));
    Some(row(Mark::Warning, cache, value).todo(
        "see what the function calls; `stale` returns the old value at once while a new one is loaded",
    ))
}

/// A ttl shorter than the load.
fn short_lived(cache: &Cache) -> Option<Row> {
    let time = cache.load_seconds.p50?;
    let ttl = cache.sites.iter().filter_map(|site| site.policy.ttl).reduce(f64::min)?;
    (ttl < time).then(|| {
        let value = format!(
            "its ttl ({}) is shorter than its load ({})",
            seconds(Some(ttl)),
            seconds(Some(time))
        );
        row(Mark::Warning, cache, value).todo("raise `ttl`: values end before they are of use")
    })
}

/// Few hits.
fn few_hits(cache: &Cache) -> Option<Row> {
    let share = cache.hit_ratio().filter(|share| *share < LEAST_HIT_RATIO)?;
    (cache.calls() >= LEAST_CALLS).then(|| {
        row(Mark::Warning, cache, format!("only {} of its calls are hits", percent(Some(share))))
            .todo("raise `ttl` or `capacity`, take what differs in each call out of the key (`key`, `skip`), or take the cache away")
    })
}

/// Refreshes that cost more than hits save.
fn losing(cache: &Cache) -> Option<Row> {
    let money = &cache.stats.money;
    let saved = [money.saved_by_hits, money.saved_by_coalescing, money.saved_by_dedup];
    let saved = saved.into_iter().fold(0, u64::saturating_add);
    let loss = money.refresh.checked_sub(saved).filter(|loss| *loss > 0)?;
    let [units, nanos] = [loss / 1_000_000_000, loss % 1_000_000_000];
    let value = format!("it costs {units}.{nanos:09} more than it saves");
    Some(row(Mark::Warning, cache, value).todo(
        "it is refreshed more than it is asked: refresh less, raise `ttl`, or take the cache away",
    ))
}

/// Loads that the budget did not allow.
fn over_budget(cache: &Cache) -> Option<Row> {
    let loads = cache.stats.money.over_budget;
    (loads > 0).then(|| {
        row(Mark::Warning, cache, format!("its budget refused {} loads", count(loads))).todo(format!(
            "raise it by CACHE_{}_BUDGET, or find out what loads so much; `stale_if_error` serves \
             the old value meanwhile",
            cachery_syntax::variable_stem(&cache.name)
        ))
    })
}

/// A cache that nobody calls.
fn unused(cache: &Cache) -> Option<Row> {
    let places: Vec<_> = cache
        .sites
        .iter()
        .map(|site| format!("{} at {}:{}", site.function, site.file, site.line))
        .collect();
    (cache.calls() == 0 && cache.stats.puts == 0).then(|| {
        row(Mark::Skipped, cache, format!("never used since the start: {}", places.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn findings(stats: &Value, ttl: f64, load_seconds: f64) -> Vec<String> {
        let policy = json!({ "ttl": ttl, "capacity": 10, "enabled": true, "backend": "memory" });
        let cache = json!({
            "name": "users",
            "stats": stats,
            "sites": [{ "function": "f", "file": "a.rs", "line": 1, "policy": policy }],
            "load_seconds": { "p50": load_seconds, "p95": load_seconds },
        });
        let cache: Cache = serde_json::from_value(cache).expect("it is a cache");
        of(&cache).into_iter().map(|row| row.value).collect()
    }

    #[test]
    fn a_cache_that_pays_has_no_finding() {
        let stats = json!({ "hits": 900, "misses": 100, "loads": 100, "puts": 100 });
        assert_eq!(findings(&stats, 60.0, 0.1), [""; 0]);
    }

    #[track_caller]
    fn found(stats: &Value, ttl: f64, load_seconds: f64, expected: &str) {
        let found = findings(stats, ttl, load_seconds);
        assert!(found.len() == 1 && found[0].contains(expected), "{found:?}");
    }

    #[test]
    fn each_fault_is_found_by_itself() {
        let pays = |more: Value| {
            let mut stats = json!({ "hits": 900, "misses": 100, "loads": 100, "puts": 100 });
            let fields = stats.as_object_mut().expect("it is an object");
            fields.extend(more.as_object().expect("it is an object").clone());
            stats
        };
        found(&pays(json!({ "hits": 20 })), 60.0, 0.1, "only 16.7 % of its calls are hits");
        found(&pays(json!({})), 0.5, 0.9, "its ttl (500.0 ms) is shorter than its load (900.0 ms)");
        found(&pays(json!({})), 60.0, 2.0, "a load takes 2.0 s");
        found(&pays(json!({ "load_errors": 2 })), 60.0, 0.1, "2.0 % of its loads fail");
        found(
            &pays(json!({ "evictions": { "size": 90 } })),
            60.0,
            0.1,
            "90.0 % of its entries give way",
        );
        found(&pays(json!({ "remote": { "corrupt": 1 } })), 60.0, 0.1, "could not be decoded");
        found(&pays(json!({ "remote": { "unavailable": 50 } })), 60.0, 0.1, "no reply in time");
        let unstorable = json!({ "remote": { "unstorable": { "too_large": 3 } } });
        found(&pays(unstorable), 60.0, 0.1, "not stored in Redis (too_large: 3)");
        let money = json!({ "refresh": 5_000_000_000_u64, "saved_by_hits": 1_500_000_000_u64 });
        found(
            &pays(json!({ "money": money })),
            60.0,
            0.1,
            "it costs 3.500000000 more than it saves",
        );
        let money = json!({ "refresh": 5_u64, "saved_by_hits": 2_u64, "saved_by_dedup": 3_u64 });
        assert_eq!(findings(&pays(json!({ "money": money })), 60.0, 0.1), [""; 0]);
        found(&pays(json!({ "money": { "over_budget": 3 } })), 60.0, 0.1, "refused 3 loads");
        found(&json!({}), 60.0, 0.0, "never used since the start: f at a.rs:1");
    }
}

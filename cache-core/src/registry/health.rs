//! The health of a registry: its servers, its settings, and the values that are not stored.

use std::time::Duration;

use cachery_syntax::{Budget, format_duration};

use super::{current, state::Registry};
use crate::{
    cache::{TOO_LARGE_FOR_MEMORY, WRONG_COST},
    codec::Undecodable,
    health::Health,
    observe::{Evictions, MoneyStats, RemoteStats},
    site,
    spending::BudgetReport,
};

/// The billionths of a unit of money.
const NANOS: i128 = 1_000_000_000;

/// Returns the health of the registry.
pub(super) async fn health(registry: &Registry) -> Health {
    let mut servers = match &registry.remote {
        Some(remote) => remote.tier.health().await,
        None => Vec::new(),
    };
    for server in &mut servers {
        // Nothing tells memory, so its entries end by themselves.
        let outage_ttl = registry.remote.as_ref().map(|remote| remote.outage_ttl);
        server.staleness = server.staleness.or(outage_ttl);
    }
    let settings = &registry.settings;
    let prefix = registry.remote.is_some().then(|| settings.started.remote.prefix.clone());
    let mut notes = settings.notes();
    notes.extend(current::note_of_unused(registry));
    notes.extend(unstored_notes(registry));
    notes.extend(too_large_notes(registry));
    notes.extend(stale_notes(registry));
    notes.extend(money_notes(registry));
    notes.extend(budget_notes(registry));
    Health::of(servers, prefix, settings.faults(), notes)
}

/// Returns a line for each reason for which a cache's values are not stored, or not used.
fn unstored_notes(registry: &Registry) -> Vec<String> {
    let names = site::by_name().keys().map(|name| (*name, registry.stats(name).remote));
    names.flat_map(|(name, stats)| notes_of(name, &stats)).collect()
}

/// Returns a line for each cache of which values were too large for memory.
fn too_large_notes(registry: &Registry) -> Vec<String> {
    let names = site::by_name().keys().map(|name| (*name, registry.stats(name).evictions));
    let counted = names.filter(|(_, evictions)| evictions.too_large > 0);
    let note = |(name, evictions): (&str, Evictions)| {
        let count = evictions.too_large;
        format!("`{name}`: {count} values were not kept in memory: {TOO_LARGE_FOR_MEMORY}")
    };
    counted.map(note).collect()
}

/// Returns a line for each cache whose refreshes cost more than its hits save, and for each whose
/// costs are not known.
fn money_notes(registry: &Registry) -> Vec<String> {
    let unit = registry.settings.cost_unit();
    let names = site::by_name().keys().map(|name| (*name, registry.stats(name).money));
    let note = |(name, money): (&str, MoneyStats)| {
        let loss = (money.saved() < 0).then(|| {
            let loss = -money.saved();
            let [units, nanos] = [loss / NANOS, loss % NANOS];
            format!(
                "`{name}` costs {units}.{nanos:09} {unit} more than it saves, because it is \
                 refreshed more than it is asked: refresh less, or raise its ttl"
            )
        });
        let wrong = (money.wrong_costs > 0).then(|| {
            let count = money.wrong_costs;
            format!(
                "`{name}`: the cost of {count} loads was negative or not a number: {WRONG_COST}"
            )
        });
        loss.into_iter().chain(wrong)
    };
    names.flat_map(note).collect()
}

/// Returns a line for each cache that lives on values past their ttl.
fn stale_notes(registry: &Registry) -> Vec<String> {
    let names = site::by_name().keys();
    let stale = names.filter_map(|name| Some((*name, registry.stale_for(name)?)));
    let note = |(name, time): (&str, Duration)| {
        let time = format_duration(Duration::from_secs(time.as_secs().max(1)));
        format!(
            "`{name}`: for {time} its loads have failed or taken too long, and values past their \
             ttl are returned in their place: look after what its function calls"
        )
    };
    stale.map(note).collect()
}

/// Returns a line for each cache that has spent most of its budget, or all.
fn budget_notes(registry: &Registry) -> Vec<String> {
    let names = site::by_name().iter();
    let budgets = names.filter_map(|(name, sites)| {
        let budget = registry.settings.policy(sites.first()?).budget;
        Some((name, budget, registry.budget(name)?))
    });
    let note = |(name, budget, report): (&&str, Budget, BudgetReport)| match report.percent() {
        _ if report.is_cut_off => Some(format!(
            "`{name}`: Redis is out of reach, or has forgotten what was spent of the budget of {budget}: \
             this process spends the block and the share that it has"
        )),
        0..80 => None,
        percent @ 80..100 => Some(format!(
            "`{name}`: {percent} % of its budget of {budget} is spent; loads beyond it are refused: \
             raise `budget`, or find out what loads so much"
        )),
        _ => Some(format!(
            "`{name}`: its budget of {budget} is spent, and loads are refused until the window ends: \
             raise `budget`, or find out what loads so much"
        )),
    };
    budgets.filter_map(note).collect()
}

fn notes_of(name: &str, stats: &RemoteStats) -> Vec<String> {
    let unstorable = stats.unstorable.by_reason().into_iter().filter(|(_, count)| *count > 0);
    let mut notes: Vec<_> = unstorable
        .map(|(reason, count)| {
            format!("`{name}`: {count} values were not stored ({reason}): {}", reason.hint())
        })
        .collect();
    if stats.other_fields > 0 {
        let count = stats.other_fields;
        let reason = Undecodable::OtherFields;
        notes.push(format!("`{name}`: {count} values were not used ({reason}): {}", reason.hint()));
    }
    notes
}

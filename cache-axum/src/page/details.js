// The details of one cache, read from its own route when they are opened.

const WINDOWS = ["1m", "5m", "1h"];
const RATES = [
  ["Requests a second", "requests_per_second", rate],
  ["Hit ratio", "hit_ratio", percent],
  ["Loads a second", "loads_per_second", rate],
  ["Failed loads a second", "load_errors_per_second", rate],
  ["Coalesced a second", "coalesced_per_second", rate],
  ["Stale a second", "stale_per_second", rate],
];

/** Returns the details of `cache`, as `/api/cache/{name}` has it, with `buttons` below. */
function details(cache, buttons) {
  return element("div", { class: "grid" },
    rates(cache.rates),
    element("div", {}, element("h3", {}, "Since the first call"), totals(cache)),
    ...cache.settings.map(settings),
    buttons);
}

function rates(windows) {
  const cell = (text) => element("td", { role: "cell" }, text);
  const head = ["Rates", "1 min", "5 min", "1 h"].map((text) =>
    element("th", { scope: "col", role: "columnheader" }, text));
  const rows = RATES.map(([name, field, format]) =>
    element("tr", { role: "row" }, element("th", { scope: "row", role: "rowheader" }, name),
      ...WINDOWS.map((window) => cell(format(windows[window]?.[field])))));
  return element("table", { role: "table", "aria-label": "Rates" },
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...head)),
    element("tbody", { role: "rowgroup" }, ...rows));
}

function totals(cache) {
  const stats = cache.stats;
  const sum = (counts) => Object.values(counts).reduce((total, one) => total + one, 0);
  return facts([
    ["Hits", count(stats.hits)],
    ["Misses", count(stats.misses)],
    ["Loads", count(stats.loads)],
    ["Failed loads", count(stats.load_errors)],
    ["Load p50, p95, p99", ["p50", "p95", "p99"].map((one) => duration(cache.load_seconds[one])).join(", ")],
    ["Time saved", duration(stats.time_saved)],
    ["Evictions", count(sum(stats.evictions))],
    ["Invalidations", count(sum(stats.invalidations))],
    ["Bytes", stats.bytes > 0 ? bytes(stats.bytes) : null],
  ]);
}

function settings(site) {
  const items = site.settings.map((setting) =>
    element("li", {}, `${setting.field} `, element("code", {}, setting.value.replaceAll("`", "")),
      element("span", { class: "muted small" }, ` ${setting.source}`)));
  return element("div", { class: "settings" },
    element("h3", {}, `${site.function} (${site.place})`),
    element("ul", { class: "plain" }, ...items));
}


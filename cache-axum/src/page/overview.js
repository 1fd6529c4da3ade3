// Sums, problems, servers and incidents.

const SHOWN_PROBLEMS = 6;
const SHOWN_INCIDENTS = 12;

function drawSums(rows) {
  const sum = (value) => rows.reduce((total, row) => total + (value(row) ?? 0), 0);
  const requests = sum((row) => row.numbers.requests_per_second);
  const hits = sum((row) => row.numbers.requests_per_second * row.numbers.hit_ratio);
  const sums = [
    ["Requests", rate(sum((row) => row.requests_per_second)), "a second"],
    ["Hit ratio", percent(requests > 0 ? hits / requests : null), "of five minutes"],
    ["Time saved", duration(sum((row) => row.time_saved_seconds)), "of waiting for loads"],
    ["Entries", count(sum((row) => row.numbers.size)), "in memory"],
    ["Caches", count(rows.length), offNote(rows)],
  ];
  const items = sums.map(([name, value, note]) =>
    element("div", {}, element("dt", {}, name),
      element("dd", {}, value, element("span", { class: "note" }, note))));
  $("sums").replaceChildren(...items);
}

function offNote(rows) {
  const off = rows.filter((row) => !row.numbers.enabled).length;
  return off > 0 ? `${off} switched off` : rows.length > 0 ? "all switched on" : "in this program";
}

/** The name of a level as a title: `Cache search`. */
function titled(level) {
  const kind = level.level[0].toUpperCase() + level.level.slice(1);
  return level.name == null ? kind : `${kind} ${level.name}`;
}

/** The levels that are not up, the worst first. A link to a server that is down goes without saying. */
function problems(levels, rows) {
  const worst = { down: 0, degraded: 1 };
  const down = new Set(levels.filter((one) => one.level === "server" && one.status === "down").map((one) => one.name));
  return [...levels, ...rows]
    .filter((one) => one.status !== "up" && !(one.level === "link" && down.has(one.name)))
    .sort((a, b) => worst[a.status] - worst[b.status]);
}

function drawProblems(found, at, show) {
  $("attention").hidden = found.length === 0;
  const items = found.slice(0, SHOWN_PROBLEMS).map((one) => problem(one, at, show));
  const more = found.length - items.length;
  if (more > 0) items.push(element("li", { class: "muted small" }, `and ${more} more, which the table marks`));
  $("problems").replaceChildren(...items);
}

function problem(one, at, show) {
  const what = one.level === "cache"
    ? element("button", { type: "button", class: "link", onclick: () => show(one.name) }, titled(one))
    : titled(one);
  return element("li", { class: `problem ${one.status}` },
    element("span", { class: "what" }, what),
    element("span", { class: "since" }, `for ${lasting(at - one.since)}`),
    element("span", { class: "why" }, ...sentence(one.cause), " ", ...sentence(one.todo)));
}

function drawServers(levels, at) {
  const links = new Map(levels.filter((one) => one.level === "link").map((one) => [one.name, one]));
  const servers = levels.filter((one) => one.level === "server");
  const items = servers.map((one) => server(one, links.get(one.name), at));
  if (items.length === 0) {
    items.push(element("li", { class: "card none" }, "No cache uses Redis: all entries are in this process."));
  }
  $("servers").replaceChildren(...items);
}

function server(one, link, at) {
  const numbers = one.numbers;
  const listed = facts([
    ["Round trip", duration(numbers.round_trip_seconds)],
    ["Breaker", numbers.breaker],
    ["Queued", count(numbers.queued)],
    ["May be stale for", link?.numbers.staleness_bound],
  ]);
  return element("li", { class: "card server" },
    element("div", { class: "title" }, element("span", { class: `dot ${one.status}` }), one.name,
      element("span", { class: "muted" }, numbers.version ? `Redis ${numbers.version}` : "")),
    element("div", { class: "strips" }, lane("Server", one, at), lane("Link", link, at),
      element("div", { class: "strip muted", "aria-hidden": "true" }, element("span"),
        element("span", { class: "ends" }, element("span", {}, "1 h ago"), element("span", {}, "now")))),
    listed);
}

function lane(name, level, at) {
  if (level == null) return null;
  return element("div", { class: "strip" }, element("span", { class: "muted" }, name),
    strip(level.history, at), element("span", {}, level.status));
}

function drawIncidents(incidents, at) {
  const items = incidents.slice(0, SHOWN_INCIDENTS).map((one) => incident(one, at));
  if (items.length === 0) items.push(element("li", { class: "none" }, "None since this process began."));
  $("incidents").replaceChildren(...items);
}

function incident(one, at) {
  const end = one.until == null ? "now" : clock(at - one.until);
  return element("li", { class: "incident" },
    element("span", { class: `dot ${one.until == null ? one.status : ""}` }),
    element("span", { class: "what" }, titled(one)),
    element("span", { class: "muted small" }, `${clock(at - one.since)} – ${end}`),
    element("span", { class: "why" }, ...sentence(one.cause), " ",
      element("span", { class: "muted" }, ...sentence(one.todo))));
}

function drawFoot(levels, thresholds) {
  const application = levels.find((one) => one.level === "application");
  const registry = levels.find((one) => one.level === "registry");
  const texts = [
    `Cachery ${application.numbers.version}`,
    `these routes serve for ${lasting(application.numbers.routes_seconds)}`,
    registry.numbers.prefix == null ? null : `keys begin with ${registry.numbers.prefix}`,
    `degraded means: hit ratio below ${percent(thresholds.hit_ratio)}, failed loads above ` +
      `${percent(thresholds.load_error_ratio)}, round trip above ${duration(thresholds.round_trip)}, ` +
      `queue older than ${duration(thresholds.queue_age)}`,
  ];
  setText($("foot"), texts.filter(Boolean).join(" · "));
}


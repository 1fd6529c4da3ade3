// The table of caches. A row is made once and then changed in place, so that nothing jumps.

const COLUMNS = [
  { title: "Cache", key: "name", by: (row) => row.name, rising: true },
  { title: "Last 15 min", key: "chart" },
  { title: "Requests/s", key: "requests", by: (row) => row.requests_per_second },
  { title: "Hit ratio", key: "ratio", by: (row) => row.numbers.hit_ratio },
  { title: "Load p95", key: "p95", by: (row) => row.load_p95_seconds },
  { title: "Coalesced", key: "coalesced", by: (row) => row.coalesced },
  { title: "Stale", key: "stale", by: (row) => row.stale },
  { title: "Saved", key: "saved", by: (row) => row.saved?.amount },
  { title: "Entries", key: "size", by: (row) => fullness(row) },
];
const WORST = { down: 2, degraded: 1, up: 0 };
/** The order at first: what needs attention, then what is asked most. */
const FIRST = { title: "Attention", key: "attention", by: (row) => WORST[row.status] * 1e12 + (row.requests_per_second ?? 0) };

/** The share of its capacity that a cache has in use, by entries or by bytes. */
function fullness({ numbers, max_bytes: most }) {
  return most == null ? numbers.size / numbers.capacity : numbers.bytes / most;
}

/** Creates the table. `open` fills the details of a row. */
function cacheTable(open) {
  const views = new Map();
  let order = { column: FIRST, rising: false };

  for (const column of COLUMNS) {
    if (!column.by) {
      $("head").append(element("th", { scope: "col", role: "columnheader", class: "chart" }, column.title));
      continue;
    }
    const button = element("button", { type: "button", onclick: () => sortBy(column) }, column.title);
    column.head = element("th", { scope: "col", role: "columnheader" }, button);
    $("head").append(column.head);
  }
  const choices = [FIRST, ...COLUMNS.filter((column) => column.by)];
  $("order").append(...choices.map((one) => element("option", { value: one.key }, one.title)));
  $("order").addEventListener("change", () => {
    const column = choices.find((one) => one.key === $("order").value);
    order = { column, rising: column.rising ?? false };
    arrange();
  });
  $("filter").addEventListener("input", () => arrange());

  function sortBy(column) {
    const again = order.column === column;
    order = { column, rising: again ? !order.rising : column.rising ?? false };
    $("order").value = column.key;
    arrange();
  }

  /** Puts the rows in order and hides those that the filter leaves out. */
  function arrange() {
    const { column, rising } = order;
    for (const one of COLUMNS) {
      one.head?.setAttribute("aria-sort", one === column ? (rising ? "ascending" : "descending") : "none");
    }
    const wanted = $("filter").value.trim().toLowerCase();
    const sorted = [...views.values()].sort((a, b) => {
      const [left, right] = [column.by(a.row), column.by(b.row)];
      if (typeof left === "string") return rising ? left.localeCompare(right) : right.localeCompare(left);
      return ((left ?? -1) - (right ?? -1)) * (rising ? 1 : -1) || a.row.name.localeCompare(b.row.name);
    });
    const focused = document.activeElement;
    for (const view of sorted) {
      view.hide(!view.row.name.toLowerCase().includes(wanted));
      $("rows").append(...view.nodes);
    }
    focused?.focus({ preventScroll: true });
    const shown = sorted.filter((view) => !view.nodes[0].hidden).length;
    setText($("count"), shown === sorted.length ? String(shown) : `${shown} of ${sorted.length}`);
    tellNone(sorted.length, shown);
  }

  function tellNone(all, shown) {
    $("table").hidden = $("legend").hidden = shown === 0;
    $("filter-label").hidden = all < 8;
    $("none").hidden = shown > 0;
    setText($("none"), all === 0
      ? "No function is cached yet. Put #[cached(ttl = \"1h\")] on one, and it has a row here."
      : "No cache has this in its name.");
  }

  return {
    /** Takes rows that are new or have changed. */
    take(rows) {
      let isNew = false;
      for (const row of rows) {
        const view = views.get(row.name);
        if (view) view.set(row);
        else {
          views.set(row.name, rowView(row, open));
          isNew = true;
        }
      }
      if (isNew || views.size === 0) arrange();
    },
    draw(points, at) {
      views.forEach((view, name) => view.draw(points.get(name) ?? [], at));
    },
    rows: () => [...views.values()].map((view) => view.row),
    /** Opens the row of a cache and goes there. */
    show(name) {
      $("filter").value = "";
      arrange();
      views.get(name)?.show();
    },
    refresh(isChanged = false) {
      views.forEach((view) => view.refresh(isChanged));
    },
  };
}

/** One row, and the row of its details below. */
function rowView(row, open) {
  const dot = element("span", { class: "dot", role: "img" });
  const id = `details-${++rowView.made}`;
  const name = element("button", { type: "button", "aria-expanded": "false", "aria-controls": id, onclick: toggle }, row.name);
  const note = element("span", { class: "note" });
  const chart = sparkline();
  const [hitMeter, sizeMeter] = [meter(), meter()];
  const texts = Object.fromEntries(["requests", "ratio", "p95", "coalesced", "stale", "saved", "size"].map((key) => [key, element("span")]));
  const sizeNote = element("span", { class: "muted small" });
  const cell = (key, ...more) => {
    const { title } = COLUMNS.find((column) => column.key === key);
    return element("td", { role: "cell", "data-label": title }, texts[key], ...more);
  };
  const main = element("tr", { class: "row", role: "row" },
    element("td", { role: "cell" }, element("div", { class: "name" }, dot, element("div", {}, name, note))),
    element("td", { role: "cell", class: "chart" }, chart.node),
    cell("requests"), cell("ratio", hitMeter.node), cell("p95"), cell("coalesced"), cell("stale"),
    cell("saved"), cell("size", sizeNote, sizeMeter.node));
  const inner = element("td", { role: "cell", colspan: COLUMNS.length });
  const below = element("tr", { class: "details", role: "row", id, hidden: true }, inner);

  const view = { row, nodes: [main, below], set, show, hide, refresh, draw: chart.draw };

  function set(next) {
    view.row = next;
    const { numbers } = next;
    setClass(dot, `dot ${next.status}`);
    dot.setAttribute("aria-label", next.status);
    setClass(main, numbers.enabled ? "row" : "row off");
    setText(note, [...next.backends, numbers.enabled ? next.cause : "switched off"].filter(Boolean).join(" · "));
    setText(texts.requests, rate(next.requests_per_second));
    setText(texts.ratio, percent(numbers.hit_ratio));
    hitMeter.set(numbers.hit_ratio);
    setText(texts.p95, duration(next.load_p95_seconds));
    setText(texts.coalesced, count(next.coalesced));
    setText(texts.stale, count(next.stale));
    setText(texts.saved, money(next.saved));
    const isElsewhere = next.backends.every((one) => one === "redis");
    const [size, most] = next.max_bytes == null
      ? [count(numbers.size), count(numbers.capacity)]
      : [bytes(numbers.bytes), bytes(next.max_bytes)];
    setText(texts.size, isElsewhere ? "" : size);
    setText(sizeNote, isElsewhere ? "in Redis" : ` of ${most}`);
    sizeMeter.node.hidden = isElsewhere;
    sizeMeter.set(fullness(next));
  }

  function toggle() {
    const opens = below.hidden;
    below.hidden = !opens;
    name.setAttribute("aria-expanded", String(opens));
    if (opens) refresh();
  }

  function hide(hidden) {
    main.hidden = hidden;
    below.hidden = hidden || name.getAttribute("aria-expanded") !== "true";
  }

  function show() {
    if (below.hidden) toggle();
    main.scrollIntoView({ block: "center" });
    name.focus({ preventScroll: true });
  }

  function refresh(isChanged) {
    if (!below.hidden) open(view.row, inner, isChanged);
  }

  set(row);
  return view;
}
rowView.made = 0;


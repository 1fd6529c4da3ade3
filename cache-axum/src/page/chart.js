// Charts of the last quarter of an hour, and strips of the last hour.

const SLOTS = 60;
const SLOT_SECONDS = 15;
const HEIGHT = 24;
const HOUR = 3600;
const STATUS = { up: "up", degraded: "degraded", down: "down" };

/** A sparkline: hits below, misses above them. */
function sparkline() {
  const misses = shape("path", { class: "misses" });
  const hits = shape("path", { class: "hits" });
  const base = shape("line", { class: "base", x1: 0, x2: SLOTS, y1: HEIGHT, y2: HEIGHT });
  const node = shape(
    "svg",
    { class: "spark", viewBox: `0 0 ${SLOTS} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" },
    base, misses, hits,
  );
  /** Draws `points`, which are `[at, requests per second, hits per second]`, up to `at`. */
  const draw = (points, at) => {
    const most = Math.max(...points.map(([, requests]) => requests), 1e-9);
    misses.setAttribute("d", area(points, at, ([, requests]) => requests / most));
    hits.setAttribute("d", area(points, at, ([, , hit]) => hit / most));
    node.setAttribute("aria-label", `up to ${rate(Math.max(most, 0))} requests a second`);
  };
  return { node, draw };
}

/** The path of an area: each point is as wide as the time between two samples. */
function area(points, at, share) {
  let path = "";
  for (const point of points) {
    const right = SLOTS - (at - point[0]) / SLOT_SECONDS;
    const left = Math.max(0, right - 1);
    if (right <= 0) continue;
    const top = HEIGHT * (1 - share(point));
    path += path ? ` L${left.toFixed(2)} ${top.toFixed(2)}` : `M${left.toFixed(2)} ${HEIGHT} V${top.toFixed(2)}`;
    path += ` H${Math.min(SLOTS, right).toFixed(2)}`;
  }
  return path && `${path} V${HEIGHT} Z`;
}

/** The statuses of the last hour, from the changes of a level. */
function strip(history, at) {
  const node = shape("svg", { viewBox: "0 0 600 12", preserveAspectRatio: "none", role: "img" });
  node.append(shape("rect", { class: "before", width: 600, height: 12, rx: 3 }));
  const place = (moment) => Math.max(0, 600 - ((at - moment) / HOUR) * 600);
  let well = 0;
  history.forEach((seen, nth) => {
    const until = history[nth + 1]?.since ?? at;
    const [left, right] = [place(seen.since), place(until)];
    if (right <= left && nth + 1 < history.length) return;
    if (seen.status === STATUS.up) well += right - left;
    const width = Math.max(2, right - left);
    node.append(shape("rect", { class: seen.status, x: right - width, width, height: 12, rx: 2 }));
  });
  const known = 600 - place(history[0]?.since ?? at);
  const share = known > 0 ? well / known : history.at(-1)?.status === STATUS.up ? 1 : 0;
  node.setAttribute("aria-label", `up for ${percent(share)} of the last ${lasting((known / 600) * HOUR)}`);
  return node;
}


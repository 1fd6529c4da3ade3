// The stream, and what the page knows from it.

/** Nowhere else: not in a URL, a cookie or a storage. */
let token = null;

const RETRY_SECONDS = 5;
const SHORT_SECONDS = 2;
const TEXTS = { up: "All is well", degraded: "Needs attention", down: "Down" };
const COLORS = { up: "#1f8a54", degraded: "#c98a12", down: "#cf3d2e", lost: "#84847c" };
/** The server lets this caller read without a token. */
const isOpen = document.body.dataset.reads === "open";
const points = new Map();
const table = cacheTable(openDetails);
let newest = 0;
let mayChange = false;
let controller = null;

function headers(more = {}) {
  return token == null ? more : { ...more, authorization: `Bearer ${token}` };
}

/** Sends a request, and throws with what the server says where it refuses. */
async function request(path, options = {}) {
  const reply = await fetch(path, { cache: "no-store", ...options, headers: headers(options.headers) });
  if (reply.ok) return reply;
  const said = await reply.json().catch(() => ({}));
  const list = said.parts ?? said.faults?.map((fault) => fault.message);
  const error = new Error([said.error ?? `The server says ${reply.status}.`, ...(list ?? [])].join("\n"));
  error.status = reply.status;
  throw error;
}

async function post(path, body) {
  const reply = await request(path, { method: "POST", body, headers: { "content-type": "application/json" } });
  return reply.json();
}

/** Fills the details of a row. Where the focus or a selection is in them, that waits. */
async function openDetails(row, place, isChanged) {
  try {
    const reply = await request(`api/cache/${encodeURIComponent(row.name)}`);
    const cache = await reply.json();
    const buttons = mayChange ? changeButtons(cache, post, () => table.refresh(true)) : null;
    const focused = [...place.querySelectorAll("button")].indexOf(document.activeElement);
    if (!isChanged && (focused >= 0 || !getSelection().isCollapsed)) return;
    place.replaceChildren(details(cache, buttons));
    place.querySelectorAll("button")[focused]?.focus({ preventScroll: true });
  } catch (error) {
    place.replaceChildren(element("p", { class: "error" }, error.message));
  }
}

function takePoints(fresh) {
  for (const { at, seconds, caches } of fresh) {
    newest = Math.max(newest, at);
    for (const row of table.rows()) {
      const [requests, hits] = caches[row.name] ?? [0, 0];
      const known = points.get(row.name) ?? [];
      known.push([at, requests / seconds, hits / seconds]);
      points.set(row.name, known.slice(-SLOTS));
    }
  }
}

function setStatus(status, text) {
  setClass($("status"), `pill ${status}`);
  setText($("status"), text);
  document.title = status === "up" ? "Caches" : `${text} – Caches`;
  const dot = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6" fill="${COLORS[status]}"/></svg>`;
  const icon = `data:image/svg+xml,${encodeURIComponent(dot)}`;
  if ($("icon").href !== icon) $("icon").href = icon;
}

function show(frame) {
  mayChange = frame.may_change;
  table.take(frame.caches);
  takePoints(frame.points);
  const rows = table.rows();
  const found = problems(frame.levels, rows);
  setStatus(frame.status, TEXTS[frame.status]);
  setText($("live"), `as of ${new Date().toLocaleTimeString("en-GB")}`);
  $("reload").hidden = !mayChange;
  $("token-button").hidden = false;
  setText($("token-button"), token == null ? "Use a token" : "Forget the token");
  drawSums(rows);
  drawProblems(found, frame.at, table.show);
  table.draw(points, frame.at);
  drawTags(frame.tags, mayChange, post);
  drawServers(frame.levels, frame.at);
  if (frame.incidents) drawIncidents(frame.incidents, frame.at);
  drawFoot(frame.levels, frame.thresholds);
  document.body.classList.remove("lost");
  $("sign-in").hidden = true;
  $("content").hidden = false;
}

/** Reads one stream to its end. It has few lines, and the next one follows. */
async function read(signal) {
  const reply = await request(`cache/stream?after=${newest}`, { signal });
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) show(JSON.parse(line));
  }
}

const pause = (seconds) => new Promise((later) => setTimeout(later, seconds * 1000));

/** Reads streams, one after the other, until it is stopped. */
async function run() {
  controller?.abort();
  controller = new AbortController();
  const { signal } = controller;
  while (!signal.aborted) {
    const began = Date.now();
    try {
      await read(signal);
      table.refresh();
      // A stream has some seconds. One that something on the way cuts short is not asked for at once.
      if (Date.now() - began < SHORT_SECONDS * 1000) await pause(SHORT_SECONDS);
    } catch (error) {
      if (signal.aborted) return;
      if (error.status === 401 || error.status === 429) return signIn(token == null ? "" : error.message);
      document.body.classList.add("lost");
      setStatus("lost", error.status ? "Not shown" : "No connection");
      setText($("live"), error.status ? error.message : "trying again");
      await pause(RETRY_SECONDS);
    }
  }
}

/** Asks for a token, and hides what was shown. */
function signIn(error) {
  controller?.abort();
  token = null;
  setText($("sign-in-error"), error);
  setStatus("lost", "Closed");
  setText($("live"), "");
  $("reload").hidden = $("token-button").hidden = $("content").hidden = true;
  $("sign-in").hidden = false;
  $("without").hidden = !isOpen;
  $("token").focus();
}

$("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  token = $("token").value;
  $("token").value = "";
  setText($("sign-in-error"), "");
  run();
});
$("token-button").addEventListener("click", () => {
  // With the document goes all that the token has shown.
  if (token != null) location.reload();
  else signIn("");
});
$("without").addEventListener("click", run);
$("reload").addEventListener("click", () => askReload(post));
document.addEventListener("visibilitychange", () => {
  // A page that nobody sees leaves its stream to others.
  if (document.hidden) controller?.abort();
  else if ($("sign-in").hidden) run();
});

if (isOpen) run();
else signIn("");

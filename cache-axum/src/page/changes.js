// Changes: each asks before it is made, but for one that can be taken back at once.

const REACH = {
  everywhere: "on all nodes",
  queued: "here; Redis is told when it can be reached",
  local: "in this process",
};

/** Asks in the dialog. `act` is given what was typed; an error that it throws is shown there. */
function ask({ title, text, label, button, act }) {
  setText($("dialog-title"), title);
  setText($("dialog-text"), text);
  setText($("dialog-label"), label ?? "");
  setText($("dialog-do"), button);
  setText($("dialog-error"), "");
  $("dialog-field").hidden = label == null;
  $("parts").value = "";
  $("parts").required = label != null;
  $("dialog-form").onsubmit = async (event) => {
    event.preventDefault();
    $("dialog-do").disabled = true;
    try {
      await act($("parts").value);
      $("dialog").close();
    } catch (error) {
      setText($("dialog-error"), error.message);
    } finally {
      $("dialog-do").disabled = false;
    }
  };
  $("dialog-cancel").onclick = () => $("dialog").close();
  $("dialog").showModal();
}

/** Tells the outcome of a change for some seconds. */
function tell(text) {
  setText($("told"), text);
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => setText($("told"), ""), 6000);
}

/**
 * The buttons of one cache, as its own route has it. `post` sends a change and returns what the
 * server says.
 */
function changeButtons(cache, post, done) {
  const { name, key, sites, stats } = cache;
  const path = `api/cache/${encodeURIComponent(name)}`;
  const change = async (action, body) => {
    const said = await post(`${path}/${action}`, body);
    done();
    return said;
  };
  const off = sites.some((site) => !site.policy.enabled);
  const button = (text, onclick) => element("button", { type: "button", onclick }, text);
  const shown = key.length > 0 ? ` Its parts: ${key.join(", ")}.` : "";
  return element("div", { class: "actions" },
    button("Invalidate a key…", () => ask({
      title: `Invalidate one key of ${name}`,
      text: `Its value is gone on every node, and the next call loads.${shown}`,
      label: "The parts as a JSON array, for example [7, \"great\"]",
      button: "Invalidate",
      act: async (typed) => {
        const { reach } = await change("invalidate", typed);
        tell(`The key is invalid ${REACH[reach] ?? reach}.`);
      },
    })),
    button("Clear…", () => ask({
      title: `Clear ${name}`,
      text: `All its entries are gone, ${count(stats.size)} of them in this process, and each next call loads.`,
      button: "Clear",
      act: async () => {
        const { reach } = await change("clear", "{}");
        tell(`${name} is cleared ${REACH[reach] ?? reach}.`);
      },
    })),
    off
      ? button("Switch on", () => change("enable", "{}").then(() => tell(`${name} is on.`), (error) => tell(error.message)))
      : button("Switch off…", () => ask({
        title: `Switch ${name} off`,
        text: "In this process each call runs its function until the cache is switched on again. Its entries stay.",
        button: "Switch off",
        act: async () => {
          await change("disable", "{}");
          tell(`${name} is off.`);
        },
      })));
}

/** Draws the tags, each with its button where the caller may change something. Drawn once, they stay. */
function drawTags(tags, mayChange, post) {
  const drawn = JSON.stringify([tags, mayChange]);
  if (drawTags.drawn === drawn) return;
  drawTags.drawn = drawn;
  $("tags-section").hidden = tags.length === 0;
  $("tags").replaceChildren(...tags.map((tag) => element("li", { class: "tag" },
    element("span", { class: "what" }, tag.name),
    element("code", { class: "muted" }, tag.value.map((part) => part.replace(/^_: /, "")).join(", ")),
    mayChange ? element("button", { type: "button", onclick: () => askTag(tag, post) }, "Invalidate a value…") : null)));
}

function askTag(tag, post) {
  ask({
    title: `Invalidate one value of ${tag.name}`,
    text: "All entries with it are gone, in every cache and on every node.",
    label: `The value as a JSON array: ${tag.value.map((part) => part.replace(/^_: /, "")).join(", ")}`,
    button: "Invalidate",
    act: async (typed) => {
      const { reach } = await post(`api/cache/tags/${encodeURIComponent(tag.name)}/invalidate`, typed);
      tell(`Its entries are invalid ${REACH[reach] ?? reach}.`);
    },
  });
}

/** Asks whether to read all settings again. */
function askReload(post) {
  ask({
    title: "Reload settings",
    text: "Files and variables are read again. With a fault in them nothing changes. No entry is lost but by a smaller capacity.",
    button: "Reload",
    act: async () => {
      const { changed } = await post("api/cache/reload", "{}");
      tell(changed.length === 1 ? "One setting has changed." : `${changed.length} settings have changed.`);
    },
  });
}


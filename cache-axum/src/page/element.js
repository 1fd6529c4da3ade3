// Elements. Texts become text nodes, so nothing that is shown is ever read as markup.

const SVG = "http://www.w3.org/2000/svg";

/** Finds the element with this id. */
function $(id) {
  return document.getElementById(id);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value != null && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

/** Creates an element: `element("p", { class: "note" }, "text")`. */
function element(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

function shape(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

/** Sets a text where it has changed, so that a screen reader is not told the same twice. */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function setClass(node, name) {
  if (node.getAttribute("class") !== name) node.setAttribute("class", name);
}

/** A definition list of pairs; a pair without a value is left out. */
function facts(pairs) {
  const known = pairs.filter(([, value]) => value != null);
  const items = known.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value)));
  return element("dl", { class: "facts" }, ...items);
}

/** A line of the server as a sentence: `code` stands between backticks. */
function sentence(line) {
  const text = line[0].toUpperCase() + line.slice(1) + (/[.!?]$/.test(line) ? "" : ".");
  return text.split("`").map((part, nth) => (nth % 2 === 1 ? element("code", {}, part) : part));
}

/** A bar that shows a share of one. */
function meter() {
  const inner = element("i");
  const node = element("span", { class: "meter", "aria-hidden": "true" }, inner);
  const set = (share) => {
    inner.style.width = `${Math.min(100, Math.max(0, (share ?? 0) * 100))}%`;
  };
  return { node, set };
}


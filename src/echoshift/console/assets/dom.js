// Elements and words. Nothing is ever inserted as HTML: text is set as text.

const byId = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

/** A new element. `attributes` go by name; `text` is its text, `on` its listeners by event. */
function make(tag, attributes = {}, ...children) {
  return furnish(document.createElement(tag), attributes, children);
}

function makeSvg(tag, attributes = {}, ...children) {
  return furnish(document.createElementNS(SVG, tag), attributes, children);
}

function furnish(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = value;
    else if (name === "on")
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Fill a `<select>` with [value, words] pairs; keep the choice if it is still offered. */
function fillSelect(select, pairs, chosen = select.value) {
  select.replaceChildren(...pairs.map(([value, text]) => make("option", { value, text })));
  if (pairs.some(([value]) => value === chosen)) select.value = chosen;
}

let saying = null;
/** A line for the status bar; it goes after a while. */
function say(text) {
  byId("status").className = "";
  byId("status").textContent = text;
  clearTimeout(saying);
  saying = setTimeout(() => {
    if (byId("status").className === "") byId("status").textContent = "";
  }, 8000);
}

/** An error: one line in the status bar; on the console too if it was not expected. */
function complain(error) {
  byId("status").className = "error";
  byId("status").textContent = String(error.message ?? error).split("\n")[0];
  if (!error.expected) console.error(error);
}

/** An error that can happen in good order, such as a server that has gone. */
function expectedError(message) {
  return Object.assign(new Error(message), { expected: true });
}

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const words = (name) => name.replaceAll("_", " ");
const counted = (n, noun, plural = `${noun}s`) => `${n} ${n === 1 ? noun : plural}`;
/** A number with a true minus sign. */
const fixed = (value, decimals = 2) => value.toFixed(decimals).replace("-", "−");
const signed = (value, decimals = 2) => (value > 0 ? "+" : "") + fixed(value, decimals);
/** Rounded as in the study's tables: of two equally near whole numbers, the even one. */
function whole(value) {
  const up = Math.round(value);
  return up - value === 0.5 && up % 2 ? up - 1 : up;
}
const percent = (share) => `${whole(100 * share)} %`;
const interval = ([, low, high]) =>
  low === null || low === undefined ? "" : ` [${whole(100 * low)}, ${whole(100 * high)}]`;

/** Call `work` at most once in `wait` ms, and once after the last call. */
function throttled(work, wait) {
  let timer = null;
  let last = -Infinity;
  return () => {
    if (timer !== null) return;
    const run = () => {
      timer = null;
      last = performance.now();
      work();
    };
    timer = setTimeout(run, Math.max(0, last + wait - performance.now()));
  };
}

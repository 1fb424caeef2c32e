// The knobs: one for each setting, as a slider with a notch at its initial value and a number field.

let knobs = [];

/** A knob of a setting. */
function settingKnob(name) {
  const setting = settingOf[name];
  const bounds = view.frame.knobs[name];
  return {
    name,
    symbol: setting.symbol,
    words: setting.long_name,
    unit: setting.unit,
    whole: setting.kind !== "continuous",
    why: view.frame.fixed[name] ?? (setting.live ? "" : setting.why_not),
    bounds: () => bounds ?? { low: 0, high: 1, initial: complete(view.frame, {})[name] ?? 0, step: 1 },
    get: () => view.settings[name] ?? complete(view.frame, {})[name] ?? 0,
    set: (value) => turned({ [name]: value }),
  };
}

/** The dynamic range: the distance of the thresholds, with the lower one where it is. */
function rangeKnob() {
  const { alpha_u: upper } = view.frame.knobs;
  return {
    name: "dynamic_range",
    symbol: "D",
    words: "dynamic range (with αₗ fixed)",
    unit: "dB",
    whole: false,
    why: "",
    bounds: () => {
      const at = view.settings.alpha_l;
      return { low: upper.low - at, high: upper.high - at, initial: upper.initial - at, step: upper.step };
    },
    get: () => Number((view.settings.alpha_u - view.settings.alpha_l).toFixed(6)),
    set: (value) => turned({ alpha_u: view.settings.alpha_l + value }),
  };
}

/** Two or three decimals of a slider's travel, so that a drag gives round numbers. */
const grain = ({ low, high }) => 10 ** Math.floor(Math.log10((high - low) / 400));
const brief = (value) => String(Number(value.toPrecision(4)));
const plain = (value) => String(Number(value.toFixed(6)));

function buildKnobs() {
  const here = STUDY.settings
    .map((setting) => setting.name)
    .filter((name) => view.frame.knobs[name] || view.frame.fixed[name]);
  const both = view.frame.knobs.alpha_l && view.frame.knobs.alpha_u;
  byId("threshold-mode").hidden = !both;
  const asRange = both && byId("thresholds-range").checked;
  const open = byId("moved-knobs");
  const folded = byId("other-knobs");
  open.replaceChildren();
  folded.replaceChildren();
  knobs = [];
  for (const name of here) {
    if (asRange && (name === "alpha_l" || name === "gain")) continue;
    if (name.startsWith("tgc_")) {
      if (name === here.find((one) => one.startsWith("tgc_"))) buildBank(here, isMoved(name) ? open : folded);
    } else if (asRange && name === "alpha_u") {
      open.append(...(here.includes("gain") ? [buildKnob(settingKnob("gain"))] : []), buildKnob(rangeKnob()));
    } else {
      (isMoved(name) ? open : folded).append(buildKnob(settingKnob(name)));
    }
  }
  byId("other-settings").hidden = !folded.children.length;
  drawKnobs();
}

/** The depth-gain sliders beneath each other, as on a scanner: near on top. */
function buildBank(here, place) {
  const sliders = here.filter((name) => name.startsWith("tgc_"));
  place.append(
    make(
      "fieldset",
      { class: "bank" },
      make("legend", { text: "Depth gain, near to deep, dB" }),
      ...sliders.map((name) => buildKnob(settingKnob(name))),
    ),
  );
}

function buildKnob(knob) {
  const off = Boolean(knob.why);
  const back = () => {
    knob.set(knob.bounds().initial);
    say(`${knob.words} back to ${plain(knob.bounds().initial)}`);
  };
  const slider = make("input", {
    type: "range",
    id: `knob-${knob.name}`,
    step: "any",
    disabled: off,
    title: "Double-click or Delete: back to the start",
    on: {
      input: () => knob.set(roundTo(Number(slider.value), knob)),
      dblclick: back,
      keydown: (event) => knobKey(event, knob, back),
    },
  });
  const number = make("input", {
    type: "number",
    id: `number-${knob.name}`,
    "aria-label": `${knob.words} as a number`,
    disabled: off,
    inputmode: "decimal",
    step: "any",
    on: { change: () => typed(number, knob), keydown: (event) => event.key === "Enter" && typed(number, knob) },
  });
  const button = make("button", {
    type: "button",
    class: "back",
    id: `back-${knob.name}`,
    "aria-label": `${knob.words} back to the start`,
    text: "↺",
    on: { click: back },
  });
  Object.assign(knob, {
    slider,
    number,
    button,
    notch: make("i", { class: "notch", "aria-hidden": "true" }),
    moved: make("i", { class: "moved", "aria-hidden": "true" }),
    low: make("span", { class: "end" }),
    high: make("span", { class: "end" }),
  });
  knobs.push(knob);
  const inBank = knob.name.startsWith("tgc_");
  const label = make("label", { for: slider.id }, make("b", { text: knob.symbol }), inBank ? "" : knob.words);
  if (inBank) slider.setAttribute("aria-label", knob.words);
  const value = make("span", { class: "value" }, number, make("span", { class: "unit", text: knob.unit }));
  for (const end of [knob.low, knob.high]) end.setAttribute("aria-hidden", "true");
  const travel = make(
    "span",
    { class: "reach" },
    knob.low,
    make("span", { class: "travel" }, knob.moved, knob.notch, slider),
    knob.high,
    button,
  );
  const why = off ? make("span", { class: "why", id: `why-${knob.name}`, text: knob.why }) : null;
  if (off) slider.setAttribute("aria-describedby", `why-${knob.name}`);
  return make(
    "div",
    { class: "knob", "data-knob": knob.name },
    ...(inBank ? [label, travel, value] : [label, value, travel]),
    why,
  );
}

function roundTo(value, knob) {
  const bounds = knob.bounds();
  const { initial } = bounds;
  const span = bounds.high - bounds.low;
  if (Math.abs(value - initial) < span / 150) return initial; // the notch holds the thumb
  return knob.whole ? value : Math.round(value / grain(bounds)) * grain(bounds);
}

function typed(number, knob) {
  const { low, high } = knob.bounds();
  const value = Number(number.value);
  if (number.value === "" || !Number.isFinite(value)) return drawKnobs();
  if (value < low || value > high)
    say(`${knob.words}: ${plain(value)} is outside ${plain(low)} to ${plain(high)} ${knob.unit}; set to ${plain(clamp(value, low, high))}`);
  knob.set(clamp(value, low, high));
  drawKnobs();
}

/** Arrows move by one step, with shift by a tenth, pages by ten; Delete goes back. */
function knobKey(event, knob, back) {
  const { low, high, step } = knob.bounds();
  const part = event.shiftKey && !knob.whole ? step / 10 : step;
  const steps = {
    ArrowRight: part,
    ArrowUp: part,
    ArrowLeft: -part,
    ArrowDown: -part,
    PageUp: 10 * step,
    PageDown: -10 * step,
    Home: low - high,
    End: high - low,
  };
  if (event.key === "Delete" || event.key === "Backspace") back();
  else if (event.key in steps) knob.set(clamp(knob.get() + steps[event.key], low, high));
  else return;
  event.preventDefault();
}

/** How many knobs are folded away, and how many of them are moved. */
function countFolded() {
  const folded = knobs.filter((knob) => byId("other-knobs").contains(knob.slider));
  const moved = folded.filter((knob) => Math.abs(knob.get() - knob.bounds().initial) > 5e-7).length;
  byId("other-count").textContent = `(${folded.length}${moved ? `, ${moved} moved` : ""})`;
}

/** Put thumbs, notches and numbers where the settings are. */
function drawKnobs() {
  countFolded();
  for (const knob of knobs) {
    const { low, high, initial } = knob.bounds();
    const value = knob.get();
    const share = (at) => (high > low ? clamp((at - low) / (high - low), 0, 1) : 0);
    const place = (at) => `calc(var(--thumb) / 2 + ${share(at)} * (100% - var(--thumb)))`;
    knob.slider.min = low;
    knob.slider.max = high;
    knob.slider.value = value;
    knob.slider.setAttribute("aria-valuetext", `${plain(value)} ${knob.unit}`);
    if (document.activeElement !== knob.number || Number(knob.number.value) !== value) knob.number.value = plain(value);
    knob.button.disabled = Math.abs(value - initial) < 5e-7;
    knob.button.title = `Back to ${plain(initial)}`;
    knob.notch.style.left = place(initial);
    const [from, to] = value < initial ? [value, initial] : [initial, value];
    knob.moved.style.left = place(from);
    knob.moved.style.width = `calc(${share(to) - share(from)} * (100% - var(--thumb)))`;
    const reach = view.frame.fixed[knob.name] ? [] : [low, high]; // a fixed one has no bounds
    [knob.low.textContent, knob.high.textContent] = reach.length ? reach.map(brief) : ["", ""];
  }
}

/** Somebody turns a knob. */
function turned(patch) {
  halt();
  move(patch);
}

/** The same picture with other knobs: a gain of g dB does what both thresholds do that move by -g dB. */
function changeKnobs() {
  if (!view.frame) return;
  const { alpha_l: low, alpha_u: high, gain } = view.settings;
  const start = startSettings();
  const shift = byId("thresholds-range").checked ? start.alpha_l - low : start.gain - gain;
  const wanted = byId("thresholds-range").checked
    ? { gain: gain + shift, alpha_l: start.alpha_l, alpha_u: high + shift }
    : { gain: start.gain, alpha_l: low + shift, alpha_u: high + shift };
  turned(wanted);
  const kept = Object.entries(wanted).every(([name, value]) => Math.abs(view.settings[name] - value) < 1e-5);
  if (!kept) say("These knobs do not reach the picture that was shown: moved as near as they do");
  buildKnobs();
}

function startKnobs() {
  for (const input of document.querySelectorAll("input[name=thresholds]")) input.addEventListener("change", changeKnobs);
}

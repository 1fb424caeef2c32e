// The margin over two settings at the present other ones: colours, decision line, walk, flips; a click moves the knobs.

const MAP = { moving: 15, resting: 33, asked: 17, left: 46, bottom: 34, top: 8, right: 10 };
const map = { grid: null, key: "", scale: 1, flips: [], asked: null, asking: null, axes: [] };
const axesOfMap = () => [byId("map-x").value, byId("map-y").value];

/** Choices of settings, the size of the colours and the flips: whatever belongs to frame and classifier. */
function buildMap() {
  const names = STUDY.settings
    .map((setting) => setting.name)
    .filter((name) => view.frame.knobs[name] && settingOf[name].live);
  const pairs = names.map((name) => [name, `${settingOf[name].symbol}  ${words(name)}`]);
  const moved = [...names.filter(isMoved), ...names];
  const [x, y] = axesOfMap();
  fillSelect(byId("map-x"), pairs, names.includes(x) ? x : moved[0]);
  const others = moved.filter((name) => name !== byId("map-x").value);
  fillSelect(byId("map-y"), pairs, others.includes(y) ? y : others[0]);
  map.axes = axesOfMap();
  map.scale = largestMargin();
  const { answer: start } = record();
  map.flips = view.field.queries
    .filter(({ flipped, scores }) => flipped && answer(scores) !== start)
    .map((query) => query.settings);
  map.key = "";
  map.asked = null;
  cancelAsking();
  byId("map-ask").hidden = !STUDY.served;
  byId("map-low").textContent = `flipped −${fixed(map.scale)}`;
  byId("map-high").textContent = `margin +${fixed(map.scale)} holds`;
}

/** The size of the margins on the map at the start and at all queries: the colours stay as they are while knobs move. */
function largestMargin() {
  const { queries, label } = view.field;
  const onMap = [...view.field.map(...map.axes, startSettings(), 9, 9).margin].filter((value) => !Number.isNaN(value));
  return (
    [...onMap, ...queries.map((query) => margin(query.scores, label))].reduce(
      (most, value) => Math.max(most, Math.abs(value)),
      0,
    ) || 1
  );
}

/** A setting cannot be both axes: if it is, the axes swap. */
function chooseAxis() {
  const [x, y] = axesOfMap();
  if (x === y) [byId("map-y").value, byId("map-x").value] = map.axes;
  map.axes = axesOfMap();
  map.key = "";
  map.asked = null;
  drawMap();
}

/** Everything that the colours depend on: not the two settings of the axes. */
function mapKey(count) {
  const [x, y] = axesOfMap();
  const others = { ...view.settings, [x]: 0, [y]: 0 };
  return JSON.stringify([view.frame.id, view.classifier, x, y, count, others]);
}

/** Margins on a grid: what the server answered, or else interpolated. Computed only if something has changed. */
function mapGrid(count) {
  if (map.asked?.key === mapKey(MAP.asked)) return map.asked;
  const key = mapKey(count);
  if (map.key === key) return map.grid;
  const [x, y] = axesOfMap();
  map.grid = view.field.map(x, y, view.settings, count, count);
  map.key = key;
  return map.grid;
}

function drawMap(count = MAP.resting) {
  const canvas = byId("map-canvas");
  const box = byId("map").getBoundingClientRect();
  if (!view.field || box.width < 40) return;
  const [x, y] = axesOfMap();
  const grid = mapGrid(map.key === mapKey(MAP.resting) ? MAP.resting : count);
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(box.width * ratio);
  canvas.height = Math.round(box.height * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  const plot = {
    left: MAP.left,
    top: MAP.top,
    width: box.width - MAP.left - MAP.right,
    height: box.height - MAP.top - MAP.bottom,
  };
  const at = placeOnMap(plot, x, y);
  drawColours(context, plot, grid, at);
  drawLine(context, grid, at);
  drawMarks(context, at, x, y);
  drawAxes(context, plot, x, y);
  const unknown =
    view.field.queries.length > 1
      ? "Not known at the present other settings."
      : "Of this frame, the study asked nothing but the start.";
  const how = {
    exact: "Exact: every point was asked.",
    unreachable: "Exact: the classifier reads the recording, and no setting reaches it.",
    field: "Interpolated from the stored field.",
    queries: "Interpolated from the queries.",
    both: "Interpolated from the stored field, in its holes from the queries.",
  }[grid.how];
  byId("map-how").textContent =
    `${how ?? unknown} Click, drag or arrow keys move the knobs.`;
  byId("map").setAttribute(
    "aria-label",
    `Margin over ${settingOf[x].long_name} (across) and ${settingOf[y].long_name} (up); now ${plain(view.settings[x])} and ${plain(view.settings[y])}. Arrow keys move the point.`,
  );
}

/** Coarse while a knob moves, fine after the last move. */
let mapRest = null;
const drawMapCoarse = throttled(() => drawMap(MAP.moving), 100);
function drawMapSoon() {
  drawMapCoarse();
  clearTimeout(mapRest);
  mapRest = setTimeout(() => drawMap(), 160);
}

/** Move the knobs to a point of the map. */
function mapPoint(event) {
  const box = byId("map").getBoundingClientRect();
  const [x, y] = axesOfMap();
  const along = (name, share) => {
    const { low, high, initial } = view.frame.knobs[name];
    const value = low + clamp(share, 0, 1) * (high - low);
    const step = grain({ low, high });
    return Math.abs(value - initial) < step / 2 ? initial : Math.round(value / step) * step;
  };
  halt();
  move({
    [x]: along(x, (event.clientX - box.left - MAP.left) / (box.width - MAP.left - MAP.right)),
    [y]: along(y, (box.bottom - MAP.bottom - event.clientY) / (box.height - MAP.top - MAP.bottom)),
  });
}

function mapKeyPressed(event) {
  const [x, y] = axesOfMap();
  const moves = { ArrowRight: [x, 1], ArrowLeft: [x, -1], ArrowUp: [y, 1], ArrowDown: [y, -1] };
  if (event.key === "Delete" || event.key === "Backspace") {
    const start = startSettings();
    move({ [x]: start[x], [y]: start[y] });
  } else if (event.key in moves) {
    const [name, sign] = moves[event.key];
    const part = event.shiftKey && settingOf[name].kind === "continuous" ? 0.1 : 1;
    move({ [name]: view.settings[name] + sign * part * view.frame.knobs[name].step });
  } else return;
  event.preventDefault();
}

function startMap() {
  const [x, y] = [byId("map-x"), byId("map-y")];
  for (const select of [x, y]) select.addEventListener("change", chooseAxis);
  const area = byId("map");
  area.addEventListener("pointerdown", (event) => {
    area.setPointerCapture(event.pointerId);
    mapPoint(event);
  });
  area.addEventListener("pointermove", (event) => event.buttons && mapPoint(event));
  area.addEventListener("keydown", mapKeyPressed);
  new ResizeObserver(() => drawMap()).observe(area);
}

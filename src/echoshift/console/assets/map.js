// The margin over two settings at the present other ones: colours, decision line, walk, flips; a click moves the knobs.

const MAP = { moving: 15, resting: 33, asked: 17, left: 46, bottom: 34, top: 8, right: 10 };
const map = { grid: null, key: "", scale: 1, flips: [], asked: null, asking: null, axes: [] };
const axesOfMap = () => [byId("map-x").value, byId("map-y").value];

/** Choices of settings, the size of the colours and the flips: whatever belongs to frame and classifier. */
function buildMap() {
  const names = STUDY.settings.map((setting) => setting.name).filter((name) => view.frame.knobs[name] && settingOf[name].live);
  const pairs = names.map((name) => [name, `${settingOf[name].symbol}  ${words(name)}`]);
  const [first, second] = [...names.filter(isMoved), ...names];
  const [x, y] = axesOfMap();
  fillSelect(byId("map-x"), pairs, names.includes(x) ? x : first);
  fillSelect(byId("map-y"), pairs, names.includes(y) && y !== byId("map-x").value ? y : second);
  map.axes = axesOfMap();
  map.scale = largestMargin();
  map.flips = view.field.queries.filter((query) => query.flipped).slice(0, 2000).map((query) => query.settings);
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
  return [...onMap, ...queries.map((query) => margin(query.scores, label))].reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
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
  const plot = { left: MAP.left, top: MAP.top, width: box.width - MAP.left - MAP.right, height: box.height - MAP.top - MAP.bottom };
  const at = placeOnMap(plot, x, y);
  drawColours(context, plot, grid, at);
  drawLine(context, grid, at);
  drawMarks(context, at, x, y);
  drawAxes(context, plot, x, y);
  const how = { exact: "Exact: every point was asked.", field: "Interpolated from the stored field.", queries: "Interpolated from the queries." }[grid.how];
  byId("map-how").textContent = `${how ?? "Not known at the present other settings."} Click, drag or arrow keys move the knobs.`;
  byId("map").setAttribute("aria-label", `Margin over ${settingOf[x].long_name} (across) and ${settingOf[y].long_name} (up); now ${plain(view.settings[x])} and ${plain(view.settings[y])}. Arrow keys move the point.`);
}

/** Settings to pixels of the map. */
function placeOnMap(plot, x, y) {
  const [a, b] = [view.frame.knobs[x], view.frame.knobs[y]];
  return (settings) => [
    plot.left + ((settings[x] - a.low) / (a.high - a.low)) * plot.width,
    plot.top + plot.height - ((settings[y] - b.low) / (b.high - b.low)) * plot.height,
  ];
}

const shareOfScale = (value) => Math.min(1, Math.abs(value) / map.scale) ** 0.7;

function drawColours(context, plot, grid, at) {
  const [nx, ny] = [grid.x.length, grid.y.length];
  const small = document.createElement("canvas");
  [small.width, small.height] = [nx, ny];
  const pen = small.getContext("2d");
  const image = pen.createImageData(nx, ny);
  const pixels = new Uint32Array(image.data.buffer);
  for (let row = 0; row < ny; row++) {
    for (let column = 0; column < nx; column++) {
      const value = grid.margin[row * nx + column];
      if (Number.isNaN(value)) continue;
      pixels[(ny - 1 - row) * nx + column] = towards(value < 0 ? ORANGE : BLUE, 0.8 * shareOfScale(value), [28, 35, 45]);
    }
  }
  pen.putImageData(image, 0, 0);
  context.save();
  context.beginPath();
  context.rect(plot.left, plot.top, plot.width, plot.height);
  context.clip();
  context.fillStyle = hatching(context);
  context.fillRect(plot.left, plot.top, plot.width, plot.height);
  const [dx, dy] = [plot.width / (nx - 1), plot.height / (ny - 1)]; // points lie on the edges of the map
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  context.drawImage(small, plot.left - dx / 2, plot.top - dy / 2, plot.width + dx, plot.height + dy);
  context.restore();
}

function hatching(context) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  pen.fillStyle = "#11161d";
  pen.fillRect(0, 0, 8, 8);
  pen.strokeStyle = "#4b5868";
  for (const shift of [-8, 0, 8]) {
    pen.moveTo(shift, 8);
    pen.lineTo(shift + 8, 0);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat");
}

/** The decision line: marching squares, linear along each edge where the margin changes sign. */
function drawLine(context, grid, at) {
  const [nx, ny] = [grid.x.length, grid.y.length];
  const [x, y] = axesOfMap();
  const value = (i, j) => grid.margin[j * nx + i];
  context.beginPath();
  for (let j = 0; j < ny - 1; j++) {
    for (let i = 0; i < nx - 1; i++) {
      const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]];
      const crossings = [];
      corners.forEach(([a, b], k) => {
        const [c, d] = corners[(k + 1) % 4];
        const [from, to] = [value(a, b), value(c, d)];
        if (!(from < 0 !== to < 0) || Number.isNaN(from + to)) return;
        const share = from / (from - to);
        crossings.push(at({ [x]: grid.x[a] + share * (grid.x[c] - grid.x[a]), [y]: grid.y[b] + share * (grid.y[d] - grid.y[b]) }));
      });
      for (let k = 0; k + 1 < crossings.length; k += 2) {
        context.moveTo(...crossings[k]);
        context.lineTo(...crossings[k + 1]);
      }
    }
  }
  context.lineCap = "round";
  for (const [colour, width] of [["#000a", 4], ["#ffffff", 1.8]]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }
}

/** Flips (faint at other settings than the present ones), walk, start, and the present point. */
function drawMarks(context, at, x, y) {
  const others = Object.keys(view.frame.knobs).filter((name) => name !== x && name !== y);
  const near = (settings) => others.every((name) => {
    const { low, high } = view.frame.knobs[name];
    return Math.abs(settings[name] - view.settings[name]) <= 0.05 * (high - low);
  });
  const [here, faint] = [map.flips.filter(near), map.flips.filter((settings) => !near(settings))];
  for (const [settings, alpha] of [[faint, 0.28], [here, 1]]) {
    context.globalAlpha = alpha;
    for (const one of settings) triangle(context, ...at(one));
  }
  context.globalAlpha = 1;
  if (walk.steps.length) {
    const points = walk.steps.map(at);
    context.strokeStyle = context.fillStyle = "#f3df74";
    context.lineWidth = 1.6;
    context.setLineDash([2, 3]);
    context.beginPath();
    points.forEach((point) => context.lineTo(...point));
    context.stroke();
    context.setLineDash([]);
    for (const point of points) dot(context, point, 2, "#f3df74", "#000");
  }
  ring(context, at(startSettings()));
  const [px, py] = at(view.settings);
  context.strokeStyle = "#ffffffb0";
  context.lineWidth = 1;
  context.beginPath();
  for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
    context.moveTo(px + 8 * dx, py + 8 * dy);
    context.lineTo(px + 15 * dx, py + 15 * dy);
  }
  context.stroke();
  dot(context, [px, py], 5, "#fff", "#000");
}

function triangle(context, x, y) {
  context.beginPath();
  context.moveTo(x, y - 5);
  context.lineTo(x + 4.5, y + 3.5);
  context.lineTo(x - 4.5, y + 3.5);
  context.closePath();
  context.fillStyle = "#ffa24d";
  context.strokeStyle = "#000";
  context.lineWidth = 1;
  context.fill();
  context.stroke();
}

function dot(context, [x, y], radius, fill, edge) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = fill;
  context.fill();
  context.strokeStyle = edge;
  context.lineWidth = 1.2;
  context.stroke();
}

function ring(context, [x, y]) {
  for (const [colour, width] of [["#000", 4], ["#fff", 2]]) {
    context.beginPath();
    context.arc(x, y, 6, 0, 2 * Math.PI);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }
}

function drawAxes(context, plot, x, y) {
  context.font = `11.5px ${getComputedStyle(document.body).fontFamily}`;
  context.fillStyle = "#b3bfcd";
  context.strokeStyle = "#6a7889";
  context.lineWidth = 1;
  context.strokeRect(plot.left + 0.5, plot.top + 0.5, plot.width - 1, plot.height - 1);
  const [a, b] = [view.frame.knobs[x], view.frame.knobs[y]];
  const base = plot.top + plot.height;
  const middle = (knob) => (knob.initial - knob.low > 0.15 * (knob.high - knob.low) && knob.high - knob.initial > 0.15 * (knob.high - knob.low) ? [knob.initial] : []);
  context.textBaseline = "top";
  for (const value of [a.low, ...middle(a), a.high]) {
    context.textAlign = value === a.low ? "left" : value === a.high ? "right" : "center";
    context.fillText(plain(value), plot.left + ((value - a.low) / (a.high - a.low)) * plot.width, base + 4);
  }
  context.textAlign = "right";
  for (const value of [b.low, ...middle(b), b.high]) {
    context.textBaseline = value === b.low ? "bottom" : value === b.high ? "top" : "middle";
    context.fillText(plain(value), plot.left - 5, base - ((value - b.low) / (b.high - b.low)) * plot.height);
  }
  const name = (one) => [settingOf[one].symbol, settingOf[one].unit && `(${settingOf[one].unit})`].filter(Boolean).join(" ");
  context.fillStyle = "#e8edf4";
  context.textAlign = "center";
  context.textBaseline = "bottom";
  context.fillText(name(x), plot.left + plot.width / 2, base + MAP.bottom);
  context.save();
  context.translate(2, plot.top + plot.height * 0.28);
  context.rotate(-Math.PI / 2);
  context.textBaseline = "top";
  context.fillText(name(y), 0, 0);
  context.restore();
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
  view.glide = null;
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
    view.glide = null;
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

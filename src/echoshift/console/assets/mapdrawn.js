// The map drawn: colours, hatching, decision line, marks and axes.

/** Settings to pixels of the map. */
function placeOnMap(plot, x, y) {
  const [a, b] = [view.frame.knobs[x], view.frame.knobs[y]];
  return (settings) => [
    plot.left + ((settings[x] - a.low) / (a.high - a.low)) * plot.width,
    plot.top + plot.height - ((settings[y] - b.low) / (b.high - b.low)) * plot.height,
  ];
}

const shareOfScale = (value) => Math.min(1, Math.abs(value) / map.scale) ** 0.6;

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
      pixels[(ny - 1 - row) * nx + column] = towards(
        value < 0 ? ORANGE : BLUE,
        0.8 * shareOfScale(value),
        [28, 35, 45],
      );
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
      const corners = [
        [i, j],
        [i + 1, j],
        [i + 1, j + 1],
        [i, j + 1],
      ];
      const crossings = [];
      corners.forEach(([a, b], k) => {
        const [c, d] = corners[(k + 1) % 4];
        const [from, to] = [value(a, b), value(c, d)];
        if (!(from < 0 !== to < 0) || Number.isNaN(from + to)) return;
        const share = from / (from - to);
        crossings.push(
          at({ [x]: grid.x[a] + share * (grid.x[c] - grid.x[a]), [y]: grid.y[b] + share * (grid.y[d] - grid.y[b]) }),
        );
      });
      for (let k = 0; k + 1 < crossings.length; k += 2) {
        context.moveTo(...crossings[k]);
        context.lineTo(...crossings[k + 1]);
      }
    }
  }
  context.lineCap = "round";
  for (const [colour, width] of [
    ["#000a", 4],
    ["#ffffff", 1.8],
  ]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }
}

/** Flips (faint at other settings than the present ones), walk, start, and the present point. */
function drawMarks(context, at, x, y) {
  const others = Object.keys(view.frame.knobs).filter((name) => name !== x && name !== y);
  const near = (settings) =>
    others.every((name) => {
      const { low, high } = view.frame.knobs[name];
      return Math.abs(settings[name] - view.settings[name]) <= 0.05 * (high - low);
    });
  const [here, faint] = [map.flips.filter(near), map.flips.filter((settings) => !near(settings))];
  for (const [settings, alpha] of [
    [faint, 0.28],
    [here, 1],
  ]) {
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
  for (const [dx, dy] of [
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
  ]) {
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
  for (const [colour, width] of [
    ["#000", 4],
    ["#fff", 2],
  ]) {
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
  const middle = (knob) =>
    knob.initial - knob.low > 0.15 * (knob.high - knob.low) && knob.high - knob.initial > 0.15 * (knob.high - knob.low)
      ? [knob.initial]
      : [];
  context.textBaseline = "top";
  for (const value of [a.low, ...middle(a), a.high]) {
    context.textAlign = value === a.low ? "left" : value === a.high ? "right" : "center";
    context.fillText(brief(value), plot.left + ((value - a.low) / (a.high - a.low)) * plot.width, base + 4);
  }
  context.textAlign = "right";
  for (const value of [b.low, ...middle(b), b.high]) {
    context.textBaseline = value === b.low ? "bottom" : value === b.high ? "top" : "middle";
    context.fillText(brief(value), plot.left - 5, base - ((value - b.low) / (b.high - b.low)) * plot.height);
  }
  const name = (one) =>
    [settingOf[one].symbol, settingOf[one].unit && `(${settingOf[one].unit})`].filter(Boolean).join(" ");
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

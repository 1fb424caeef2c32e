// The picture: greys, signed difference to the start, or both beside each other with a wipe.

const BLUE = [99, 179, 255];
const ORANGE = [255, 162, 77];
const DARK = [16, 21, 28];
const mode = () => document.querySelector("input[name=mode]:checked").value;

/** 0xAABBGGRR of each grey level. */
const GREYS = Uint32Array.from({ length: 256 }, (_, grey) => (0xff000000 | (grey * 0x010101)) >>> 0);

/** 0xAABBGGRR between the dark middle (0) and a colour (1). */
function towards(colour, share, middle = DARK) {
  const [r, g, b] = middle.map((from, i) => Math.round(from + (colour[i] - from) * share));
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

/** Draw pixels with colours by their level on a canvas of the picture's own size. */
function paint(canvas, levels, colours) {
  if (canvas.width !== view.plan.columns || canvas.height !== view.plan.rows) {
    canvas.width = view.plan.columns;
    canvas.height = view.plan.rows;
  }
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i++) pixels[i] = colours[levels[i]];
  context.putImageData(image, 0, 0);
}

function drawPicture() {
  const began = performance.now();
  const levels = picture();
  if (!levels) {
    byId("unknown").hidden = false;
    byId("unknown").textContent = "a picture of other settings";
    return;
  }
  view.shown = levels;
  drawCrop();
  const canvas = byId("present-picture");
  if (mode() === "difference") drawDifference(canvas);
  else paint(canvas, levels, GREYS);
  timings.redraw.push(performance.now() - began);
  if (timings.redraw.length > 1000) timings.redraw.shift();
  if (mode() === "wipe") paint(byId("start-picture"), view.start, GREYS);
  const unknown = view.plan.unknown(view.settings);
  const notes = STUDY.settings.filter(({ name, live }) => !live && view.settings[name] !== startSettings()[name]).map(({ long_name: text }) => `without the change of ${text}`);
  if (unknown > 0) notes.push(`undetermined ${fixed(100 * unknown, unknown < 0.1 ? 1 : 0)} % of the sector`);
  if (view.frame.reduced > 1) notes.push(`reduced ${fixed(view.frame.reduced, 1)} times: median and smoothing act on the page's pixels`);
  byId("unknown").hidden = !notes.length;
  byId("unknown").textContent = notes.join(", ");
}

/** Grey levels at the present settings; null while the server is asked for them. */
function picture() {
  return needsServer(view.settings) ? renderedByServer() : view.plan.render(view.settings);
}

/** Colours of the differences -255 to 255: blue is darker than at the start, orange brighter. */
function drawDifference(canvas) {
  const difference = new Uint16Array(view.shown.length);
  let most = 0;
  for (let i = 0; i < difference.length; i++) {
    const step = view.shown[i] - view.start[i];
    difference[i] = step + 255;
    most = Math.max(most, Math.abs(step));
  }
  const scale = [16, 32, 64, 128, 255].find((limit) => most <= limit);
  const colours = Uint32Array.from({ length: 511 }, (_, i) => {
    const share = Math.min(1, Math.abs(i - 255) / scale);
    return towards(i < 255 ? BLUE : ORANGE, share);
  });
  paint(canvas, difference, colours);
  byId("darker").textContent = `−${scale} darker`;
  byId("brighter").textContent = `brighter +${scale} grey levels`;
}

function drawMode() {
  const [wiping, differing] = [mode() === "wipe", mode() === "difference"];
  byId("stage").classList.toggle("wiping", wiping);
  for (const id of ["start-picture", "wipe-line", "wipe-choice", "corner-start"]) byId(id).hidden = !wiping;
  byId("difference-legend").hidden = !differing;
  byId("corner-present").textContent = differing ? "difference to the start" : "present";
  byId("corner-present").hidden = mode() === "picture";
  byId("present-picture").setAttribute(
    "aria-label",
    differing ? "Difference to the start: blue darker, orange brighter" : "Picture at the present settings",
  );
  drawWipe();
  redraw();
}

/** The start is left of the line, the present right of it. */
function drawWipe() {
  const share = byId("wipe").value / 100;
  byId("wipe-line").style.left = `${100 * share}%`;
  if (!view.plan) return;
  const { left, columns } = view.crop;
  const cut = (100 * (left + share * columns)) / view.plan.columns;
  byId("present-picture").style.clipPath = mode() === "wipe" ? `inset(0 0 0 ${cut}%)` : "";
}

/** The part of the picture that is worth the screen: the sector and a small border, or all if something lies outside. */
function cropOf({ rows, columns, sector, outside }) {
  if (outside) return { left: 0, top: 0, rows, columns };
  let [left, right, top, bottom] = [columns, 0, rows, 0];
  for (let i = 0; i < sector.length; i++) {
    if (!sector[i]) continue;
    const [row, column] = [Math.floor(i / columns), i % columns];
    [left, right, top, bottom] = [
      Math.min(left, column),
      Math.max(right, column),
      Math.min(top, row),
      Math.max(bottom, row),
    ];
  }
  const border = Math.ceil(0.02 * rows);
  [left, top] = [Math.max(0, left - border), Math.max(0, top - border)];
  return {
    left,
    top,
    rows: Math.min(rows, bottom + 1 + border) - top,
    columns: Math.min(columns, right + 1 + border) - left,
  };
}

/** A picture that is zoomed or has other echoes may leave its sector, so all of it is shown. */
function drawCrop() {
  const { rows, columns, outside, sector } = view.plan;
  const zoomed = view.settings.image_scale !== startSettings().image_scale || needsServer(view.settings);
  if (view.crop?.plan === view.plan && view.crop.zoomed === zoomed) return;
  view.crop = { ...cropOf({ rows, columns, sector, outside: outside || zoomed }), plan: view.plan, zoomed };
  const stage = byId("stage");
  byId("room").style.setProperty("--ratio", view.crop.columns / view.crop.rows);
  for (const canvas of stage.querySelectorAll("canvas")) {
    canvas.style.width = `${(100 * columns) / view.crop.columns}%`;
    canvas.style.height = `${(100 * rows) / view.crop.rows}%`;
    canvas.style.left = `${(-100 * view.crop.left) / view.crop.columns}%`;
    canvas.style.top = `${(-100 * view.crop.top) / view.crop.rows}%`;
  }
  drawWipe();
}

function drawTitle() {
  byId("frame-title").replaceChildren(
    view.frame.id,
    make("span", {
      text: ` ${view.frame.label === null ? "no label" : `true label ${STUDY.classes[view.frame.label]}`}`,
    }),
  );
}

/** Save the grey picture as a file named after the frame. */
function downloadPng() {
  const canvas = document.createElement("canvas");
  paint(canvas, view.shown, GREYS);
  const name = view.frame.id.replace(/[^\w.-]+/g, "_");
  const moved = same(view.settings, startSettings()) ? "" : "_moved";
  canvas.toBlob((blob) => {
    const link = make("a", { href: URL.createObjectURL(blob), download: `${name}${moved}.png` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    say(`Saved as ${link.download}`);
  }, "image/png");
}

function startPicture() {
  for (const input of document.querySelectorAll("input[name=mode]")) input.addEventListener("change", drawMode);
  byId("wipe").addEventListener("input", drawWipe);
  const stage = byId("stage");
  const drag = (event) => {
    if (mode() !== "wipe" || !event.buttons) return;
    const box = stage.getBoundingClientRect();
    byId("wipe").value = clamp((100 * (event.clientX - box.left)) / box.width, 0, 100);
    drawWipe();
  };
  stage.addEventListener("pointerdown", (event) => {
    if (mode() === "wipe") stage.setPointerCapture(event.pointerId);
    drag(event);
  });
  stage.addEventListener("pointermove", drag);
}

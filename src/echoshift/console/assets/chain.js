// The chain from settings to the picture, as in echoshift.reconstruction: gain over depth, window, grey curve, filters.

const SLIDER_NAMES = [1, 2, 3, 4, 5, 6, 7, 8].map((i) => `tgc_${i}`);
const NEUTRAL = Object.fromEntries(STUDY.settings.map((setting) => [setting.name, setting.neutral]));
const plans = new Map();

// All settings of a frame: those given, else its initial ones, else neutral.
function complete(frame, settings) {
  return { ...NEUTRAL, ...frame.initial, ...settings };
}

function openPlan(frame) {
  if (!plans.has(frame.id)) {
    const opened = loadPlan(frame);
    plans.set(frame.id, opened);
    opened.catch(() => plans.delete(frame.id));
  }
  return plans.get(frame.id);
}

async function loadPlan(frame) {
  const [own, shared] = await Promise.all([loadBlob(frame.picture), loadBlob(frame.places)]);
  const { meta } = own;
  const sector = unpackBits(shared.arrays.sector, meta.rows * meta.columns);
  const inside = Int32Array.from({ length: sector.length }, (_, i) => i).filter((i) => sector[i]);
  const outside = own.arrays.outside && spread(own.arrays.outside, sector);
  const shade = { echo: echoShade, picture: pictureShade, lines: linesShade }[meta.kind](meta, own.arrays, shared.arrays, inside);
  const levels = new Uint8Array(inside.length);
  const filters = openFilters(meta, sector);
  return {
    rows: meta.rows,
    columns: meta.columns,
    sector,
    outside,
    unknown: (settings) => shade.unknown(complete(frame, settings)),
    render(settings) {
      const all = complete(frame, settings);
      shade(all, levels);
      const image = new Uint8Array(sector.length);
      for (let i = 0; i < inside.length; i++) image[inside[i]] = levels[i];
      const filtered = filters(image, all);
      if (outside) for (let i = 0; i < sector.length; i++) if (!sector[i]) filtered[i] = outside[i];
      return filtered;
    },
  };
}

function unpackBits(bytes, n) {
  return Uint8Array.from({ length: n }, (_, i) => (bytes[i >> 3] >> (7 - (i & 7))) & 1);
}

function spread(values, sector) {
  let next = 0;
  return Uint8Array.from(sector, (isInside) => (isInside ? 0 : values[next++]));
}

// Decibels at each position along depth: beta, sliders and gain. Linear between positions.
function gainOverDepth(meta, settings) {
  const sliders = SLIDER_NAMES.map((name) => settings[name]);
  const [first, step] = meta.loss ?? [0, 0];
  return Float64Array.from({ length: meta.samples }, (_, k) => {
    const at = (k / (meta.samples - 1)) * (sliders.length - 1);
    const before = Math.min(Math.floor(at), sliders.length - 2);
    const slider = sliders[before] + (at - before) * (sliders[before + 1] - sliders[before]);
    return settings.beta * (first + k * step) + slider + settings.gain;
  });
}

function gainChange(meta, settings, reference) {
  const before = gainOverDepth(meta, complete({ initial: {} }, reference));
  return gainOverDepth(meta, settings).map((value, k) => value - before[k]);
}

const clampPlace = (place, samples) => Math.min(Math.max(place, 0), samples - 1);

// RF: a level for each pixel.
function echoShade(meta, { level, correction }, { position }) {
  const n = level.length;
  const decibels = new Float64Array(n);
  const places = new Float64Array(n);
  const step = (meta.highest - meta.lowest) / 65534;
  const lastPlace = meta.samples - 1;
  for (let i = 0; i < n; i++) {
    decibels[i] = level[i] === 0 ? -1e9 : level[i] === 65535 ? 1e9 : meta.lowest + (level[i] - 1) * step;
    places[i] = clampPlace(position[i] + correction[i] / 127, meta.samples);
  }
  function shade(settings, out) {
    const change = gainChange(meta, settings, meta.initial);
    const perDecibel = 255 / (settings.alpha_u - settings.alpha_l);
    const grey = greyCurve(settings);
    for (let i = 0; i < n; i++) {
      const k = Math.min(places[i] | 0, lastPlace - 1);
      const gain = change[k] + (places[i] - k) * (change[k + 1] - change[k]);
      out[i] = grey((decibels[i] + gain - settings.alpha_l) * perDecibel);
    }
  }
  shade.unknown = () => 0;
  return shade;
}

// Grey levels at their places along depth, moved from the window that they were made with.
function greyMoved(meta, grey, places) {
  const n = grey.length;
  const { alpha_l: low, alpha_u: high } = meta.window;
  const lastPlace = meta.samples - 1;
  function shade(settings, out) {
    const change = gainChange(meta, settings, meta.window);
    const perDecibel = 255 / (settings.alpha_u - settings.alpha_l);
    const scale = (high - low) / (settings.alpha_u - settings.alpha_l);
    const shift = (low - settings.alpha_l) * perDecibel;
    const curve = greyCurve(settings);
    for (let i = 0; i < n; i++) {
      const place = places(i);
      const k = Math.min(place | 0, lastPlace - 1);
      const gain = change[k] + (place - k) * (change[k + 1] - change[k]);
      out[i] = curve(grey[i] * scale + shift + gain * perDecibel);
    }
  }
  // What was black or white at first, and is not any more, is not determined.
  shade.unknown = (settings) => {
    const now = new Uint8Array(n);
    shade(settings, now);
    let unknown = 0;
    for (let i = 0; i < n; i++) unknown += (grey[i] === 0 && now[i] > 0) || (grey[i] === 255 && now[i] < 255);
    return unknown / n;
  };
  return shade;
}

// Depth below the face of each pixel, in sliders.
function pictureShade(meta, { grey }, shared, inside) {
  const { face, aspect, columns, samples } = meta;
  const [first, step] = meta.depths;
  const places = Float64Array.from(inside, (pixel) => {
    const down = Math.floor(pixel / columns) - face.row;
    const across = ((pixel % columns) - face.column) * aspect;
    const depth = face.column === null ? down : Math.hypot(down + face.radius, across) - face.radius;
    return clampPlace((depth - first) / step, samples);
  });
  return greyMoved(meta, grey, (i) => places[i]);
}

// Lines are moved first, then converted to pixels.
function linesShade(meta, { grey }, { line, sample }) {
  const { samples } = meta;
  const lines = grey.length / samples;
  const onLines = greyMoved(meta, grey, (i) => i % samples);
  const moved = new Uint8Array(grey.length);
  function shade(settings, out) {
    onLines(settings, moved);
    for (let i = 0; i < out.length; i++) {
      const l = Math.min(line[i] | 0, lines - 2);
      const s = Math.min(sample[i] | 0, samples - 2);
      const across = line[i] - l;
      const down = sample[i] - s;
      const at = l * samples + s;
      const near = (1 - down) * moved[at] + down * moved[at + 1];
      const far = (1 - down) * moved[at + samples] + down * moved[at + samples + 1];
      out[i] = (1 - across) * near + across * far + 0.5 + 1e-9;
    }
  }
  shade.unknown = onLines.unknown;
  return shade;
}

// Shade (255 times the share of the window) to the grey level, rounded.
function greyCurve({ gamma, s_curve: s }) {
  if (gamma === 1 && s === 0) return (shade) => (shade <= 0 ? 0 : shade >= 255 ? 255 : (shade + 0.5) | 0);
  const starts = startsOfLevels(gamma, s);
  // The first level in each of 1,024 parts of the scale; the few others of a part are tried one by one.
  const first = new Uint8Array(1024);
  for (let part = 0, level = 0; part < 1024; part++) {
    while (level < 255 && starts[level + 1] <= (part * 255) / 1024) level++;
    first[part] = level;
  }
  return (shade) => {
    if (shade <= 0) return 0;
    if (shade >= 255) return 255;
    let level = first[(shade * (1024 / 255)) | 0];
    while (level < 255 && shade >= starts[level + 1]) level++;
    return level;
  };
}

// The shade from which on each level is shown: the curve rises, so it is found by halving.
function startsOfLevels(gamma, s) {
  const curve = (shade) => {
    const grey = (shade / 255) ** gamma;
    return 255 * (grey + s * (grey * grey * (3 - 2 * grey) - grey));
  };
  return Float64Array.from({ length: 256 }, (_, level) => {
    let low = 0;
    let high = 255;
    while (high - low > 1e-9) {
      const middle = (low + high) / 2;
      if (curve(middle) + 0.5 >= level) high = middle;
      else low = middle;
    }
    return level === 0 ? 0 : high;
  });
}

// The classifier's scores over the settings: exact where the study asked, else interpolated, see answers.py.

const opened = new Map();

function openAnswers(frame, classifier) {
  const name = frame.classifiers[classifier].answers;
  if (!opened.has(name)) {
    const loaded = loadBlob(name).then(({ meta, arrays }) => answersOf(frame, meta, arrays));
    opened.set(name, loaded);
    loaded.catch(() => opened.delete(name));
  }
  return opened.get(name);
}

// Of equal scores the later class wins.
function answer(scores) {
  return scores.reduce((best, score, i) => (score >= scores[best] ? i : best), 0);
}

function margin(scores, label) {
  return scores[label] - Math.max(...scores.filter((_, i) => i !== label));
}

function probabilities(scores) {
  const most = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

const bound = (value) => String(Number(value.toFixed(3)));
const rounded = (value) => Math.round(value * 1e6) / 1e6;

function answersOf(frame, meta, arrays) {
  const { names, columns, label } = meta;
  const n = arrays.source.length;
  const scoresOf = (row) => (columns === 1 ? [0, row[0]] : Array.from(row));
  const rowAt = (values, i) => values.subarray(i * columns, (i + 1) * columns);
  const pointAt = (i) => arrays.points.subarray(i * names.length, (i + 1) * names.length);
  const settingsAt = (i) => {
    const point = pointAt(i);
    return complete(frame, Object.fromEntries(names.map((name, k) => [name, point[k]])));
  };
  const exact = new Map(); // the first query at each point
  for (let i = n - 1; i >= 0; i--) exact.set(pointAt(i).join(), i);
  const start = complete(frame, {});

  // Why nothing is known there; empty if one job asked about such settings: it moved all of them, and as far.
  function unknownBecause(settings) {
    const moved = STUDY.settings.filter(({ name }) => rounded(settings[name]) !== rounded(start[name]));
    const reaches = (box, name) => {
      const value = rounded(settings[name]);
      return name in box && box[name][0] <= value && value <= box[name][1];
    };
    if (meta.boxes.some((box) => moved.every(({ name }) => reaches(box, name)))) return "";
    for (const { name, long_name: words, unit } of moved) {
      const boxes = meta.boxes.filter((box) => name in box);
      if (!boxes.length) return `the study asked nothing with another ${words} (${name}) than ${start[name]}`;
      if (boxes.some((box) => reaches(box, name))) continue;
      const low = Math.min(...boxes.map((box) => box[name][0]));
      const high = Math.max(...boxes.map((box) => box[name][1]));
      return `${words} (${name}): of this frame, the study asked only ${bound(low)} to ${bound(high)} ${unit}`.trim();
    }
    return `of this frame, no job of the study moved ${moved.map(({ name }) => name).join(", ")} so far at once`;
  }

  function atPoint(point) {
    const known = exact.get(point.join());
    if (known !== undefined) return { scores: scoresOf(rowAt(arrays.values, known)), how: "exact" };
    const row = meta.field ? fromField(meta, arrays.field, point, start) : null;
    if (row) return { scores: scoresOf(row), how: "field" };
    if (!meta.queries) return { scores: null, how: null, why: "the study asked only a lattice, and not all of its points" };
    return { scores: scoresOf(fromQueries(meta, arrays, point)), how: "queries" };
  }

  // A gain of g dB makes the same picture as both thresholds moved by -g dB.
  function withoutGain(settings) {
    const more = settings.gain - start.gain;
    return { ...settings, gain: start.gain, alpha_l: settings.alpha_l - more, alpha_u: settings.alpha_u - more };
  }

  function at(settings) {
    // The classifier reads the recording.
    if (meta.unreachable) return { scores: scoresOf(rowAt(arrays.values, 0)), how: "unreachable" };
    const why = unknownBecause(settings);
    if (!why) return atPoint(names.map((name) => rounded(settings[name])));
    const same = withoutGain(settings);
    if (settings.gain === start.gain || unknownBecause(same)) return { scores: null, how: null, why };
    return atPoint(names.map((name) => rounded(same[name])));
  }

  function map(nameX, nameY, settings, nx, ny) {
    const along = (name, count) => {
      const { low, high, kind } = frame.knobs[name];
      return Float64Array.from({ length: count }, (_, i) => {
        const value = rounded(low + ((high - low) * i) / (count - 1));
        return kind === "odd integer" ? 2 * Math.floor(value / 2) + 1 : kind === "integer" ? Math.round(value) : value;
      });
    };
    const x = along(nameX, nx);
    const y = along(nameY, ny);
    const margins = new Float64Array(nx * ny);
    const hows = new Set();
    y.forEach((valueY, row) =>
      x.forEach((valueX, column) => {
        const found = at({ ...settings, [nameX]: valueX, [nameY]: valueY });
        margins[row * nx + column] = found.scores ? margin(found.scores, label) : NaN;
        if (found.how && found.how !== "exact") hows.add(found.how);
      }),
    );
    return { x, y, margin: margins, how: hows.size > 1 ? "both" : ([...hows][0] ?? null) };
  }

  const queries = Array.from({ length: n }, (_, i) => i).map((i) => ({
    get settings() {
      return settingsAt(i);
    },
    point: pointAt(i),
    scores: scoresOf(rowAt(arrays.values, i)),
    attack: meta.sources[arrays.source[i]],
    flipped: arrays.flipped[i] === 1,
  }));
  const known = queries.map((query, i) => ({ scores: query.scores, settings: () => settingsAt(i) }));
  if (meta.field) known.push(...lowestOfField(meta.field, (i) => scoresOf(rowAt(arrays.field, i)), label, frame));
  const lowest = known.reduce((best, one) => (margin(one.scores, label) < margin(best.scores, label) ? one : best));
  const error = (of) => meta[of] && { ...meta[of], n: meta[of].left_out };
  return {
    label,
    names,
    at,
    map,
    queries,
    errors: { field: error("field"), queries: error("queries") },
    paths: Object.fromEntries(Object.entries(meta.paths).map(([name, path]) => [name, path.map(settingsAt)])),
    strongest: {
      settings: lowest.settings(),
      scores: lowest.scores,
      margin: margin(lowest.scores, label),
    },
  };
}

// A sum over queries of weight times Matern kernel, plus a mean.
function fromQueries(meta, { places, weights }, point) {
  const { low, width, lengths, mean } = meta.queries;
  const row = Float64Array.from(mean);
  const m = point.length;
  const place = point.map((value, k) => (value - low[k]) / width[k] / lengths[k]);
  for (let i = 0, at = 0; at < places.length; i++, at += m) {
    let square = 0;
    for (let k = 0; k < m; k++) square += (place[k] - places[at + k]) ** 2;
    const scaled = Math.sqrt(5 * square);
    const kernel = (1 + scaled + (scaled * scaled) / 3) * Math.exp(-scaled);
    for (let c = 0; c < row.length; c++) row[c] += kernel * weights[i * row.length + c];
  }
  return row;
}

// Linear along each setting between the points of the lattice; null outside it, or where one of them was not asked.
function fromField(meta, scores, point, start) {
  const { names, fixed, values } = meta.field;
  for (const [k, name] of meta.names.entries()) {
    if (!names.includes(name) && point[k] !== rounded(fixed[name] ?? start[name])) return null;
  }
  const steps = [];
  for (const [k, name] of names.entries()) {
    const value = point[meta.names.indexOf(name)];
    const own = values[k];
    if (value < own[0] || value > own[own.length - 1]) return null;
    let before = Math.max(0, own.findLastIndex((one) => one <= value));
    if (own.length > 1) before = Math.min(before, own.length - 2);
    const after = Math.min(before + 1, own.length - 1);
    steps.push({ before, after, share: after === before ? 0 : (value - own[before]) / (own[after] - own[before]) });
  }
  const row = new Float64Array(meta.columns);
  for (let corner = 0; corner < 1 << steps.length; corner++) {
    let weight = 1;
    let at = 0;
    steps.forEach(({ before, after, share }, k) => {
      const late = (corner >> k) & 1;
      weight *= late ? share : 1 - share;
      at = at * values[k].length + (late ? after : before);
    });
    if (weight === 0) continue;
    for (let c = 0; c < row.length; c++) row[c] += weight * scores[at * row.length + c];
  }
  return row.every(Number.isFinite) ? row : null;
}

// The point of a lattice with the lowest margin, in a list; none if nothing was asked.
function lowestOfField({ names, fixed, values, points }, scoresAt, label, frame) {
  let [best, lowest] = [-1, Infinity];
  for (let i = 0; i < points; i++) {
    const found = margin(scoresAt(i), label);
    if (found < lowest) [best, lowest] = [i, found];
  }
  if (best < 0) return [];
  const point = {};
  for (let k = names.length - 1, rest = best; k >= 0; rest = Math.floor(rest / values[k].length), k--) {
    point[names[k]] = values[k][rest % values[k].length];
  }
  return [{ scores: scoresAt(best), settings: () => complete(frame, { ...fixed, ...point }) }];
}

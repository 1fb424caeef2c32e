// Filters of the finished picture, restricted to the sector, as in echoshift.reconstruction.filters and zoom.

function openFilters({ rows, columns, z, x }, sector) {
  const weights = new Map(); // of each smoothing
  return (image, settings) => {
    let found = image;
    if (settings.median > 1) found = median(found, sector, rows, columns, settings.median);
    if (settings.smoothing > 0) found = smooth(found, sector, rows, columns, settings.smoothing, weights);
    if (settings.image_scale !== 1) found = zoom(found, rows, columns, z, x, settings.image_scale);
    return found;
  };
}

// The lower median of the pixels inside the sector, from a histogram that moves along each row.
function median(image, sector, rows, columns, width) {
  const reach = (width - 1) / 2;
  const found = new Uint8Array(image.length);
  const counts = new Uint16Array(256);
  for (let row = 0; row < rows; row++) {
    const top = Math.max(0, row - reach);
    const bottom = Math.min(rows - 1, row + reach);
    counts.fill(0);
    let n = 0; // pixels in the window
    let level = 0; // a level, and the number of pixels below it
    let below = 0;
    const count = (column, by) => {
      for (let at = top * columns + column; at <= bottom * columns + column; at += columns) {
        if (!sector[at]) continue;
        counts[image[at]] += by;
        n += by;
        if (image[at] < level) below += by;
      }
    };
    for (let column = 0; column < Math.min(reach, columns); column++) count(column, 1);
    for (let column = 0; column < columns; column++) {
      if (column + reach < columns) count(column + reach, 1);
      if (column - reach > 0) count(column - reach - 1, -1);
      if (!sector[row * columns + column]) continue;
      const rank = (n - 1) >> 1;
      while (below > rank) below -= counts[--level];
      while (below + counts[level] <= rank) below += counts[level++];
      found[row * columns + column] = level;
    }
  }
  return found;
}

// The rounded Gaussian mean over the pixels inside the sector.
function smooth(image, sector, rows, columns, sigma, weights) {
  const reach = Math.ceil(4 * sigma);
  const kernel = Float64Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-0.5 * ((i - reach) / sigma) ** 2));
  const sum = kernel.reduce((total, value) => total + value, 0);
  kernel.forEach((value, i) => (kernel[i] = value / sum));
  if (!weights.has(sigma)) {
    weights.clear(); // one is enough: a slider that moves would leave many
    weights.set(sigma, blurred(sector, rows, columns, kernel));
  }
  const weight = weights.get(sigma);
  const mean = blurred(image, rows, columns, kernel);
  return Uint8Array.from(image, (_, i) => (sector[i] ? Math.floor(mean[i] / weight[i] + 0.5) : 0));
}

function blurred(values, rows, columns, kernel) {
  const reach = (kernel.length - 1) / 2;
  const across = new Float64Array(values.length);
  const found = new Float64Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const from = Math.max(0, column - reach);
      const to = Math.min(columns - 1, column + reach);
      let sum = 0;
      for (let c = from; c <= to; c++) sum += kernel[c - column + reach] * values[row * columns + c];
      across[row * columns + column] = sum;
    }
  }
  for (let row = 0; row < rows; row++) {
    const from = Math.max(0, row - reach);
    const to = Math.min(rows - 1, row + reach);
    for (let r = from; r <= to; r++) {
      const factor = kernel[r - row + reach];
      for (let column = 0; column < columns; column++) {
        found[row * columns + column] += factor * across[r * columns + column];
      }
    }
  }
  return found;
}

// Each pixel from its position divided by the scale, bilinearly and rounded.
function zoom(image, rows, columns, z, x, scale) {
  const down = between(z, rows, scale);
  const across = between(x, columns, scale);
  const found = new Uint8Array(image.length);
  for (let row = 0; row < rows; row++) {
    if (!down.isThere[row]) continue;
    const v = down.weight[row];
    const top = down.before[row] * columns;
    for (let column = 0; column < columns; column++) {
      if (!across.isThere[column]) continue;
      const at = top + across.before[column];
      const left = image[at] + v * (image[at + columns] - image[at]);
      const right = image[at + 1] + v * (image[at + columns + 1] - image[at + 1]);
      found[row * columns + column] = Math.floor(left + across.weight[column] * (right - left) + 0.5 + 1e-9);
    }
  }
  return found;
}

// The pixel before each position, the share towards the next one, and whether the position is in the image.
function between([first, step], n, scale) {
  const before = new Int32Array(n);
  const weight = new Float64Array(n);
  const isThere = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    const position = ((first + i * step) / scale - first) / step;
    isThere[i] = position >= -1e-9 && position <= n - 1 + 1e-9;
    const inside = Math.min(Math.max(position, 0), n - 1);
    before[i] = Math.min(Math.floor(inside), n - 2);
    weight[i] = inside - before[i];
  }
  return { before, weight, isThere };
}

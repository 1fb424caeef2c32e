// Small charts as SVG: intervals, curves, and dots in order. Each has its numbers as words too.

const CHART_WIDTH = 640; // where the page has no width of its own, as in print from another view

/** A chart that fills its place: `draw(svg, width)` returns the height. It is drawn anew if the width changes. */
function chart(text, draw) {
  const svg = makeSvg("svg", { class: "chart", role: "img", "aria-label": text });
  const figure = make("figure", {}, svg);
  let drawn = 0;
  const redrawn = () => {
    const width = Math.round(figure.clientWidth) || CHART_WIDTH;
    if (width === drawn) return;
    drawn = width;
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${width} ${draw(svg, width)}`);
  };
  redrawn();
  new ResizeObserver(redrawn).observe(figure);
  return figure;
}

const chartText = (x, y, text, attributes = {}) => makeSvg("text", { x, y, text, ...attributes });
const chartLine = (x1, y1, x2, y2, attributes = {}) => makeSvg("line", { x1, y1, x2, y2, ...attributes });

/** Shares with their intervals: rows of {label, words, marks: [{value, low, high, series, hollow}]}. */
function intervalChart(rows, most = 1, name = percent) {
  const text = rows.map((row) => `${row.label}: ${row.words}`).join("; ");
  return chart(text, (svg, width) => {
    const [left, right] = [6, width - 6];
    const x = (value) => left + clamp(value / most, 0, 1) * (right - left);
    rows.forEach((row, i) => {
      const y = 46 * i + 14;
      svg.append(
        chartText(0, y, row.label, { class: "strong" }),
        chartText(width, y, row.words, { "text-anchor": "end" }),
      );
      const lanes = row.marks.length;
      svg.append(chartLine(left, y + 15, right, y + 15, { class: "rail" }));
      row.marks.forEach(({ value, low, high, series, hollow }, k) => {
        const at = y + 15 + (lanes > 1 ? 5 * (2 * k - 1) : 0);
        const group = makeSvg("g", { class: `s${series}` });
        if (low !== null && low !== undefined) group.append(chartLine(x(low), at, x(high), at, { class: "span" }));
        group.append(makeSvg("circle", { cx: x(value), cy: at, r: 4.5, class: hollow ? "hollow" : null }));
        svg.append(group);
      });
    });
    const base = 46 * rows.length + 2;
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      const anchor = share === 0 ? "start" : share === 1 ? "end" : "middle";
      svg.append(chartText(x(share * most), base + 8, name(share * most), { "text-anchor": anchor }));
    }
    return base + 14;
  });
}

/** Curves that rise in steps, each named at its end: series of {name, points, series, dash}. */
function stepChart(series, { most, xWords, text, xName }) {
  return chart(text, (svg, width) => {
    const height = 264;
    const space = Math.min(150, width * 0.36);
    const [left, right, top, base] = [40, width - space, 10, height - 40];
    const x = (value) => left + clamp(value / most, 0, 1) * (right - left);
    const highest = Math.max(0.1, ...series.flatMap((one) => one.points.map(([, share]) => share)));
    const limit = Math.min(1, Math.ceil(highest * 5 + 0.001) / 5);
    const y = (share) => base - (share / limit) * (base - top);
    for (let share = 0; share <= limit + 1e-9; share += limit > 0.5 ? 0.2 : 0.1) {
      svg.append(
        chartLine(left, y(share), right, y(share), { class: "grid" }),
        chartText(left - 6, y(share) + 4, percent(share), { "text-anchor": "end" }),
      );
    }
    for (const share of [0, 0.5, 1])
      svg.append(chartText(x(share * most), base + 16, xName(share * most), { "text-anchor": "middle" }));
    svg.append(
      chartLine(left, base, right, base, { class: "axis" }),
      chartText((left + right) / 2, height - 6, xWords, { "text-anchor": "middle" }),
    );
    const ends = series.map((one, i) => ({ one, at: y(one.points.at(-1)?.[1] ?? 0), i })).sort((a, b) => a.at - b.at);
    let lowest = top - 4;
    for (const end of ends) {
      end.label = Math.max(end.at, lowest + 15);
      lowest = end.label;
    }
    for (let i = ends.length - 1, room = base + 4; i >= 0; i--, room -= 15)
      ends[i].label = Math.min(ends[i].label, room);
    for (const { one, at, label } of ends) {
      const group = makeSvg("g", { class: `s${one.series}` });
      let path = `M${x(0)},${y(0)}`;
      for (const [value, share] of one.points) if (value <= most) path += `H${x(value)}V${y(share)}`;
      group.append(makeSvg("path", { class: "curve", d: `${path}H${right}`, "stroke-dasharray": one.dash }));
      group.append(
        chartLine(right + 1, at, right + 9, label, { class: "leader" }),
        chartText(right + 12, label + 4, one.name, { class: "name" }),
      );
      svg.append(group);
    }
    return height;
  });
}

/** One dot with its interval for each frame, in order of size: items of {name, value, low, high, hollow}. */
function orderedChart(items, text) {
  return chart(text, (svg, width) => {
    const height = 200;
    const [left, right, top, base] = [40, width - 8, 10, height - 28];
    const most = Math.max(0.02, ...items.map((item) => item.high));
    const x = (i) => left + ((i + 0.5) / items.length) * (right - left);
    const y = (value) => base - (value / most) * (base - top);
    for (const share of [0, 0.5, 1]) {
      svg.append(
        chartLine(left, y(share * most), right, y(share * most), { class: "grid" }),
        chartText(left - 6, y(share * most) + 4, percent(share * most), { "text-anchor": "end" }),
      );
    }
    let written = -Infinity;
    items.forEach((item, i) => {
      const group = makeSvg("g", { class: item.hollow ? "s1" : "s0" });
      group.append(chartLine(x(i), y(item.low), x(i), y(item.high), { class: "span" }));
      group.append(
        item.hollow
          ? makeSvg("rect", { x: x(i) - 3.5, y: y(item.value) - 3.5, width: 7, height: 7, class: "point hollow" })
          : makeSvg("circle", { cx: x(i), cy: y(item.value), r: 3.5 }),
      );
      group.append(makeSvg("title", { text: `${item.name}: ${percent(item.value)}` }));
      svg.append(group);
      const room = 7 * item.name.length + 8;
      if (x(i) - written < room || x(i) + room / 2 > right) return;
      written = x(i);
      svg.append(chartText(x(i), height - 8, item.name, { "text-anchor": "middle" }));
    });
    return height;
  });
}

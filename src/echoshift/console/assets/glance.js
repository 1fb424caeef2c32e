// The study at a glance: headline, robustness, attacks, accidental change, and the knobs that matter.

const DASHES = [null, "6 3", "2 3", "9 3 2 3", "4 2", "1 4"];
const counts = (n, of, share) => `${n} of ${of}${share ? ` = ${percent(share[0])}${interval(share)}` : ""}`;
const numberWithInterval = ([value, low, high]) =>
  `${fixed(value)}${low === null || low === undefined ? "" : ` [${fixed(low)}, ${fixed(high)}]`}`;

function card(title, note, ...content) {
  return make(
    "section",
    { class: "card" },
    make("h3", { text: title }),
    note ? make("p", { text: note }) : null,
    ...content,
  );
}

/** Words in place of a chart whose data are absent. */
const absent = (title, why) => `${title}: ${why}`;

function buildGlance() {
  const { classifiers, sensitivity } = STUDY.glance;
  const place = byId("glance");
  place.append(
    make("h2", { text: "The study at a glance" }),
    make("p", { class: "small", text: `${STUDY.cohort}; intervals of 95 % in brackets` }),
  );
  const [first, ...others] = STUDY.headline;
  place.append(make("p", { class: "lead", text: first }));
  for (const one of classifiers) {
    place.append(make("h2", { class: "of", text: words(one.name) }), make("p", { class: "small", text: one.words }));
    place.append(make("div", { class: "tiles" }, ...tiles(one)));
    const own = (sensitivity ?? []).filter((found) => found.classifier === one.name);
    const found = [
      accuracyCard(one),
      attacksCard(one),
      queriesCard(one),
      boxCard(one),
      ...accidentalCards(one),
      ...sensitivityCards(one, own),
    ];
    place.append(make("div", { class: "cards" }, ...found.filter((part) => typeof part !== "string")));
    place.append(
      ...found.filter((part) => typeof part === "string").map((text) => make("p", { class: "small left-out", text })),
    );
  }
  place.append(
    make("h2", { class: "of", text: "In words" }),
    make("ul", { class: "lines" }, ...others.map((line) => make("li", { text: line }))),
  );
}

/** The numbers that matter most, large. */
function tiles(one) {
  const found = [];
  if (one.accuracy)
    found.push(
      tile(percent(one.accuracy[0]), "accuracy", `${one.n_correct} of ${one.n_frames}${interval(one.accuracy)}`),
    );
  const [robust] = one.robust;
  if (robust)
    found.push(
      tile(
        percent(robust.share[0]),
        "robust accuracy",
        `${robust.n} of ${robust.of}${interval(robust.share)}: right, and ${one.n_unreachable === undefined ? "never flipped" : "no setting reaches them"}`,
      ),
    );
  const best = usualAttacks(one).reduce(
    (most, attack) => (most && most.share[0] >= attack.share[0] ? most : attack),
    null,
  );
  if (best)
    found.push(
      tile(
        percent(best.share[0]),
        `flipped by ${words(best.name)}`,
        `${best.n_flipped} of ${best.n_correct}${interval(best.share)}`,
      ),
    );
  const [drawn] = one.accidental;
  if (drawn?.probability)
    found.push(
      tile(
        `${fixed(100 * drawn.probability[0], 1)} %`,
        "changed by accident",
        `${intervalFine(drawn.probability)}${drawn.n_frames} frames, ${drawn.n_draws} draws each`,
      ),
    );
  return found;
}

const tile = (number, name, note) =>
  make(
    "p",
    { class: "tile" },
    make("b", { text: number }),
    make("span", { text: name }),
    make("span", { class: "small", text: note }),
  );

function accuracyCard(one) {
  const title = "Accuracy and robust accuracy";
  if (!one.accuracy) return absent(title, "No frame has a label.");
  const rows = [
    { label: "accuracy", words: counts(one.n_correct, one.n_frames, one.accuracy), marks: [mark(one.accuracy, 2)] },
  ];
  for (const { box, n, of, share } of one.robust) {
    rows.push({ label: "robust accuracy", words: counts(n, of, share), marks: [mark(share, 0)], box });
  }
  const where = one.robust
    .map(({ box, on_lattice: bound }) => `${box}${bound ? " (no flip on the lattice either)" : ""}`)
    .join("; ");
  const notes = [
    one.auc ? `AUC ${numberWithInterval(one.auc)}.` : "",
    ...probabilityNotes(one),
    where
      ? `Robust: right, and no ${one.n_unreachable === undefined ? "search of the study flips it" : "setting reaches it"}. Box: ${where}.`
      : "No search ran, so robust accuracy is not known.",
  ];
  return card(title, notes.filter(Boolean).join(" "), intervalChart(rows));
}

/** Sensitivity, specificity, Brier score and cut-offs, where the classifier has them. */
function probabilityNotes(one) {
  const found = ["sensitivity", "specificity"].filter((kind) => one[kind]).map((kind) => `${kind} ${numberWithInterval(one[kind])}`);
  if (one.brier) found.push(`Brier score ${numberWithInterval(one.brier)}`);
  const notes = found.length ? [`${found.join(", ").replace(/^./, (letter) => letter.toUpperCase())}.`] : [];
  if (one.cutoffs) notes.push(`Cut-off ${[...new Set(one.cutoffs.map((value) => fixed(value, 2)))].join(" to ")}: the probabilities here are measured from it, 0.5 at the cut-off.`);
  return notes;
}

const mark = ([value, low, high], series, hollow = false) => ({ value, low, high, series, hollow });
const usualAttacks = (one) => one.attacks.filter((attack) => !attack.on_request && attack.n_correct);

function attacksCard(one) {
  const title = "Flipped by each attack";
  const found = one.attacks.filter((attack) => attack.n_correct);
  if (one.n_unreachable !== undefined)
    return absent(title, `The classifier reads the recording: no setting reaches its ${one.n_unreachable} correct frames, which were asked once.`);
  if (!found.length) return absent(title, "No attack ran.");
  const rows = found.map((attack) => ({
    label: words(attack.name),
    words: counts(attack.n_flipped, attack.n_correct, attack.share),
    marks: [mark(attack.share, 1)],
  }));
  return card(
    title,
    "Of the frames that are classified correctly at the start and were attacked.",
    intervalChart(rows),
  );
}

function queriesCard(one) {
  const title = "Flipped against queries";
  const series = usualAttacks(one)
    .filter((attack) => attack.curve_queries.length)
    .slice(0, 6)
    .map((attack, i) => ({ name: words(attack.name), points: attack.curve_queries, series: i, dash: DASHES[i] }));
  if (!series.length)
    return absent(title, one.n_unreachable === undefined ? "No attack ran." : "No setting reaches this classifier.");
  const most = Math.max(...series.flatMap((each) => each.points.map(([queries]) => queries)));
  const text = usualAttacks(one)
    .map((attack) => `${words(attack.name)}: ${counts(attack.n_flipped, attack.n_correct, attack.share)}`)
    .join("; ");
  return card(
    title,
    `Share of the attacked frames that are flipped (${denominators(one)}).`,
    stepChart(series, { most, xWords: "queries to the classifier", text, xName: (value) => String(Math.round(value)) }),
  );
}

function denominators(one) {
  const all = [...new Set(usualAttacks(one).map((attack) => attack.n_correct))];
  return all.length === 1 ? `of ${all[0]} each` : `of ${all.join(", ")}`;
}

function boxCard(one) {
  const title = "Flipped against the size of the box";
  if (!one.known?.curve_box.length) return absent(title, "No flip is known.");
  const series = usualAttacks(one)
    .filter((attack) => attack.curve_box.length)
    .slice(0, 5)
    .map((attack, i) => ({ name: words(attack.name), points: attack.curve_box, series: i, dash: DASHES[i] }));
  series.push({ name: "all together", points: one.known.curve_box, series: 5, dash: null });
  const text = `all together: ${counts(one.known.n, one.known.of)} flipped in the whole box; the nearest at ${percent(one.known.curve_box[0][0])} of the way to the bounds`;
  return card(
    title,
    `Share with a flip inside the box shrunk to a part of its size; all together ${counts(one.known.n, one.known.of)}.`,
    stepChart(series, { most: 1, xWords: "size of the box (1: the study's)", text, xName: (value) => fixed(value, 1) }),
  );
}

function accidentalCards(one) {
  if (!one.accidental.length)
    return [absent("Accidental change", "No accidental changes were drawn with this classifier.")];
  return one.accidental.map((spread) => {
    const frames = [...spread.frames].sort((a, b) => b[1] - a[1]);
    const changed = frames.filter(([, probability]) => probability > 0);
    const never = spread.n_never_changed ?? frames.length - changed.length;
    const note = `Settings drawn ${spread.words}: ${spread.probability ? `the answer changes with probability ${fixed(100 * spread.probability[0], 1)} % (${intervalFine(spread.probability)}` : "("}${spread.n_frames} frames, ${spread.n_draws} draws each; ${never} of ${spread.n_frames} frames never changed).`;
    const items = changed.map(([name, value, low, high, correct]) => ({ name, value, low, high, hollow: !correct }));
    if (!items.length) return card("Accidental change", note);
    return card(
      "Accidental change",
      `${note} Below: the frames of this page whose answer changed; squares were wrong at the start.`,
      orderedChart(items, items.map((item) => `${item.name}: ${percent(item.value)}`).join("; ")),
    );
  });
}

const intervalFine = ([, low, high]) =>
  low === null || low === undefined ? "" : `[${fixed(100 * low, 1)}, ${fixed(100 * high, 1)}]; `;

function sensitivityCards(one, found) {
  if (!found.length) return [absent("Knobs that matter", "The sensitivity analysis did not run with this classifier.")];
  const cards = [];
  for (const { settings, only, without, n_frames: n, class: kind } of found) {
    const known = settings.filter((setting) => setting.first || setting.total);
    const rows = known.map(({ name, first, total }) => ({
      label: `${settingOf[name].symbol}  ${words(name)}`,
      words: [first && `alone ${numberWithInterval(first)}`, total && `in all ${numberWithInterval(total)}`]
        .filter(Boolean)
        .join(", "),
      marks: [first && mark(first, 0), total && mark(total, 1, true)].filter(Boolean),
    }));
    if (rows.length)
      cards.push(
        card(
          "Knobs that matter: Sobol indices",
          `Share of the variance of ${kind}'s score over the box, mean of ${n} frames: alone (dot), and in all, with other knobs (ring).`,
          intervalChart(rows, 1, (value) => fixed(value)),
        ),
      );
    const byKnob = only.map(({ name, n: flips, of }) => knobRow(`${settingOf[name].symbol} alone`, flips, of, 0));
    const butOne = without.map(({ name, n: flips, of }) => knobRow(`all but ${settingOf[name].symbol}`, flips, of, 1));
    if (byKnob.length + butOne.length)
      cards.push(
        card(
          "Knobs that matter: flips",
          "Flipped frames if an attack may move one knob alone, or all but one.",
          intervalChart([...byKnob, ...butOne]),
        ),
      );
  }
  return cards;
}

const knobRow = (label, n, of, series) => ({
  label,
  words: `${counts(n, of)}${of ? ` = ${percent(n / of)}` : ""}`,
  marks: of ? [mark([n / of], series)] : [],
});

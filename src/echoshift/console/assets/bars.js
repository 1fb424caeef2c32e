// The answer at the present settings, and the scores of all classes as bars.

/** Scores to show, and how they are known. */
function presentScores() {
  const exact = askedScores();
  if (exact) return { scores: exact, how: "exact", why: "" };
  return view.field.at(view.settings);
}

function howWords({ scores, how, why }) {
  const error = view.field.errors[how];
  const size = error?.n
    ? `: the margin is typically off by ${fixed(error.typical)}, at most by ${fixed(error.largest)}, at ${counted(error.n, "query", "queries")} left out`
    : "";
  const soon = !STUDY.served
    ? ""
    : failed === question(view.settings)
      ? "; the server gave no answer"
      : "; the exact answer is on its way";
  if (!scores) return ["no score", `${why}${soon}`];
  if (how === "exact") return ["exact", "the classifier was asked at these settings"];
  if (how === "unreachable") return ["exact", "the classifier reads the recording: no setting reaches it"];
  if (how === "field") return ["interpolated", `from the stored field${size}${soon}`];
  return ["interpolated", `from ${counted(view.field.queries.length, "query", "queries")}${size}${soon}`];
}

/** Class, badge and words of the answer: holds, flipped, or as wrong as it was at the start. */
function verdict(found) {
  const { frame } = view;
  const one = record();
  const label = labelOf(frame, view.classifier);
  const given = answer(found);
  const truth =
    frame.label === null
      ? `no label; at the start: ${STUDY.classes[one.answer]}`
      : `true label: ${STUDY.classes[frame.label]}`;
  let badge = ["holds", "unchanged"];
  if (given !== one.answer)
    badge = given === label ? ["holds", "CHANGED, NOW RIGHT"] : ["flips", one.answer === label && frame.label !== null ? "FLIPPED" : "CHANGED"];
  else if (given !== label) badge = ["flips", "wrong, as at the start"];
  return { given, label, badge, truth };
}

function drawAnswer() {
  const present = presentScores();
  const { scores, how } = present;
  const section = document.querySelector(".answer");
  const isExact = how === "exact" || how === "unreachable";
  section.classList.toggle("guess", Boolean(scores) && !isExact && STUDY.served);
  section.classList.toggle("interpolated", !isExact);
  const badge = byId("answer-badge");
  if (scores) {
    const {
      given,
      label,
      badge: [kind, text],
      truth,
    } = verdict(scores);
    byId("answer-class").textContent = STUDY.classes[given];
    badge.className = kind;
    badge.textContent = text;
    const near = !isExact && Math.abs(margin(scores, label)) <= view.field.errors[how]?.typical;
    byId("answer-words").textContent =
      `(${truth})${near ? " · too near the cut-off for the interpolation to tell" : ""}`;
    byId("bars").replaceChildren(...bars(scores, label));
  } else {
    byId("answer-class").textContent = "no score";
    badge.className = "none";
    badge.textContent = "not known here";
    byId("answer-words").textContent = `(${verdict(record().scores).truth})`;
    byId("bars").replaceChildren();
  }
  byId("corner-answer").textContent = `${byId("answer-class").textContent} · ${badge.textContent}`;
  byId("corner-answer").classList.toggle("flips", badge.className === "flips");
  const [word, text] = howWords(present);
  byId("answer-how").replaceChildren(make("b", { text: word }), ` ${text}`);
}

/** A bar for each class: probabilities with their cut-off, or else the lead over the best other class. */
function bars(scores, label) {
  const { probabilities: has, binary } = STUDY.classifiers.find((one) => one.name === view.classifier);
  const leads = scores.map((_, k) => margin(scores, k));
  const shares = has ? probabilities(scores) : null;
  const reach =
    1.1 *
    Math.max(
      ...view.field.queries.slice(0, 500).map((query) => Math.abs(margin(query.scores, label))),
      ...leads.map(Math.abs),
      1e-9,
    );
  return scores.map((score, k) => {
    const fill = make("i", { class: k === label ? "holds" : "flips" });
    const mark = make("u", { title: "cut-off" });
    if (has) {
      fill.style.width = `${100 * shares[k]}%`;
      mark.style.left = `${100 * (binary ? 0.5 : Math.max(...shares.filter((_, other) => other !== k)))}%`;
    } else {
      const half = (50 * Math.abs(leads[k])) / reach;
      fill.style.left = `${leads[k] < 0 ? 50 - half : 50}%`;
      fill.style.width = `${half}%`;
      mark.style.left = "50%";
    }
    const number = has
      ? make("b", {}, fixed(shares[k], 3), make("span", { text: ` ${signed(leads[k])}` }))
      : make("b", { text: signed(leads[k]) });
    return make(
      "div",
      { class: "bar", "data-class": STUDY.classes[k] },
      make("span", { text: STUDY.classes[k] }),
      make("span", { class: "rail", "aria-hidden": "true" }, fill, mark),
      number,
    );
  });
}

const drawAnswerSoon = throttled(() => view.field && drawAnswer(), 30);

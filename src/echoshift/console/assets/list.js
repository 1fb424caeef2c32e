// The list of frames: a listbox with thumbnails, sorted and filtered.

const OUTCOMES = {
  flipped: ["▲", "flipped"],
  at_bounds: ["○", "no flip: at the bounds"],
  stalled: ["○", "no flip: stalled"],
  exhausted: ["○", "no flip: queries used up"],
  not_attacked: ["–", "not attacked"],
  unconfirmed: ["?", "flip not confirmed"],
  of_target: ["–", "already of the target class"],
  known_patient: ["–", "not attacked: in training"],
  unreachable: ["–", "unreachable: the classifier reads the recording"],
};
const outcomeWords = ({ outcome }) => (OUTCOMES[outcome] ?? ["?", words(outcome)])[1];
const NOT_TRIED = ["not_attacked", "of_target", "known_patient", "unreachable"];
const isUnreachable = (one) => Object.values(one.outcomes).some(({ outcome }) => outcome === "unreachable");
const isAttacked = (one) => Object.values(one.outcomes).some(({ outcome }) => !NOT_TRIED.includes(outcome));
const nearestOf = (one) => one.nearest?.linf ?? Infinity;
const classWords = (label) => (label === null ? "no label" : STUDY.classes[label]);

const FILTERS = {
  all: ["all", () => true],
  flipped: ["flipped", (one) => one.nearest !== null],
  robust: ["no flip found", (one) => one.nearest === null && isAttacked(one)],
  wrong: ["wrong at the start", (one) => one.correct === false],
};
const SORTS = {
  id: ["id", (a, b) => a.id.localeCompare(b.id, undefined, { numeric: true })],
  nearest: ["nearest flip", (a, b, of) => nearestOf(of(a)) - nearestOf(of(b)) || SORTS.id[1](a, b)],
  label: ["label", (a, b) => (a.label ?? -1) - (b.label ?? -1) || SORTS.id[1](a, b)],
  margin: ["margin at the start", (a, b, of) => startMargin(a) - startMargin(b)],
};
const startMargin = (frame) => margin(frame.classifiers[view.classifier].scores, labelOf(frame, view.classifier));

/** Frames in the order and choice that the list shows. */
function listed() {
  const of = (frame) => frame.classifiers[view.classifier];
  const asked = byId("find").value.trim().toLowerCase();
  const [, keep] = FILTERS[byId("filter").value];
  const [, order] = SORTS[byId("sort").value];
  return STUDY.frames
    .filter((frame) => keep(of(frame)))
    .filter((frame) => `${frame.id} ${classWords(frame.label)}`.toLowerCase().includes(asked))
    .sort((a, b) => order(a, b, of));
}

function drawList() {
  const frames = listed();
  byId("frames").replaceChildren(...frames.map(listItem));
  if (!frames.length)
    byId("frames").append(
      make("li", { class: "nothing", role: "option", "aria-disabled": "true", text: "No frame is like that." }),
    );
  byId("list-count").textContent =
    frames.length === STUDY.frames.length ? `${frames.length}` : `${frames.length} of ${STUDY.frames.length}`;
  if (view.frame) markFrame();
}

function listItem(frame) {
  const one = frame.classifiers[view.classifier];
  const verdict = one.correct === null ? "" : one.correct ? ", right" : ", ";
  const said = make("div", { class: "said" }, `answer ${STUDY.classes[one.answer]}${verdict}`);
  if (one.correct === false) said.append(make("b", { class: "wrong", text: "wrong" }));
  if (one.known) said.append(", in training");
  const near = one.nearest
    ? [
        make("span", { text: `nearest flip ${fixed(one.nearest.linf)}` }),
        make("span", { class: "meter", "aria-hidden": "true" }, meterFill(one.nearest.linf)),
      ]
    : [make("span", { text: isAttacked(one) ? "no flip found" : isUnreachable(one) ? "no setting reaches it" : "not attacked" })];
  const outcomes = attacksOf(view.classifier)
    .filter((attack) => !["not_attacked", "known_patient", undefined].includes(one.outcomes[attack.name]?.outcome))
    .map((attack) => {
      const outcome = one.outcomes[attack.name];
      return make(
        "span",
        {
          class: outcome.outcome,
          title: `${words(attack.name)}: ${outcomeWords(outcome)}, ${counted(outcome.queries, "query", "queries")}`,
        },
        `${(OUTCOMES[outcome.outcome] ?? ["?"])[0]} ${words(attack.name)}`,
        make("span", { class: "unseen", text: ` ${outcomeWords(outcome)}` }),
      );
    });
  return make(
    "li",
    {
      class: "frame",
      role: "option",
      id: `frame-${STUDY.frames.indexOf(frame)}`,
      "data-frame": frame.id,
      "aria-selected": "false",
      on: { click: () => choose(frame.id) },
    },
    make("img", { src: frame.thumbnail, alt: "", width: 60, height: 60, loading: "lazy" }),
    make(
      "div",
      { class: "id" },
      make("span", { text: frame.id }),
      make("span", { class: "label", text: classWords(frame.label) }),
    ),
    said,
    make("div", { class: "near" }, ...near),
    outcomes.length ? make("div", { class: "outcomes" }, ...outcomes) : null,
  );
}

function meterFill(share) {
  const fill = make("i");
  fill.style.width = `${100 * Math.min(1, share)}%`;
  return fill;
}

const attacksOf = (classifier) => STUDY.attacks.filter((attack) => attack.classifiers.includes(classifier));

/** Mark the frame that is shown. */
function markFrame() {
  for (const item of byId("frames").querySelectorAll("[data-frame]")) {
    const chosen = item.dataset.frame === view.frame.id;
    item.setAttribute("aria-selected", String(chosen));
    if (!chosen) continue;
    byId("frames").setAttribute("aria-activedescendant", item.id);
    const list = byId("frames");
    const [a, b] = [item.getBoundingClientRect(), list.getBoundingClientRect()];
    if (a.top < b.top || a.bottom > b.bottom) list.scrollTop += a.top - b.top - (b.height - a.height) / 2;
    if (a.left < b.left || a.right > b.right) list.scrollLeft += a.left - b.left - (b.width - a.width) / 2;
  }
}

/** Open a frame that was chosen in the list. */
function choose(id) {
  return open(id).catch(complain);
}

function listKey(event) {
  const items = [...byId("frames").querySelectorAll("[data-frame]")];
  const at = items.findIndex((item) => item.dataset.frame === view.frame.id);
  const steps = {
    ArrowDown: 1,
    ArrowRight: 1,
    ArrowUp: -1,
    ArrowLeft: -1,
    PageDown: 8,
    PageUp: -8,
    Home: -Infinity,
    End: Infinity,
  };
  if (!items.length || !(event.key in steps)) return;
  event.preventDefault();
  choose(items[clamp(at + steps[event.key], 0, items.length - 1)].dataset.frame);
}

function startList() {
  fillSelect(
    byId("filter"),
    Object.entries(FILTERS).map(([name, [text]]) => [name, text]),
  );
  fillSelect(
    byId("sort"),
    Object.entries(SORTS).map(([name, [text]]) => [name, text]),
  );
  for (const id of ["filter", "sort"]) byId(id).addEventListener("change", drawList);
  byId("find").addEventListener("input", drawList);
  byId("frames").addEventListener("keydown", listKey);
  const { n, of, why } = STUDY.shown;
  byId("list-why").textContent = n === of ? "" : `${n} of the study's ${of} frames: ${why}`;
  byId("list-why").hidden = n === of;
}

// What is shown: frame, classifier and settings; and the one way to change it.

const view = {
  frame: null, // an entry of STUDY.frames
  classifier: null, // a name
  settings: {}, // every knob of the frame
  plan: null, // settings to the picture
  field: null, // settings to scores
  start: null, // Uint8Array, the picture at the start
  shown: null, // Uint8Array, the picture on the canvas
  glide: null, // the glide that is under way
  turn: 0, // counts what was opened, so that a late answer is not shown for another frame
};
const settingOf = Object.fromEntries(STUDY.settings.map((setting) => [setting.name, setting]));
const timings = { redraw: [] };

const record = () => view.frame.classifiers[view.classifier];
/** The label of a frame without one is its answer at the start. */
const labelOf = (frame, classifier) => frame.label ?? frame.classifiers[classifier].answer;
const startSettings = () => complete(view.frame, {});
const isMoved = (name) => settingOf[name].moved;
const same = (a, b) => Object.keys(a).every((name) => Math.abs(a[name] - b[name]) < 5e-7);

/** A value that the setting allows, as the study's searches find it: within its bounds, then of its kind, rounded. */
function allowed(name, value) {
  const { low, high } = view.frame.knobs[name];
  const { kind } = settingOf[name];
  const inside = clamp(value, low, high);
  if (kind === "odd integer") return 2 * Math.floor(inside / 2) + 1;
  return kind === "integer" ? Math.floor(inside + 0.5) : Number(inside.toFixed(6));
}

/** Move some settings. */
function move(patch) {
  view.glide = null;
  for (const [name, value] of Object.entries(patch)) {
    if (view.frame.knobs[name]) view.settings[name] = allowed(name, value);
  }
  redraw();
}

/** Move to settings, on the way showing pictures between, unless motion is not wanted. */
function glide(target, milliseconds = 350) {
  const from = { ...view.settings };
  const to = complete(view.frame, target);
  const began = performance.now();
  const turn = (view.glide = {});
  if (calm.matches || milliseconds === 0) {
    view.settings = to;
    return redraw();
  }
  const next = (now) => {
    if (view.glide !== turn) return;
    const share = Math.min(1, (now - began) / milliseconds);
    if (share < 1) {
      const eased = share * share * (3 - 2 * share);
      for (const name of Object.keys(view.frame.knobs))
        view.settings[name] = allowed(name, from[name] + (to[name] - from[name]) * eased);
      redraw();
      requestAnimationFrame(next);
    } else {
      view.settings = to;
      redraw();
    }
  };
  requestAnimationFrame(next);
}

let redrawing = false;
/** Draw what has changed at the next frame of the screen; never more than one is waiting. */
function redraw() {
  if (view.field) askedScores(); // at once: the question is under way while the picture is drawn
  if (redrawing) return;
  redrawing = true;
  requestAnimationFrame(() => {
    redrawing = false;
    if (!view.plan) return;
    drawPicture();
    drawKnobs();
    drawCommand();
    drawAnswerSoon();
    drawMapSoon();
    writeHashSoon();
  });
}

/** The first picture, which need not wait for the answers: a server takes a second to make them. */
function showFirst(frame, plan) {
  Object.assign(view, { frame, plan, settings: complete(frame, {}) });
  view.start = plan.render(view.settings);
  drawPicture();
  drawTitle();
}

/** Open a frame with a classifier, at the given settings or at the start. */
async function open(id, classifier = view.classifier, settings = {}) {
  const frame = STUDY.frames.find((one) => one.id === id);
  if (!frame) throw expectedError(`no frame ${JSON.stringify(id)} on this page`);
  if (!frame.classifiers[classifier]) throw expectedError(`${id} has no answer of ${classifier}`);
  const turn = ++view.turn;
  view.glide = null;
  stopWalk();
  const answers = openAnswers(frame, classifier);
  answers.catch(() => {}); // awaited below
  const plan = await openPlan(frame);
  if (turn !== view.turn) return;
  if (!view.frame) showFirst(frame, plan);
  const field = await answers;
  if (turn !== view.turn) return;
  const other = !view.field || view.frame !== frame;
  const others = view.classifier !== classifier;
  Object.assign(view, { frame, classifier, plan, field, settings: complete(frame, {}) });
  view.start = plan.render(view.settings);
  drawPicture(); // so that nothing of another frame is left while a server renders
  move(settings);
  if (other) buildKnobs();
  buildMap();
  buildWalk();
  drawTitle();
  if (others) drawList();
  else markFrame();
  byId("classifier").value = classifier;
  drawAnswer();
  drawMap();
  say("");
}

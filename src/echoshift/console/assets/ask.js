// The served page: exact scores and pictures from the server. One question is under way at a time; the latest wins.

const answered = new Map(); // scores by question
const question = (settings) => JSON.stringify([view.frame.id, view.classifier, settings]);
const line = { last: Promise.resolve() };
let wanted = null; // the question of the knobs that waits for its turn
let underWay = null; // the one that the server is answering
let failed = null; // the last question that got no answer

/** Work when all earlier questions are answered. */
function inLine(work) {
  const done = line.last.then(work);
  line.last = done.catch(() => {});
  return done;
}

/** The server's reply. Its errors are one line. */
async function fromServer(path, request = {}) {
  let reply;
  try {
    reply = await fetch(path, request);
  } catch {
    throw expectedError("the server does not answer: was `echoshift explore` ended?");
  }
  if (reply.ok) return reply;
  const { error } = await reply.json().catch(() => ({ error: `the server answers ${reply.status}` }));
  throw expectedError(error);
}

function post(path, body) {
  const headers = { "Content-Type": "application/json", "X-EchoShift": "1" };
  return fromServer(path, { method: "POST", headers, body: JSON.stringify(body) });
}

/** Exact scores at the present settings if they have come; otherwise ask for them. */
function askedScores() {
  if (!STUDY.served) return null;
  const key = question(view.settings);
  if (answered.has(key)) return answered.get(key);
  if (failed === key) return null;
  if (underWay === key) {
    wanted = null;
    return null;
  }
  if (!wanted) inLine(askWanted);
  wanted = { key, body: { frame: view.frame.id, classifier: view.classifier, settings: [{ ...view.settings }] } };
  return null;
}

async function askWanted() {
  if (!wanted) return;
  const { key, body } = wanted;
  wanted = null;
  failed = null;
  underWay = key;
  try {
    const { scores } = await (await post("ask", body)).json();
    remember(key, scores[0]);
  } catch (error) {
    failed = key;
    complain(error);
  }
  underWay = null;
  if (key === question(view.settings)) drawAnswer();
}

function remember(key, scores) {
  answered.set(key, scores);
  if (answered.size > 5000) answered.delete(answered.keys().next().value);
}

/** Settings that need the echo data are rendered by the server. */
const ECHO_SETTING = "sound_speed_ratio";
const needsServer = (settings) =>
  STUDY.served && ECHO_SETTING in settings && settings[ECHO_SETTING] !== startSettings()[ECHO_SETTING];

const rendered = { key: null, levels: null, waiting: false };

/** The server's picture at the present settings; null until it has come. */
function renderedByServer() {
  const key = JSON.stringify([view.frame.id, view.settings]);
  if (rendered.key === key) return rendered.levels;
  if (!rendered.waiting) inLine(renderNow);
  rendered.waiting = true;
  return null;
}

async function renderNow() {
  rendered.waiting = false;
  const key = JSON.stringify([view.frame.id, view.settings]);
  const body = { frame: view.frame.id, settings: { ...view.settings } };
  let levels = null;
  try {
    levels = new Uint8Array(await (await post("render", body)).arrayBuffer());
  } catch (error) {
    complain(error);
  }
  Object.assign(rendered, { key, levels });
  redraw();
}

/** Ask for points in chunks. `progress(share)` after each; it ends when `go()` is false. Returns scores or null. */
async function askMany(frame, classifier, settings, progress, go) {
  const found = [];
  for (let first = 0; first < settings.length; first += 17) {
    const chunk = settings.slice(first, first + 17);
    const { scores } = await inLine(async () => (await post("ask", { frame, classifier, settings: chunk })).json());
    found.push(...scores);
    if (!go()) return null;
    progress(found.length / settings.length);
  }
  return found;
}

// The served page: exact scores and pictures from the server. One question is under way at a time; the latest wins.

const answered = new Map(); // scores by question
const question = (settings) => JSON.stringify([view.frame.id, view.classifier, settings]);
let asking = false;
let wanted = null;

/** Ask the server. Its errors are one line. */
async function post(path, body) {
  let reply;
  try {
    reply = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json", "X-EchoShift": "1" }, body: JSON.stringify(body) });
  } catch {
    throw expectedError("the server does not answer: was `echoshift explore` ended?");
  }
  if (reply.ok) return reply;
  const { error } = await reply.json().catch(() => ({ error: `the server answers ${reply.status}` }));
  throw expectedError(error);
}

/** Exact scores at the present settings if they have come; otherwise ask for them. */
function askedScores() {
  if (!STUDY.served) return null;
  const key = question(view.settings);
  if (answered.has(key)) return answered.get(key);
  wanted = { key, body: { frame: view.frame.id, classifier: view.classifier, settings: [{ ...view.settings }] } };
  askNext();
  return null;
}

async function askNext() {
  if (asking || !wanted) return;
  asking = true;
  const { key, body } = wanted;
  wanted = null;
  try {
    const { scores } = await (await post("ask", body)).json();
    remember(key, scores[0]);
    if (key === question(view.settings)) drawAnswer();
  } catch (error) {
    complain(error);
  }
  asking = false;
  askNext();
}

function remember(key, scores) {
  answered.set(key, scores);
  if (answered.size > 5000) answered.delete(answered.keys().next().value);
}

/** Settings that need the echo data are rendered by the server. */
const ECHO_SETTING = "sound_speed_ratio";
const needsServer = (settings) => STUDY.served && ECHO_SETTING in settings && settings[ECHO_SETTING] !== startSettings()[ECHO_SETTING];

const rendered = { key: null, levels: null, running: false };

/** The server's picture at the present settings; null until it has come. */
function renderedByServer() {
  const key = JSON.stringify([view.frame.id, view.settings]);
  if (rendered.key === key) return rendered.levels;
  if (!rendered.running) renderNow(key, { frame: view.frame.id, settings: { ...view.settings } });
  return null;
}

async function renderNow(key, body) {
  rendered.running = true;
  try {
    const levels = new Uint8Array(await (await post("render", body)).arrayBuffer());
    Object.assign(rendered, { key, levels });
  } catch (error) {
    complain(error);
    Object.assign(rendered, { key, levels: view.shown });
  }
  rendered.running = false;
  redraw();
}

/** Ask for points in chunks. `progress(share)` after each; it ends when `go()` is false. Returns scores or null. */
async function askMany(frame, classifier, settings, progress, go) {
  const found = [];
  for (let first = 0; first < settings.length; first += 17) {
    const chunk = settings.slice(first, first + 17);
    const { scores } = await (await post("ask", { frame, classifier, settings: chunk })).json();
    found.push(...scores);
    if (!go()) return null;
    progress(found.length / settings.length);
  }
  return found;
}

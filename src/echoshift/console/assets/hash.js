// The view in the page's address, so that a link opens the same one: #frame=R001&classifier=folded&beta=1.1

let written = null;

function hashOfView() {
  const start = startSettings();
  const parts = new URLSearchParams({ frame: view.frame.id, classifier: view.classifier });
  for (const name of Object.keys(view.frame.knobs)) {
    if (view.settings[name] !== start[name]) parts.set(name, view.settings[name]);
  }
  if (!byId("glance").hidden) parts.set("view", "glance");
  return `#${parts}`;
}

const writeHashSoon = throttled(() => {
  written = hashOfView();
  if (written !== location.hash) history.replaceState(null, "", written);
}, 300);

/** What an address asks for; parts that this page does not know are left out. */
function readHash() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const frame = STUDY.frames.find((one) => one.id === parts.get("frame"));
  const classifier = STUDY.classifiers.find((one) => one.name === parts.get("classifier"));
  const settings = {};
  for (const name of Object.keys(frame?.knobs ?? {})) {
    const value = Number(parts.get(name) ?? NaN);
    if (Number.isFinite(value)) settings[name] = value;
  }
  const unknown = frame ? null : parts.get("frame");
  return { unknown, id: frame?.id, classifier: classifier?.name, settings, glance: parts.get("view") === "glance" };
}

/** Open what the address asks for, the rest as it is. */
async function followHash() {
  if (location.hash === written) return;
  const asked = readHash();
  showTab(asked.glance ? "glance" : "console");
  const classifier = asked.classifier ?? view.classifier;
  const first = view.frame ?? STUDY.frames.find((one) => one.classifiers[classifier].nearest) ?? STUDY.frames[0];
  await open(asked.id ?? first.id, classifier, asked.settings);
  if (asked.unknown) complain(expectedError(`no frame ${JSON.stringify(asked.unknown)} on this page`));
}

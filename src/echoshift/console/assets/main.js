// The start: parts, tabs, the first frame; and what tests may ask.

const TABS = ["console", "glance"];

function showTab(name) {
  for (const one of TABS) {
    const chosen = one === name;
    byId(one).hidden = !chosen;
    byId(`tab-${one}`).setAttribute("aria-selected", String(chosen));
    byId(`tab-${one}`).tabIndex = chosen ? 0 : -1;
  }
}

function chooseTab(name) {
  showTab(name);
  byId(`tab-${name}`).focus();
  if (view.frame) writeHashSoon();
}

function startTabs() {
  for (const [i, name] of TABS.entries()) {
    const tab = byId(`tab-${name}`);
    tab.addEventListener("click", () => chooseTab(name));
    tab.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      chooseTab(TABS[1 - i]);
    });
  }
}

/** Another classifier; the knobs stay. */
const chooseClassifier = (name) => open(view.frame.id, name, { ...view.settings });

/** Name and protocol, without saying the same twice: "cross validated", "cross-validated by patient". */
const named = (name, text) => (text.replaceAll("-", " ").startsWith(name) ? text : `${name}: ${text}`);

async function start() {
  document.title = `EchoShift: ${STUDY.cohort}`;
  byId("cohort").textContent = STUDY.cohort;
  byId("about").textContent =
    `EchoShift ${STUDY.version} · ${STUDY.served ? "served: the classifier is asked" : "from a file: answers of the study"}`;
  fillSelect(
    byId("classifier"),
    STUDY.classifiers.map(({ name, words: text }) => [name, named(words(name), text)]),
  );
  byId("classifier").addEventListener("change", (event) => chooseClassifier(event.target.value).catch(complain));
  for (const begin of [startTabs, startList, startPicture, startKnobs, startMap, startAskMap, startWalk, startActions])
    begin();
  window.addEventListener("hashchange", () => followHash().catch(complain));
  view.classifier = readHash().classifier ?? STUDY.classifiers[0].name;
  drawList();
  buildGlance();
  drawMode();
  await followHash();
}

window.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  complain(event.reason);
});

window.echoshift = {
  ready: start().catch(complain),
  select: (id) => open(id),
  choose: chooseClassifier,
  set: (name, value) => move({ [name]: value }),
  settings: () => ({ ...view.settings }),
  picture: () => view.shown,
  scores: () => presentScores().scores,
  how: () => presentScores().how,
  timings,
};

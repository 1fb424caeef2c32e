// Replay of an attack's walk, point by point.

const walk = { steps: [], at: -1, timer: null };

function buildWalk() {
  stopWalk();
  const outcomes = record().outcomes;
  const found = attacksOf(view.classifier).filter((attack) => view.field.paths[attack.name]?.length);
  const select = byId("walk-attack");
  fillSelect(
    select,
    found.map((attack) => [
      attack.name,
      `${words(attack.name)}: ${outcomes[attack.name] ? outcomeWords(outcomes[attack.name]) : "known"}`,
    ]),
  );
  select.disabled = !found.length;
  if (!found.length) fillSelect(select, [["", "no attack walked here"]]);
  chooseWalk();
  const strongest = view.field.strongest;
  byId("button-nearest").disabled = !record().nearest;
  byId("button-nearest").title = record().nearest
    ? `${fixed(record().nearest.linf)} of the way to the bounds, found by ${words(record().nearest.attack ?? "a search")}`
    : "No flip of this frame is known";
  byId("button-strongest").disabled = false;
  byId("button-strongest").textContent = isFlip(strongest) ? "Strongest flip" : "Lowest margin";
  byId("button-strongest").title = `the lowest margin known: ${signed(strongest.margin)}`;
}

function chooseWalk() {
  walk.steps = view.field.paths[byId("walk-attack").value] ?? [];
  walk.at = -1;
  drawWalk();
  drawMapSoon();
}

function drawWalk() {
  const none = !walk.steps.length;
  byId("walk-play").disabled = none;
  byId("walk-back").disabled = none || walk.at <= 0;
  byId("walk-step").disabled = none || walk.at >= walk.steps.length - 1;
  byId("walk-play").querySelector("span").textContent = walk.timer ? "Pause" : "Replay";
  byId("walk-where").textContent = none
    ? ""
    : walk.at < 0
      ? counted(walk.steps.length, "point")
      : `point ${walk.at + 1} of ${walk.steps.length}`;
}

function walkTo(at) {
  walk.at = clamp(at, 0, walk.steps.length - 1);
  glide(walk.steps[walk.at], walk.timer ? 200 : 0);
  drawWalk();
}

function stopWalk() {
  clearInterval(walk.timer);
  walk.timer = null;
}

function playWalk() {
  if (walk.timer) {
    stopWalk();
    return drawWalk();
  }
  walk.timer = setInterval(() => {
    if (walk.at >= walk.steps.length - 1) {
      stopWalk();
      drawWalk();
    } else walkTo(walk.at + 1);
  }, 600);
  walkTo(walk.at >= walk.steps.length - 1 ? 0 : walk.at + 1);
}

function startWalk() {
  byId("walk-attack").addEventListener("change", () => {
    stopWalk();
    chooseWalk();
  });
  byId("walk-play").addEventListener("click", playWalk);
  for (const [id, step] of [
    ["walk-back", -1],
    ["walk-step", 1],
  ]) {
    byId(id).addEventListener("click", () => {
      stopWalk();
      walkTo(walk.at + step);
    });
  }
}

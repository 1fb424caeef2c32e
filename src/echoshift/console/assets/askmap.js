// The served page: ask the classifier for every point of the map that is shown.

async function askMap() {
  const [x, y] = axesOfMap();
  const key = mapKey(MAP.asked);
  const shape = view.field.map(x, y, view.settings, MAP.asked, MAP.asked);
  const points = [...shape.y].flatMap((valueY) =>
    [...shape.x].map((valueX) => ({ ...view.settings, [x]: valueX, [y]: valueY })),
  );
  const turn = (map.asking = { key });
  drawAsking(0);
  try {
    const scores = await askMany(view.frame.id, view.classifier, points, drawAsking, () => map.asking === turn);
    if (scores) {
      map.asked = {
        ...shape,
        key,
        margin: Float64Array.from(scores, (one) => margin(one, view.field.label)),
        how: "exact",
      };
      say(`${counted(points.length, "point")} of the map asked`);
    }
  } catch (error) {
    complain(error);
  }
  if (map.asking !== turn) return;
  cancelAsking();
  drawMap();
}

function drawAsking(share) {
  const now = map.asking !== null;
  byId("button-ask-map").disabled = now;
  byId("button-ask-cancel").hidden = !now;
  byId("ask-progress").hidden = !now;
  byId("ask-progress").value = share;
}

function cancelAsking() {
  map.asking = null;
  drawAsking(0);
}

function startAskMap() {
  byId("button-ask-map").textContent = `Ask this map (${MAP.asked} × ${MAP.asked})`;
  byId("button-ask-map").addEventListener("click", askMap);
  byId("button-ask-cancel").addEventListener("click", () => {
    cancelAsking();
    say("Asking the map was cancelled");
  });
}

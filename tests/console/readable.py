"""Whether people can read a page: contrast of texts, names of controls."""

VISIBLE = """const visible = (one) => one.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    && !one.closest(".unseen");"""


def low_contrast(page):
    """Visible texts whose contrast with what lies below them is under 4.5 (WCAG 2, AA), with it."""
    return page.evaluate(
        """() => {
  VISIBLE
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], below) => [r, g, b].map((value, i) => value * a + below[i] * (1 - a));
  const ground = (one) => {
    if (one === null || one.id === "stage") return [255, 255, 255]; // a picture may be white
    return over(rgba(getComputedStyle(one).backgroundColor), ground(one.parentElement));
  };
  const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  const textOf = (one) => {
    if (one.localName === "input") return one.type === "range" ? "" : one.value;
    return [...one.childNodes].filter((node) => node.nodeType === 3).map((node) => node.textContent).join("").trim();
  };
  const low = [];
  for (const one of document.querySelectorAll("body *")) {
    if (["script", "style", "title", "option"].includes(one.localName) || !textOf(one) || !visible(one)) continue;
    const below = ground(one);
    const style = getComputedStyle(one);
    const above = over(rgba(one instanceof SVGElement ? style.fill : style.color), below);
    const [a, b] = [light(above), light(below)].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < 4.5) low.push([textOf(one).slice(0, 40), contrast]);
  }
  return low;
}""".replace("VISIBLE", VISIBLE)
    )


def without_name(page):
    """Visible controls that no label names."""
    return page.evaluate(
        """() => {
  VISIBLE
  const controls = "button, input, select, progress, summary, [role=application], [role=listbox]";
  const named = (one) => {
    const others = (one.getAttribute("aria-labelledby") ?? "").split(" ").map((id) => document.getElementById(id));
    const labels = [...others.filter(Boolean), ...(one.labels ?? [])].map((each) => each.ariaLabel ?? each.textContent);
    return [one.ariaLabel ?? "", ...labels, one.localName === "select" ? "" : one.textContent].join("").trim();
  };
  return [...document.querySelectorAll(controls)].filter((one) => visible(one) && !named(one)).map((one) => one.outerHTML);
}""".replace("VISIBLE", VISIBLE)
    )

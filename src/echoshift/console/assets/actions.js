// Buttons: go to the flips and back, and take the picture or the command line away.

const OWN_OPTIONS = { beta: "--beta", alpha_l: "--alpha-l", alpha_u: "--alpha-u" };
const quoted = (text) => (/^[\w./:=+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** The command line that makes the picture that is shown. */
function commandLine() {
  const parts = [...view.frame.command];
  for (const [name, value] of Object.entries(view.settings)) {
    if (OWN_OPTIONS[name]) parts.push(OWN_OPTIONS[name], plain(value));
    else if (value !== settingOf[name].neutral) parts.push("--set", `${name}=${plain(value)}`);
  }
  return [...parts, "-o", "moved.png"].map(quoted).join(" ");
}

/** A command line that is shown stays that of the picture. */
function drawCommand() {
  if (!byId("command-line").hidden) byId("command").value = commandLine();
}

/** Copy the command line; it is shown too, because a browser may refuse the clipboard to a page from disk. */
async function copyCommand() {
  const field = byId("command");
  byId("command-line").hidden = false;
  drawCommand();
  field.focus();
  field.select();
  const copied = await copyText(field.value);
  say(copied ? "Command line copied" : "The browser refuses the clipboard: copy the line below the picture");
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return document.execCommand("copy"); // copies the selected field
  }
}

function goNearest() {
  const { linf, attack, settings } = record().nearest;
  halt();
  glide(settings);
  say(`Nearest flip: ${fixed(linf)} of the way to the bounds${attack ? `, found by ${words(attack)}` : ""}`);
}

/** Whether a query's answer is another than at the start, and wrong. */
const isFlip = ({ scores }) => answer(scores) !== record().answer && answer(scores) !== view.field.label;

function goStrongest() {
  const { settings, margin: lowest } = view.field.strongest;
  halt();
  glide(settings);
  say(`${isFlip(view.field.strongest) ? "Strongest flip" : "The lowest margin known"}: margin ${signed(lowest)}`);
}

/** Somebody moves: no walk goes on. */
function halt() {
  stopWalk();
  view.glide = null;
  walk.at = -1;
  drawWalk();
}

function startActions() {
  byId("button-nearest").addEventListener("click", goNearest);
  byId("button-strongest").addEventListener("click", goStrongest);
  byId("button-start").addEventListener("click", () => {
    halt();
    walk.at = -1;
    drawWalk();
    glide(startSettings());
    say("Back to the start");
  });
  byId("button-command").addEventListener("click", () => copyCommand().catch(complain));
  byId("button-png").addEventListener("click", downloadPng);
}

// Train: the queue, and how far each training is. Everything is read from the studio, so a page opened later shows the same.
import { button, get, make, on, post } from "./ask.js";

const EVERY_MS = 2000, STATES = { waiting: "Waiting", running: "Training", stopped: "Stopped", done: "Ready", failed: "Failed" };
const cards = new Map();

function card(id) {
  const parts = {
    title: make("h2", ""), state: make("p", "state"), bar: make("progress", ""), left: make("span", "quiet"), buttons: make("div", "buttons"),
    command: make("code", ""), log: make("pre", ""), element: make("section", "card"), shown: "",
  };
  parts.title.id = `build-${id}`;
  parts.bar.max = 1;
  parts.bar.setAttribute("aria-labelledby", parts.title.id);
  parts.log.tabIndex = 0;
  parts.log.setAttribute("aria-label", "Log");
  parts.progress = make("div", "progress", parts.bar, parts.left);
  parts.element.setAttribute("aria-labelledby", parts.title.id);
  const log = make("details", "", make("summary", "", "Log"), parts.log);
  parts.element.append(parts.title, parts.state, parts.progress, make("p", "quiet", "The same in a terminal: ", parts.command), parts.buttons, log);
  cards.set(id, parts);
  return parts;
}

function show(build) {
  const parts = cards.get(build.id) ?? card(build.id), { state } = build, running = state === "running";
  const set = (element, text) => { if (element.textContent !== text) element.textContent = text; };
  set(parts.title, build.word);
  set(parts.command, build.command);
  const where = running && build.stage ? `: stage ${build.number} of ${build.of}, ${build.stage.replace(/^.*: /, "")}` : "";
  set(parts.state, `${STATES[state]}${where}${build.why ? `: ${build.why}` : ""}`);
  parts.progress.hidden = !running;
  parts.bar.value = build.share ?? 0;
  set(parts.left, build.left ?? "");
  const end = parts.log.scrollTop + parts.log.clientHeight >= parts.log.scrollHeight - 20;
  set(parts.log, build.log || "Nothing yet.");
  if (end) parts.log.scrollTop = parts.log.scrollHeight;
  if (parts.shown === state) return parts.element;
  parts.shown = state;
  const act = (name, text) => button(text, () => change(name, build.id), `${text}: ${build.word}`), buttons = [];
  if (state === "done") {
    const link = make("a", "", "Look at the result");
    link.href = `result/${build.slug}`;
    buttons.push(link);
  }
  if (running || state === "waiting") buttons.push(act("stop", "Stop"));
  if (state === "stopped" || state === "failed") buttons.push(act("continue", "Continue"));
  if (!running && state !== "waiting") buttons.push(act("remove", "Remove from this list"));
  parts.buttons.replaceChildren(...buttons);
  return parts.element;
}

async function change(action, id) {
  try {
    await post(action, { id });
    on.said.textContent = action === "stop" ? "Stopping. What is done stays: Continue goes on from there." : "";
  } catch (error) {
    on.said.textContent = error.message;
  }
  await refresh();
}

async function refresh() {
  const { builds } = await get("builds.json");
  const elements = builds.map(show);
  for (const [id, parts] of cards) if (!builds.some((build) => build.id === id)) { parts.element.remove(); cards.delete(id); }
  elements.forEach((element, place) => { if (on.builds.children[place] !== element) on.builds.insertBefore(element, on.builds.children[place] ?? null); });
  on.nothing.hidden = builds.length > 0;
}

async function watch() {
  try {
    await refresh();
    if (on.said.classList.contains("error")) { on.said.textContent = ""; on.said.classList.remove("error"); }
  } catch {
    on.said.textContent = "The studio does not reply: is `make studio` still running? A training goes on without it.";
    on.said.classList.add("error");
  }
  setTimeout(watch, EVERY_MS);
}

watch();

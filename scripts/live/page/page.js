// The page: a button that listens, a trace, a slider, the list of detections, and clips to keep.
import { Memory, post, wav } from "./clips.js";
import { microphones, obstacle, openMicrophone } from "./microphone.js";
import { LeftOn, TenTimes } from "./tasks.js";
import { Trace } from "./trace.js";

const CLIP_S = { before: 2, after: 0.5 }, IGNORED_S = 1, MISSED_S = 3, SHOWN = 50, SILENCE_DB = -65, SILENCE_S = 4, BEHIND_S = 3;
const on = Object.fromEntries([...document.querySelectorAll("[id]")].map((element) => [element.id, element]));
const trace = new Trace(on.trace);
let model, listening = null, playing = null, count = 0, tenTimes = null, leftOn = null;

const clock = (seconds) => `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;

function say(text, isError = false) {
  if (on.status.textContent !== text) on.status.textContent = text;
  on.status.classList.toggle("error", isError);
}

// ---- listening ---------------------------------------------------------------------------------------------------------

async function start() {
  on.listen.disabled = true;
  say("Opening the microphone…");
  const session = { name: crypto.randomUUID(), waiting: [], sent: 0, busy: false, silentSince: 0, now: 0, pending: [] };
  try {
    session.microphone = await openMicrophone(on.microphone.value, (block) => take(session, block));
  } catch (error) {
    say(error.message, true);
    on.listen.disabled = false;
    return;
  }
  session.memory = new Memory(session.microphone.rate);
  session.microphone.ended.then(() => { if (listening === session) stop("The microphone was taken away."); });
  listening = session;
  trace.clear();
  on.listen.textContent = "Stop listening";
  on.listen.disabled = false;
  on.missed.disabled = on.ten.disabled = on.leave.disabled = false;
  say(`Listening. Say “${model.title}”.`);
  await offerMicrophones(session.microphone.device);
}

function stop(why = "Stopped.", isError = false) {
  const session = listening;
  listening = null;
  session.microphone.close();
  listDetections(session);
  endTen("");
  endLeft();
  on.listen.textContent = "Start listening";
  on.missed.disabled = on.ten.disabled = on.leave.disabled = true;
  showProbability(0);
  on.level.value = -70;
  on["level-text"].textContent = "off";
  say(why, isError);
}

async function offerMicrophones(current) {
  const devices = await microphones();
  on.microphone.replaceChildren(...devices.map(([id, name]) => new Option(name, id, false, id === current)));
  on.microphone.parentElement.hidden = devices.length < 2;
}

// A block of the microphone's. One request is under way at a time; what comes meanwhile goes with the next.
function take(session, block) {
  if (listening !== session || playing) return;
  session.memory.add(block);
  session.waiting.push(block);
  showLevel(session, block);
  if (!session.busy) send(session);
}

async function send(session) {
  session.busy = true;
  try {
    while (listening === session && session.waiting.length) {
      const blocks = session.waiting.splice(0), rate = session.microphone.rate, at = session.sent / rate;
      session.sent += blocks.reduce((sum, { length }) => sum + length, 0);
      const { moments } = await post("hear", { session: session.name, rate, at: at.toFixed(3), cutoff: cutoff() }, new Blob(blocks));
      if (listening === session) show(session, moments);
    }
  } catch (error) {
    if (listening === session) stop(error instanceof TypeError ? "wakemake does not reply any more: is `make try` still running?" : error.message, true);
  }
  session.busy = false;
}

function show(session, moments) {
  if (!moments.length) return;
  trace.add(moments);
  showProbability(moments.at(-1)[2]);
  for (const [time, , , detected, cutoff] of moments) {
    const last = session.pending.at(-1);
    if (detected) session.pending.push({ time, cutoff });
    else if (last && time <= last.time + IGNORED_S) last.cutoff = Math.max(last.cutoff, cutoff);
  }
  session.now = moments.at(-1)[0];
  showTasks(moments);
  listDetections(session);
}

// A detection is listed when its highest cutoff is known and its clip complete, or when listening ends.
function listDetections(session) {
  while (session.pending.length && (listening !== session || session.now >= session.pending[0].time + IGNORED_S)) {
    const { time, cutoff } = session.pending.shift();
    count += 1;
    on.count.textContent = count === 1 ? "once" : `${count} times`;
    list(session, time, `detected up to cutoff ${cutoff.toFixed(2)}`, session.memory.cut(time - CLIP_S.before, time + CLIP_S.after));
  }
}

function showProbability(value) {
  on.probability.value = value;
  on["probability-text"].textContent = value.toFixed(2);
}

function showLevel(session, block) {
  const db = 10 * Math.log10(block.reduce((sum, value) => sum + (value / 32768) ** 2, 0) / block.length + 1e-9);
  on.level.value = Math.max(-70, db);
  on["level-text"].textContent = `${db.toFixed(0)} dB`;
  if (db > SILENCE_DB) session.silentSince = session.memory.seconds;
  const silent = session.memory.seconds - session.silentSince > SILENCE_S;
  if (session.memory.seconds - session.sent / session.microphone.rate > BEHIND_S) say("The machine that runs wakemake is too busy: detections come late.");
  else say(silent ? "Hardly any sound reaches the microphone. Is it muted, or is it the wrong one?" : `Listening. Say “${model.title}”.`);
}

// ---- tasks -------------------------------------------------------------------------------------------------------------

function showTasks(moments) {
  leftOn?.add(moments);
  if (leftOn) on["leave-text"].textContent = leftOn.describe();
  tenTimes?.add(moments);
  if (!tenTimes) return;
  if (!tenTimes.isOver) sayTen(tenTimes.describe());
  else {
    const { heard, lowest, silent, turns } = tenTimes, text = tenTimes.describe();
    endTen(text);
    if (silent.length || heard === turns.length) return;
    const lower = Math.max(0.01, lowest - 0.01);
    on["ten-use"].textContent = `Use cutoff ${lower.toFixed(2)}`;
    on["ten-use"].onclick = () => { on.cutoff.value = lower; moveCutoff(); };
    on["ten-use"].hidden = false;
  }
}

function sayTen(text) { if (on["ten-text"].textContent !== text) on["ten-text"].textContent = text; }

function endTen(text) {
  if (tenTimes) sayTen(text);
  tenTimes = null;
  on.ten.textContent = "Say it ten times";
}

function endLeft() {
  leftOn = null;
  on.leave.setAttribute("aria-pressed", "false");
}

// ---- detections --------------------------------------------------------------------------------------------------------

function list(session, time, what, sound) {
  const item = document.createElement("li"), rate = session.microphone.rate;
  const label = make("span", "what", make("span", "time", clock(time)), ` ${what}`), buttons = make("span", "buttons");
  const play = button("Play", `Play the detection at ${clock(time)}`, () => playClip(sound, rate, play));
  const marks = [["positive", "The word"], ["negative", "False wake"]].map(([kind, name]) => {
    const mark = button(name, `${name}: keep the clip of ${clock(time)}`, () => toggle(kind, mark));
    mark.className = "mark";
    mark.hidden = !on.keep.checked;
    mark.setAttribute("aria-pressed", "false");
    return mark;
  });
  const note = make("p", "kept quiet");
  let kept = null;

  // Pressed once it keeps the clip, pressed again it discards it; a clip is of one kind.
  async function toggle(kind, mark) {
    marks.forEach((each) => { each.disabled = true; });
    try {
      const before = kept;
      if (before) await post("discard", { kind: before.kind, name: before.name });
      kept = null;
      if (before?.kind !== kind) kept = { kind, ...(await post("keep", { kind, rate }, sound)) };
      note.textContent = kept ? `Kept as ${kept.path}` : "Not kept.";
    } catch (error) {
      note.textContent = error.message;
    }
    marks.forEach((each) => { each.disabled = false; each.setAttribute("aria-pressed", String(each === mark && Boolean(kept))); });
  }

  buttons.append(play, ...marks);
  item.append(label, buttons, note);
  on.detected.prepend(item);
  while (on.detected.children.length > SHOWN) on.detected.lastChild.remove();
  on.nothing.hidden = true;
  return () => toggle("positive", marks[0]);
}

function make(tag, className, ...children) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  return element;
}

function button(text, label, act) {
  const element = make("button", "", text);
  element.type = "button";
  element.setAttribute("aria-label", label);
  element.addEventListener("click", act);
  return element;
}

// While a clip plays the page does not listen, or it would detect its own sound.
function playClip(sound, rate, control) {
  playing?.stop();
  const address = URL.createObjectURL(wav(sound, rate)), player = new Audio(address);
  const done = () => {
    player.pause();
    URL.revokeObjectURL(address);
    control.textContent = "Play";
    if (playing?.player === player) playing = null;
  };
  playing = { player, stop: done };
  control.textContent = "Playing…";
  player.addEventListener("ended", done);
  player.play().catch(done);
}

// ---- the controls ------------------------------------------------------------------------------------------------------

// The slider knows hundredths; the model's own cutoff may be finer.
function cutoff() {
  const value = Number(on.cutoff.value), own = model.manifest_cutoff;
  return Math.abs(value - own) < 0.006 ? own : value;
}

function moveCutoff() {
  const value = cutoff(), own = value === model.manifest_cutoff;
  trace.cutoff = value;
  trace.draw();
  on["cutoff-text"].textContent = value.toFixed(2);
  on.own.disabled = own;
  on.yaml.hidden = own;
  if (model.studio) on["to-install"].href = `${model.studio}install/${model.slug}${own ? "" : `?cutoff=${value}`}`;
  on["yaml-line"].textContent = `probability_cutoff: ${Math.round(value * 100)}%`;
}

on.listen.addEventListener("click", () => (listening ? stop() : start()));
on.microphone.addEventListener("change", () => { if (listening) { stop(); start(); } });
on.cutoff.addEventListener("input", moveCutoff);
on.own.addEventListener("click", () => { on.cutoff.value = model.manifest_cutoff; moveCutoff(); on.cutoff.focus(); });
on.ten.addEventListener("click", () => {
  if (tenTimes) return endTen("");
  tenTimes = new TenTimes(listening.now);
  on.ten.textContent = "Stop counting";
  on["ten-use"].hidden = true;
  sayTen(tenTimes.describe());
});
on.leave.addEventListener("click", () => {
  if (leftOn) return endLeft();
  leftOn = new LeftOn(listening.now);
  on.leave.setAttribute("aria-pressed", "true");
  on["leave-text"].textContent = leftOn.describe();
});
on.keep.addEventListener("change", () => {
  on.missed.hidden = !on.keep.checked;
  document.querySelectorAll(".mark").forEach((mark) => { mark.hidden = !on.keep.checked; });
});
on.missed.addEventListener("click", () => {
  const { memory } = listening, time = memory.seconds;
  list(listening, time, "missed", memory.cut(time - MISSED_S, time))();
});

async function open() {
  model = await (await fetch("model.json")).json();
  document.title = `Try “${model.title}”`;
  on.title.textContent = model.title;
  on.about.textContent = `Model ${model.directory}, window ${model.window}. The sound of your microphone goes to the wakemake that serves this page, and nowhere else.`;
  on.recordings.textContent = `${model.recordings}/`;
  on.own.textContent = `The model’s own: ${model.manifest_cutoff.toFixed(2)}`;
  on.cutoff.value = model.cutoff;
  on.studio.hidden = !model.studio;
  on["to-result"].href = `${model.studio}result/${model.slug}`;
  moveCutoff();
  const why = obstacle();
  say(why || "Ready.", Boolean(why));
  on.listen.disabled = Boolean(why);
}

open().catch((error) => say(`The page could not be set up: ${error.message}`, true));

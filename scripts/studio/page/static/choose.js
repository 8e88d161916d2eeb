// Choose: advice while somebody types, spellings to listen to, what a training costs, and its start.
import { button, get, make, on, post } from "./ask.js";

const PAUSE_MS = 400;         // after the last key, before advice is asked for
const player = new Audio(), spoken = new Map();
let others = [], people = [], asked = 0, timer;

const wanted = () => ({ phrase: on.phrase.value.trim(), language: on.language.value });
const preset = () => new FormData(on.form).get("preset");

async function advise() {
  const now = ++asked, about = wanted();
  on.start.disabled = true;
  on.similar.textContent = on.started.textContent = "";
  document.querySelectorAll(".cost").forEach((cost) => { cost.textContent = ""; });
  if (!about.phrase) return show([], [], "");
  let advice;
  try {
    advice = await get("advice.json", about);
  } catch (error) {
    if (now === asked) show([], [error.message], "");
    return;
  }
  if (now !== asked) return;
  people = advice.people;
  const readings = advice.readings.map(({ written, spoken: read }) => `“${written}” is read as “${read}”.`);
  show([...readings, ...advice.remarks], advice.refusals, advice.length);
  list([...new Set([about.phrase, ...advice.readings.flatMap((reading) => reading.others), ...others])]);
  if (advice.refusals.length) return;
  await Promise.all([showCosts(now, about), showSimilar(now, { ...about, phrase: advice.text })]);
}

function show(remarks, refusals, length) {
  on.length.textContent = length;
  const sentence = (text) => text[0].toUpperCase() + text.slice(1);
  on.advice.replaceChildren(...refusals.map((text) => make("li", "refused", sentence(text))), ...remarks.map((text) => make("li", "", sentence(text))));
  if (refusals.length || !on.phrase.value.trim()) on.spellings.replaceChildren();
}

async function showCosts(now, about) {
  try {
    const costs = await get("costs.json", about);
    if (now !== asked) return;
    for (const [name, { cost }] of Object.entries(costs)) document.getElementById(`cost-${name}`).textContent = cost;
    on.form.commands = costs;
    showCommand();
    on.start.disabled = false;
  } catch (error) {
    if (now === asked) show([], [error.message], "");
  }
}

async function showSimilar(now, about) {
  on.similar.textContent = "Looking for phrases that sound alike…";
  let text = "";
  try {
    const { similar, published } = await get("similar.json", about);
    if (similar.length) text = `Sounds much like: ${similar.join(", ")}. `;
    if (published.length) text += `Near a word that you trained: ${published.join(", ")}.`;
  } catch (error) {
    text = error.message;
  }
  if (now === asked) on.similar.textContent = text;
}

const showCommand = () => { if (on.form.commands) on.command.textContent = on.form.commands[preset()].command; };

// ---- listening ---------------------------------------------------------------------------------------------------------

function list(spellings) {
  on.spellings.replaceChildren(...spellings.map((text) => {
    const buttons = people.map(({ key, name }) => button(`▶ ${name}`, () => play(text, key, name), `${text}, spoken by: ${name}`));
    if (text !== on.phrase.value.trim()) buttons.push(button("Take this spelling", () => take(text), `Take the spelling ${text}`));
    return make("div", "spelling", make("strong", "", text), ...buttons);
  }));
}

async function play(phrase, who, name) {
  const language = on.language.value, key = [phrase, who, language].join("\n");
  on.said.textContent = `${name}…`;
  try {
    if (!spoken.has(key)) spoken.set(key, URL.createObjectURL(await (await post("speak", { phrase, who, language })).blob()));
    player.src = spoken.get(key);
    await player.play();
    on.said.textContent = `“${phrase}”, ${name}`;
  } catch (error) {
    on.said.textContent = error.message;
  }
}

function take(text) {
  others = [...new Set([...others, on.phrase.value.trim()])];
  on.phrase.value = text;
  on.phrase.focus();
  advise();
}

// ---- the controls ------------------------------------------------------------------------------------------------------

on.phrase.addEventListener("input", () => { clearTimeout(timer); on.start.disabled = true; timer = setTimeout(advise, PAUSE_MS); });
on.language.addEventListener("change", advise);
on.form.addEventListener("change", showCommand);
on.compare.addEventListener("click", () => {
  const text = on.other.value.trim();
  if (!text) return on.other.focus();
  others = [...new Set([...others, text])];
  on.other.value = "";
  advise();
});
on.form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (on.start.disabled) return;
  on.start.disabled = true;
  try {
    await post("add", { ...wanted(), preset: preset() });
    location.assign("train");
  } catch (error) {
    on.started.textContent = error.message;
    on.start.disabled = false;
  }
});
if (on.phrase.value) advise();

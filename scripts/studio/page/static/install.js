// Install: two tabs, lines to copy, and where ESPHome gets the model from.
import { on } from "./ask.js";

const tabs = [on["tab-ready"], on["tab-own"]];
const texts = { "ready-yaml": on["ready-yaml"].textContent, "own-yaml": on["own-yaml"].textContent };

function choose(tab) {
  for (const each of tabs) {
    const chosen = each === tab;
    each.setAttribute("aria-selected", String(chosen));
    each.tabIndex = chosen ? 0 : -1;
    on[each.getAttribute("aria-controls")].hidden = !chosen;
  }
  tab.focus();
}

tabs.forEach((tab, place) => {
  tab.addEventListener("click", () => choose(tab));
  tab.addEventListener("keydown", ({ key }) => { if (key === "ArrowLeft" || key === "ArrowRight") choose(tabs[1 - place]); });
});

on.fetch.addEventListener("change", () => {
  const address = on["fetch-help"].querySelector("code").textContent;
  on["fetch-help"].hidden = !on.fetch.checked;
  for (const [id, text] of Object.entries(texts)) on[id].textContent = on.fetch.checked ? text.replace(/model: \S+\.json/, `model: ${address}`) : text;
});

for (const button of document.querySelectorAll(".copy")) {
  button.addEventListener("click", async () => {
    const text = on[button.dataset.of];
    try {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(text);        // not over http to another machine: Ctrl-C copies what is marked
      button.textContent = "Marked: press Ctrl-C";
    }
  });
}

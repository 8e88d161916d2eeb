// The slider over the detection curve, the YAML with its cutoff, and a line that moves while a clip plays.
(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const { points, chosen, hours, clips } = JSON.parse(byId("points").textContent);
  const percent = (share, digits = 1) => `${(100 * share).toFixed(digits)} %`;

  function change(point) {
    const start = points[chosen];
    if (point === start) return "This is the chosen cutoff.";
    const detected = Math.round((point.recall - start.recall) * clips), wakes = point.false_accepts - start.false_accepts;
    const compare = (count, more, fewer, same) => count === 0 ? same : `${Math.abs(count)} ${count > 0 ? more : fewer}`;
    return `Compared with ${start.cutoff.toFixed(2)}: detects ${compare(detected, "more", "fewer", "as many")} of ${clips} clips, and wakes by mistake ` +
      `${compare(wakes, "times more", "times fewer", "as often")} in ${hours.toFixed(1)} h.`;
  }

  function place(point) {
    const set = (selector, values) => Object.entries(values).forEach(([name, value]) => document.querySelector(selector).setAttribute(name, value));
    set("#here .across", { x1: point.x1, x2: point.x2, y1: point.y, y2: point.y });
    set("#here .up", { x1: point.x, x2: point.x, y1: point.y1, y2: point.y2 });
    set("#here .dot", { cx: point.x, cy: point.y });
  }

  function show(slider) {
    const point = points.reduce((best, each) => Math.abs(each.cutoff - slider.value) < Math.abs(best.cutoff - slider.value) ? each : best);
    const cutoff = point.cutoff.toFixed(2), recall = percent(point.recall), rate = `${point.fa_per_hour.toFixed(2)} per hour`;
    byId("value").textContent = cutoff;
    slider.setAttribute("aria-valuetext", `${cutoff}: detects ${recall}, wakes by mistake ${rate}`);
    byId("recall").textContent = recall;
    byId("recall-interval").textContent = `of ${clips}; ${percent(point.recall_interval[0], 0).slice(0, -2)} to ${percent(point.recall_interval[1], 0)}`;
    byId("rate").textContent = rate;
    byId("rate-interval").textContent = `${point.false_accepts} in ${hours.toFixed(1)} h; ${point.fa_per_hour_interval.map((bound) => bound.toFixed(2)).join(" to ")}`;
    if (byId("near-rate")) byId("near-rate").textContent = percent(point.near_accept_rate);
    byId("change").textContent = change(point);
    byId("reset").hidden = point === points[chosen];
    byId("yaml-cutoff").textContent = point === points[chosen] ? "" : `      probability_cutoff: ${Math.round(100 * point.cutoff)}%\n`;
    place(point);
  }

  const slider = byId("slider");
  if (slider) {
    slider.addEventListener("input", () => show(slider));
    byId("reset").addEventListener("click", () => { slider.value = points[chosen].cutoff; show(slider); slider.focus(); });
    show(slider);
  }

  byId("copy").addEventListener("click", async () => {
    const yaml = byId("yaml");
    try {
      await navigator.clipboard.writeText(yaml.textContent);
      byId("copied").textContent = "Copied.";
    } catch {        // a page opened from a file has no clipboard: select the text instead
      getSelection().selectAllChildren(yaml);
      byId("copied").textContent = "Selected: copy it with Ctrl+C or from the menu.";
    }
  });

  for (const audio of document.querySelectorAll("audio")) {
    const plot = audio.closest(".clip").querySelector(".plot"), head = plot.querySelector(".playhead");
    const seconds = Number(plot.dataset.seconds);
    const follow = () => {
      head.hidden = audio.paused && audio.currentTime === 0;
      head.style.left = `${Math.min(100, 100 * audio.currentTime / seconds)}%`;
      if (!audio.paused) requestAnimationFrame(follow);
    };
    audio.addEventListener("play", () => {
      document.querySelectorAll("audio").forEach((other) => other !== audio && other.pause());
      follow();
    });
    audio.addEventListener("seeked", follow);
    audio.addEventListener("ended", () => { head.hidden = true; });
  }
})();

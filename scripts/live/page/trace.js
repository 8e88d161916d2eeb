// Draws the last ten seconds: each output of the model, the mean over its window, the cutoff as it was, detections, and the
// second after each in which the device ignores sound.
const SECONDS = 10, IGNORED_S = 1, MARGIN = { left: 34, right: 12, top: 10, bottom: 22 };

export class Trace {
  constructor(canvas) {
    this.canvas = canvas;
    this.moments = [];          // [time_s, output, probability, detected, highest_cutoff, cutoff]
    this.cutoff = 0.5;
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  add(moments) {
    this.moments.push(...moments.map((moment) => [...moment, this.cutoff]));
    const oldest = this.now() - SECONDS - 1;
    this.moments = this.moments.filter(([time]) => time >= oldest);
    this.draw();
  }

  clear() { this.moments = []; this.draw(); }

  now() { return this.moments.length ? this.moments.at(-1)[0] : 0; }

  draw() {
    const { canvas } = this, scale = devicePixelRatio || 1, { width, height } = canvas.getBoundingClientRect();
    if (!width) return;
    canvas.width = width * scale;
    canvas.height = height * scale;
    const pen = canvas.getContext("2d"), style = getComputedStyle(canvas), colour = (name) => style.getPropertyValue(`--${name}`);
    const end = Math.max(this.now(), SECONDS), inner = width - MARGIN.left - MARGIN.right, tall = height - MARGIN.top - MARGIN.bottom;
    const x = (time) => MARGIN.left + inner * (1 - (end - time) / SECONDS), y = (value) => MARGIN.top + tall * (1 - value);
    pen.scale(scale, scale);
    pen.font = `12px ${style.fontFamily}`;
    this.grid(pen, colour, end, x, y, height);
    pen.save();
    pen.beginPath();
    pen.rect(MARGIN.left, 0, inner + MARGIN.right, height);
    pen.clip();
    for (const [time, , , detected] of this.moments) {
      if (!detected) continue;
      pen.fillStyle = colour("ignored");
      pen.fillRect(x(time), MARGIN.top, x(time + IGNORED_S) - x(time), tall);
      pen.fillStyle = colour("detected");
      pen.fillRect(x(time) - 3, MARGIN.top, 6, tall);
    }
    this.line(pen, 1, colour("single"), 1.25, x, y);
    this.line(pen, 2, colour("accent"), 2.5, x, y);
    pen.fillStyle = colour("accent");
    for (const [time, , probability, detected] of this.moments) {
      if (!detected) continue;
      pen.beginPath();
      pen.arc(x(time), y(probability), 5, 0, 2 * Math.PI);
      pen.fill();
    }
    pen.setLineDash([6, 4]);
    this.line(pen, 5, colour("cutoff"), 1.5, x, y);
    pen.restore();
    pen.strokeStyle = colour("cutoff");
    pen.lineWidth = 1.5;
    pen.setLineDash([6, 4]);
    this.stroke(pen, [[this.moments.length ? x(this.now()) : MARGIN.left, y(this.cutoff)], [width - MARGIN.right, y(this.cutoff)]]);
  }

  grid(pen, colour, end, x, y, height) {
    pen.strokeStyle = colour("rule");
    pen.fillStyle = colour("quiet");
    pen.lineWidth = 1;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (const value of [0, 0.5, 1]) {
      this.stroke(pen, [[MARGIN.left, y(value)], [x(end), y(value)]]);
      pen.fillText(value.toFixed(1), MARGIN.left - 7, y(value));
    }
    pen.textAlign = "center";
    for (let second = Math.ceil((end - SECONDS) / 2) * 2; second <= end; second += 2) pen.fillText(`${second} s`, Math.min(x(second), x(end) - 6), height - 9);
  }

  line(pen, column, colour, width, x, y) {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.lineJoin = "round";
    this.stroke(pen, this.moments.map((moment) => [x(moment[0]), y(moment[column])]));
  }

  stroke(pen, points) {
    pen.beginPath();
    points.forEach(([left, top], place) => (place ? pen.lineTo(left, top) : pen.moveTo(left, top)));
    pen.stroke();
  }
}

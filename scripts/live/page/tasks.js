// Two tasks: the word said ten times, and sound without the word for as long as somebody leaves it on.
export const TIMES = 10;
const EACH_S = 4, LATE_S = 0.6;       // a turn; a word at its very end is detected a little later

// Each turn is heard up to the highest cutoff of its inferences.
export class TenTimes {
  constructor(now) {
    this.from = now + LATE_S;
    this.turn = 0;
    this.turns = Array.from({ length: TIMES }, () => ({ cutoff: 0, heard: false }));
  }

  add(moments) {
    for (const [time, , , detected, cutoff] of moments) {
      this.turn = Math.max(0, Math.floor((time - this.from) / EACH_S));
      const turn = this.turns[this.turn];
      if (!turn) continue;
      turn.cutoff = Math.max(turn.cutoff, cutoff);
      turn.heard ||= detected;
    }
  }

  get isOver() { return this.turn >= TIMES; }
  get heard() { return this.turns.filter((turn) => turn.heard).length; }
  get lowest() { return Math.min(...this.turns.map((turn) => turn.cutoff)); }       // all ten are heard up to it
  get silent() { return this.turns.flatMap((turn, place) => (turn.cutoff ? [] : [place + 1])); }

  describe() {
    if (!this.isOver) return `Say it now: ${this.turn + 1} of ${TIMES}`;
    const heard = `${this.heard} of ${TIMES} heard.`;
    return this.silent.length
      ? `${heard} Not at any cutoff: number ${this.silent.join(", ")}. Was it said in time, and near enough?`
      : `${heard} All ten are heard up to cutoff ${this.lowest.toFixed(2)}.`;
  }
}

// Whatever is detected meanwhile is a false wake.
export class LeftOn {
  constructor(now) { this.from = this.now = now; this.count = 0; }

  add(moments) {
    this.now = moments.at(-1)[0];
    this.count += moments.filter(([, , , detected]) => detected).length;
  }

  describe() {
    const minutes = Math.floor((this.now - this.from) / 60), hours = (this.now - this.from) / 3600;
    const time = minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
    const rate = minutes < 10 ? "" : `: ${(this.count / hours).toFixed(1)} per hour`;
    return `${this.count} false wake${this.count === 1 ? "" : "s"} in ${time}${rate}`;
  }
}

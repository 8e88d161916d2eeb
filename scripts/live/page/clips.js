// The sound of the last seconds, in this page's memory, and clips of it that can be played, kept and discarded.
const REMEMBERED_S = 30;      // longer than a clip, because a busy machine may report a detection late

export class Memory {
  constructor(rate) { this.rate = rate; this.blocks = []; this.samples = 0; }

  add(block) {
    this.blocks.push(block);
    this.samples += block.length;
    let length = total(this.blocks);
    while (length - this.blocks[0].length > REMEMBERED_S * this.rate) length -= this.blocks.shift().length;
  }

  get seconds() { return this.samples / this.rate; }

  // The sound between two times, as far as it is remembered.
  cut(from, to) {
    const sound = [];
    let at = this.samples - total(this.blocks);
    for (const block of this.blocks) {
      const start = Math.max(0, Math.round(from * this.rate) - at), stop = Math.min(block.length, Math.round(to * this.rate) - at);
      if (stop > start) sound.push(block.subarray(start, stop));
      at += block.length;
    }
    const joined = new Int16Array(total(sound));
    sound.reduce((place, chunk) => (joined.set(chunk, place), place + chunk.length), 0);
    return joined;
  }
}

const total = (chunks) => chunks.reduce((sum, { length }) => sum + length, 0);

// A RIFF/WAVE file of 16-bit mono sound, to be played by the browser.
export function wav(sound, rate) {
  const header = new DataView(new ArrayBuffer(44)), text = (at, letters) => [...letters].forEach((letter, i) => header.setUint8(at + i, letter.charCodeAt(0)));
  text(0, "RIFF"); header.setUint32(4, 36 + 2 * sound.length, true); text(8, "WAVEfmt ");
  header.setUint32(16, 16, true); header.setUint16(20, 1, true); header.setUint16(22, 1, true);
  header.setUint32(24, rate, true); header.setUint32(28, 2 * rate, true); header.setUint16(32, 2, true); header.setUint16(34, 16, true);
  text(36, "data"); header.setUint32(40, 2 * sound.length, true);
  return new Blob([header, sound], { type: "audio/wav" });
}

export async function post(name, query, body) {
  const response = await fetch(`${name}?${new URLSearchParams(query)}`, { method: "POST", body });
  const reply = await response.json();
  if (!response.ok) throw new Error(reply.error);
  return reply;
}

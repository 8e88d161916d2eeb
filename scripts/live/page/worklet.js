// Runs in the browser's audio thread: hands the first channel on in blocks of about 90 ms, at the rate of the context.
registerProcessor("blocks", class extends AudioWorkletProcessor {
  constructor() {
    super();
    this.block = new Float32Array(Math.round(sampleRate * 0.09 / 128) * 128);
    this.filled = 0;
  }

  process(inputs) {
    const sound = inputs[0][0];
    if (!sound) return true;
    this.block.set(sound, this.filled);
    this.filled += sound.length;
    if (this.filled === this.block.length) {
      this.port.postMessage(this.block);
      this.filled = 0;
    }
    return true;
  }
});

// The browser's microphone, as blocks of 16-bit sound at the browser's own rate; the server turns it into 16 kHz.

// Raw, like the device's microphone: without the browser's processing for calls.
const RAW = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };

const REASONS = {
  NotAllowedError: "The browser was not allowed to use the microphone. Allow it for this page (beside the address), and press Start again.",
  NotFoundError: "This machine has no microphone that the browser can find.",
  NotReadableError: "The microphone is in use elsewhere, or switched off.",
};

// Why the browser gives no microphone here; null if it does.
export function obstacle() {
  if (!window.isSecureContext) {
    const port = location.port, reason = "Browsers give the microphone only to https, and to pages of their own machine. ";
    if (matchMedia("(pointer: coarse)").matches) return `${reason}Open the page on the computer that runs wakemake, or on another one with ssh: a phone has neither.`;
    return `${reason}Type on this machine: ` +
      `ssh -L ${port}:localhost:${port} ${location.hostname} and open http://localhost:${port}${location.pathname}`;
  }
  return navigator.mediaDevices && window.AudioWorkletNode ? null : "This browser is too old to give its microphone to a page.";
}

// Opens it; `take` gets an Int16Array for each block. An Error gives the reason in a sentence.
export async function openMicrophone(deviceId, take) {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: { ...RAW, ...(deviceId && { deviceId: { exact: deviceId } }) } });
  } catch (error) {
    throw new Error(REASONS[error.name] || `The microphone could not be opened: ${error.message}`);
  }
  const context = new AudioContext();
  await context.audioWorklet.addModule("worklet.js");
  const source = context.createMediaStreamSource(stream), blocks = new AudioWorkletNode(context, "blocks", { numberOfOutputs: 0 });
  blocks.port.onmessage = ({ data }) => take(Int16Array.from(data, (value) => Math.max(-32768, Math.min(32767, Math.round(value * 32768)))));
  source.connect(blocks);
  await context.resume();
  return {
    rate: context.sampleRate,
    device: stream.getAudioTracks()[0].getSettings().deviceId,
    ended: new Promise((done) => { stream.getAudioTracks()[0].onended = done; }),
    close() {
      blocks.port.onmessage = null;
      stream.getTracks().forEach((track) => track.stop());
      return context.close();
    },
  };
}

// [deviceId, name] of every microphone; names are known only after one was allowed.
export async function microphones() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter(({ kind, label }) => kind === "audioinput" && label).map(({ deviceId, label }) => [deviceId, label]);
}

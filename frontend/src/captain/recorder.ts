/** Speech: begins and ends with a tap, at most two minutes. */

import { clock } from "../lib/voice";

const KINDS = ["audio/mp4", "audio/webm;codecs=opus", "audio/ogg;codecs=opus"];
const MOST_SECONDS = 120;

/** The kind of sound that this browser records; nothing where it cannot. */
export function kind(): string {
  if (typeof MediaRecorder === "undefined" || !navigator.mediaDevices?.getUserMedia) return "";
  return KINDS.find((one) => MediaRecorder.isTypeSupported(one)) ?? "";
}

export interface Recording {
  /** Ends it; what was said. */
  end: () => Promise<Blob>;
}

/** Begins. Throws when the microphone is refused. `over` is called when the time is up. */
export async function record(time: HTMLElement, over: () => void): Promise<Recording> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const type = kind();
  const recorder = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: 32_000 });
  const parts: Blob[] = [];
  const began = Date.now();
  recorder.ondataavailable = (event) => parts.push(event.data);
  const ticking = window.setInterval(() => {
    const gone = (Date.now() - began) / 1000;
    time.textContent = clock(gone);
    if (gone >= MOST_SECONDS) over();
  }, 250);
  const ended = new Promise<Blob>((tell) => {
    recorder.onstop = () => {
      window.clearInterval(ticking);
      for (const track of stream.getTracks()) track.stop();
      tell(new Blob(parts, { type }));
    };
  });
  recorder.start(1000);
  return { end: () => {
    if (recorder.state !== "inactive") recorder.stop();
    return ended;
  } };
}

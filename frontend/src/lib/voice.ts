/** A spoken note: one button starts and stops; the sound is sent like a photo. Shown only where it can work. */

import { upload } from "./upload";

/** 0:07, 1:05. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

const KINDS = ["audio/mp4", "audio/webm;codecs=opus", "audio/ogg;codecs=opus"];

/** Takes a recording and gives the token that the form names it by. Throws with a sentence when it cannot. */
export type Deliver = (sound: Blob, name: string) => Promise<string>;

const sendAtOnce: Deliver = async (sound, name) => (await upload(sound, name, "audio")).token;

export function voice(root: HTMLElement, deliver: Deliver = sendAtOnce): void {
  const button = root.querySelector<HTMLButtonElement>("[data-voice-start]");
  const label = root.querySelector<HTMLElement>("[data-voice-label]");
  const status = root.querySelector<HTMLElement>("[data-voice-status]");
  const time = root.querySelector<HTMLElement>("[data-voice-time]");
  if (!button || !label || !status || !time) return;
  if (typeof MediaRecorder === "undefined" || !navigator.mediaDevices?.getUserMedia) return;
  const type = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
  if (!type) return;
  root.hidden = false;
  let recorder: MediaRecorder | undefined;
  button.addEventListener("click", () => {
    if (recorder?.state === "recording") recorder.stop();
    else void start();
  });

  const start = async () => {
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      status.textContent = status.dataset["refused"] ?? "";
      return;
    }
    const parts: Blob[] = [];
    const began = Date.now();
    recorder = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: 32_000 });
    recorder.ondataavailable = (event) => parts.push(event.data);
    const limit = Number(root.dataset["limit"] ?? "120");
    const ticking = window.setInterval(() => {
      const gone = (Date.now() - began) / 1000;
      time.textContent = clock(gone);
      if (gone >= limit && recorder?.state === "recording") recorder.stop();
    }, 250);
    recorder.onstop = () => {
      window.clearInterval(ticking);
      for (const track of stream.getTracks()) track.stop();
      button.classList.remove("is-recording");
      label.textContent = label.dataset["start"] ?? "";
      void keep(new Blob(parts, { type }));
    };
    recorder.start(1000);
    button.classList.add("is-recording");
    label.textContent = label.dataset["stop"] ?? "";
  };

  const keep = async (sound: Blob) => {
    status.textContent = status.dataset["sending"] ?? "";
    try {
      const sent = await deliver(sound, type.startsWith("audio/mp4") ? "note.m4a" : "note.webm");
      const player = document.createElement("audio");
      player.controls = true;
      player.src = URL.createObjectURL(sound);
      const token = document.createElement("input");
      token.type = "hidden";
      token.name = root.dataset["name"] ?? "uploads";
      token.value = sent;
      root.querySelectorAll("audio, input[type=hidden]").forEach((old) => old.remove());
      root.append(player, token);
      status.textContent = status.dataset["sent"] ?? "";
    } catch (error) {
      status.textContent = (error instanceof Error && error.message) || (status.dataset["failed"] ?? "");
    }
  };
}

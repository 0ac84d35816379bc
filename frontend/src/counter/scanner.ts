/** The camera reads codes: by the browser's own detector where it has one, else by jsQR (no eval, no WebAssembly). */

interface Detector {
  detect(source: CanvasImageSource): Promise<{ rawValue: string }[]>;
}
type DetectorMaker = { new (options: { formats: string[] }): Detector; getSupportedFormats(): Promise<string[]> };

/** Frames are read no wider than this: enough for a code on a phone's screen, quick on old phones. */
const WIDTH = 640;
const PAUSE = 120;

async function ownDetector(): Promise<Detector | null> {
  const maker = (window as unknown as { BarcodeDetector?: DetectorMaker }).BarcodeDetector;
  if (!maker) return null;
  try {
    return (await maker.getSupportedFormats()).includes("qr_code") ? new maker({ formats: ["qr_code"] }) : null;
  } catch {
    return null;
  }
}

export class Scanner {
  private stream: MediaStream | null = null;
  private running = false;

  constructor(private readonly video: HTMLVideoElement) {}

  /** Scan until a text is accepted or the camera is stopped; throws when there is no camera. */
  async start(accept: (text: string) => boolean): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
      this.video.srcObject = this.stream;
      await this.video.play();
      const read = await this.reader();
      while (this.running) {
        const text = await read();
        if (text && accept(text)) return;
        await new Promise((later) => window.setTimeout(later, PAUSE));
      }
    } finally {
      this.stop();
    }
  }

  stop(): void {
    this.running = false;
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.video.srcObject = null;
  }

  private async reader(): Promise<() => Promise<string>> {
    const own = await ownDetector();
    if (own) return async () => (await own.detect(this.video).catch(() => []))[0]?.rawValue ?? "";
    const { default: decode } = await import("jsqr");
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d", { willReadFrequently: true });
    return () => {
      const { videoWidth, videoHeight } = this.video;
      if (!context || !videoWidth) return Promise.resolve("");
      const share = Math.min(1, WIDTH / videoWidth);
      canvas.width = Math.round(videoWidth * share);
      canvas.height = Math.round(videoHeight * share);
      context.drawImage(this.video, 0, 0, canvas.width, canvas.height);
      const picture = context.getImageData(0, 0, canvas.width, canvas.height);
      return Promise.resolve(decode(picture.data, picture.width, picture.height, { inversionAttempts: "dontInvert" })?.data ?? "");
    };
  }
}

/** The pick-up code in what was read: eight digits, or the address that carries them. */
export function codeIn(text: string): string {
  const tidy = text.replace(/[\s-]/g, "").replace(/[０-９]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0));
  return /(?:^|[?&]code=)(\d{8})(?:$|[&#])/.exec(tidy)?.[1] ?? "";
}

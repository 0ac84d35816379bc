/** Makes a photo small enough for a weak network: at most 1600 px on its longer side, as JPEG. */

export const LONGEST = 1600;
const QUALITY = 0.82;
/** Below this a photo that is small enough already travels as it is. */
const SMALL_BYTES = 400 * 1024;

/** The size to draw at: never larger than the original, its proportions kept. */
export function fit(width: number, height: number, longest = LONGEST): { width: number; height: number } {
  const scale = Math.min(1, longest / Math.max(width, height, 1));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

async function decode(file: Blob): Promise<ImageBitmap | HTMLImageElement> {
  if (typeof createImageBitmap === "function") {
    try {
      return await createImageBitmap(file, { imageOrientation: "from-image" });
    } catch {
      // Old browsers refuse the option, or the kind of picture; the image element knows more kinds.
    }
  }
  const address = URL.createObjectURL(file);
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    return image;
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** The picture to send. Throws when the browser cannot show it. */
export async function shrink(file: File): Promise<Blob> {
  const picture = await decode(file);
  const size = fit(picture.width, picture.height);
  if (file.type === "image/jpeg" && file.size <= SMALL_BYTES && size.width === picture.width) return file;
  const canvas = document.createElement("canvas");
  canvas.width = size.width;
  canvas.height = size.height;
  const context = canvas.getContext("2d");
  if (!context) return file;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, size.width, size.height);
  context.drawImage(picture, 0, 0, size.width, size.height);
  if ("close" in picture) picture.close();
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  return blob ?? file;
}

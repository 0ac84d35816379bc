/** Sends one file to /uploads and tells how far it is. */

import type { PhotoFacts } from "./exif";

export interface Sent {
  token: string;
  located: boolean;
}

export class UploadError extends Error {}

/** The form fields that go with a photo: what its EXIF said, since drawing it anew dropped that. */
export function factFields(facts: PhotoFacts): [string, string][] {
  const fields: [string, string][] = [];
  if (facts.takenAt) fields.push(["taken_at", facts.takenAt]);
  if (facts.longitude !== undefined && facts.latitude !== undefined) {
    fields.push(["lon", facts.longitude.toFixed(6)], ["lat", facts.latitude.toFixed(6)]);
  }
  return fields;
}

/** The token of Django's protection against foreign forms, from any form of the page. */
export function csrfToken(root: ParentNode = document): string {
  return root.querySelector<HTMLInputElement>("input[name=csrfmiddlewaretoken]")?.value ?? "";
}

export function upload(
  file: Blob,
  name: string,
  kind: "photo" | "audio" | "document",
  fields: [string, string][] = [],
  progress: (part: number) => void = () => undefined,
): Promise<Sent> {
  const body = new FormData();
  body.append("kind", kind);
  for (const [key, value] of fields) body.append(key, value);
  body.append("file", file, name);
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/uploads");
    request.responseType = "json";
    request.timeout = 120_000;
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total);
    };
    request.onload = () => {
      const answer = request.response as { token?: string; located?: boolean; detail?: string } | null;
      if (request.status === 201 && answer?.token) done({ token: answer.token, located: Boolean(answer.located) });
      else fail(new UploadError(answer?.detail ?? ""));
    };
    request.onerror = request.ontimeout = () => fail(new UploadError(""));
    request.send(body);
  });
}

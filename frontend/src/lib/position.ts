/** Where the device is: asked once, for the record that is being made, and at no other time. */

export interface Position {
  longitude: number;
  latitude: number;
  accuracy_m: number;
}

/** Where the device is now; null when it does not know or may not say. */
export function position(): Promise<Position | null> {
  if (!("geolocation" in navigator)) return Promise.resolve(null);
  return new Promise((tell) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => tell({
        longitude: Number(coords.longitude.toFixed(6)),
        latitude: Number(coords.latitude.toFixed(6)),
        accuracy_m: Math.round(coords.accuracy),
      }),
      () => tell(null),
      { enableHighAccuracy: true, timeout: 6000, maximumAge: 30_000 },
    );
  });
}

/** `[data-here]`: a form that says where it was sent from, as `here_lon` and `here_lat`; it goes without when nobody knows. */
export function saysWhere(form: HTMLElement): void {
  if (!(form instanceof HTMLFormElement)) return;
  let state: "idle" | "asking" | "known" = "idle";
  form.addEventListener("submit", (event) => {
    if (state === "known") return;
    event.preventDefault();
    // What hangs on the submission (sent once, files taken first) begins when it really goes.
    event.stopImmediatePropagation();
    if (state === "asking") return;
    state = "asking";
    const button = event.submitter instanceof HTMLElement ? event.submitter : null;
    button?.setAttribute("aria-busy", "true");
    void position().then((at) => {
      for (const [name, value] of at ? [["here_lon", at.longitude], ["here_lat", at.latitude]] as const : []) {
        const input = document.createElement("input");
        [input.type, input.name, input.value] = ["hidden", name, String(value)];
        form.append(input);
      }
      button?.removeAttribute("aria-busy");
      state = "known";
      form.requestSubmit(button);
    });
  });
}

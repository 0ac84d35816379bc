/** A form that is sent with where one is: the position is read when the button is pressed, and only then. */

const WAIT = 15_000;

/** `[data-position]` holds what is said when there is no position; within it the fields `lon` and `lat`. */
export function position(element: HTMLElement): void {
  if (!(element instanceof HTMLFormElement)) return;
  const form = element;
  if (!("geolocation" in navigator)) {
    form.hidden = true;
    return;
  }
  const said = form.querySelector<HTMLElement>("[data-position-said]");
  form.addEventListener("submit", (event) => {
    if (form.dataset["placed"]) return;
    event.preventDefault();
    const button = form.querySelector("button");
    button?.setAttribute("aria-busy", "true");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        field(form, "lon", coords.longitude);
        field(form, "lat", coords.latitude);
        form.dataset["placed"] = "1";
        form.requestSubmit();
      },
      () => {
        button?.removeAttribute("aria-busy");
        if (said) said.textContent = form.dataset["position"] ?? "";
      },
      { enableHighAccuracy: true, timeout: WAIT, maximumAge: 0 },
    );
  });
}

function field(form: HTMLFormElement, name: string, value: number): void {
  const input = form.elements.namedItem(name);
  if (input instanceof HTMLInputElement) input.value = value.toFixed(6);
}

/** The place of a report: from the device, from the photo, or from a tap on the map; named in words at once. */

interface Chosen {
  longitude: number;
  latitude: number;
  by: "device" | "photo" | "map";
}

/** What the radio buttons of a list of places are called, on public pages and at the desk. */
const CHOICES = ["place", "place_id"];

/** Six digits are a decimetre: enough for a dustbin. */
export function coordinate(value: number): string {
  return value.toFixed(6);
}

export function place(root: HTMLElement): void {
  const form = root.closest("form");
  const longitude = form?.elements.namedItem("lon");
  const latitude = form?.elements.namedItem("lat");
  if (!form || !(longitude instanceof HTMLInputElement) || !(latitude instanceof HTMLInputElement)) return;
  const name = root.querySelector<HTMLElement>("[data-place-name]");
  const words = root.dataset;
  const here = root.querySelector<HTMLButtonElement>("[data-here]");
  const map = root.querySelector<HTMLElement>("[data-map]");
  let asked = 0;

  const say = (text: string) => {
    if (name) name.textContent = text;
  };

  const choose = async (chosen: Chosen) => {
    longitude.value = coordinate(chosen.longitude);
    latitude.value = coordinate(chosen.latitude);
    forgetChoice(form);
    const mine = ++asked;
    map?.dispatchEvent(new CustomEvent("linli:show", { detail: chosen }));
    const found = await named(root.dataset["hereUrl"], chosen);
    if (mine !== asked) return;
    if (found === null) say(words["wordChosen"] ?? "");
    else if (found.inside) say(found.name);
    else {
      longitude.value = "";
      latitude.value = "";
      say(words["wordOutside"] ?? "");
    }
    // What hangs on the form's fields (the desk's panel of duplicates) sees a change that nobody typed.
    longitude.dispatchEvent(new Event("change", { bubbles: true }));
  };

  // What is picked from the list is where it is, not where the phone happens to be.
  form.addEventListener("change", (event) => {
    const field = event.target;
    const listed = field instanceof HTMLSelectElement && field.name === "community" && field.value !== "";
    const radio = field instanceof HTMLInputElement && CHOICES.includes(field.name);
    if (!listed && !radio) return;
    asked += 1;
    longitude.value = "";
    latitude.value = "";
    if (radio && field.dataset["lon"] && map && !map.hidden) {
      const at = { longitude: Number(field.dataset["lon"]), latitude: Number(field.dataset["lat"]) };
      map.dispatchEvent(new CustomEvent("linli:show", { detail: at }));
    }
    if (radio) for (const list of form.querySelectorAll<HTMLSelectElement>("select[name=community]")) list.value = "";
    const label = listed ? field.selectedOptions[0]?.text : (field.dataset["name"] ?? (field as HTMLInputElement).labels?.[0]?.textContent);
    say(label?.trim() ?? "");
  });

  form.addEventListener("linli:place", (event) => void choose((event as CustomEvent<Chosen>).detail));
  map?.addEventListener("linli:picked", (event) => void choose({ ...(event as CustomEvent<Chosen>).detail, by: "map" }));

  const locate = (asked: boolean) => {
    here?.setAttribute("aria-busy", "true");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        here?.removeAttribute("aria-busy");
        if (asked || !longitude.value) {
          void choose({ longitude: coords.longitude, latitude: coords.latitude, by: "device" });
        }
      },
      () => {
        here?.removeAttribute("aria-busy");
        if (asked) say(words["wordRefused"] ?? "");
      },
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 30_000 },
    );
  };
  if (here) {
    if (!("geolocation" in navigator)) here.hidden = true;
    here.addEventListener("click", () => locate(true));
    if (!("manual" in words) && !longitude.value && !(form.elements.namedItem("where") as HTMLInputElement | null)?.value) {
      void allowed().then((yes) => {
        if (yes) locate(false);
      });
    }
  }
  root.querySelector("[data-open-map]")?.addEventListener("click", () => {
    if (!map) return;
    map.hidden = false;
    map.scrollIntoView({ block: "nearest" });
    map.dispatchEvent(new CustomEvent("linli:open"));
  });
}

/** A place that was picked from a list before no longer counts. */
function forgetChoice(form: HTMLFormElement): void {
  for (const name of CHOICES) {
    for (const radio of form.querySelectorAll<HTMLInputElement>(`input[name=${name}]:checked`)) radio.checked = false;
  }
  for (const list of form.querySelectorAll<HTMLSelectElement>("select[name=community]")) list.value = "";
}

/** Whether the position may be read without asking: then it is filled in before anyone taps. */
async function allowed(): Promise<boolean> {
  if (!("geolocation" in navigator) || !navigator.permissions) return false;
  try {
    return (await navigator.permissions.query({ name: "geolocation" })).state === "granted";
  } catch {
    // Some browsers know positions but not this question.
    return false;
  }
}

async function named(url: string | undefined, chosen: Chosen): Promise<{ inside: boolean; name: string } | null> {
  if (!url) return null;
  const query = new URLSearchParams({ lon: coordinate(chosen.longitude), lat: coordinate(chosen.latitude) });
  try {
    const answer = await fetch(`${url}?${query}`, { headers: { Accept: "application/json" } });
    return answer.ok ? ((await answer.json()) as { inside: boolean; name: string }) : null;
  } catch {
    // No network just now: the position is kept in the form and named by the server when it is sent.
    return null;
  }
}

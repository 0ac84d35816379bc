/** The map's button for one's own position: shows where one is, on shifted base maps too. */

import { Marker, type IControl, type Map as LibreMap } from "maplibre-gl";

import type { At } from "./shift";

export class Here implements IControl {
  private box: HTMLElement | undefined;
  private dot: Marker | undefined;

  /** `label` names the button; `onto` moves a position onto the base map. */
  constructor(
    private readonly label: string,
    private readonly onto: (at: At) => At,
  ) {}

  onAdd(map: LibreMap): HTMLElement {
    const box = document.createElement("div");
    box.className = "maplibregl-ctrl maplibregl-ctrl-group";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "maplibregl-ctrl-geolocate";
    button.title = this.label;
    button.setAttribute("aria-label", this.label);
    button.innerHTML = '<span class="maplibregl-ctrl-icon" aria-hidden="true"></span>';
    button.disabled = !("geolocation" in navigator);
    button.addEventListener("click", () => this.find(map, button));
    box.append(button);
    this.box = box;
    return box;
  }

  onRemove(): void {
    this.dot?.remove();
    this.box?.remove();
  }

  private find(map: LibreMap, button: HTMLButtonElement): void {
    button.setAttribute("aria-busy", "true");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        button.removeAttribute("aria-busy");
        const at = this.onto([coords.longitude, coords.latitude]);
        this.dot ??= new Marker({ element: dot(), anchor: "center" });
        this.dot.setLngLat(at).addTo(map);
        map.easeTo({ center: at, zoom: Math.max(map.getZoom(), 15.5) });
      },
      () => {
        button.removeAttribute("aria-busy");
        button.disabled = true;
      },
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 30_000 },
    );
  }
}

function dot(): HTMLElement {
  const element = document.createElement("span");
  element.className = "map-here";
  element.setAttribute("aria-hidden", "true");
  return element;
}

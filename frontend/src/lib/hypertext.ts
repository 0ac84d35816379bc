/** htmx with our settings: no eval, the CSRF token on every request, focus kept after swaps. */

import htmx from "htmx.org";

import { enliven } from "./page";
import { csrfToken } from "./upload";

export function hypertext(): void {
  htmx.config.allowEval = false;
  htmx.config.includeIndicatorStyles = false;
  htmx.config.selfRequestsOnly = true;
  htmx.config.scrollBehavior = "auto";
  document.addEventListener("htmx:configRequest", (event) => {
    const detail = (event as CustomEvent<{ headers: Record<string, string>; verb: string }>).detail;
    if (detail.verb !== "get") detail.headers["X-CSRFToken"] = csrfToken();
  });
  // An answer that explains a refusal is a page like any other: 403, 404, 409 and 422 are shown, not swallowed.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const detail = (event as CustomEvent<{ xhr: XMLHttpRequest; shouldSwap: boolean; isError: boolean }>).detail;
    if ([409, 422, 429].includes(detail.xhr.status)) {
      detail.shouldSwap = true;
      detail.isError = false;
    }
  });
  htmx.onLoad((element) => enliven(element as HTMLElement));
}

/** One file for all pages, so that keeping one keeps what the other needs. */

import { code } from "./code";
import { flush } from "./send";
import { here } from "./here";
import { lead } from "./lead";
import { keepPage } from "./store";

export { forget, forgetPages, all, tidy } from "./store";
export { flush };

/** `[data-attend]` is `lead`, `here`, `code`, or the address of a page that is kept because it will be needed. */
export function attend(root: HTMLElement): void {
  if (!("indexedDB" in window) || !("caches" in window)) return;
  const which = root.dataset["attend"] ?? "";
  if (which === "lead") lead(root);
  else if (which === "here") here(root);
  else if (which === "code") code(root);
  else {
    const until = Date.parse(root.dataset["until"] ?? "");
    void keepPage(which, { person: Number(root.dataset["person"]), until, sure: root.dataset["sure"] ?? "" }).catch(() => false);
  }
}

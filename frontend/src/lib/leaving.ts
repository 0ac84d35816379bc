/** Names that activities keep on the phone go when somebody signs out; what waits is sent from any page. */

/** The patrol's page asks about its own records too, and takes this along. */
const ASKS_ITSELF = "patrol";
/** In the phone's storage while something of activities may be kept; its value asks whether to sign out with it unsent. */
export const FLAG = "linli-attend";

/** On every page; where nothing is kept this is one look into the phone's storage. */
export function leaving(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const kept = document.getElementById(ASKS_ITSELF) ? null : flag();
    if (kept === null || !(form instanceof HTMLFormElement) || !form.action.endsWith("/logout/") || event.defaultPrevented) return;
    event.preventDefault();
    void signOut(form, kept);
  });
  if (flag() === null) return;
  void import("../attend/main").then(async ({ flush, forgetPages, tidy }) => {
    if (window.location.pathname.startsWith("/login/")) await forgetPages();
    else if (!document.querySelector("[data-attend]")) {
      await tidy();
      await flush();
    }
  });
}

function flag(): string | null {
  try {
    return window.localStorage.getItem(FLAG);
  } catch {
    return null;
  }
}

async function signOut(form: HTMLFormElement, sure: string): Promise<void> {
  const { all, flush, forget } = await import("../attend/main");
  await flush();
  const waiting = (await all()).filter((one) => !one.refused).length;
  if (waiting > 0 && !window.confirm(sure.replace("{n}", String(waiting)))) return;
  await forget();
  form.submit();
}

/** A form that stays while there is no network: what was filled in is kept on the page, with a word about it. */
export function waitsForNetwork(form: HTMLElement): void {
  const said = document.createElement("p");
  said.className = "notice notice-warn";
  said.setAttribute("role", "alert");
  said.hidden = true;
  (form.querySelector(".submit-bar") ?? form).prepend(said);
  form.addEventListener("submit", (event) => {
    said.hidden = navigator.onLine;
    if (navigator.onLine) return;
    said.textContent = form.dataset["offline"] ?? "";
    event.preventDefault();
    // What hangs on the submission (files sent first, sent once) begins when it really goes.
    event.stopImmediatePropagation();
  });
  window.addEventListener("online", () => (said.hidden = true));
}

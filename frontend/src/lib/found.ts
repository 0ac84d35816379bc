/** What was found while somebody typed: a line fills the field; arrow keys go through the lines, Escape puts them away. */

function put(line: HTMLElement, input: HTMLInputElement, box: HTMLElement): void {
  input.value = line.dataset["fill"] ?? "";
  box.replaceChildren();
  input.focus();
}

/** `box` stands behind the input whose lines it shows, inside the same `.field`. */
export function found(box: HTMLElement): void {
  const field = box.closest<HTMLElement>(".field");
  const input = field?.querySelector<HTMLInputElement>("input[hx-get]");
  if (!field || !input) return;
  const lines = () => Array.from(box.querySelectorAll<HTMLElement>("[data-fill]"));
  box.addEventListener("click", (event) => {
    const line = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-fill]") : null;
    if (line) put(line, input, box);
  });
  field.addEventListener("keydown", (event) => {
    const all = lines();
    if (all.length === 0) return;
    const now = all.indexOf(document.activeElement as HTMLElement);
    if (event.key === "ArrowDown") all[Math.min(now + 1, all.length - 1)]?.focus();
    else if (event.key === "ArrowUp") (now > 0 ? all[now - 1] : input)?.focus();
    else if (event.key === "Escape") {
      box.replaceChildren();
      input.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
}

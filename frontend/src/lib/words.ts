/** Texts come from the page, so that gettext translates them: `data-…` attributes with {name} for what is put in. */
export function fill(text: string | undefined, values: Record<string, string | number>): string {
  return (text ?? "").replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

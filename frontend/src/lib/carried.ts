/** JSON of an address, or of an element of the page (`#id`): what the page carries along needs no network. */
export async function readJson<T>(address: string): Promise<T> {
  if (address.startsWith("#")) {
    const element = document.getElementById(address.slice(1));
    if (!element) throw new Error(`${address}: missing`);
    return JSON.parse(element.textContent ?? "null") as T;
  }
  const answer = await fetch(address, { headers: { Accept: "application/geo+json, application/json" } });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return (await answer.json()) as T;
}

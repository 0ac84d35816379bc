/** Loads the map only when one comes into sight: 300 kB that nobody has to wait for. */

type Draw = typeof import("../map").draw;

function styleSheet(address: string | undefined): Promise<void> {
  if (!address || document.querySelector(`link[href="${address}"]`)) return Promise.resolve();
  return new Promise((done) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = address;
    link.onload = link.onerror = () => done();
    document.head.append(link);
  });
}

async function open(element: HTMLElement): Promise<void> {
  if (element.dataset["drawn"]) return;
  element.dataset["drawn"] = "1";
  try {
    const [module] = await Promise.all([
      import("../map") as Promise<{ draw: Draw }>,
      styleSheet(element.dataset["mapStyle"]),
    ]);
    await module.draw(element);
  } catch (error) {
    delete element.dataset["drawn"];
    const wait = element.querySelector(".map-wait");
    if (wait) wait.textContent = element.dataset["wordFailed"] ?? "";
    console.error(error);
  }
}

export function map(element: HTMLElement): void {
  element.addEventListener("linli:open", () => void open(element));
  if (!("IntersectionObserver" in window)) return;
  const watch = new IntersectionObserver(
    (seen) => {
      if (!seen.some((entry) => entry.isIntersecting)) return;
      watch.disconnect();
      void open(element);
    },
    { rootMargin: "200px" },
  );
  watch.observe(element);
}

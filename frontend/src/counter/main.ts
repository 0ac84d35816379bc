/** The counter's page: scan or type, see, hand over, next. Without this script it is a form and a page (docs/shop.md). */

import { ready } from "../lib/page";
import { fill } from "../lib/words";
import { Queue, type Kept, type Verdict } from "./queue";
import { codeIn, Scanner } from "./scanner";

class CounterPage {
  private readonly queue: Queue;
  private readonly scanner: Scanner | null;
  private readonly order: HTMLElement;
  private readonly news: HTMLElement;
  private readonly field: HTMLInputElement;
  private scanning = false;

  constructor(private readonly page: HTMLElement) {
    this.order = this.part("[data-order]");
    this.news = this.part("[data-news]");
    this.field = this.part<HTMLInputElement>("#code");
    const video = page.querySelector<HTMLVideoElement>("[data-video]");
    // Browsers offer no camera to pages without encryption (except on this very machine).
    const media = navigator.mediaDevices as MediaDevices | undefined;
    this.scanner = video && media ? new Scanner(video) : null;
    this.queue = new Queue(this.word("send"), this.word("person"), (what, kept) => this.told(what, kept), () => this.show());
  }

  start(): void {
    const scan = this.part("[data-scan]");
    scan.hidden = this.scanner === null;
    scan.addEventListener("click", () => void this.scan());
    this.part("[data-stop]").addEventListener("click", () => this.scanner?.stop());
    this.part("[data-type]").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.look(codeIn(this.field.value) || this.field.value);
    });
    this.field.addEventListener("input", () => {
      const code = codeIn(this.field.value);
      if (code) void this.look(code);
    });
    this.order.addEventListener("submit", (event) => {
      const form = event.target instanceof HTMLFormElement && event.target.matches("[data-hand-over]") ? event.target : null;
      if (form) {
        event.preventDefault();
        this.handOver(form);
      }
    });
    this.show();
    void this.queue.run();
  }

  private part<T extends HTMLElement = HTMLElement>(selector: string): T {
    return this.page.querySelector(selector) as T;
  }

  private word(name: string): string {
    return this.page.dataset[name] ?? "";
  }

  private async scan(): Promise<void> {
    if (!this.scanner) return;
    const [camera, button] = [this.part("[data-camera]"), this.part("[data-scan]")];
    this.clear();
    this.scanning = true;
    camera.hidden = false;
    button.hidden = true;
    try {
      await this.scanner.start((text) => {
        const code = codeIn(text);
        if (code) void this.look(code);
        return code !== "";
      });
    } catch {
      this.scanning = false;
      this.say(this.word("cameraNone"), "warn");
      this.field.focus();
    } finally {
      camera.hidden = true;
      button.hidden = false;
    }
  }

  private clear(): void {
    this.order.replaceChildren();
    this.news.replaceChildren();
  }

  private say(text: string, tone: "good" | "warn" | "error" | "info"): void {
    const box = document.createElement("div");
    box.className = `notice notice-${tone}`;
    box.textContent = text;
    this.news.replaceChildren(box);
  }

  /** Fetch the order of a code and show it; the button to hand over gets the focus. */
  private async look(code: string): Promise<void> {
    this.clear();
    this.order.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(`${this.word("find")}?code=${encodeURIComponent(code)}`, { headers: { "X-Part": "1" }, redirect: "manual" });
      if (!answer.ok) {
        this.say(answer.type === "opaqueredirect" || answer.status === 403 ? this.word("signIn") : this.word("offline"), "warn");
        return;
      }
      const found = new DOMParser().parseFromString(await answer.text(), "text/html");
      this.order.replaceChildren(...Array.from(found.body.childNodes));
      this.order.querySelector<HTMLElement>("[data-hand-over] button")?.focus();
      if (this.order.querySelector("[data-found]")) this.field.value = "";
    } catch {
      this.say(this.word("offline"), "warn");
    } finally {
      this.order.removeAttribute("aria-busy");
    }
  }

  /** The second tap: written down on the phone, then sent; the page is ready for the next person at once. */
  private handOver(form: HTMLFormElement): void {
    const sent = new FormData(form);
    const [key, order, code] = ["key", "order", "code"].map((name) => String(sent.get(name) ?? ""));
    this.queue.add({ key: key ?? "", order: order ?? "", code: code ?? "", label: form.dataset["label"] ?? "" });
    this.clear();
    this.say(`${form.dataset["label"] ?? ""} · ${this.word(navigator.onLine ? "kept" : "keptOffline")}`, "info");
    void this.queue.run();
  }

  private told(what: Verdict, kept: Kept): void {
    if (what === "sent" || what === "again") {
      this.say(`${this.word(what === "sent" ? "done" : "again")}：${kept.label}`, "good");
      if (this.scanning && !this.order.childElementCount) void this.again();
      else this.field.focus();
    } else if (what === "refused") {
      this.say(`${kept.label}：${kept.refused}`, "error");
    } else {
      this.say(`${kept.label} · ${this.word(what === "sign_in" ? "signIn" : "keptOffline")}`, "warn");
    }
  }

  /** The next person: the camera stays on for whoever scans, below what was just handed over. */
  private async again(): Promise<void> {
    const before = Array.from(this.news.childNodes);
    const scanned = this.scan();
    this.news.replaceChildren(...before);
    await scanned;
  }

  /** What waits on this phone, and what was refused, in sight until it is settled. */
  private show(): void {
    const [box, list, title] = [this.part("[data-queue]"), this.part("[data-queue-list]"), this.part("[data-queue-title]")];
    const all = this.queue.all();
    box.hidden = all.length === 0;
    const waiting = this.queue.waiting().length;
    title.textContent = waiting ? fill(this.word("waiting"), { n: waiting }) : fill(this.word("failed"), { n: all.length });
    list.replaceChildren(...all.map((kept) => this.line(kept)));
  }

  private line(kept: Kept): HTMLElement {
    const line = document.createElement("li");
    line.className = "row";
    const main = line.appendChild(document.createElement("span"));
    main.className = "row-main";
    const title = main.appendChild(document.createElement("span"));
    title.className = "row-title";
    title.textContent = kept.label;
    const meta = main.appendChild(document.createElement("span"));
    meta.className = "row-meta";
    meta.textContent = kept.refused || new Date(kept.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    if (kept.refused) {
      const button = line.appendChild(document.createElement("button"));
      button.className = "button button-small";
      button.type = "button";
      button.textContent = this.word("close");
      button.addEventListener("click", () => this.queue.remove(kept.key));
    }
    return line;
  }
}

ready();
const page = document.querySelector<HTMLElement>("[data-counter]");
if (page) {
  new CounterPage(page).start();
  document.documentElement.dataset["counter"] = "ready";
}

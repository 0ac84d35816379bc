/** What the leader's list and the page of one's own check-in have in common. */

import { newKey } from "../lib/key";
import { flush, type Answer } from "./send";
import { all, drop, keepPage, put, tidy, type Kept, type Owner } from "./store";

const PAUSE = 15_000;
const DAY = 24 * 3600 * 1000;

/** A page that keeps itself on the phone: `data-address`, `-person`, `-until`, `-sure`, and words as `data-said-…`. */
export class Page {
  readonly address: string;
  readonly owner: Owner;
  private readonly said: HTMLElement | null;

  constructor(readonly root: HTMLElement, private readonly again: () => Promise<void>) {
    this.address = root.dataset["address"] ?? "";
    this.owner = { person: Number(root.dataset["person"]), until: Date.parse(root.dataset["until"] ?? ""), sure: root.dataset["sure"] ?? "" };
    this.said = root.querySelector<HTMLElement>("[data-said]");
  }

  refresh(): Promise<void> {
    return this.again();
  }

  word(name: string): string {
    return this.root.dataset[name] ?? "";
  }

  say(text: string): void {
    if (!this.said) return;
    this.said.textContent = text;
    this.said.hidden = text === "";
  }

  /** Keep this page, show what waits, and send it: now, when there is a network again, and every 15 seconds. */
  async start(): Promise<void> {
    await tidy(this.owner.person);
    await this.again();
    this.opens();
    window.addEventListener("online", () => void this.retry());
    window.setInterval(() => void this.retry(), PAUSE);
    void this.retry();
    const kept = this.owner.until > Date.now() && (await keepPage(window.location.pathname, this.owner).catch(() => false));
    const note = this.root.querySelector<HTMLElement>("[data-kept]");
    if (note) note.hidden = !kept && navigator.serviceWorker?.controller == null;
    this.root.dataset["ready"] = "1";
  }

  async mine(): Promise<Kept[]> {
    return (await all()).filter((one) => one.address === this.address && one.person === this.owner.person);
  }

  /** Write it down, then send it: what became of it. */
  async add(kind: Kept["kind"], data: Kept["data"]): Promise<"sent" | "kept" | Answer> {
    const key = newKey();
    // What holds no name is worth sending a day longer: so long the server takes it.
    const until = this.owner.until + (kind === "walk_in" ? 0 : DAY);
    await put({ key, kind, address: this.address, person: this.owner.person, at: new Date().toISOString(), until, data, refused: "" }, this.owner.sure);
    const answer = (await flush()).find((one) => one.key === key);
    if (answer?.state === "refused") {
      await drop(key);
      return answer;
    }
    return !answer ? "kept" : answer.clock_off_minutes ? answer : "sent";
  }

  /** What was refused while nobody looked: said once. */
  async refusals(): Promise<string> {
    const found = (await this.mine()).filter((one) => one.refused);
    for (const one of found) await drop(one.key);
    return found.map((one) => [one.data["name"], one.refused === "404" ? this.word("saidLost") : one.refused].filter(Boolean).join("：")).join(" ");
  }

  private async retry(): Promise<void> {
    this.opens();
    const before = (await this.mine()).filter((one) => !one.refused).length;
    if (!before && !(await this.mine()).length) return;
    await flush();
    const refused = await this.refusals();
    const left = (await this.mine()).length;
    if (left !== before || refused) {
      await this.again();
      this.say(refused || this.word("saidSent"));
    }
  }

  /** What is there for later, when the page was kept before the list opened. */
  private opens(): void {
    for (const element of this.root.querySelectorAll<HTMLElement>("[data-opens]")) {
      if (Date.parse(element.dataset["opens"] ?? "") <= Date.now()) element.hidden = false;
    }
  }
}

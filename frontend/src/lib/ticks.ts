/** The leader's list: a tick is sent at once; without network it is kept on the phone and sent when there is one again. */

export interface Tick {
  key: string;
  person: number;
  out: boolean;
  at: string;
}

interface Answer {
  key: string;
  state: string;
  text: string;
}

const PAUSE = 15_000;

/** Ticks of one list that wait in the phone's storage. */
export class Kept {
  constructor(
    private readonly address: string,
    private readonly store: Storage = window.localStorage,
  ) {}

  all(): Tick[] {
    try {
      return JSON.parse(this.store.getItem(this.name()) ?? "[]") as Tick[];
    } catch {
      return [];
    }
  }

  add(tick: Tick): void {
    this.write([...this.all().filter((one) => one.key !== tick.key), tick]);
  }

  drop(keys: Set<string>): void {
    this.write(this.all().filter((one) => !keys.has(one.key)));
  }

  private write(ticks: Tick[]): void {
    if (ticks.length) this.store.setItem(this.name(), JSON.stringify(ticks));
    else this.store.removeItem(this.name());
  }

  private name(): string {
    return `linli-ticks:${this.address}`;
  }
}

/** `[data-ticks]` names the address of ticks; within it forms `[data-tick]` and `[data-ticks-said]`. */
export function ticks(root: HTMLElement): void {
  const address = root.dataset["ticks"] ?? "";
  const kept = new Kept(address);
  const said = root.querySelector<HTMLElement>("[data-ticks-said]");
  const say = (text: string) => {
    if (!said) return;
    said.textContent = text;
    said.hidden = text === "";
  };
  const flush = async (): Promise<"sent" | "refused" | "kept"> => {
    const waiting = kept.all();
    if (!waiting.length) return "sent";
    const answers = await send(address, waiting, token(root));
    if (!answers) return "kept";
    kept.drop(new Set(answers.map((answer) => answer.key)));
    const refused = answers.filter((answer) => answer.state === "refused").map((answer) => answer.text);
    say(refused.length ? refused.join(" ") : (root.dataset["saidSent"] ?? ""));
    return refused.length ? "refused" : "sent";
  };
  for (const form of root.querySelectorAll<HTMLFormElement>("form[data-tick]")) {
    form.addEventListener("submit", (event) => {
      const button = event.submitter;
      if (!(button instanceof HTMLButtonElement)) return;
      event.preventDefault();
      button.setAttribute("aria-busy", "true");
      const data = new FormData(form);
      kept.add({ key: String(data.get("key")), person: Number(data.get("person")), out: button.value === "out", at: new Date().toISOString() });
      void flush().then((became) => {
        if (became === "sent") {
          window.location.reload();
          return;
        }
        button.removeAttribute("aria-busy");
        if (became === "refused") return;
        mark(form, button, root);
        say(root.dataset["saidKept"] ?? "");
      });
    });
  }
  window.addEventListener("online", () => void flush());
  window.setInterval(() => void flush(), PAUSE);
  void flush();
}

function mark(form: HTMLFormElement, button: HTMLButtonElement, root: HTMLElement): void {
  const note = document.createElement("span");
  note.className = "chip chip-amber";
  note.textContent = (button.value === "out" ? root.dataset["saidOut"] : root.dataset["saidIn"]) ?? "";
  form.replaceChildren(note);
}

function token(root: HTMLElement): string {
  return root.querySelector<HTMLInputElement>("input[name=csrfmiddlewaretoken]")?.value ?? "";
}

async function send(address: string, waiting: Tick[], csrf: string): Promise<Answer[] | undefined> {
  try {
    const answer = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
      body: JSON.stringify({ ticks: waiting }),
    });
    return answer.ok ? ((await answer.json()) as { ticks: Answer[] }).ticks : undefined;
  } catch {
    return undefined;
  }
}

/** The captains' pages: what was entered is kept on the phone and sent when there is a network (docs/patrol.md). */

import { hypertext } from "../lib/hypertext";
import { ready } from "../lib/page";
import { fill } from "../lib/words";
import { Drafts, waiting } from "./drafts";
import { CaptainForm } from "./form";
import { Sender, type News } from "./send";

/** On the first page: how many wait on this phone, and for what. */
async function tell(box: HTMLElement, drafts: Drafts, news: News | null): Promise<void> {
  const all = await drafts.all();
  const person = box.dataset["person"] ?? "";
  const [n, refused] = [waiting(all, person).length, all.filter((draft) => draft.person === person && draft.refused).length];
  const word = n === 0 ? (refused > 0 ? "refused" : "") : news?.verdict === "sign_in" ? "signIn" : news === null && navigator.onLine ? "sending" : "waiting";
  box.hidden = word === "";
  box.className = "notice notice-info captain-kept";
  box.textContent = word ? fill(box.dataset[word], { n: n || refused }) : "";
}

async function start(): Promise<void> {
  ready();
  hypertext();
  const form = document.querySelector<HTMLFormElement>("form[data-captain-form]");
  const box = document.querySelector<HTMLElement>("[data-captain-kept]");
  if ((!form && !box) || !("indexedDB" in window)) return;
  const drafts = await Drafts.open();
  const page = (form ?? box) as HTMLElement;
  let told: (news: News) => void = () => undefined;
  const sender = new Sender(drafts, form?.action ?? box?.dataset["send"] ?? "", page.dataset["person"] ?? "", (news) => told(news));
  if (form) {
    const shown = new CaptainForm(form, drafts, () => sender);
    told = (news) => shown.told(news);
    await shown.start();
  } else if (box) {
    told = (news) => {
      if (news.verdict === "sent") window.location.assign(news.url);
      else void tell(box, drafts, news);
    };
    await tell(box, drafts, null);
  }
  document.documentElement.dataset["captain"] = "ready";
  await sender.run();
}

void start();

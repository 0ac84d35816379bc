import { bulk } from "./lib/bulk";
import { hypertext } from "./lib/hypertext";
import { keys } from "./lib/keys";
import { live } from "./lib/live";
import { ready } from "./lib/page";

ready();
hypertext();
keys();
bulk();
document.querySelectorAll<HTMLElement>("[data-live]").forEach(live);

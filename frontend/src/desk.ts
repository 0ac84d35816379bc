import { bulk } from "./lib/bulk";
import { hypertext } from "./lib/hypertext";
import { keys } from "./lib/keys";
import { ready } from "./lib/page";

ready();
hypertext();
keys();
bulk();

import { hypertext } from "./lib/hypertext";
import { ready } from "./lib/page";

ready();
hypertext();

import { HOSTILE_LINKS } from "./hostile_links.ts";
import { testHostile } from "./withstand.ts";

testHostile("links", HOSTILE_LINKS);

import { HOSTILE_ENTRIES } from "./hostile_entries.ts";
import { testHostile } from "./withstand.ts";

testHostile("entries", HOSTILE_ENTRIES);

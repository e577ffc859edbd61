import { HOSTILE_NAMES } from "./hostile_names.ts";
import { testHostile } from "./withstand.ts";

testHostile("names", HOSTILE_NAMES);

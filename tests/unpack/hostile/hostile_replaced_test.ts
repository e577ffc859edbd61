import { HOSTILE_REPLACED } from "./hostile_replaced.ts";
import { testHostile } from "./withstand.ts";

testHostile("replacements", HOSTILE_REPLACED);

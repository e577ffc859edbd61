import { HOSTILE_ARCHIVES } from "./hostile_archives.ts";
import { testHostile } from "./withstand.ts";

testHostile("archives", HOSTILE_ARCHIVES);

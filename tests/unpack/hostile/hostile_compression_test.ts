import { HOSTILE_COMPRESSION } from "./hostile_compression.ts";
import { testHostile } from "./withstand.ts";

testHostile("compression", HOSTILE_COMPRESSION);

import { HOSTILE_MARKS } from "./hostile_marks.ts";
import { testHostile } from "./withstand.ts";

testHostile("marks", HOSTILE_MARKS);

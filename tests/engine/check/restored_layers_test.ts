import { testRestored } from "./restored_tables.ts";

testRestored("layers");

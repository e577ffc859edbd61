import { HOSTILE_SPARSE } from "./hostile_sparse.ts";
import { testHostile } from "./withstand.ts";

testHostile("sparse files", HOSTILE_SPARSE);

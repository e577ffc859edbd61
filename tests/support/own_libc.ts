/** The test's libc: taken once, as in orlop itself, whatever a test imports. */

import { type Libc, takeLibc } from "../../src/process/libc.ts";

/** Undefined where there is none. */
export const libc: Libc | undefined = takeLibc({ sockets: "bind" });

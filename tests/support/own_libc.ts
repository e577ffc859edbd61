/** The test's libc: taken once, as in orlop itself, whatever a test imports. */

import type { Libc } from "../../src/process/libc.ts";
import { takeLibcWithSockets } from "../../src/process/libc_with_sockets.ts";

/** Undefined where there is none. */
export const libc: Libc | undefined = takeLibcWithSockets();

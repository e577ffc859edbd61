/** orlop's entry: takes what it may, then hands over to the command line. */

import { takeLibc } from "./src/process/libc.ts";

// First of all: afterwards nothing in this process can load foreign code.
const libc = takeLibc();
// What a runtime makes in containers shall not depend on the caller's.
libc?.setUmask(0o022);
const { runCli } = await import("./src/cli/run_cli.ts");
Deno.exit(await runCli(Deno.args, { libc }));

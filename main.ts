/** orlop's entry: takes what it may, then hands over to the command line. */

import { takeLibc } from "./src/process/libc.ts";

// Wherever the word stands: to bind some functions too many costs 2 ms.
const SOCKET_COMMANDS = ["serve", "exec", "attach", "cp"];

// First of all: afterwards nothing in this process can load foreign code.
const libc = Deno.args.some((word) => SOCKET_COMMANDS.includes(word))
  ? (await import("./src/process/libc_with_sockets.ts")).takeLibcWithSockets()
  : takeLibc();
// What a runtime makes in containers shall not depend on the caller's.
libc?.setUmask(0o022);
const { runCli } = await import("./src/cli/run_cli.ts");
Deno.exit(await runCli(Deno.args, { libc }));

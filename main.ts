/** orlop's entry point: opens libc, then runs the command line. */

import { takeLibc } from "./src/process/bind_libc.ts";

// At any position: binding a few unneeded functions costs only 2 ms.
const SOCKET_COMMANDS = ["serve", "exec", "attach", "cp"];

// Comes first: afterwards nothing in this process can load native code.
const libc = Deno.args.some((word) => SOCKET_COMMANDS.includes(word))
  ? (await import("./src/process/libc_with_sockets.ts")).takeLibcWithSockets()
  : takeLibc();
// What a runtime creates in containers must not depend on the caller's umask.
libc?.setUmask(0o022);
const { runCli } = await import("./src/cli/run_cli.ts");
Deno.exit(await runCli(Deno.args, { libc }));

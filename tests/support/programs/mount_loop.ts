/**
 * Mounts and unmounts a layer again and again, while all of its process group get
 * SIGINT, as from a terminal. Prints how many times; this program stays.
 */

import { systemMounter } from "../../../src/mount/system_mounter.ts";
import { planOverlay } from "../../../src/mount/plan_overlay.ts";
import { takeLibc } from "../../../src/process/bind_libc.ts";

const ROUNDS = 25;
const [home = ""] = Deno.args;
const mounter = systemMounter(takeLibc());
const plan = planOverlay({
  home,
  layerId: "layer",
  lower: [],
  access: "read-write",
});
let count = 0;
Deno.addSignalListener("SIGINT", () => count++);
const timer = setInterval(() => Deno.kill(-Deno.pid, "SIGINT"), 1);
for (let round = 0; round < ROUNDS; round++) {
  await mounter.bindPrivate(home);
  await mounter.mount(plan);
  if ((await mounter.list(home)).length !== 2) throw new Error("Not mounted");
  await mounter.unmount(plan.target);
  await mounter.unmount(home, { mode: "lazy" });
  if ((await mounter.list(home)).length !== 0) throw new Error("Still mounted");
}
clearInterval(timer);
Deno.stdout.writeSync(new TextEncoder().encode(String(count)));
Deno.exit(0);

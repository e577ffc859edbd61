/** Loads what does a command, and nothing else: starts must be quick. */

import type { Command, CommandModule } from "./command.ts";

const MODULES: Readonly<Record<string, () => Promise<CommandModule>>> = {
  "__complete": () => import("./commands/complete.ts"),
  "completion": () => import("./commands/completion.ts"),
  "history": () => import("./commands/history.ts"),
  "image exists": () => import("./commands/image_exists.ts"),
  "image inspect": () => import("./commands/image_inspect.ts"),
  "image pin": () => import("./commands/image_pin.ts"),
  "image unpin": () => import("./commands/image_unpin.ts"),
  "images": () => import("./commands/images.ts"),
  "pull": () => import("./commands/pull.ts"),
  "rmi": () => import("./commands/rmi.ts"),
  "tag": () => import("./commands/tag.ts"),
  "untag": () => import("./commands/untag.ts"),
  "inspect": () => import("./commands/inspect.ts"),
  "help": () => import("./commands/help.ts"),
  "container create": () => import("./commands/container_create.ts"),
  "container dirs": () => import("./commands/container_dirs.ts"),
  "container exists": () => import("./commands/container_exists.ts"),
  "container inspect": () => import("./commands/container_inspect.ts"),
  "container metadata": () => import("./commands/container_metadata.ts"),
  "container kill": () => import("./commands/container_kill.ts"),
  "container rm": () => import("./commands/container_rm.ts"),
  "container start": () => import("./commands/container_start.ts"),
  "container stop": () => import("./commands/container_stop.ts"),
  "df": () => import("./commands/df.ts"),
  "doctor": () => import("./commands/doctor.ts"),
  "gc": () => import("./commands/gc.ts"),
  "pod create": () => import("./commands/pod_create.ts"),
  "pod exists": () => import("./commands/pod_exists.ts"),
  "pod inspect": () => import("./commands/pod_inspect.ts"),
  "pod kill": () => import("./commands/pod_kill.ts"),
  "pod ls": () => import("./commands/pod_ls.ts"),
  "pod rm": () => import("./commands/pod_rm.ts"),
  "pod stop": () => import("./commands/pod_stop.ts"),
  "ps": () => import("./commands/ps.ts"),
  "run": () => import("./commands/run.ts"),
  "schedule": () => import("./commands/schedule.ts"),
  "version": () => import("./commands/version.ts"),
};

/**
 * Loads a command's module.
 *
 * @param path The words that call the command.
 */
export function loadCommand(
  path: readonly string[],
  { module = path.join(" ") }: Command,
): Promise<CommandModule> {
  const load = MODULES[module];
  if (load === undefined) throw new Error(`Cannot run "${module}": no module`);
  return load();
}

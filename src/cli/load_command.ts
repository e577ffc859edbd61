/** Loads only the module of a command: starts must be quick. */

import type { Command, CommandModule } from "./command.ts";

const MODULES: Readonly<Record<string, () => Promise<CommandModule>>> = {
  "__complete": () => import("./commands/complete.ts"),
  "completion": () => import("./commands/completion.ts"),
  "copy": () => import("./commands/images/copy.ts"),
  "explain": () => import("./commands/images/explain.ts"),
  "history": () => import("./commands/images/history.ts"),
  "image exists": () => import("./commands/images/image_exists.ts"),
  "image inspect": () => import("./commands/images/image_inspect.ts"),
  "image pin": () => import("./commands/images/image_pin.ts"),
  "image unpin": () => import("./commands/images/image_unpin.ts"),
  "images": () => import("./commands/images/images.ts"),
  "load": () => import("./commands/images/load.ts"),
  "pull": () => import("./commands/images/pull.ts"),
  "push": () => import("./commands/images/push.ts"),
  "pulls": () => import("./commands/images/pulls.ts"),
  "rmi": () => import("./commands/images/rmi.ts"),
  "manifest inspect": () => import("./commands/images/manifest_inspect.ts"),
  "tags": () => import("./commands/images/tags.ts"),
  "save": () => import("./commands/images/save.ts"),
  "tag": () => import("./commands/images/tag.ts"),
  "untag": () => import("./commands/images/untag.ts"),
  "inspect": () => import("./commands/inspect.ts"),
  "login": () => import("./commands/registries/login.ts"),
  "logout": () => import("./commands/registries/logout.ts"),
  "help": () => import("./commands/help.ts"),
  "container attach": () => import("./commands/containers/container_attach.ts"),
  "container cp": () => import("./commands/containers/container_cp.ts"),
  "container exec": () => import("./commands/containers/container_exec.ts"),
  "container cleanup": () =>
    import("./commands/containers/container_cleanup.ts"),
  "container create": () => import("./commands/containers/container_create.ts"),
  "container dirs": () => import("./commands/containers/container_dirs.ts"),
  "container exists": () => import("./commands/containers/container_exists.ts"),
  "container inspect": () =>
    import("./commands/containers/container_inspect.ts"),
  "container logs": () => import("./commands/containers/container_logs.ts"),
  "container metadata": () =>
    import("./commands/containers/container_metadata.ts"),
  "container kill": () => import("./commands/containers/container_kill.ts"),
  "container rm": () => import("./commands/containers/container_rm.ts"),
  "container start": () => import("./commands/containers/container_start.ts"),
  "container pause": () => import("./commands/containers/container_pause.ts"),
  "container unpause": () =>
    import("./commands/containers/container_unpause.ts"),
  "container stats": () => import("./commands/containers/container_stats.ts"),
  "container top": () => import("./commands/containers/container_top.ts"),
  "container wait": () => import("./commands/containers/container_wait.ts"),
  "container stop": () => import("./commands/containers/container_stop.ts"),
  "check": () => import("./commands/store/check.ts"),
  "df": () => import("./commands/store/df.ts"),
  "doctor": () => import("./commands/store/doctor.ts"),
  "gc": () => import("./commands/store/gc.ts"),
  "pod create": () => import("./commands/pods/pod_create.ts"),
  "pod exists": () => import("./commands/pods/pod_exists.ts"),
  "pod inspect": () => import("./commands/pods/pod_inspect.ts"),
  "pod kill": () => import("./commands/pods/pod_kill.ts"),
  "pod ls": () => import("./commands/pods/pod_ls.ts"),
  "pod rm": () => import("./commands/pods/pod_rm.ts"),
  "pod start": () => import("./commands/pods/pod_start.ts"),
  "pod stop": () => import("./commands/pods/pod_stop.ts"),
  "ps": () => import("./commands/containers/ps.ts"),
  "run": () => import("./commands/containers/run.ts"),
  "schedule": () => import("./commands/store/schedule.ts"),
  "serve": () => import("./commands/serve.ts"),
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

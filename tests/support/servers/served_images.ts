/** `orlop serve` beside a registry, for tests of images. */

import { writeLayout } from "../images/layer_layout.ts";
import { layerOf } from "../images/stacked_layout.ts";
import {
  type RegistryServer,
  type RegistryServerOptions,
  startRegistry,
} from "./registry_server.ts";
import { serveOrlop, type ServingOrlop } from "../nodes/serving_orlop.ts";
import { type TempDir, tempDir } from "../temp_dir.ts";

/** What is there, and ends with the scope. */
export interface ServedImages extends AsyncDisposable {
  readonly dir: TempDir;
  readonly registry: RegistryServer;
  readonly orlop: ServingOrlop;
}

/**
 * Starts a registry with `team/app:1` and `team/app:2`, which are one image, and
 * `orlop serve`, for which it is `registry.test`, too.
 */
export async function serveImages(
  options: RegistryServerOptions = {},
): Promise<ServedImages> {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(tempDir());
  const registry = stack.use(await startRegistry(options));
  const layer = await layerOf({ "etc/": "", "etc/motd": "hello" });
  const layout = dir.join("layout");
  const config = { User: "1000:50", Labels: { team: "a" } };
  await writeLayout(layout, [layer], config);
  await registry.pushLayout(layout, "team/app:1");
  await registry.pushLayout(layout, "team/app:2");
  const conf = dir.join("registries.conf");
  await Deno.writeTextFile(
    conf,
    `[[registry]]\nprefix = "registry.test"\nlocation = "${registry.host}"\n` +
      `insecure = true\n[[registry]]\nlocation = "${registry.host}"\n` +
      "insecure = true\n",
  );
  const env = { CONTAINERS_REGISTRIES_CONF: conf };
  const args = ["--log-level", "info"];
  const orlop = stack.use(await serveOrlop(dir.path, args, env));
  const moved = stack.move();
  return {
    dir,
    registry,
    orlop,
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

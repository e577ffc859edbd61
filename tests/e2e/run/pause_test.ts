/** The pause program as the first process of a real container. */

import { assert, assertEquals, assertFalse } from "@std/assert";
import { parseImageConfig } from "../../../src/formats/oci/image_config.ts";
import {
  formatRuntimeSpec,
  withRoot,
} from "../../../src/formats/oci/runtime_spec.ts";
import { readLinesInRoot } from "../../../src/fs/read_in_root.ts";
import { makeRuntimeSpec } from "../../../src/image/default_spec.ts";
import { makePauseImage } from "../../../src/image/pause_image.ts";
import { PAUSE_IMAGE_NAME } from "../../../src/image/pause_image_name.ts";
import { lookUpUser } from "../../../src/image/user_lookup.ts";
import { findProgram } from "../../../src/process/find_program.ts";
import { runCommand } from "../../../src/process/run_command.ts";
import { needs } from "../../support/peers.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

const architecture = Deno.build.arch === "x86_64" ? "amd64" : "arm64";
const { ignore } = needs("root", "runc", "/bin/busybox");

/** Makes a bundle of the pause image, with a busybox beside the program. */
async function makeBundle(dir: TempDir): Promise<void> {
  const [configBytes, layer] = [...makePauseImage(architecture).blobs.values()];
  assert(configBytes && layer);
  const root = dir.join("root");
  await Deno.mkdir(root);
  await runCommand(findProgram("tar"), ["-xf-", "-C", root], { stdin: layer });
  await Deno.copyFile("/bin/busybox", `${root}/busybox`);
  const { config } = parseImageConfig(configBytes, "config");
  const spec = makeRuntimeSpec(config, {
    user: await lookUpUser(
      config.User,
      (path) => readLinesInRoot(root, path),
    ),
    hostname: "pod",
    network: "none",
  });
  const text = formatRuntimeSpec(withRoot(spec, root));
  await Deno.writeTextFile(dir.join("config.json"), text);
}

for (const signal of ["TERM", "INT"]) {
  Deno.test(`a pod's first process ends on SIG${signal}`, {
    ignore,
  }, async () => {
    using dir = tempDir();
    await makeBundle(dir);
    const id = `orlop-test-${crypto.randomUUID()}`;
    const runc = (...args: string[]) =>
      runCommand(findProgram("runc"), args, { okCodes: "any", cwd: dir.path });
    const run = runc("run", id);
    try {
      await waitUntil(async () =>
        (await runc("exec", id, "/busybox")).code < 1
      );
      await runc("exec", id, "/busybox", "sh", "-c", "/busybox sleep 0.1 &");
      await waitUntil(async () => {
        const { stdout } = await runc("exec", id, "/busybox", "ps");
        // A heading, pause, ps itself; an orphan not taken in is a fourth.
        return stdout.trim().split("\n").length === 3;
      });
    } finally {
      await runc("kill", id, signal);
    }
    const started = performance.now();
    const { code, stderr } = await run;
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    assert(performance.now() - started < 2000);
  });
}

Deno.test("podman loads and runs the pause image", {
  ignore: ignore || needs("podman", "skopeo").ignore,
}, async () => {
  using dir = tempDir();
  const image = makePauseImage(architecture);
  await Deno.mkdir(dir.join("image", "blobs", "sha256"), { recursive: true });
  for (const [path, bytes] of image.layout) {
    await Deno.writeFile(dir.join("image", path), bytes);
  }
  const podman = (...args: string[]) =>
    runCommand(findProgram("podman"), [
      ...["--root", dir.join("root"), "--runroot", dir.join("run")],
      ...["--runtime", findProgram("runc"), "--cgroup-manager", "cgroupfs"],
      ...args,
    ]);
  await runCommand(findProgram("skopeo"), [
    "--insecure-policy",
    "copy",
    `oci:${dir.join("image")}`,
    `containers-storage:[overlay@${dir.join("root")}+${
      dir.join("run")
    }]${PAUSE_IMAGE_NAME}`,
  ]);
  await podman(
    ...["run", "--detach", "--name", "pod", "--cgroupns=host"],
    ...["--network=none", "--log-driver=none"],
    ...["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000"],
    PAUSE_IMAGE_NAME,
  );
  const { stdout } = await podman("ps", "--format", "{{.Image}} {{.Status}}");
  assert(stdout.startsWith(`${PAUSE_IMAGE_NAME} Up`), stdout);
  await podman("stop", "--time", "10", "pod");
  const format = "{{.State.Status}} {{.State.ExitCode}}";
  const state = await podman("inspect", "--format", format, "pod");
  assertEquals(state.stdout, "exited 0\n");
  await podman("rm", "pod");
  await podman("rmi", PAUSE_IMAGE_NAME);
  assertFalse((await podman("images", "--quiet")).stdout);
});

async function waitUntil(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("Waited in vain");
}

import { assert, assertEquals, assertRejects } from "@std/assert";
import { RuntimeServer } from "../../../src/engine/runtime_server.ts";
import { RegistryError } from "../../../src/errors/image_errors.ts";
import { ImageNotFoundError } from "../../../src/errors/not_found_errors.ts";
import { PAUSE_IMAGE_NAME } from "../../../src/image/pause_image_name.ts";
import { writeTestLayout } from "../../support/images/test_layout.ts";
import { needs } from "../../support/peers.ts";
import {
  freePort,
  REGISTRY_PROGRAMS,
  startRegistry,
} from "../../support/servers/registry_server.ts";
import {
  addImage,
  APP,
  containerOptions,
  describeStore,
  podOptions,
  testRuntime,
} from "../../support/test_runtime.ts";

// Its file belongs to root.
const { ignore } = needs("root");

Deno.test("S03 a pod is made of the embedded image without any registry", {
  ignore,
}, async () => {
  using test = testRuntime();
  const { config, id } = await test.runtime.createPodSandbox(
    podOptions({ imageName: PAUSE_IMAGE_NAME }),
  );
  assertEquals(config?.config.Entrypoint, ["/pause"]);
  const [image] = await test.images.listImages();
  assertEquals(image?.usedBy, ["web-infra"]);
  assertEquals(
    (await test.runtime.getContainerMetadata(id)).imageId,
    image?.id,
  );
});

Deno.test(
  "S18 O6 the pause image is known however it is written",
  { ignore },
  async () => {
    using test = testRuntime();
    // localhost/orlop/pause:1 is a local name, so that a short one finds it.
    await test.runtime.createPodSandbox(
      podOptions({ imageName: "orlop/pause:1" }),
    );
  },
);

Deno.test("S18 no other image is ever pulled", async () => {
  using test = testRuntime();
  await assertRejects(
    () => test.runtime.createPodSandbox(podOptions()),
    ImageNotFoundError,
  );
  assertEquals(await test.images.listImages(), []);
});

Deno.test("O6 createContainer() does not pull the pause image", async () => {
  using test = testRuntime();
  await addImage(test.agent, { names: [APP] });
  await test.runtime.createPodSandbox(podOptions());
  await assertRejects(
    () =>
      test.runtime.createContainer(
        containerOptions({ imageName: PAUSE_IMAGE_NAME }),
      ),
    ImageNotFoundError,
  );
});

Deno.test("S19 a pause image is pulled with the caller's options", {
  ...needs(...REGISTRY_PROGRAMS),
}, async () => {
  using test = testRuntime();
  await using registry = await startRegistry({
    user: { name: "me", password: "secret" },
  });
  await writeTestLayout(test.dir.join("pause"));
  await registry.pushLayout(test.dir.join("pause"), "pause:1");
  const name = `${registry.host}/pause:1`;
  const runtime = new RuntimeServer(test.images, name);
  const kinds = new Set<string>();
  await runtime.createPodSandbox(podOptions({
    imageName: `docker://${name}`,
    pull: {
      tlsVerify: false,
      credentials: { kind: "password", username: "me", password: "secret" },
      onEvent: ({ kind }) => kinds.add(kind),
    },
  }));
  assert(kinds.has("start"));
  assert((await test.images.imageStatus(name)).pinned);
});

Deno.test("S19 a failed pull comes back as it is, and makes nothing", async () => {
  using test = testRuntime();
  const name = `127.0.0.1:${freePort()}/pause:1`;
  const runtime = new RuntimeServer(test.images, name);
  const before = await describeStore(test.agent);
  await assertRejects(
    () =>
      runtime.createPodSandbox(podOptions({
        imageName: name,
        pull: { tlsVerify: false, retry: { tries: 1 } },
      })),
    RegistryError,
  );
  assertEquals(await describeStore(test.agent), before);
  assert(
    test.messages.some((message) =>
      message.startsWith(`warn: Cannot get the pause image "${name}"`)
    ),
  );
});

Deno.test("S20 with the pause image present, nothing is pulled", async () => {
  using test = testRuntime();
  await addImage(test.agent, { names: ["127.0.0.1:9/pause:1"] });
  const runtime = new RuntimeServer(test.images, "127.0.0.1:9/pause:1");
  for (const n of ["a", "b"]) {
    await runtime.createPodSandbox(podOptions({
      ...{ podId: n, podName: n, containerName: `${n}-infra` },
      imageName: "127.0.0.1:9/pause:1",
    }));
  }
});

Deno.test(
  "O6 pods made at once share one pull of the pause image",
  { ignore },
  async () => {
    using test = testRuntime();
    const names = ["a", "b", "c", "d"];
    await Promise.all(
      names.map((n) =>
        test.runtime.createPodSandbox(podOptions({
          ...{ podId: n, podName: n, containerName: `${n}-infra` },
          imageName: PAUSE_IMAGE_NAME,
        }))
      ),
    );
    const stored = test.messages.filter((m) => m.includes("stored image"));
    assertEquals(stored.length, 1);
  },
);

Deno.test(
  "O6 one who waits for another's pull can give up",
  { ignore },
  async () => {
    using test = testRuntime();
    const options = (n: string) =>
      podOptions({
        ...{ podId: n, podName: n, containerName: `${n}-infra` },
        imageName: PAUSE_IMAGE_NAME,
      });
    const first = test.runtime.createPodSandbox(options("a"));
    const controller = new AbortController();
    const second = test.runtime.createPodSandbox({
      ...options("b"),
      signal: controller.signal,
    });
    controller.abort(new Error("enough"));
    await assertRejects(() => second, Error, "enough");
    await first;
  },
);

Deno.test("O6 the pause image is pinned", { ignore }, async () => {
  using test = testRuntime();
  await test.runtime.createPodSandbox(
    podOptions({ imageName: PAUSE_IMAGE_NAME }),
  );
  const [image] = await test.images.listImages();
  assert(image?.pinned);
  await test.images.untagImage(PAUSE_IMAGE_NAME);
  const [nameless] = await test.images.listImages();
  assert(nameless?.pinned);
});

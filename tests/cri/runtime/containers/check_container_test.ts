import { assertEquals, assertThrows } from "@std/assert";
import { create } from "@bufbuild/protobuf";
import { CreateContainerRequestSchema } from "../../../../src/cri/api/api_pb.js";
import {
  checkContainer,
  logPathOf,
} from "../../../../src/cri/runtime/containers/check_container.ts";

Deno.test("checkContainer() takes what has a name and an image", () => {
  const request = create(CreateContainerRequestSchema, {
    config: { metadata: { name: "app" }, image: { image: "a" } },
  });
  const { config } = request;
  const { metadata, image } = config ?? {};
  assertEquals<unknown>(checkContainer(request), { config, metadata, image });
});

Deno.test("checkContainer() refuses what is not meant so", async (t) => {
  const metadata = { name: "app" };
  const image = { image: "a" };
  const cases: Readonly<Record<string, readonly [object | undefined, string]>> =
    {
      "nothing": [undefined, 'container "": it has no metadata'],
      "no metadata": [{ image }, 'container "": it has no metadata'],
      "no name": [
        { metadata: { name: "" }, image },
        'container "": it has no name',
      ],
      "a line break": [
        { metadata: { name: "a\nb" }, image },
        'container name "a?b": it has a control character',
      ],
      "no image": [{ metadata }, 'container "app": it has no image'],
      "an empty image": [
        { metadata, image: { image: "" } },
        'container "app": it has no image',
      ],
      "a NUL in its image": [
        { metadata, image: { image: "a\0" } },
        'image "a?": it has a control character',
      ],
    };
  for (const [name, [config, why]] of Object.entries(cases)) {
    await t.step(name, () => {
      const request = create(CreateContainerRequestSchema, {
        ...config && { config },
      });
      const error = assertThrows(() => checkContainer(request), TypeError);
      assertEquals(error.message, `Cannot use ${why}`);
    });
  }
});

Deno.test("logPathOf() stays below the pod's directory", async (t) => {
  const good = {
    "app/0.log": "/var/log/pods/a/app/0.log",
    "app_1.log": "/var/log/pods/a/app_1.log",
    "./app//0.log": "/var/log/pods/a/app/0.log",
    "a/../b.log": "/var/log/pods/a/b.log",
  };
  for (const [path, expected] of Object.entries(good)) {
    await t.step(path, () => {
      assertEquals(logPathOf("/var/log/pods/a", path), expected);
    });
  }
  const bad = ["..", "../b/0.log", "a/../../b", "/etc/passwd", "a\0b", "a\nb"];
  for (const path of bad) {
    await t.step(JSON.stringify(path), () => {
      const { message } = assertThrows(
        () => logPathOf("/var/log/pods/a", path),
        TypeError,
      );
      // deno-lint-ignore no-control-regex
      const isPlain = !/[\0-\x1f]/.test(path);
      const why = isPlain
        ? "it is outside its pod's log directory"
        : "it has a control character";
      assertEquals(
        message.replace(/".*"/s, "…"),
        `Cannot use log path …: ${why}`,
      );
    });
  }
});

Deno.test("logPathOf() is for who wants a log", () => {
  assertEquals(logPathOf("/var/log/pods/a", ""), undefined);
  assertEquals(logPathOf(undefined, "app/0.log"), undefined);
  assertEquals(logPathOf("", "app/0.log"), undefined);
});

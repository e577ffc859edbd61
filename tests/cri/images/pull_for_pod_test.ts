import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { AuthConfigSchema } from "../../../src/cri/api/api_pb.js";
import { GrpcError } from "../../../src/cri/grpc/grpc_error.ts";
import { pullForPod } from "../../../src/cri/images/pull_for_pod.ts";
import type { PullRequest } from "../../../src/cri/images/shared_pulls.ts";
import { RegistryError } from "../../../src/errors/image_errors.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { imageIdOf } from "../../../src/formats/storage/store_ids.ts";
import { testRuntime } from "../../support/test_runtime.ts";

const imageId = imageIdOf(digestOf("a config"));
const stored = { imageId, names: [], digest: digestOf("") };
const secret = { kind: "password", username: "u", password: "p" } as const;
const HUB = 'unqualified-search-registries = ["docker.io"]';
const QUAY = 'unqualified-search-registries = ["docker.io", "quay.io"]';
const LATE = 'unqualified-search-registries = ["quay.io"]';

type Auth = MessageInitShape<typeof AuthConfigSchema>;

/** Pulls without a registry. @returns What was pulled, and what was logged. */
async function pull(
  image: string,
  { auth, conf = "", error }: {
    readonly auth?: Auth;
    readonly conf?: string;
    readonly error?: unknown;
  } = {},
) {
  using test = testRuntime({ registriesConf: conf });
  const logged: unknown[] = [];
  const asked: PullRequest[] = [];
  const { signal } = new AbortController();
  const id = await pullForPod({
    agent: test.agent,
    pulls: {
      pull(request) {
        asked.push(request);
        return error === undefined
          ? Promise.resolve(stored)
          : Promise.reject(error);
      },
    },
    log: (level, message, fields) => logged.push([level, message, fields]),
  }, {
    image,
    auth: auth && create(AuthConfigSchema, auth),
    signal,
  });
  assertEquals(id, imageId);
  const [request] = asked;
  assertStrictEquals(request?.signal, signal);
  return { name: request?.name, credentials: request?.credentials, logged };
}

Deno.test("pullForPod() sends credentials where they belong", async (t) => {
  const auth = { username: "u", password: "p" };
  const sent = secret;
  const cases: readonly (readonly [string, object, typeof sent | undefined])[] =
    [
      ["quay.io/a/b:1", {}, undefined],
      ["quay.io/a/b:1", { auth }, sent],
      ["busybox", { auth, conf: HUB }, sent],
      ["busybox", { auth, conf: QUAY }, undefined],
      ["busybox", { auth, conf: LATE }, undefined],
      ["a/b:1", { auth, conf: LATE }, undefined],
      [
        "busybox",
        { auth: { ...auth, serverAddress: "docker.io" }, conf: LATE },
        sent,
      ],
      [
        "quay.io/a/b",
        { auth: { ...auth, serverAddress: "docker.io" }, conf: LATE },
        undefined,
      ],
    ];
  for (const [image, options, expected] of cases) {
    await t.step(`${image} ${JSON.stringify(options)}`, async () => {
      const { name, credentials, logged } = await pull(image, options);
      assertEquals<unknown>([name, credentials], [image, expected]);
      const warnings = logged.slice(0, -1);
      const isKept = expected === undefined && "auth" in options &&
        !image.startsWith("quay.io");
      assertEquals(
        warnings,
        isKept
          ? [[
            "warn",
            "not using credentials: they are for docker.io",
            { image },
          ]]
          : [],
      );
      const [level, message, fields] = [logged.at(-1)].flat();
      assertEquals([level, message], ["info", "pulled an image"]);
      const { ms, ...rest } = Object(fields);
      assertEquals(rest, { image, id: imageId });
      assert(Number.isInteger(ms) && ms >= 0 && ms < 60_000, `${ms}`);
    });
  }
});

Deno.test("pullForPod() takes names of registries only", async (t) => {
  const cases = {
    "oci:v1": "docker.io/library/oci:v1",
    "dir:latest": "docker.io/library/dir:latest",
    "quay.io/a/b:1": "quay.io/a/b:1",
    "a/b": "a/b",
  };
  for (const [image, name] of Object.entries(cases)) {
    await t.step(image, async () => {
      assertEquals((await pull(image)).name, name);
    });
  }
  for (const image of ["oci:dir:1", "docker://quay.io/a/b:1", ""]) {
    await t.step(`not "${image}"`, async () => {
      await assertRejects(() => pull(image), SyntaxError);
    });
  }
});

Deno.test("pullForPod() tells a kubelet that a registry is down", async (t) => {
  const down = [
    new RegistryError("down", { reason: "unreachable", status: 0 }),
    new RegistryError("down", { reason: "answered", status: 500 }),
    new RegistryError("down", { reason: "answered", status: 503 }),
  ];
  for (const error of down) {
    await t.step(`${error.status}`, async () => {
      const told = await assertRejects(
        () => pull("quay.io/a/b", { error }),
        GrpcError,
      );
      assertEquals([told.code, told.message, told.cause], [
        ...[2, "RegistryUnavailable: down", error],
      ]);
    });
  }
  const others = [
    new RegistryError("no", { reason: "answered", status: 499 }),
    new Error("another"),
  ];
  for (const error of others) {
    await t.step(error.message, async () => {
      const told = await assertRejects(() => pull("quay.io/a/b", { error }));
      assertStrictEquals(told, error);
    });
  }
});
